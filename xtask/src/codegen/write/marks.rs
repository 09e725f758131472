//! Texts that are only generated in part: what is between two marks.

/// The text with `inner` between the marks; `None` if it lacks one.
pub fn between(text: &str, (start, end): (&str, &str), inner: &str) -> Option<String> {
    let (front, rest) = text.split_once(start)?;
    let (_, back) = rest.split_once(end)?;
    Some([front, start, inner, end, back].concat())
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let marks = ("<start>\n", "<end>");
        let text = "Before.\n<start>\nold\n<end>\nAfter.\n";
        let new = "Before.\n<start>\nnew\n<end>\nAfter.\n";
        assert_eq!(between(text, marks, "new\n").as_deref(), Some(new));
        assert_eq!(between("No marks.", marks, "new"), None);
    }
}
