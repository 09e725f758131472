//! Paths and their parameters.

/// The prefix of all API paths.
pub(crate) const BASE_PATH: &str = "/client/v4";

/// The prefix of the paths that control the emulator.
pub(crate) const CONTROL_PATH: &str = "/_emulator";

/// The name of the parameter in a segment of a path, if it is one. If the
/// parameter is only part of the segment, its value is the whole segment.
pub(crate) fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.split('}').next()
}

/// The values of a path's variable segments, decoded.
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
