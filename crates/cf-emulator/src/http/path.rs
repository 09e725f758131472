//! Paths and their parameters.

/// What every path of the API starts with.
pub(crate) const BASE_PATH: &str = "/client/v4";

/// What every path starts with that steers the emulator.
pub(crate) const CONTROL_PATH: &str = "/_emulator";

/// The name of the parameter that a segment of a path is, if it is one. Where
/// it is only part of a segment, the whole segment is taken for its value.
pub(crate) fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.split('}').next()
}

/// What the variable segments of a path hold, decoded.
#[derive(Debug, Default)]
pub(crate) struct Params(pub(crate) Vec<(&'static str, String)>);

impl Params {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
    }
}
