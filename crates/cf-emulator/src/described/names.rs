//! Names that mean the same: `queue_id` and `queueId`.

/// Whether two names are one in different spellings.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase())
}

/// The name of one of `things`.
pub(super) fn singular(things: &str) -> String {
    if let Some(stem) = things.strip_suffix("ies") {
        return format!("{stem}y");
    }
    things.strip_suffix('s').unwrap_or(things).to_owned()
}
