//! Forms with files: another parser reads the same parts from what both writers write.

use std::collections::BTreeMap;

use bytes::Bytes;
use cf_transport::multipart::{Form, Part};
use cf_types::codec::{Blob, Field};
use cf_types::{Arguments, BASE_URL, BodyKind, Call, Meta, Operation};
use futures_util::stream;
use http::{HeaderValue, Method};

use crate::input;

/// A part of the input: lines with its name, the file's name and the media type (each can be empty), and its content.
/// In names, `\r` and `\n` stand for line ends.
struct Given {
    name: String,
    file_name: String,
    media_type: String,
    bytes: Vec<u8>,
}

/// The input is the parts of a form.
pub fn form(input: &[u8]) {
    let given: Vec<_> = input::parts(input)
        .into_iter()
        .filter_map(Given::parse)
        .collect();
    streamed(&given);
    in_memory(&given);
}

impl Given {
    fn parse(part: &[u8]) -> Option<Self> {
        let (name, rest) = input::split_line(part);
        let (file_name, rest) = input::split_line(rest);
        let (media_type, bytes) = input::split_line(rest);
        let text = |line: &[u8]| Some(std::str::from_utf8(line).ok()?.to_owned());
        let name_in = |line: &[u8]| Some(text(line)?.replace("\\r", "\r").replace("\\n", "\n"));
        Some(Given {
            name: name_in(name)?,
            file_name: name_in(file_name)?,
            media_type: text(media_type)?,
            bytes: bytes.to_vec(),
        })
    }
}

/// The result: the headers and the bytes of a part.
#[derive(Debug, PartialEq)]
struct Found {
    headers: Vec<(String, Vec<u8>)>,
    bytes: Bytes,
}

impl Found {
    fn new(name: &str, file_name: Option<&str>, media_type: Option<&[u8]>, bytes: &[u8]) -> Self {
        let mut disposition = format!("form-data; name=\"{}\"", quoted(name));
        if let Some(name) = file_name {
            disposition.push_str(&format!("; filename=\"{}\"", quoted(name)));
        }
        let disposition = Some(disposition.into_bytes());
        let media_type = media_type.map(<[u8]>::to_vec);
        let headers = [
            ("content-disposition", disposition),
            ("content-type", media_type),
        ];
        let headers = headers.into_iter();
        Found {
            headers: headers
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect(),
            bytes: Bytes::copy_from_slice(bytes),
        }
    }
}

fn streamed(given: &[Given]) {
    let mut form = Form::new();
    let mut expected = Vec::new();
    for part in given {
        let media_type = HeaderValue::try_from(part.media_type.trim()).ok();
        let media_type = media_type.filter(|value| !value.is_empty());
        let mut sent = Part::new(&*part.name, part.bytes.clone());
        let mut default: Option<&[u8]> = None;
        if !part.file_name.is_empty() {
            sent = sent.file_name(&*part.file_name);
            default = Some(b"application/octet-stream");
        }
        if let Some(media_type) = &media_type {
            sent = sent.content_type(media_type.clone());
        }
        form = form.part(sent);
        let file_name = Some(&*part.file_name).filter(|name| !name.is_empty());
        let media_type = media_type.as_ref().map(HeaderValue::as_bytes).or(default);
        expected.push(Found::new(&part.name, file_name, media_type, &part.bytes));
    }
    let (content_type, body) = form.finish();
    let length = body.content_length();
    let written = input::run(body.bytes(usize::MAX)).expect("a body in memory");
    assert_eq!(length, Some(written.len() as u64));
    compare(&content_type, written, &expected);
}

fn in_memory(given: &[Given]) {
    let mut files = BTreeMap::new();
    let mut expected = BTreeMap::new();
    for part in given.iter().filter(|part| !part.name.is_empty()) {
        let media_type = match part.media_type.trim() {
            "" => "application/octet-stream",
            given => given,
        };
        let file_name = match &*part.file_name {
            "" => &part.name,
            given => given,
        };
        let blob = Blob::from(part.bytes.clone())
            .named(file_name)
            .typed(media_type);
        files.insert(part.name.clone(), blob);
        // Headers may have tabs.
        let pieces: Vec<String> = media_type.split('\t').map(one_line).collect();
        let media_type = pieces.join("\t");
        let found = Found::new(
            &part.name,
            Some(file_name),
            Some(media_type.as_bytes()),
            &part.bytes,
        );
        expected.insert(part.name.clone(), found);
    }
    let request = Call::new((), Upload(files))
        .to_request(BASE_URL)
        .expect("a request");
    let content_type = request.headers()[http::header::CONTENT_TYPE].clone();
    let written = request.into_body().into_vec().into();
    let expected: Vec<_> = expected.into_values().collect();
    compare(&content_type, written, &expected);
}

/// An operation that sends files by name.
struct Upload(BTreeMap<String, Blob>);

impl Arguments for Upload {
    fn body(&self) -> Option<&dyn Field> {
        Some(&self.0)
    }
}

impl Operation for Upload {
    const META: &'static Meta =
        &Meta::new("upload", Method::POST, "/upload").with_body(BodyKind::Form);
    type Output = ();
}

/// Percent-encodes what would end the quotes or the line, or could be taken for an escape.
fn quoted(name: &str) -> String {
    one_line(name).replace('"', "%22").replace('\\', "%5C")
}

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c.is_ascii_control() {
            true => line.push_str(&format!("%{:02X}", u32::from(c))),
            false => line.push(c),
        }
    }
    line
}

fn compare(content_type: &HeaderValue, written: Bytes, expected: &[Found]) {
    let boundary = content_type.to_str().expect("ASCII");
    let boundary = multer::parse_boundary(boundary).expect("a boundary");
    let shown = String::from_utf8_lossy(&written).into_owned();
    let body = stream::iter([Ok::<_, std::io::Error>(written)]);
    let found = input::run(async {
        let mut form = multer::Multipart::new(body, boundary);
        let mut found = Vec::new();
        while let Some(field) = form.next_field().await.expect("a form") {
            let headers = field.headers().iter();
            let mut headers: Vec<_> = headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect();
            headers.sort();
            found.push(Found {
                headers,
                bytes: field.bytes().await.expect("a part"),
            });
        }
        found
    });
    assert_eq!(found, expected, "in {shown:?}");
}
