//! The pagination of a list, from what the operation takes and returns.

use super::envelope::Reply;
use super::schema::Schemas;
use crate::description::json::Json;
use crate::description::pagination::asks_for_page;

/// A pagination style, and where in the result the list is.
pub struct Pages {
    pub style: &'static str,
    /// The member of the result that is the list; `None` if the result is it.
    pub items: Option<String>,
    /// The schema of an item, as the document has it.
    pub item: Json,
}

/// The pagination of a reply; the error says what is not known about it.
pub fn find(
    queries: &[&str],
    reply: &Reply,
    schemas: &Schemas<'_>,
) -> Result<Option<Pages>, String> {
    let asks: Vec<&str> = queries
        .iter()
        .copied()
        .filter(|name| asks_for_page(name))
        .collect();
    let list = list(&reply.schema, schemas).filter(|_| matches!(reply.kind, "envelope" | "raw"));
    let is_nested = list.as_ref().is_some_and(|(member, _)| member.is_some());
    if asks.is_empty() && (list.is_none() || is_nested) {
        return Ok(None);
    }
    let unknown = |why: &str| Err(format!("takes `{}`, but {why}", asks.join("`, `")));
    let Some((items, item)) = list else {
        return unknown("returns no list");
    };
    let has_envelope = reply.kind == "envelope";
    let has_after = reply.info.as_ref().is_some_and(|info| {
        let info = schemas.resolve(info);
        info.at(&["properties", "cursors"]).is_some()
    });
    let style = if asks.is_empty() {
        "single_page"
    } else if asks.contains(&"page") {
        if is_nested || !has_envelope {
            "number"
        } else {
            "page_array"
        }
    } else if asks.contains(&"offset") {
        "offset"
    } else if asks.contains(&"cursor") && has_envelope && has_after {
        "cursor_after"
    } else if asks.contains(&"cursor") && has_envelope {
        "cursor"
    } else if asks.contains(&"page_token") && has_envelope {
        "page_token"
    } else {
        return unknown("how to ask for the next page is not known");
    };
    Ok(Some(Pages { style, items, item }))
}

/// What a result is, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    List,
    /// A list with something around it, or possibly a list.
    PerhapsList,
    One,
}

/// What an operation returns.
pub fn gives(operation: &Json, reply: &Reply, schemas: &Schemas<'_>) -> Gives {
    let parameters = operation.get("parameters").map(Json::elements);
    let asks = parameters.unwrap_or_default().iter().any(|parameter| {
        let name = schemas.resolve(parameter).str("name");
        name.is_some_and(|name| asks_for_page(name) || name == "per_page")
    });
    let is_unknown = schemas.resolve(&reply.schema).members().is_empty();
    match list(&reply.schema, schemas) {
        Some((None, _)) => Gives::List,
        _ if asks => Gives::List,
        Some(_) => Gives::PerhapsList,
        None if is_unknown => Gives::PerhapsList,
        None => Gives::One,
    }
}

/// The list that a result is, or its only one.
fn list(result: &Json, schemas: &Schemas<'_>) -> Option<(Option<String>, Json)> {
    let result = schemas.resolve(result);
    let items = |schema: &Json| {
        let schema = schemas.resolve(schema);
        let is_list = schema.str("type") == Some("array")
            || schema.strings("type").iter().any(|kind| kind == "array");
        let items = schema.get("items").cloned();
        is_list.then(|| items.unwrap_or(Json::Object(Vec::new())))
    };
    if let Some(item) = items(result) {
        return Some((None, item));
    }
    let properties = result.get("properties")?.members();
    let mut lists = properties
        .iter()
        .filter_map(|(name, schema)| Some((name, items(schema)?)));
    match (lists.next(), lists.next()) {
        (Some((name, item)), None) => Some((Some(name.clone()), item)),
        _ => None,
    }
}
