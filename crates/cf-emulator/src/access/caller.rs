//! What a caller may do.

use serde_json::Value;

use super::permissions::{self, Target};
use crate::http::json::{Object, text};
use crate::store::credentials::TokenRef;

/// What a caller may do.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    rights: Rights,
    token: Option<TokenRef>,
}

#[derive(Debug, Clone)]
enum Rights {
    Nothing,
    Everything,
    Policies(Vec<Value>),
}

impl Access {
    fn new(rights: Rights) -> Self {
        Self {
            rights,
            token: None,
        }
    }

    pub(crate) fn nothing() -> Self {
        Self::new(Rights::Nothing)
    }

    pub(super) fn everything() -> Self {
        Self::new(Rights::Everything)
    }

    /// What the policies of a token allow.
    pub(super) fn by(policies: Vec<Value>) -> Self {
        Self::new(Rights::Policies(policies))
    }

    /// The same, with the token that was used.
    pub(super) fn with(self, token: TokenRef) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    /// The token that was used, if any.
    pub(crate) fn token(&self) -> Option<&TokenRef> {
        self.token.as_ref()
    }

    pub(crate) fn permits(&self, group: &str, target: Target<'_>) -> bool {
        match &self.rights {
            Rights::Nothing => false,
            Rights::Everything => true,
            Rights::Policies(policies) => permissions::permit(policies, group, target),
        }
    }

    pub(crate) fn permits_zone(&self, group: &str, zone: &Object) -> bool {
        let account = zone
            .get("account")
            .and_then(|a| a["id"].as_str())
            .unwrap_or_default();
        self.permits(
            group,
            Target::Zone {
                id: text(zone, "id"),
                account,
            },
        )
    }
}
