//! How replies are received.

/// How much of a reply is buffered before the caller gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyMode {
    /// Only the head; the body streams.
    Stream,
    /// All of it.
    Buffer,
    /// The head, and all of a refusal; the body of a success streams.
    StreamSuccess,
}
