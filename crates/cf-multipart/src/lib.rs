#![doc = include_str!("../README.md")]

/// A part, without its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name.
    pub name: &'a str,
    /// The name of the file, if it is one.
    pub file_name: Option<&'a str>,
    /// The media type. Without one, a part is plain text by RFC 7578.
    pub content_type: Option<&'a [u8]>,
}

impl<'a> Part<'a> {
    /// Appends everything before the part's content: the delimiter and the headers, `further` ones last.
    pub fn write_head(
        &self,
        boundary: &str,
        further: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        out: &mut Vec<u8>,
    ) {
        out.extend(b"--");
        out.extend(boundary.as_bytes());
        out.extend(b"\r\nContent-Disposition: form-data; name=\"");
        quote(self.name, out);
        if let Some(name) = self.file_name {
            out.extend(b"\"; filename=\"");
            quote(name, out);
        }
        out.push(b'"');
        let content_type = self.content_type.map(|value| ("Content-Type", value));
        for (name, value) in content_type.into_iter().chain(further) {
            out.extend(b"\r\n");
            out.extend(name.as_bytes());
            out.extend(b": ");
            for byte in value {
                match byte {
                    // Tabs are allowed in headers.
                    b'\t' => out.push(b'\t'),
                    byte => one_line(*byte, out),
                }
            }
        }
        out.extend(b"\r\n\r\n");
    }
}

/// What follows the content of each part.
pub const PART_END: &str = "\r\n";

/// What follows all parts.
pub fn end(boundary: &str) -> String {
    format!("--{boundary}--\r\n")
}

/// The value for the header `content-type`.
pub fn content_type(boundary: &str) -> String {
    format!("multipart/form-data; boundary={boundary}")
}

/// Whether a boundary can be used with this content: it must not occur in it.
pub fn fits(boundary: &str, content: &[u8]) -> bool {
    let mut windows = content.windows(boundary.len().max(1));
    !windows.any(|window| window == boundary.as_bytes())
}

/// As browsers do it: UTF-8 is unchanged, and what would end the quotes or the line is percent-encoded. So is the
/// backslash, which many servers take for an escape.
fn quote(name: &str, out: &mut Vec<u8>) {
    for byte in name.bytes() {
        match byte {
            b'"' => out.extend(b"%22"),
            b'\\' => out.extend(b"%5C"),
            _ => one_line(byte, out),
        }
    }
}

fn one_line(byte: u8, out: &mut Vec<u8>) {
    match byte {
        0..0x20 | 0x7f => out.extend(format!("%{byte:02X}").bytes()),
        _ => out.push(byte),
    }
}
