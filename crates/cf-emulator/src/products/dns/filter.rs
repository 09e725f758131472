//! Which records a list shows.

use serde_json::Value;

use super::rdata::Type;
use crate::http::domain;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::store::{Object, text};

/// The filters of a query.
pub(super) struct Filter {
    tests: Vec<(&'static str, Test)>,
    any: bool,
    tags: Vec<Test>,
    any_tag: bool,
}

/// Case-insensitive; the value in the query is already in lower case.
enum Test {
    Exact(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    /// For a comment: there is one. For tags: one has this name.
    Present(String),
    Absent(String),
    Proxied(bool),
    /// In any of the texts of a record.
    Search(String),
}

impl Filter {
    pub(super) fn parse(query: &Query) -> Result<Self, ApiError> {
        let mut filter = Self {
            tests: Vec::new(),
            any: query.one_of("match", &["any", "all"])? == Some("any"),
            tags: Vec::new(),
            any_tag: query.one_of("tag_match", &["any", "all"])? == Some("any"),
        };
        for (name, value) in query.iter() {
            let (field, operator) = name.split_once('.').unwrap_or((name, "exact"));
            let value = value.to_lowercase();
            // `comment.present` and `comment.absent` need no value.
            if value.is_empty() && !matches!(operator, "present" | "absent") {
                continue;
            }
            let invalid = || ApiError::bad_request(1003, format!("Invalid query parameter {name}"));
            match field {
                "name" | "content" | "comment" | "tag" => {
                    let value = match field {
                        "name" => domain::to_ascii(&value),
                        _ => value,
                    };
                    let test = match operator {
                        "exact" => Test::Exact(value),
                        "contains" => Test::Contains(value),
                        "startswith" => Test::StartsWith(value),
                        "endswith" => Test::EndsWith(value),
                        "present" if field != "name" && field != "content" => Test::Present(value),
                        "absent" if field != "name" && field != "content" => Test::Absent(value),
                        _ => return Err(invalid()),
                    };
                    match field {
                        "tag" => filter.tags.push(test),
                        "name" => filter.tests.push(("name", test)),
                        "content" => filter.tests.push(("content", test)),
                        _ => filter.tests.push(("comment", test)),
                    }
                }
                "type" => {
                    Type::find(&value.to_uppercase()).ok_or_else(invalid)?;
                    filter.tests.push(("type", Test::Exact(value)));
                }
                "proxied" => {
                    let proxied = value.parse().map_err(|_| invalid())?;
                    filter.tests.push(("proxied", Test::Proxied(proxied)));
                }
                "search" => filter.tests.push(("", Test::Search(value))),
                _ => {}
            }
        }
        Ok(filter)
    }

    pub(super) fn selects(&self, record: &Object) -> bool {
        let mut tests = self
            .tests
            .iter()
            .map(|(field, test)| test.passes(record, field));
        let fields = if self.any && !self.tests.is_empty() {
            tests.any(|hit| hit)
        } else {
            tests.all(|hit| hit)
        };
        let mut tests = self.tags.iter().map(|test| test.passes_tags(record));
        let tags = if self.any_tag && !self.tags.is_empty() {
            tests.any(|hit| hit)
        } else {
            tests.all(|hit| hit)
        };
        fields && tags
    }
}

impl Test {
    fn passes(&self, record: &Object, field: &str) -> bool {
        let value = record
            .get(field)
            .and_then(Value::as_str)
            .map(str::to_lowercase);
        let value = value.as_deref();
        match self {
            Self::Exact(asked) => value.is_some_and(|value| unquoted(value) == unquoted(asked)),
            Self::Contains(asked) => value.is_some_and(|value| value.contains(asked)),
            Self::StartsWith(asked) => value.is_some_and(|value| value.starts_with(asked)),
            Self::EndsWith(asked) => value.is_some_and(|value| value.ends_with(asked)),
            Self::Present(_) => value.is_some(),
            Self::Absent(_) => value.is_none(),
            Self::Proxied(proxied) => record.get("proxied") == Some(&Value::Bool(*proxied)),
            Self::Search(asked) => {
                let hit = |field| text(record, field).to_lowercase().contains(asked);
                ["name", "content", "comment", "type"].into_iter().any(hit)
                    || tags(record).any(|tag| tag.contains(asked))
            }
        }
    }

    /// `name:value` selects by a tag's value, `name` alone by a tag's name.
    fn passes_tags(&self, record: &Object) -> bool {
        let on_value = |asked: &str, compare: fn(&str, &str) -> bool| {
            let (name, asked) = asked.split_once(':').unwrap_or((asked, ""));
            tags(record).any(|tag| {
                let (known, value) = tag.split_once(':').unwrap_or((&tag, ""));
                known == name && compare(value, asked)
            })
        };
        let named = |name: &str| tags(record).any(|t| t.split(':').next() == Some(name));
        match self {
            Self::Exact(asked) if asked.contains(':') => {
                on_value(asked, |value, asked| value == asked)
            }
            Self::Exact(asked) | Self::Present(asked) => named(asked),
            Self::Absent(asked) => !named(asked),
            Self::Contains(asked) => on_value(asked, |value, asked| value.contains(asked)),
            Self::StartsWith(asked) => on_value(asked, |value, asked| value.starts_with(asked)),
            Self::EndsWith(asked) => on_value(asked, |value, asked| value.ends_with(asked)),
            Self::Proxied(_) | Self::Search(_) => true,
        }
    }
}

fn tags(record: &Object) -> impl Iterator<Item = String> {
    let tags = record.get("tags").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_lowercase))
}

/// TXT records are found with and without the quotes around them.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}
