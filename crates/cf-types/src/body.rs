//! Bodies of requests.

use std::fmt;

use crate::codec::field::{Seq, View};
use crate::codec::{self, Field};
use crate::operation::BodyKind;

/// The body of a request, complete and in memory.
///
/// ```
/// let body = cf_types::Body::from(b"{}".to_vec());
/// assert_eq!(body.as_bytes(), b"{}");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(Vec<u8>);

impl Body {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, for HTTP stacks that want a vector.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Body(bytes)
    }
}

impl From<Body> for Vec<u8> {
    fn from(body: Body) -> Self {
        body.0
    }
}

/// Shows the length only: bodies can hold secrets.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// A body and its media type.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: String,
}

pub(crate) fn encode(kind: BodyKind, value: &dyn Field) -> Option<Encoded> {
    match (kind, value.view()) {
        (BodyKind::None, _) | (_, View::None) => None,
        (BodyKind::Json, _) => Some(Encoded {
            bytes: codec::to_vec(value),
            content_type: "application/json".to_owned(),
        }),
        (BodyKind::Form, view) => {
            let mut form = Form::default();
            form.value("", view, None);
            Some(form.finish())
        }
        (BodyKind::JsonForm(files), view) => {
            let mut form = Form::default();
            form.value("", view, Some(files));
            Some(form.finish())
        }
        (BodyKind::Raw(usual), view) => {
            let (bytes, own) = match view {
                View::Bytes(blob) => (blob.as_ref().to_vec(), blob.media_type()),
                View::Str(text) => (text.as_bytes().to_vec(), None),
                _ => (codec::to_vec(value), None),
            };
            Some(Encoded {
                bytes,
                content_type: own.unwrap_or(usual).to_owned(),
            })
        }
    }
}

/// A `multipart/form-data` body (RFC 7578).
#[derive(Default)]
struct Form {
    parts: Vec<FormPart>,
}

struct FormPart {
    name: String,
    file_name: Option<String>,
    media_type: Option<String>,
    bytes: Vec<u8>,
}

impl Form {
    /// Adds the parts for a value. With `None` for `json`, lists and objects are spelled out in the names of many
    /// parts; else they are one part of JSON, and `json` names the parts of files.
    fn value(&mut self, name: &str, view: View<'_>, json: Option<&str>) {
        match view {
            View::None => {}
            View::Object(object) if name.is_empty() || json.is_none() => {
                codec::each_member(object, &mut |key, view| {
                    self.value(&dotted(name, key), view, json);
                });
            }
            View::Dict(dict) if name.is_empty() || json.is_none() => {
                dict.visit(&mut |key, value| self.value(&dotted(name, key), value.view(), json));
            }
            View::Seq(seq) if json.is_none() || holds_files(seq) => {
                let brackets = format!("{name}[]");
                let name = json.filter(|files| !files.is_empty()).unwrap_or(&brackets);
                for index in 0..seq.len() {
                    self.value(name, seq.at(index).view(), json);
                }
            }
            View::Bytes(blob) => self.parts.push(FormPart {
                name: name.to_owned(),
                file_name: Some(blob.file_name().unwrap_or(name).to_owned()),
                media_type: Some(
                    blob.media_type()
                        .unwrap_or("application/octet-stream")
                        .to_owned(),
                ),
                bytes: blob.as_ref().to_vec(),
            }),
            View::Str(text) => self.parts.push(FormPart {
                name: name.to_owned(),
                file_name: is_file(name).then(|| name.to_owned()),
                media_type: None,
                bytes: text.as_bytes().to_vec(),
            }),
            View::Bool(_) | View::Number(_) => self.json(name, view, None),
            View::Seq(_) | View::Object(_) | View::Dict(_) | View::Any(_) | View::Raw(_) => {
                self.json(name, view, Some("application/json"));
            }
        }
    }

    fn json(&mut self, name: &str, view: View<'_>, media_type: Option<&str>) {
        self.parts.push(FormPart {
            name: name.to_owned(),
            file_name: None,
            media_type: media_type.map(str::to_owned),
            bytes: codec::view_to_vec(view),
        });
    }

    fn finish(self) -> Encoded {
        let boundary = self.boundary();
        let mut bytes = Vec::new();
        for part in &self.parts {
            let head = cf_multipart::Part {
                name: &part.name,
                file_name: part.file_name.as_deref(),
                content_type: part.media_type.as_deref().map(str::as_bytes),
            };
            head.write_head(&boundary, [], &mut bytes);
            bytes.extend_from_slice(&part.bytes);
            bytes.extend_from_slice(cf_multipart::PART_END.as_bytes());
        }
        bytes.extend_from_slice(cf_multipart::end(&boundary).as_bytes());
        Encoded {
            bytes,
            content_type: cf_multipart::content_type(&boundary),
        }
    }

    /// A boundary that no part contains. Always the same one for the same form, so that a request is, too.
    fn boundary(&self) -> String {
        let boundaries = (0_u64..).map(|number| format!("cf-part-{number:016x}"));
        let fits = |boundary: &String| {
            let mut parts = self.parts.iter();
            parts.all(|part| cf_multipart::fits(boundary, &part.bytes))
        };
        let mut fitting = boundaries.filter(fits);
        fitting.next().unwrap_or_default()
    }
}

fn holds_files(seq: &dyn Seq) -> bool {
    !seq.is_empty() && matches!(seq.at(0).view(), View::Bytes(_))
}

/// Parts with this name are files even if they are text.
fn is_file(name: &str) -> bool {
    name == "file"
}

fn dotted(name: &str, key: &str) -> String {
    if name.is_empty() {
        key.to_owned()
    } else {
        format!("{name}.{key}")
    }
}
