//! What operations do.

/// What an operation does to what the emulator remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    List,
    Create,
    /// Sets all members of a collection, or one that the body names.
    Replace,
    EditMany,
    DeleteMany,
    Get,
    /// Writes a member that must exist.
    Update,
    Edit,
    /// Writes a member, new or not.
    Put,
    Delete,
    ReadDocument,
    ReplaceDocument,
    MergeDocument,
    ResetDocument,
    /// Changes an object as the word at the end of its path says.
    Act,
    /// Nothing is kept: it only reads or computes.
    Sample,
    /// The emulator does not do it.
    Refused,
}
