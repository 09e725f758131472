//! The pagination of lists, from the description and its corrections.

use anyhow::{Result, bail, ensure};

use super::json::Json;

/// The pagination of a list: a style, and where the reply has what.
#[derive(Debug, Clone)]
pub struct Pagination {
    /// The style's name.
    pub name: String,
    pub style: Style,
    /// The path of the list within the result, by JSON names; empty if the result is the list.
    pub items: Vec<String>,
    /// The path of the object that describes the page: `page`, `total_count` and the like.
    pub info: String,
    /// The path of the total number of items, if that has a name of its own.
    pub total: String,
    /// The path of the next page's token.
    pub next: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Style {
    /// All on one page.
    Single,
    /// Numbered pages, by this parameter.
    Number(String),
    /// Pages that name their successor: where, and the parameter that takes it.
    Cursor,
    CursorAfter,
    PageToken,
    Token(String),
    /// That many items are skipped, by this parameter.
    Offset(String),
    /// What comes before or after the last item, by the parameters that take the value of its `key`.
    Keyset(Keyset),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Keyset {
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub key: String,
    pub id: String,
}

/// Query parameters that ask for a part of a list.
const PARAMETERS: &[&str] = &[
    "after",
    "continuation_token",
    "cursor",
    "marker",
    "offset",
    "page",
    "pageToken",
    "page_no",
    "page_token",
    "startAfter",
    "start_after",
];

/// Whether a query parameter asks for a part of a list.
pub fn asks_for_page(name: &str) -> bool {
    PARAMETERS.contains(&name) || name.ends_with("_cursor")
}

/// The pagination of an operation, if it has one.
pub fn read(json: &Json, verb: &str, queries: &[&str]) -> Result<Option<Pagination>> {
    let asking: Vec<&str> = queries
        .iter()
        .copied()
        .filter(|name| asks_for_page(name))
        .collect();
    let page = json.get("x-cf-page");
    let text = |key: &str| {
        page.and_then(|page| page.str(key))
            .unwrap_or_default()
            .to_owned()
    };
    let list = |key: &str| page.map(|page| page.strings(key)).unwrap_or_default();
    let query = |usual: &str| match text("query") {
        given if given.is_empty() => usual.to_owned(),
        given => given,
    };
    let style = match json.str("x-cf-pagination") {
        None if verb == "get" && !asking.is_empty() => bail!(
            "it takes `{}`, which asks for a page, but has no pagination style: give it one in \
             corrections/pagination.json, or `none` with the reason",
            asking.join("`, `")
        ),
        None | Some("none") => return Ok(None),
        Some("single_page") => {
            ensure!(
                asking.is_empty(),
                "it takes `{}`, which asks for a page, but is said to have one page: correct that in \
                 corrections/pagination.json",
                asking.join("`, `")
            );
            Style::Single
        }
        Some("page_array" | "number") => Style::Number(query("page")),
        Some("cursor" | "cursor_limit") => Style::Cursor,
        Some("cursor_after") => Style::CursorAfter,
        Some("page_token") => Style::PageToken,
        Some("token") => Style::Token(query("cursor")),
        Some("offset") => Style::Offset(query("offset")),
        Some("keyset") => Style::Keyset(Keyset {
            before: list("before"),
            after: list("after"),
            key: text("key"),
            id: text("id"),
        }),
        Some(other) => bail!("`{other}` is not a pagination style"),
    };
    for parameter in style.parameters() {
        ensure!(
            queries.contains(&parameter),
            "it does not take `{parameter}`"
        );
    }
    let items = text("items");
    Ok(Some(Pagination {
        name: json.str("x-cf-pagination").unwrap_or_default().to_owned(),
        style,
        items: items
            .split('.')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
        info: text("info"),
        total: text("total"),
        next: text("next"),
    }))
}

impl Style {
    /// The parameters that ask for a page.
    fn parameters(&self) -> Vec<&str> {
        match self {
            Style::Single => Vec::new(),
            Style::Number(query) | Style::Token(query) | Style::Offset(query) => vec![query],
            Style::Cursor | Style::CursorAfter => vec!["cursor"],
            Style::PageToken => vec!["page_token"],
            Style::Keyset(keyset) => keyset
                .before
                .iter()
                .chain(&keyset.after)
                .map(String::as_str)
                .collect(),
        }
    }
}
