//! API tokens for programs under test.

/// What a token for [`Emulator::add_token`](crate::Emulator::add_token) may do.
///
/// ```
/// use cf_emulator::TokenSpec;
///
/// let spec = TokenSpec::new(["DNS Write", "Zone Read"]).zones(["023e105f4ecef8ad9ca31a8372d0c353"]);
/// # let _ = spec;
/// ```
#[derive(Debug, Clone)]
pub struct TokenSpec {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
    pub(super) zones: Option<Vec<String>>,
    pub(super) expires_on: Option<String>,
    pub(super) status: &'static str,
    pub(super) value: Option<String>,
}

impl TokenSpec {
    /// A token with these permission groups, by name ("DNS Read") or
    /// identifier, on everything. A write group includes the read group.
    pub fn new<S: Into<String>>(groups: impl IntoIterator<Item = S>) -> Self {
        Self {
            name: "emulator".to_owned(),
            groups: groups.into_iter().map(Into::into).collect(),
            zones: None,
            expires_on: None,
            status: "active",
            value: None,
        }
    }

    /// A valid token that may do nothing.
    pub fn powerless() -> Self {
        Self::new::<String>([])
    }

    /// The token's name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Limits the zone permissions to these zones, by identifier.
    #[must_use]
    pub fn zones<S: Into<String>>(mut self, zones: impl IntoIterator<Item = S>) -> Self {
        self.zones = Some(zones.into_iter().map(Into::into).collect());
        self
    }

    /// When the token expires, as RFC 3339 (`2030-01-01T00:00:00Z`).
    #[must_use]
    pub fn expires_on(mut self, time: impl Into<String>) -> Self {
        self.expires_on = Some(time.into());
        self
    }

    /// The secret, instead of a random one. It consists of letters, digits,
    /// `-`, `_` and `.`.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// A disabled token.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.status = "disabled";
        self
    }
}

/// A token that [`Emulator::add_token`](crate::Emulator::add_token) added.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// The identifier.
    pub id: String,
    /// The secret for `Authorization: Bearer`.
    pub value: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
