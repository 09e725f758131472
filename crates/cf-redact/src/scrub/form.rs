//! Forms and tables: `multipart/…`, `application/x-www-form-urlencoded`, `text/csv`.

use super::Scrubbed;
use super::body::Body;

impl Body<'_> {
    /// A multipart body: each part by its own name and media type.
    pub(super) fn form(&self, text: &str, boundary: &str) -> String {
        let delimiter = format!("--{boundary}");
        let parts = text.split(&delimiter).map(|part| self.part(part));
        parts.collect::<Vec<_>>().join(&delimiter)
    }

    /// A table whose first line has the names of its columns.
    pub(super) fn table(&self, text: &str, separator: char) -> String {
        let mut lines = text.split_inclusive('\n');
        let Some(head) = lines.next() else {
            return String::new();
        };
        let secret: Vec<bool> = cells(head, separator)
            .map(|name| self.scrubber.is_secret(name) || self.pointers.name(name))
            .collect();
        let mut out = head.to_owned();
        for line in lines {
            let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
            for (index, cell) in cells(line, separator).enumerate() {
                if index > 0 {
                    out.push(separator);
                }
                if secret.get(index) == Some(&true) && !cell.trim_matches('"').is_empty() {
                    out.push_str(self.scrubber.mark);
                } else {
                    out.push_str(&self.scrubber.text_at(cell, self.depth));
                }
            }
            out.push_str(end);
        }
        out
    }

    fn part(&self, part: &str) -> String {
        let ends = ["\r\n\r\n", "\n\n"];
        let Some((head, end, content)) = ends.iter().find_map(|end| {
            let (head, content) = part.split_once(end)?;
            Some((head, end, content))
        }) else {
            // Around the parts, or a part whose head does not end.
            return self.scrubber.text_at(part, self.depth);
        };
        let body = content.trim_end_matches(['\r', '\n']);
        let after = &content[body.len()..];
        let name = field(head, "content-disposition", "name").unwrap_or_default();
        let secret = self.scrubber.is_secret(&name) || self.pointers.below(&name).are_here();
        let body = if body.is_empty() {
            String::new()
        } else if secret {
            self.scrubber.mark.to_owned()
        } else {
            let pointers = self.pointers.below(&name);
            let inner = Body {
                pointers: &pointers,
                ..*self
            };
            let media_type = line(head, "content-type").unwrap_or_default();
            match inner.scrub(media_type, body) {
                Scrubbed::Json(value) => format!("{value:#}"),
                Scrubbed::Text(text) => text,
            }
        };
        format!(
            "{}{end}{body}{after}",
            self.scrubber.text_at(head, self.depth)
        )
    }
}

/// The cells of a line. A quoted one can contain the separator.
fn cells(line: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let line = line.trim_end_matches(['\r', '\n']);
    line.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// The value of a header in a part's head.
fn line<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim())
    })
}

/// A parameter of a header in a part's head.
fn field(head: &str, header: &str, name: &str) -> Option<String> {
    line(head, header)?
        .split(';')
        .skip(1)
        .find_map(|parameter| {
            let (found, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            found
                .trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.to_owned())
        })
}
