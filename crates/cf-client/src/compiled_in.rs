//! The compiler's message if a product is called that is not compiled in.

/// Products that are compiled in have methods of their own; no type has this trait.
#[cfg_attr(
    not(feature = "zaraz"),
    doc = "```compile_fail,E0277\nfn f(client: &cf_client::Client) {\n    client.zaraz().config().get(\"01a7\");\n}\n```"
)]
#[diagnostic::on_unimplemented(
    message = "the product `{Self}` is not compiled in",
    label = "needs the feature `{Self}`",
    note = "in Cargo.toml: cf-client = {{ version = \"0.1\", features = [\"{Self}\"] }}"
)]
#[doc(hidden)]
pub trait CompiledIn<'a> {
    /// Never called.
    fn api<T>() -> T;
}
