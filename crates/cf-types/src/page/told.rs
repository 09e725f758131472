//! What a reply says about its page.
#![allow(dead_code)] // Some products have such lists, others do not.

use crate::codec::field::{Field, View};
use crate::envelope::ResultInfo;
use crate::reply::Reply;

/// Where a result that is more than a list says which page it is: paths of JSON names.
pub(crate) struct Told {
    /// The object with the page's number and so on; empty for the result itself.
    pub(crate) info: &'static str,
    /// The number of all items, if it has a name of its own.
    pub(crate) total: &'static str,
    /// The next page's token.
    pub(crate) next: &'static str,
}

impl Told {
    /// Nothing but what has the usual names.
    pub(crate) const NOTHING: Self = Told {
        info: "",
        total: "",
        next: "",
    };
}

/// What a reply says about its page: in the envelope, or, if that says nothing, in the result.
pub(crate) fn info_of<T: Field + Default>(reply: &Reply<T>, told: &Told) -> ResultInfo {
    let mut info = reply.result_info().cloned().unwrap_or_default();
    let result = reply.value().view();
    let place = at(result, told.info);
    let number = |names: &[&str]| names.iter().find_map(|name| number_in(place?, name));
    info.page = info.page.or_else(|| number(&["page"]));
    info.per_page = info
        .per_page
        .or_else(|| number(&["per_page", "pageSize", "perPage"]));
    info.total_pages = info
        .total_pages
        .or_else(|| number(&["total_pages", "totalPages"]));
    info.total_count = info
        .total_count
        .or_else(|| number(&["total_count", "totalCount"]));
    if !told.total.is_empty() {
        info.total_count = info.total_count.or_else(|| int(at(result, told.total)?));
    }
    if !told.next.is_empty() {
        info.cursor = info.cursor.or_else(|| text(at(result, told.next)?));
    }
    info
}

/// What is at a path; only models are searched.
fn at<'v>(view: View<'v>, path: &str) -> Option<View<'v>> {
    let mut names = path.split('.').filter(|name| !name.is_empty());
    names.try_fold(view, |view, name| match view {
        View::Object(object) => {
            let index = object.names().position(name)?;
            Some(object.get(index).view())
        }
        _ => None,
    })
}

/// A number of an object, whether the description knows it or not.
fn number_in(view: View<'_>, name: &str) -> Option<i64> {
    let View::Object(object) = view else {
        return None;
    };
    match object.names().position(name) {
        Some(index) => int(object.get(index).view()),
        None => object.extra().get(name)?.as_str().parse().ok(),
    }
}

fn int(view: View<'_>) -> Option<i64> {
    match view {
        View::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// Tokens are texts, or numbers.
fn text(view: View<'_>) -> Option<String> {
    match view {
        View::Str(text) => Some(text.to_owned()),
        View::Number(number) => Some(number.as_i64()?.to_string()),
        _ => None,
    }
}
