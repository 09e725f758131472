//! The codec: reads any reply into its model without failing, and writes it back without loss.
//!
//! Real replies drift from the API's description: fields disappear, become null, change their type or appear without
//! notice. The codec accepts all of it:
//!
//! - a field that the description lacks is kept in the model's [`Extra`];
//! - a value that does not fit its field leaves the field empty, and is kept in [`Extra`] under the field's name;
//! - a required field that is missing stays empty, and is not written back;
//! - enums and unions are open.
//!
//! So `decode → encode` yields the same JSON value, whatever came. What did not match is reported
//! as [`Drift`], not as an error.
//!
//! One reader and one writer serve every model: they walk it through the object-safe traits of
//! [`mod@field`], which is why thousands of models compile fast and stay small.
//!
//! ```
//! use cf_types::codec;
//! use cf_types::zones::Zone;
//!
//! let text = r#"{"id":"023e105f4ecef8ad9ca31a8372d0c353","name":"example.com","brand_new":[1]}"#;
//! let zone: Zone = codec::from_str(text)?;
//! assert_eq!(zone.name, "example.com");
//! assert_eq!(zone.extra.get("brand_new").map(|raw| raw.as_str()), Some("[1]"));
//! assert_eq!(codec::to_value(&zone), serde_json::from_str::<serde_json::Value>(text)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blob;
mod bridge;
pub(crate) mod convert;
mod debug;
mod drift;
mod erased;
mod error;
mod extra;
mod few;
pub mod field;
pub(crate) mod names;
mod needs;
mod number;
pub(crate) mod object;
pub(crate) mod open_enum;
mod raw;
mod read;
mod scan;
mod score;
mod short;
mod strings;
mod tree;
pub(crate) mod union;
mod watch;
pub(crate) mod whole;
mod write;

pub use blob::Blob;
pub use bridge::{deserialize, serialize};
pub use convert::to_param;
pub use debug::debug;
pub use drift::{Drift, DriftKind};
pub use erased::{clone, eq};
pub use error::SyntaxError;
pub use extra::Extra;
pub use field::Field;
pub use names::Names;
pub(crate) use needs::missing;
pub use object::Object;
pub use open_enum::OpenEnum;
pub use raw::RawJson;
pub use union::{Tag, Union};
pub use watch::Watch;

/// How deep typed values may nest. Anything deeper is kept as raw JSON.
pub const MAX_DEPTH: usize = 100;

/// Reads one JSON document.
///
/// # Errors
/// When `text` is not JSON, or a document of its kind cannot become a `T` at all (an object for a list). Models take
/// every kind.
pub fn from_str<T: Field + Default>(text: &str) -> Result<T, SyntaxError> {
    let mut value = T::default();
    read::fitting_document(text, &mut value, &mut Watch::off())?;
    Ok(value)
}

/// Reads one JSON document from bytes. See [`from_str`].
///
/// # Errors
/// Same as [`from_str`], and when the bytes are not UTF-8.
pub fn from_slice<T: Field + Default>(bytes: &[u8]) -> Result<T, SyntaxError> {
    from_str(error::utf8(bytes)?)
}

/// Reads one JSON document and reports where it differs from its description.
///
/// ```
/// use cf_types::{codec, zones::Zone};
/// let (_zone, drift) = codec::from_str_watched::<Zone>(r#"{"id":"1","name":7}"#)?;
/// assert!(drift.iter().any(|d| d.pointer() == "/name"));
/// # Ok::<(), codec::SyntaxError>(())
/// ```
///
/// # Errors
/// Same as [`from_str`].
pub fn from_str_watched<T: Field + Default>(text: &str) -> Result<(T, Vec<Drift>), SyntaxError> {
    let mut value = T::default();
    let mut watch = Watch::on();
    read::fitting_document(text, &mut value, &mut watch)?;
    Ok((value, watch.into_drift()))
}

/// Reads one JSON document into an existing field of any type.
///
/// # Errors
/// Same as [`from_str`].
pub fn read_from_str(text: &str, field: &mut dyn Field) -> Result<(), SyntaxError> {
    read::fitting_document(text, field, &mut Watch::off())
}

/// Reads into an existing field. `Some` if the value does not fit the field.
pub(crate) fn read_into(
    text: &str,
    field: &mut dyn Field,
    watch: &mut Watch,
) -> Result<Option<&'static str>, SyntaxError> {
    read::document(text, field, watch)
}

/// Writes a value as JSON text.
pub fn to_string(value: &dyn Field) -> String {
    view_to_string(value.view())
}

/// Writes a value as JSON bytes.
pub fn to_vec(value: &dyn Field) -> Vec<u8> {
    view_to_vec(value.view())
}

/// The value as a [`serde_json::Value`]. Numbers that a `Value` cannot hold become null.
pub fn to_value(value: &dyn Field) -> serde_json::Value {
    serde_json::to_value(bridge::Shown(value.view())).unwrap_or_default()
}

/// The members of a model that are set, in order.
pub(crate) fn each_member(object: &dyn Object, each: &mut dyn FnMut(&str, field::View<'_>)) {
    write::members(object, |key, piece| match piece {
        extra::Piece::View(view) => each(key, view),
        extra::Piece::Pointed(number) => each(key, field::View::Number(number)),
        extra::Piece::Raw(raw) => each(key, field::View::Raw(raw)),
        extra::Piece::Null | extra::Piece::Nothing => {}
    });
}

pub(crate) fn view_to_vec(view: field::View<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write::view(view, &mut out);
    out
}

pub(crate) fn view_to_string(view: field::View<'_>) -> String {
    String::from_utf8(view_to_vec(view)).unwrap_or_default()
}

/// Whether `text` is one JSON document.
pub(crate) fn is_json(text: &str) -> bool {
    from_str::<RawJson>(text).is_ok()
}

#[allow(unused_imports)] // Not every product needs all of them.
pub(crate) use erased::{bool_of, field_of, int_of, json_of, text_of};
pub(crate) use error::utf8;
pub(crate) use short::ShortText;
