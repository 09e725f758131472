//! Paginated lists, and a server that serves them as described.

use cf_types::{Meta, PageError, PageStyle, Paged, Pager, ResultKind, Step, codec};
use http::Response;
use serde_json::{Map, Value, json};

pub use crate::generated::lists;

/// The parameter that asks for a page, and its value.
pub type Query = Option<(&'static str, String)>;

/// The items of a list, and what is wrong with it.
pub type Walked = (Vec<Value>, Option<PageError>);

/// A list: its description, and a walk through its pages.
pub struct List {
    /// Its operation.
    pub meta: &'static Meta,
    /// The path of the items within the result; empty if the result is the list.
    pub items: &'static str,
    /// The JSON type of an item.
    pub item: Item,
    /// The path of the object that describes the page.
    pub info: &'static str,
    /// The path of the total number of items.
    pub total: &'static str,
    /// The path of the next page's token.
    pub next: &'static str,
    /// Whether that is a number.
    pub next_is_number: bool,
    /// Walks through a server's pages: the items, and what is wrong with the list.
    pub walk: fn(&mut dyn FnMut(Query) -> String) -> Walked,
}

/// The JSON type of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// An object.
    Object,
    /// A string.
    Text,
    /// A list.
    List,
    /// A number.
    Number,
}

/// The list of an operation.
pub fn list<O: Paged>() -> List {
    List {
        meta: O::META,
        items: "",
        item: Item::Object,
        info: "",
        total: "",
        next: "",
        next_is_number: false,
        walk: walk::<O>,
    }
}

#[allow(clippy::panic, reason = "a reply that cannot be read fails the test")]
fn walk<O: Paged>(server: &mut dyn FnMut(Query) -> String) -> Walked {
    let (parts, ()) = Response::new(()).into_parts();
    let mut pager = Pager::new(O::META, None);
    pager.limit(100);
    let mut items = Vec::new();
    loop {
        let body = server(pager.query());
        let reply = match cf_types::decode::<O>(&parts, body.as_bytes()) {
            Ok(reply) => reply,
            Err(error) => panic!("{}: {error} for {body}", O::META.id),
        };
        let mut page = O::into_page(reply);
        match pager.advance(&mut page) {
            Ok(Step::Yield) => items.extend(page.items.iter().map(|item| codec::to_value(item))),
            Ok(Step::Repeated) => return (items, None),
            Err(error @ (PageError::PageRepeats { .. } | PageError::ContentRepeats { .. })) => {
                return (items, Some(error));
            }
            Err(error) => {
                items.extend(page.items.iter().map(|item| codec::to_value(item)));
                return (items, Some(error));
            }
        }
        if pager.cursor().is_none() {
            return (items, None);
        }
    }
}

/// A server with a list.
pub struct Server<'l> {
    /// Which list.
    pub list: &'l List,
    /// Its items, in order.
    pub items: Vec<Value>,
    /// How many items a page has.
    pub per_page: usize,
    /// Whether it reports the total.
    pub tells_total: bool,
    /// Whether it returns the first page whatever the request.
    pub ignores_query: bool,
    /// Whether bounds are inclusive.
    pub includes_bound: bool,
    /// How many requests came.
    pub requests: usize,
}

impl<'l> Server<'l> {
    /// A server with this many items, ten per page. If a list continues by a key, every three items share one.
    pub fn new(list: &'l List, count: usize) -> Self {
        Server {
            list,
            items: (0..count).map(|number| item(list, number)).collect(),
            per_page: 10,
            tells_total: true,
            ignores_query: false,
            includes_bound: false,
            requests: 0,
        }
    }

    /// Its reply to a request.
    ///
    /// # Panics
    /// If the request has a parameter that the operation does not take.
    pub fn reply(&mut self, query: Query) -> String {
        self.requests += 1;
        let query = query.filter(|_| !self.ignores_query);
        let declared = |name: &str| self.list.meta.takes_query(name);
        if let Some((name, _)) = &query {
            let tried = self.list.meta.pagination == Some(PageStyle::Single);
            assert!(
                declared(name) || tried,
                "{} takes no {name}",
                self.list.meta.id
            );
        }
        let number = |text: &str| {
            text.trim_start_matches('t')
                .parse::<usize>()
                .unwrap_or_default()
        };
        let style = self.list.meta.pagination.unwrap_or(PageStyle::Single);
        let asked = query.as_ref().map(|(_, value)| value.as_str());
        let start = match (style, asked) {
            (PageStyle::Keyset(_), _) | (_, None) => 0,
            (PageStyle::Single | PageStyle::Number | PageStyle::NumberIn(_), Some(page)) => {
                (number(page) - 1) * self.per_page
            }
            (_, Some(position)) => number(position),
        };
        let items = match (style, &query) {
            (PageStyle::Keyset(keyset), Some((name, bound))) => {
                let is_wanted = |item: &&Value| {
                    let key = item[keyset.key].as_str().unwrap_or_default();
                    let beyond = if keyset.before.contains(name) {
                        key < bound.as_str()
                    } else {
                        key > bound.as_str()
                    };
                    beyond || (self.includes_bound && key == bound)
                };
                self.items.iter().filter(is_wanted).collect()
            }
            _ => self.items.iter().skip(start).collect::<Vec<_>>(),
        };
        let page: Vec<Value> = items.iter().take(self.per_page).copied().cloned().collect();
        let end = start + page.len();
        let next = (end < self.items.len()).then(|| match self.list.next_is_number {
            true => json!(end),
            false => json!(format!("t{end}")),
        });
        self.write(style, page, start, next)
    }

    fn write(
        &self,
        style: PageStyle,
        page: Vec<Value>,
        start: usize,
        next: Option<Value>,
    ) -> String {
        let List {
            meta,
            items,
            info,
            total,
            next: next_path,
            ..
        } = *self.list;
        let mut said = Map::new();
        if self.tells_total {
            said.insert("total_count".into(), json!(self.items.len()));
            if matches!(
                style,
                PageStyle::Single | PageStyle::Number | PageStyle::NumberIn(_)
            ) {
                said.insert("page".into(), json!(start / self.per_page + 1));
                said.insert("per_page".into(), json!(self.per_page));
                said.insert(
                    "total_pages".into(),
                    json!(self.items.len().div_ceil(self.per_page)),
                );
            }
        }
        let mut result = Value::Array(page);
        if !items.is_empty() {
            let list = result.take();
            set(&mut result, items, list);
            if self.tells_total && !total.is_empty() {
                set(&mut result, total, json!(self.items.len()));
            }
            for (name, value) in said.iter().filter(|_| !info.is_empty()) {
                set(&mut result, &format!("{info}.{name}"), value.clone());
            }
        }
        match (style, next) {
            (_, Some(next)) if !next_path.is_empty() => set(&mut result, next_path, next),
            (PageStyle::Cursor | PageStyle::Token(_), Some(next)) => {
                said.insert("cursor".into(), next);
            }
            (PageStyle::CursorAfter, Some(next)) => {
                said.insert("cursors".into(), json!({ "after": next }));
            }
            (PageStyle::PageToken, Some(next)) => {
                said.insert("next_page_token".into(), next);
            }
            _ => {}
        }
        if meta.result == ResultKind::Json {
            return result.to_string();
        }
        let mut envelope =
            json!({ "success": true, "errors": [], "messages": [], "result": result });
        if info.is_empty() && total.is_empty() {
            envelope["result_info"] = said.into();
        }
        envelope.to_string()
    }
}

/// The item of a list at a position.
fn item(list: &List, number: usize) -> Value {
    let name = format!("item-{number}");
    match (list.item, list.meta.pagination) {
        (Item::Text, _) => json!(name),
        (Item::List, _) => json!([name]),
        (Item::Number, _) => json!(number),
        (Item::Object, Some(PageStyle::Keyset(keyset))) => {
            let minute = 59 - number / 3;
            json!({ keyset.id: name, keyset.key: format!("2026-01-01T00:{minute:02}:00.000000Z") })
        }
        (Item::Object, _) => json!({ "id": name, "odd": number }),
    }
}

/// Puts a value at a path.
fn set(json: &mut Value, path: &str, value: Value) {
    let place = path.split('.').fold(json, |json, name| {
        if !json.is_object() {
            *json = json!({});
        }
        &mut json[name]
    });
    *place = value;
}
