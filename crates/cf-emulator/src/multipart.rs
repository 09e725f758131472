//! Forms with files (`multipart/form-data`).

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) data: &'a [u8],
}

/// The fields of a form, or `None` if the body is none or breaks off.
pub(crate) fn parse<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let delimiter = format!("--{}", parameter(parameters, "boundary")?);
    let delimiter = delimiter.as_bytes();
    let mut rest = &body[find(body, delimiter)? + delimiter.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))?;
        let end = find(rest, delimiter)?;
        let (part, after) = rest.split_at(end);
        parts.push(one(part)?);
        rest = &after[delimiter.len()..];
    }
    Some(parts)
}

fn one(part: &[u8]) -> Option<Part<'_>> {
    let part = part
        .strip_suffix(b"\r\n")
        .or_else(|| part.strip_suffix(b"\n"))?;
    let (split, gap) = find(part, b"\r\n\r\n").map(|at| (at, 4)).or_else(|| {
        let at = find(part, b"\n\n")?;
        Some((at, 2))
    })?;
    let headers = std::str::from_utf8(&part[..split]).ok()?;
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    let (_, parameters) = disposition.split_once(';')?;
    Some(Part {
        name: parameter(parameters, "name")?,
        file_name: parameter(parameters, "filename"),
        data: &part[split + gap..],
    })
}

/// The value of `name` in `a=b; c="d"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (key.trim().eq_ignore_ascii_case(name) && !value.is_empty()).then(|| value.to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
