//! Decoding and encoding, without any network.

use cf_types::codec;
use cf_types::dns::records;
use cf_types::dns::records::RecordParam;
use http::response::Parts;

use crate::models::{Envelope, NewRecord, Record};

/// The head of a reply with JSON in it.
pub fn json_head() -> Parts {
    let mut head = http::Response::new(()).into_parts().0;
    let json = http::HeaderValue::from_static("application/json");
    head.headers.insert(http::header::CONTENT_TYPE, json);
    head
}

/// A page of records by this library: as the client decodes it, envelope included.
///
/// # Errors
/// If it is not such a page.
pub fn decode_ours(head: &Parts, page: &[u8]) -> Result<usize, cf_types::ReplyError> {
    let reply = cf_types::decode::<records::List>(head, page)?;
    Ok(std::hint::black_box(reply.into_value()).len())
}

/// A page of records by serde, into structs that have every field.
///
/// # Errors
/// If it is not such a page.
pub fn decode_structs(page: &[u8]) -> serde_json::Result<usize> {
    let envelope: Envelope<Vec<Record>> = serde_json::from_slice(page)?;
    Ok(std::hint::black_box(envelope.result).len())
}

/// A page of records as [`serde_json::Value`].
///
/// # Errors
/// If it is not JSON.
pub fn decode_value(page: &[u8]) -> serde_json::Result<usize> {
    let envelope: serde_json::Value = serde_json::from_slice(page)?;
    let records = std::hint::black_box(&envelope["result"]).as_array();
    Ok(records.map_or(0, Vec::len))
}

/// Records as the bodies of their creations, by this library: the number of bytes.
pub fn encode_ours(records: &[RecordParam]) -> usize {
    let bytes = records.iter().map(|record| codec::to_vec(record).len());
    bytes.sum()
}

/// The same by serde.
///
/// # Errors
/// Never, for a record.
pub fn encode_structs(records: &[NewRecord]) -> serde_json::Result<usize> {
    let mut bytes = 0;
    for record in records {
        bytes += serde_json::to_vec(record)?.len();
    }
    Ok(bytes)
}
