//! Decodes replies to operations.

use http::response;

use crate::codec::Watch;
use crate::envelope::Envelope;
use crate::operation::Operation;
use crate::reply::{Reply, ReplyError, body};

/// Decodes the reply to operation `O`.
///
/// ```
/// use cf_types::zones;
/// let parts = http::Response::new(()).into_parts().0;
/// let body = br#"{"success":true,"errors":[],"messages":[],"result":{"id":"1","name":"example.com"}}"#;
/// let reply = cf_types::decode::<zones::Get>(&parts, body)?;
/// assert_eq!(reply.value().name, "example.com");
/// # Ok::<(), cf_types::ReplyError>(())
/// ```
///
/// # Errors
/// When the API refused, when something else answered, and when the result as a whole is of another type than
/// described: an object instead of a list, `null` instead of a value. What is inside the result never fails, whatever
/// its shape.
pub fn decode<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
) -> Result<Reply<O::Output>, ReplyError> {
    decode_with::<O>(parts, body, Watch::off())
}

/// Same as [`decode`], and lists where the reply differs from its description.
///
/// # Errors
/// Same as [`decode`].
pub fn decode_watched<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
) -> Result<Reply<O::Output>, ReplyError> {
    decode_with::<O>(parts, body, Watch::on())
}

fn decode_with<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
    mut watch: Watch,
) -> Result<Reply<O::Output>, ReplyError> {
    let mut envelope = Envelope::default();
    let bare = decode_into::<O>(parts, body, &mut envelope, &mut watch)?;
    Ok(Reply {
        envelope,
        bare,
        drift_count: watch.count(),
        drift: watch.into_drift(),
    })
}

/// Same as [`decode`], into an empty envelope of the caller's, so that large values are not moved. True if the body is the
/// value itself, without an envelope.
///
/// ```
/// use cf_types::{Envelope, codec::Watch, zones};
/// let parts = http::Response::new(()).into_parts().0;
/// let body = br#"{"success":true,"errors":[],"messages":[],"result":{"id":"1","new":true}}"#;
/// let (mut envelope, mut watch) = (Envelope::default(), Watch::on());
/// cf_types::decode_into::<zones::Get>(&parts, body, &mut envelope, &mut watch)?;
/// assert_eq!(envelope.result.id.as_str(), "1");
/// assert_eq!(watch.drift()[0].pointer(), "/result/new");
/// # Ok::<(), cf_types::ReplyError>(())
/// ```
///
/// # Errors
/// Same as [`decode`].
pub fn decode_into<O: Operation>(
    parts: &response::Parts,
    body: &[u8],
    envelope: &mut Envelope<O::Output>,
    watch: &mut Watch,
) -> Result<bool, ReplyError> {
    let bare = body::fill(O::META, parts, body, envelope, watch)?;
    O::finish(envelope);
    Ok(bare)
}
