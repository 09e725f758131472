//! The page at `/`: what is running, what it holds, what was asked last.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

use crate::envelope::HttpReply;
use crate::log::LoggedRequest;
use crate::request::Request;
use crate::router::BASE_PATH;
use crate::server::{Shared, lock};

/// Requests that the page shows, the latest first.
const SHOWN: usize = 100;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
td.n{text-align:right}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap;margin:0}\
.bad{color:#b00020}";

/// The page, if it is what is asked for.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Option<HttpReply> {
    if request.path != "/" || request.method != Method::GET {
        return None;
    }
    let page = Bytes::from(page(shared));
    let reply = HttpReply::raw(StatusCode::OK, page)
        .with_header(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        )
        .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Nothing on the page runs, whatever a request brought along.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    Some(reply.with_header(CONTENT_SECURITY_POLICY, policy))
}

fn page(shared: &Shared) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = write!(
        out,
        "<title>Cloudflare API emulator</title><style>{STYLE}</style></head><body><h1>Cloudflare API emulator {}</h1>",
        env!("CARGO_PKG_VERSION")
    );
    let _ = write!(
        out,
        "<p>The API is at <code>{BASE_PATH}</code>, account <code>{}</code>.</p>",
        escape(&shared.account_id)
    );
    if let Some(error) = lock(&shared.state_error).as_deref() {
        let _ = write!(
            out,
            "<p class=\"bad\">The state could not be written: {}</p>",
            escape(error)
        );
    }
    state(shared, &mut out);
    let requests = lock(&shared.log).latest(SHOWN);
    out.push_str("<h2>Latest requests</h2>");
    if requests.is_empty() {
        out.push_str("<p>None yet.</p>");
    } else {
        out.push_str(
            "<table><thead><tr><th>Status</th><th>Request</th><th>Time</th></tr></thead><tbody>",
        );
        for request in &requests {
            row(request, &mut out);
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</body></html>\n");
    out
}

/// The collections by their place in the API, without the identifiers.
fn state(shared: &Shared, out: &mut String) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (path, table) in lock(&shared.store)
        .tables()
        .filter(|(_, table)| table.len() > 0)
    {
        // An identifier in second place says which account or zone.
        let place: Vec<_> = path
            .split('/')
            .enumerate()
            .map(|(at, segment)| {
                if at == 1 && segment.len() == 32 {
                    "…"
                } else {
                    segment
                }
            })
            .collect();
        *counts.entry(place.join("/")).or_default() += table.len();
    }
    out.push_str("<h2>What there is</h2><table><thead><tr><th>Collection</th><th>Objects</th></tr></thead><tbody>");
    for (place, count) in counts {
        let _ = write!(
            out,
            "<tr><td><code>{}</code></td><td class=\"n\">{count}</td></tr>",
            escape(&place)
        );
    }
    out.push_str("</tbody></table>");
}

/// One request. Bodies are left out: they may hold secrets.
fn row(request: &LoggedRequest, out: &mut String) {
    let (status, class) = match request.status {
        Some(status) if status.as_u16() < 400 => (status.as_str().to_owned(), ""),
        Some(status) => (status.as_str().to_owned(), " class=\"bad\""),
        None => ("cut".to_owned(), " class=\"bad\""),
    };
    let question = if request.query.is_empty() { "" } else { "?" };
    let line = format!(
        "{} {}{question}{}",
        request.method, request.path, request.query
    );
    let time = request.elapsed.as_secs_f64() * 1000.0;
    let line = escape(&line);
    let _ = write!(
        out,
        "<tr><td{class}>{status}</td><td><code>{line}</code></td><td class=\"n\">{time:.1}&nbsp;ms</td></tr>"
    );
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
