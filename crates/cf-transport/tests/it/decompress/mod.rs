//! Compressed replies: what is requested, what is decoded, what is refused, and how much memory it takes.

mod bounds;
mod replies;

use bytes::Bytes;
use cf_transport::{Body, Decompress, Transport, transport_fn};
use compression_codecs::EncodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;

/// Quick: only decoding is tested.
#[cfg(any(feature = "brotli", feature = "gzip"))]
const LEVEL: compression_codecs::core::Level = compression_codecs::core::Level::Fastest;

type NewEncoder = Box<dyn Fn() -> Box<dyn EncodeV2>>;

/// The codings compiled in, each with its encoder.
fn codings() -> Vec<(&'static str, NewEncoder)> {
    vec![
        #[cfg(feature = "gzip")]
        (
            "gzip",
            Box::new(|| Box::new(compression_codecs::GzipEncoder::new(LEVEL.into())) as _),
        ),
        #[cfg(feature = "brotli")]
        (
            "br",
            Box::new(|| {
                let params = compression_codecs::brotli::params::EncoderParams::default();
                Box::new(compression_codecs::BrotliEncoder::new(
                    params.quality(LEVEL),
                )) as _
            }),
        ),
        #[cfg(feature = "zstd")]
        (
            "zstd",
            Box::new(|| Box::new(compression_codecs::ZstdEncoder::new(3)) as _),
        ),
    ]
}

fn encode(mut encoder: Box<dyn EncodeV2>, data: &[u8]) -> Vec<u8> {
    let mut input = PartialBuffer::new(data);
    let mut coded = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let mut output = WriteBuffer::new_initialized(&mut piece);
        let done = if input.unwritten().is_empty() {
            encoder.finish(&mut output).unwrap()
        } else {
            encoder.encode(&mut input, &mut output).unwrap();
            false
        };
        coded.extend_from_slice(output.written());
        if done {
            return coded;
        }
    }
}

/// A transport whose replies have this body, in chunks of this size.
fn replying(coding: &'static str, coded: Vec<u8>, chunk: usize) -> impl Transport {
    transport_fn(move |_| {
        let chunks: Vec<_> = coded
            .chunks(chunk)
            .map(|chunk| Ok::<_, std::io::Error>(Frame::data(Bytes::copy_from_slice(chunk))))
            .collect();
        let body = Body::stream(
            Some(coded.len() as u64),
            StreamBody::new(futures_util::stream::iter(chunks)),
        );
        let reply = Response::builder()
            .header("content-encoding", coding)
            .header("content-length", coded.len())
            .header("cf-ray", "8f00")
            .body(body)
            .unwrap();
        async { Ok(reply) }
    })
}

fn request() -> Request<Body> {
    Request::get("https://api.example.com/")
        .body(Body::empty())
        .unwrap()
}

async fn read(transport: impl Transport) -> Result<Bytes, cf_transport::TransportError> {
    Decompress::new(transport)
        .send(request())
        .await?
        .into_body()
        .bytes(64 << 20)
        .await
}
