//! Messages to language models, by who they are from.

macro_rules! roles {
    ($product:ident $message:ident $content:ident) => {
        impl crate::$product::$message {
            /// What the model is told before the conversation, such as how to answer.
            ///
            /// ```
            #[doc = concat!("use cf_types::", stringify!($product), "::", stringify!($message), ";")]
            #[doc = concat!("let told = ", stringify!($message), "::system(\"Answer in one sentence.\");")]
            #[doc = concat!("let asked = ", stringify!($message), "::user(\"Why is the sky blue?\");")]
            /// let json = cf_types::codec::to_value(&[told, asked]);
            /// assert_eq!(json[0]["role"], "system");
            /// assert_eq!(json[1]["content"], "Why is the sky blue?");
            /// ```
            pub fn system(content: impl Into<crate::$product::$content>) -> Self {
                Self::new("system", content)
            }

            /// What a person says.
            pub fn user(content: impl Into<crate::$product::$content>) -> Self {
                Self::new("user", content)
            }

            /// What the model has answered before.
            pub fn assistant(content: impl Into<crate::$product::$content>) -> Self {
                Self::new("assistant", content)
            }
        }
    };
}

#[cfg(feature = "ai")]
roles!(ai Message MessageContent);
#[cfg(feature = "ai")]
roles!(ai ImageMessage ImageMessageContent);
#[cfg(feature = "aisearch")]
roles!(aisearch Message MessageContent);

#[cfg(feature = "ai")]
impl crate::ai::AiRunResult {
    /// The text that a text model wrote; `None` if this is the result of another kind of model.
    ///
    /// ```
    /// use cf_types::ai::AiRunResult;
    ///
    /// let result: AiRunResult = cf_types::codec::from_str(r#"{"response": "Because of scattering."}"#)?;
    /// assert_eq!(result.text(), Some("Because of scattering."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::TextGeneration(text) => Some(&text.response),
            _ => None,
        }
    }
}
