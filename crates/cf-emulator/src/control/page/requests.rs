//! The latest requests and replies.

use std::fmt::Write as _;

use cf_redact::Message;
use http::HeaderMap;

use super::escape;
use crate::engine::log::{LoggedRequest, Redactor};
use crate::engine::{Engine, lock};
use crate::http::query::Query;

/// How many requests the page shows, latest first.
const SHOWN: usize = 100;
/// How many characters of a body it shows.
const BODY: usize = 2000;

/// The reader's filter.
struct Filter<'a> {
    method: &'a str,
    /// The first digit of the status, or `cut`.
    status: &'a str,
    text: &'a str,
}

impl Filter<'_> {
    fn selects(&self, request: &LoggedRequest) -> bool {
        let status = match request.status {
            Some(status) => status.as_str().starts_with(self.status),
            None => self.status == "cut",
        };
        (self.method.is_empty() || request.method == self.method)
            && (self.status.is_empty() || status)
            && (self.text.is_empty() || request.target().contains(self.text))
    }
}

pub(super) fn section(engine: &Engine, query: &Query) -> String {
    let filter = Filter {
        method: query.get("method").unwrap_or_default(),
        status: query.get("status").unwrap_or_default(),
        text: query.get("path").unwrap_or_default(),
    };
    let found: Vec<_> = lock(&engine.log)
        .latest()
        .filter(|request| filter.selects(request))
        .take(SHOWN)
        .collect();
    let redactor = Redactor::new(lock(&engine.store).credentials());
    let mut out = String::from(
        "<section aria-labelledby=\"requests\"><h2 id=\"requests\">Latest requests</h2>",
    );
    form(&filter, &mut out);
    match found.is_empty() {
        true => out.push_str("<p>None.</p>"),
        false => {
            out.push_str("<div class=\"log\">");
            for request in &found {
                one(request, &redactor, &mut out);
            }
            out.push_str("</div>");
        }
    }
    out.push_str("</section>");
    out
}

fn form(filter: &Filter<'_>, out: &mut String) {
    let options = |all: &[(&str, &str)], chosen: &str| {
        let option = |(value, label): &(&str, &str)| {
            let selected = if *value == chosen { " selected" } else { "" };
            format!("<option value=\"{value}\"{selected}>{label}</option>")
        };
        all.iter().map(option).collect::<String>()
    };
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(|method| (method, method));
    let methods: Vec<_> = [("", "any")].into_iter().chain(methods).collect();
    let statuses = [
        ("", "any"),
        ("2", "2xx"),
        ("3", "3xx"),
        ("4", "4xx"),
        ("5", "5xx"),
        ("cut", "cut"),
    ];
    let _ = write!(
        out,
        "<form method=\"get\" action=\"/#requests\">\
         <label>Method <select name=\"method\">{}</select></label>\
         <label>Status <select name=\"status\">{}</select></label>\
         <label>Path has <input name=\"path\" type=\"search\" value=\"{}\"></label>\
         <button>Filter</button> <a href=\"/#requests\">all</a></form>",
        options(&methods, filter.method),
        options(&statuses, filter.status),
        escape(filter.text)
    );
}

fn one(request: &LoggedRequest, redactor: &Redactor, out: &mut String) {
    let (status, class) = match request.status {
        Some(status) if status.as_u16() < 400 => (status.as_str().to_owned(), "good"),
        Some(status) => (status.as_str().to_owned(), "bad"),
        None => ("cut".to_owned(), "bad"),
    };
    let time = request.elapsed.as_secs_f64() * 1000.0;
    let _ = write!(
        out,
        "<details><summary><span class=\"status {class}\">{status}</span> \
         <span class=\"method\">{}</span> <code>{}</code> <span class=\"time\">{time:.1}&nbsp;ms</span></summary>",
        escape(request.method.as_str()),
        escape(&redactor.target(&request.path, &request.query))
    );
    let body = redactor.body(
        Message::Request,
        &request.path,
        &request.headers,
        &request.body,
        BODY,
    );
    side("Request", &request.headers, &body, out);
    if request.status.is_some() {
        let (headers, body) = (&request.reply_headers, &request.reply_body);
        let body = redactor.body(Message::Reply, &request.path, headers, body, BODY);
        side("Reply", headers, &body, out);
    }
    out.push_str("</details>");
}

fn side(title: &str, headers: &HeaderMap, body: &str, out: &mut String) {
    let mut shown = String::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let _ = writeln!(shown, "{name}: {value}");
    }
    if !body.is_empty() {
        shown.push('\n');
        shown.push_str(body);
    }
    let _ = write!(
        out,
        "<h3>{title}</h3><pre tabindex=\"0\">{}</pre>",
        escape(&shown)
    );
}
