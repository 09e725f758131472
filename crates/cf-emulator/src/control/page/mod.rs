//! The page at `/`: what is running, what it holds, and the latest requests and
//! replies. It needs no script.

mod products;
mod requests;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::engine::{Engine, lock};
use crate::http::path::BASE_PATH;
use crate::http::query::Query;
use crate::http::request::Request;
use crate::http::response::HttpReply;

const STYLE: &str = include_str!("style.css");
/// Path prefix of a product's resources, as JSON.
const PRODUCTS: &str = "/products/";

/// The page, or what it links to, if the request is for one of them.
pub(super) fn answer(engine: &Engine, request: &Request) -> Option<HttpReply> {
    if request.method != Method::GET {
        return None;
    }
    if request.path == "/" {
        let page = page(engine, &Query::parse(&request.query));
        return Some(shown(StatusCode::OK, "text/html; charset=utf-8", page));
    }
    let name = request.path.strip_prefix(PRODUCTS)?;
    Some(match products::resources(engine, name) {
        Some(all) => shown(StatusCode::OK, "application/json", pretty(&all)),
        None => {
            let why = format!("there is nothing of {name}\n");
            shown(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", why)
        }
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn shown(status: StatusCode, kind: &'static str, body: String) -> HttpReply {
    // No script runs on the page, whatever a logged request contains.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    HttpReply::raw(status, Bytes::from(body))
        .with_header(CONTENT_TYPE, HeaderValue::from_static(kind))
        .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with_header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))
}

fn page(engine: &Engine, query: &Query) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let account = escape(&engine.account_id);
    let faults = lock(&engine.faults).len();
    let asked = lock(&engine.log).len();
    let trouble = match &*lock(&engine.state_error) {
        Some(error) => format!(
            "<p class=\"alert\" role=\"alert\">The state cannot be written: {}</p>",
            escape(error)
        ),
        None => String::new(),
    };
    let kept = match engine.folder {
        Some(_) => "in a directory",
        None => "in memory",
    };
    let products = products::table(engine);
    let requests = requests::section(engine, query);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>cf-emulator</title><style>{STYLE}</style></head><body>\
         <header><h1>cf-emulator <small>{version}</small></h1>\
         <p>This stands in for the Cloudflare API. Nothing here reaches Cloudflare.</p></header>\
         <main>{trouble}<dl class=\"facts\">\
         <div><dt>Base URL</dt><dd><code>{BASE_PATH}</code></dd></div>\
         <div><dt>Account</dt><dd><code>{account}</code></dd></div>\
         <div><dt>State</dt><dd>{kept}</dd></div>\
         <div><dt>Requests in the log</dt><dd>{asked}</dd></div>\
         <div><dt>Faults that wait</dt><dd>{faults}</dd></div>\
         </dl>{products}{requests}</main></body></html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
