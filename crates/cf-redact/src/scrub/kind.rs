//! What a body is, by its media type or its content.

/// The boundary of a multipart body, from its media type or its first line.
pub(super) fn boundary(media_type: &str, text: &str) -> Option<String> {
    let parameter = media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let found = name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty();
        found.then(|| value.to_owned())
    });
    let declared = parameter
        .filter(|boundary| is(media_type, "multipart/") && text.contains(&format!("--{boundary}")));
    declared.or_else(|| first_boundary(text))
}

/// The boundary in the first line, if headers of a part follow.
fn first_boundary(text: &str) -> Option<String> {
    let mut lines = text.trim_start().lines();
    let boundary = lines.next()?.strip_prefix("--")?.trim_end();
    let is_header = |line: &str| {
        line.get(..8)
            .is_some_and(|start| start.eq_ignore_ascii_case("content-"))
    };
    let has_headers = lines.take_while(|line| !line.is_empty()).any(is_header);
    (has_headers && !boundary.is_empty()).then(|| boundary.to_owned())
}

/// Whether a body consists of `name=value` pairs, by its media type or its content.
pub(super) fn is_query(media_type: &str, text: &str) -> bool {
    // A URL, code and configuration have other characters, or no second pair.
    let is_pair = |pair: &str| {
        pair.split_once('=').is_some_and(|(name, value)| {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_.%[]-+".contains(&b);
            !name.is_empty()
                && name.bytes().all(is_name)
                && !value.contains(|c: char| c.is_whitespace() || "={}".contains(c))
        })
    };
    let looks_like_it = || text.contains('&') && text.split('&').all(is_pair);
    is(media_type, "application/x-www-form-urlencoded") || looks_like_it()
}

/// The separator of the cells of a table.
pub(super) fn separator(media_type: &str) -> Option<char> {
    if is(media_type, "text/csv") {
        Some(',')
    } else {
        is(media_type, "text/tab-separated-values").then_some('\t')
    }
}

fn is(media_type: &str, start: &str) -> bool {
    let media_type = media_type.trim_start();
    media_type
        .get(..start.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(start))
}
