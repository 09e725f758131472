//! Templates: texts that look like what is written, with holes.
//!
//! | in a template             | is replaced by                                                       |
//! |---------------------------|----------------------------------------------------------------------|
//! | `$name`                   | the value                                                            |
//! | `$name` alone in its line | all lines of the value, each indented like the hole, or none         |
//! | `$?name`                  | the value; without one, the line is left out                         |
//!
//! The compiler reads the templates, and refuses a hole without a value.

/// Declares a template by name, holes and text. `Getter { name, ty }.fill()` is its text with these values.
macro_rules! template {
    ($(#[$doc:meta])* $template:ident { $($hole:ident),* $(,)? } = $text:literal) => {
        $(#[$doc])*
        struct $template<'a> {
            $($hole: &'a str),*
        }

        impl $template<'_> {
            fn fill(&self) -> String {
                use $crate::codegen::write::template::{Hole, count, fill, holes};
                const HOLES: [Hole; count($text)] = holes($text, &[$(stringify!($hole)),*]);
                fill($text, &HOLES, &[$(self.$hole),*])
            }
        }
    };
}

pub(crate) use template;

/// A hole, or the line that consists of it.
#[derive(Clone, Copy)]
pub struct Hole {
    kind: Kind,
    /// The number of its value.
    value: usize,
    /// Where what is replaced starts, where in it the hole itself does, and where both end.
    from: usize,
    start: usize,
    end: usize,
    to: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Part,
    Lines,
    Optional,
}

/// The text with values in its holes. A line break at its start only separates it from the quotation mark.
pub fn fill(text: &str, holes: &[Hole], values: &[&str]) -> String {
    let length: usize = values.iter().map(|value| value.len()).sum();
    let mut out = String::with_capacity(text.len() + length);
    let mut at = usize::from(text.starts_with('\n'));
    for hole in holes {
        let value = values[hole.value];
        out.push_str(&text[at..hole.from]);
        let (before, after) = (&text[hole.from..hole.start], &text[hole.end..hole.to]);
        match hole.kind {
            Kind::Lines if before.is_empty() => {
                out.push_str(value);
                if !value.is_empty() && !value.ends_with('\n') {
                    out.push('\n');
                }
            }
            Kind::Lines => {
                for line in value.lines() {
                    if !line.is_empty() {
                        out.push_str(before);
                        out.push_str(line);
                    }
                    out.push('\n');
                }
            }
            Kind::Optional if value.is_empty() => {}
            Kind::Part | Kind::Optional => {
                out.push_str(before);
                out.push_str(value);
                out.push_str(after);
            }
        }
        at = hole.to;
    }
    out.push_str(&text[at..]);
    out
}

/// The number of holes in a template.
pub const fn count(text: &str) -> usize {
    let (text, mut found, mut at) = (text.as_bytes(), 0, 0);
    while at < text.len() {
        found += (text[at] == b'$') as usize;
        at += 1;
    }
    found
}

/// The holes of a template, whose values have these names.
pub const fn holes<const N: usize>(text: &str, names: &[&str]) -> [Hole; N] {
    let text = text.as_bytes();
    let nowhere = Hole {
        kind: Kind::Part,
        value: 0,
        from: 0,
        start: 0,
        end: 0,
        to: 0,
    };
    let mut holes = [nowhere; N];
    let (mut found, mut at) = (0, 0);
    while at < text.len() {
        if text[at] == b'$' {
            holes[found] = hole(text, at, names);
            assert!(
                found == 0 || holes[found - 1].to <= holes[found].from,
                "the template has another hole in the line of one that is optional"
            );
            at = holes[found].end;
            found += 1;
        } else {
            at += 1;
        }
    }
    holes
}

/// The hole whose sign is here.
const fn hole(text: &[u8], start: usize, names: &[&str]) -> Hole {
    let is_optional = start + 1 < text.len() && text[start + 1] == b'?';
    let name = start + 1 + is_optional as usize;
    let mut end = name;
    while end < text.len() && (text[end].is_ascii_alphanumeric() || text[end] == b'_') {
        end += 1;
    }
    let mut value = 0;
    while value < names.len() && !is_at(text, name, end, names[value].as_bytes()) {
        value += 1;
    }
    assert!(
        value < names.len(),
        "the template has a hole without a value"
    );
    let (mut from, mut to) = (start, end);
    while from > 0 && text[from - 1] != b'\n' {
        from -= 1;
    }
    while to < text.len() && text[to] != b'\n' {
        to += 1;
    }
    let is_alone = to == end && is_blank(text, from, start);
    if to < text.len() {
        to += 1;
    }
    let (kind, from, to) = match (is_optional, is_alone) {
        (true, _) => (Kind::Optional, from, to),
        (_, true) => (Kind::Lines, from, to),
        _ => (Kind::Part, start, end),
    };
    Hole {
        kind,
        value,
        from,
        start,
        end,
        to,
    }
}

/// Whether this part of a text is `word`.
const fn is_at(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    let mut index = 0;
    while index < word.len() && start + index < end && text[start + index] == word[index] {
        index += 1;
    }
    index == word.len() && start + index == end
}

const fn is_blank(text: &[u8], start: usize, end: usize) -> bool {
    let mut at = start;
    while at < end && text[at] == b' ' {
        at += 1;
    }
    at == end
}

/// A text between the quotation marks of a literal.
pub fn escaped(text: &str) -> String {
    let literal = format!("{text:?}");
    literal[1..literal.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    template! {
        Struct { doc, name, fields, note } = r#"
$doc
struct $name {
    $fields
    // Note: $?note.
}
"#
    }

    #[test]
    fn lines_are_indented_and_empty_ones_left_out() {
        let fields = "a: u8,\n\nb: u8,\n";
        let name = "Pair";
        let filled = Struct {
            doc: "/// Two.",
            name,
            fields,
            note: "small",
        };
        assert_eq!(
            filled.fill(),
            "/// Two.\nstruct Pair {\n    a: u8,\n\n    b: u8,\n    // Note: small.\n}\n"
        );
        let empty = Struct {
            doc: "",
            name,
            fields: "",
            note: "",
        };
        assert_eq!(empty.fill(), "struct Pair {\n}\n");
    }
}
