//! How lists are paginated: in words, and as the library's values for it.

use crate::codegen::write::template::{escaped, template};
use crate::description::pagination::{Keyset, Pagination, Style};

template! {
    Told { fields } = r#"Told { $fields ..Told::NOTHING }"#
}

template! {
    OfKeyset { before, after, key, id } =
        r#"Keyset(&Keyset { before: &$before, after: &$after, key: "$key", id: "$id" })"#
}

/// What a result says about its page.
pub fn told(pagination: &Pagination) -> String {
    let Pagination {
        info, total, next, ..
    } = pagination;
    let said = [("info", info), ("total", total), ("next", next)].into_iter();
    let said = said.filter(|(_, path)| !path.is_empty());
    let fields: Vec<String> = said
        .map(|(name, path)| format!("{name}: {path:?},"))
        .collect();
    match fields.join(" ").as_str() {
        "" => "Told::NOTHING".to_owned(),
        fields => Told { fields }.fill(),
    }
}

/// The style.
pub fn style(style: &Style) -> String {
    match style {
        Style::Single => "Single".to_owned(),
        Style::Number(query) if query == "page" => "Number".to_owned(),
        Style::Number(query) => format!("NumberIn({query:?})"),
        Style::Cursor => "Cursor".to_owned(),
        Style::CursorAfter => "CursorAfter".to_owned(),
        Style::PageToken => "PageToken".to_owned(),
        Style::Token(query) => format!("Token({query:?})"),
        Style::Offset(query) => format!("Offset({query:?})"),
        Style::Keyset(Keyset {
            before,
            after,
            key,
            id,
        }) => {
            let keyset = OfKeyset {
                before: &format!("{before:?}"),
                after: &format!("{after:?}"),
                key: &escaped(key),
                id: &escaped(id),
            };
            keyset.fill()
        }
    }
}

/// The pagination in words.
pub fn sentence(style: &Style) -> &'static str {
    match style {
        Style::Single => "Not paginated: one reply has all items.",
        Style::Number(_) => "Paginated by page number.",
        Style::Offset(_) => "Paginated by offset.",
        Style::Keyset(_) => "Paginated by the last item of the page before.",
        _ => "Paginated by cursor.",
    }
}
