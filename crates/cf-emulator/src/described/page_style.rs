//! How lists are paginated.

use serde_json::Value;

use crate::http::query::Query;

/// How a list is paginated.
#[derive(Debug, Clone)]
pub(super) struct PageStyle {
    /// `-` if not described.
    pub(super) style: &'static str,
    /// What is specific to this list: where the items are, which parameter asks for a page.
    says: Value,
}

impl PageStyle {
    /// From a style, followed by what is specific to a list as JSON.
    pub(super) fn parse(text: &'static str) -> Self {
        let (style, says) = text.split_at(text.find('{').unwrap_or(text.len()));
        Self {
            style,
            says: serde_json::from_str(says).unwrap_or_default(),
        }
    }

    pub(super) fn are_described(&self) -> bool {
        self.style != "-"
    }

    /// The path of the items within the result; empty if not described.
    pub(super) fn items(&self) -> Vec<String> {
        path(self.text("items")).map(str::to_owned).collect()
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.says[key].as_str().unwrap_or_default()
    }

    /// The parameter that asks for a page.
    pub(super) fn query(&self) -> &str {
        let usual = match self.style {
            "page_token" => "page_token",
            "offset" => "offset",
            _ if self.is_by_cursor() => "cursor",
            _ => "page",
        };
        self.says["query"].as_str().unwrap_or(usual)
    }

    pub(super) fn is_by_cursor(&self) -> bool {
        matches!(
            self.style,
            "cursor" | "cursor_after" | "cursor_limit" | "page_token" | "token"
        )
    }

    /// The first value that the query has for one of the parameters of a bound.
    pub(super) fn bound<'q>(&self, query: &'q Query, which: &str) -> Option<&'q str> {
        let names = self.says[which].as_array().into_iter().flatten();
        names
            .filter_map(Value::as_str)
            .find_map(|name| query.get(name))
    }
}

pub(super) fn path(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').filter(|name| !name.is_empty())
}
