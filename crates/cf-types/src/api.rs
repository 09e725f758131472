//! The root of the tree of operations.

/// The root of the tree of operations: products are its methods.
///
/// `C` is what runs the operations, a client; `()` makes them plain values.
#[derive(Debug, Clone, Copy)]
pub struct Api<C>(pub(crate) C);

impl<C> Api<C> {
    /// The tree whose operations are run by `via`.
    pub fn new(via: C) -> Self {
        Api(via)
    }
}

/// The tree whose operations are plain values.
///
/// ```
/// let call = cf_types::api().zones().get("023e105f4ecef8ad9ca31a8372d0c353");
/// let request = call.to_request(cf_types::BASE_URL)?;
/// assert_eq!(request.method(), "GET");
/// # Ok::<(), cf_types::BuildError>(())
/// ```
pub fn api() -> Api<()> {
    Api(())
}
