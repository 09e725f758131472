use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cf_redact::{Message, Scrubbed};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Scrub;

/// Stands for the boundary of a form, which differs each time.
const BOUNDARY: &str = "boundary";

/// A body as a cassette holds it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Content {
    #[default]
    None,
    /// The value, with sorted keys; spaces and the order of keys are not kept.
    Json(Value),
    Lines(Vec<String>),
    /// A reply that is not text.
    Base64(String),
    /// A request that is not text: enough to recognize it.
    Binary {
        bytes: usize,
        checksum: String,
    },
}

impl Content {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }

    pub(super) fn of_request(body: Vec<u8>, url: &str, media_type: &str, scrub: &Scrub) -> Self {
        match String::from_utf8(body) {
            Ok(text) => scrub.body(Message::Request, url, media_type, &text).into(),
            Err(error) => {
                let body = error.as_bytes();
                Self::Binary {
                    bytes: body.len(),
                    checksum: format!("{:016x}", checksum(body)),
                }
            }
        }
    }

    /// `None` for one that can't be searched.
    pub(super) fn of_reply(
        body: &[u8],
        url: &str,
        media_type: &str,
        scrub: &Scrub,
    ) -> Option<Self> {
        match std::str::from_utf8(body) {
            Ok(text) => Some(scrub.body(Message::Reply, url, media_type, text).into()),
            Err(_) if scrub.keep_binary => Some(Self::Base64(STANDARD.encode(body))),
            Err(_) => None,
        }
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        Ok(match self {
            Self::None | Self::Binary { .. } => Vec::new(),
            Self::Json(value) => value.to_string().into(),
            Self::Lines(lines) => lines.join("\n").into(),
            Self::Base64(text) => STANDARD.decode(text)?,
        })
    }

    /// As text to read and to compare.
    pub(super) fn show(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Json(value) => format!("{value:#}"),
            Self::Lines(lines) => lines.join("\n"),
            Self::Base64(text) => text.clone(),
            Self::Binary { bytes, checksum } => format!("{bytes} bytes, checksum {checksum}"),
        }
    }

    pub(super) fn map(&mut self, change: &mut dyn FnMut(&str) -> String) {
        match self {
            Self::Json(value) => map_json(value, change),
            Self::Lines(lines) => lines.iter_mut().for_each(|line| *line = change(line)),
            Self::None | Self::Base64(_) | Self::Binary { .. } => {}
        }
    }
}

impl From<Scrubbed> for Content {
    fn from(body: Scrubbed) -> Self {
        match body {
            Scrubbed::Json(value) => Self::Json(value),
            Scrubbed::Text(text) if text.is_empty() => Self::None,
            Scrubbed::Text(text) => Self::Lines(text.split('\n').map(str::to_owned).collect()),
        }
    }
}

fn map_json(value: &mut Value, change: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| map_json(item, change)),
        Value::Object(members) => {
            let changed = std::mem::take(members).into_iter().map(|(key, mut value)| {
                map_json(&mut value, change);
                (change(&key), value)
            });
            *members = sorted(changed.collect());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Sorted whether or not `serde_json` is built to preserve the insertion order.
fn sorted(mut members: Vec<(String, Value)>) -> Map<String, Value> {
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.into_iter().collect()
}

pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// The media type and the body, with the random boundary of a form replaced.
pub(super) fn without_boundary(headers: &HeaderMap, body: &[u8]) -> (String, Vec<u8>) {
    let media_type = media_type(headers);
    let boundary = media_type.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let found = name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty();
        found.then(|| value.to_owned())
    });
    let multipart = media_type.trim_start().get(..10);
    let multipart = multipart.is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
    match boundary {
        Some(boundary) if multipart => {
            let body = replace(body, boundary.as_bytes(), BOUNDARY.as_bytes());
            (media_type.replace(&boundary, BOUNDARY), body)
        }
        _ => (media_type, body.to_vec()),
    }
}

fn replace(mut text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        if let Some(after) = text.strip_prefix(from) {
            replaced.extend(to);
            text = after;
        } else {
            replaced.push(*first);
            text = rest;
        }
    }
    replaced
}

/// FNV-1a, 64 bits: distinguishes contents that differ by accident.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
