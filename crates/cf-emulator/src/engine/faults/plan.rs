//! The faults that apply to one request.

use std::io::BufReader;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::Value;

use super::text::HEADER;
use super::{Action, Change, Fault};
use crate::http::body::{Body, Cut};
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::request::Request;
use crate::http::response::{Content, HttpReply};

/// What ends a request early or changes its reply.
#[derive(Debug)]
enum Ending {
    Reply(HttpReply),
    Cut,
    LoseReply,
    CutBody(usize),
}

/// All faults that apply to one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    delay: Duration,
    ignore_page: bool,
    ending: Option<Ending>,
    drifts: Vec<(String, Change)>,
}

impl Plan {
    /// Takes from `faults` those that apply to `request`.
    pub(crate) fn draw(faults: &mut Vec<Fault>, request: &Request) -> Self {
        let mut plan = Self::default();
        for fault in faults
            .iter_mut()
            .filter(|f| f.left != Some(0) && f.matches(request))
        {
            if fault.ends() && plan.ending.is_some() {
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            plan.add(&fault.action);
        }
        faults.retain(|fault| fault.left != Some(0));
        plan.add_own(request);
        plan
    }

    /// The faults that the request itself asks for.
    fn add_own(&mut self, request: &Request) {
        let header = request.headers.get_all(HEADER).iter();
        let texts = header
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'));
        for text in texts.filter(|text| !text.trim().is_empty()) {
            match text.parse::<Fault>() {
                Ok(fault) if fault.ends() && self.ending.is_some() => {}
                Ok(fault) => self.add(&fault.action),
                Err(error) => {
                    let error = ApiError::bad_request(1003, format!("{HEADER}: {error}"));
                    self.ending = Some(Ending::Reply(error.into()));
                }
            }
        }
    }

    fn add(&mut self, action: &Action) {
        match action {
            Action::Delay(duration) => self.delay += *duration,
            Action::IgnorePage => self.ignore_page = true,
            Action::Drift { pointer, change } => {
                self.drifts.push((pointer.clone(), change.clone()));
            }
            Action::Cut => self.ending = Some(Ending::Cut),
            Action::LoseReply => self.ending = Some(Ending::LoseReply),
            Action::CutBody(bytes) => self.ending = Some(Ending::CutBody(*bytes)),
            Action::Reply {
                status,
                headers,
                body,
            } => {
                let json = HeaderValue::from_static("application/json");
                let reply = HttpReply::raw(*status, body.clone()).with_header(CONTENT_TYPE, json);
                let reply = headers.iter().fold(reply, |reply, (name, value)| {
                    reply.with_header(name.clone(), value.clone())
                });
                self.ending = Some(Ending::Reply(reply));
            }
        }
    }

    /// Answers a request by `perform` as far as the faults allow: late, not at
    /// all, changed or in part. `perform` is told whether to ignore `page`.
    pub(crate) async fn around(
        mut self,
        perform: impl AsyncFnOnce(bool) -> Outcome,
    ) -> Result<Response<Body>, Cut> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let (reply, cut_after) = match self.ending.take() {
            Some(Ending::Cut) => return Err(Cut::OnPurpose),
            Some(Ending::Reply(reply)) => (reply, None),
            ending => {
                let mut reply = HttpReply::from(perform(self.ignore_page).await);
                self.drift(&mut reply);
                match ending {
                    Some(Ending::LoseReply) => return Err(Cut::OnPurpose),
                    Some(Ending::CutBody(bytes)) => (reply, Some(bytes)),
                    _ => (reply, None),
                }
            }
        };
        match reply.into_response(cut_after) {
            Err(Cut::Unreadable(error)) => {
                HttpReply::from(ApiError::unreadable(&error)).into_response(None)
            }
            response => response,
        }
    }

    /// Changes the JSON of a reply.
    fn drift(&self, reply: &mut HttpReply) {
        if self.drifts.is_empty() {
            return;
        }
        if let Content::Text(text) = &reply.content
            && let Ok(value) = serde_json::from_reader(BufReader::new(text.reader()))
        {
            reply.content = Content::Json(value);
        }
        if let Content::Json(value) = &mut reply.content {
            for (pointer, change) in &self.drifts {
                let parts: Vec<_> = pointer.split('/').skip(1).map(unescape).collect();
                apply(value, &parts, change);
            }
        }
    }
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn apply(value: &mut Value, pointer: &[String], change: &Change) {
    let Some((part, rest)) = pointer.split_first() else {
        if let Change::Set(new) = change {
            *value = new.clone();
        }
        return;
    };
    match value {
        Value::Object(object) => match (rest, change) {
            ([], Change::Drop) if part == "*" => object.clear(),
            ([], Change::Drop) => {
                object.remove(part);
            }
            ([], Change::Set(new)) if part != "*" => {
                object.insert(part.clone(), new.clone());
            }
            _ if part == "*" => object.values_mut().for_each(|v| apply(v, rest, change)),
            _ => {
                if let Some(inner) = object.get_mut(part) {
                    apply(inner, rest, change);
                }
            }
        },
        Value::Array(items) => match (rest, change) {
            ([], Change::Drop) if part == "*" => items.clear(),
            ([], Change::Drop) => {
                if let Some(index) = part.parse().ok().filter(|i: &usize| *i < items.len()) {
                    items.remove(index);
                }
            }
            _ if part == "*" => items.iter_mut().for_each(|v| apply(v, rest, change)),
            _ => {
                if let Some(item) = part.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                    apply(item, rest, change);
                }
            }
        },
        _ => {}
    }
}
