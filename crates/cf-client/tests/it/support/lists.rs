//! Lists, and servers that serve them.

use cf_client::types::codec::Field;
use cf_client::types::zones::Zone;
use cf_client::types::{
    Arguments, Call, Envelope, Keyset, Meta, Operation, Page, PageStyle, Paged, Param,
    ParamLocation, Reply,
};
use cf_client::{Client, Items, Method};

use super::{Answer, Received, json};

/// A list of strings whose pages a cursor links.
#[derive(Default, Clone)]
pub struct Keys {
    pub cursor: Option<String>,
}

impl Arguments for Keys {
    fn param(&self, _: usize) -> &dyn Field {
        &self.cursor
    }
}

impl Operation for Keys {
    const META: &'static Meta = &Meta::new("keys.list", Method::GET, "/keys")
        .with_params(&[Param {
            name: "cursor",
            location: ParamLocation::Query,
        }])
        .with_pagination(PageStyle::Cursor);
    type Output = Page<String>;

    fn finish(envelope: &mut Envelope<Page<String>>) {
        envelope.result.info = envelope.result_info.clone().unwrap_or_default();
    }
}

impl Paged for Keys {
    type Item = String;
    fn into_page(reply: Reply<Page<String>>) -> Page<String> {
        reply.into_value()
    }
}

/// A list that has one page, by its description, but takes `page`.
pub struct Single;

impl Arguments for Single {
    fn param(&self, _: usize) -> &dyn Field {
        &()
    }
}

impl Operation for Single {
    const META: &'static Meta = &Meta::new("things.list", Method::GET, "/things")
        .with_params(&[Param {
            name: "page",
            location: ParamLocation::Query,
        }])
        .with_pagination(PageStyle::Single);
    type Output = Page<String>;

    fn finish(envelope: &mut Envelope<Page<String>>) {
        envelope.result.info = envelope.result_info.clone().unwrap_or_default();
    }
}

impl Paged for Single {
    type Item = String;
    fn into_page(reply: Reply<Page<String>>) -> Page<String> {
        reply.into_value()
    }
}

/// A list that has one page, by its description, and no parameter that asks for another.
pub struct Whole;

impl Arguments for Whole {}

impl Operation for Whole {
    const META: &'static Meta =
        &Meta::new("things.list", Method::GET, "/things").with_pagination(PageStyle::Single);
    type Output = Page<String>;

    fn finish(envelope: &mut Envelope<Page<String>>) {
        envelope.result.info = envelope.result_info.clone().unwrap_or_default();
    }
}

impl Paged for Whole {
    type Item = String;
    fn into_page(reply: Reply<Page<String>>) -> Page<String> {
        reply.into_value()
    }
}

/// Zones that continue before the date of the last one.
#[derive(Default)]
pub struct ByDate {
    pub before: Option<String>,
}

impl Arguments for ByDate {
    fn param(&self, index: usize) -> &dyn Field {
        match index {
            1 => &self.before,
            _ => &(),
        }
    }
}

impl Operation for ByDate {
    const META: &'static Meta = &Meta::new("things.list", Method::GET, "/things")
        .with_params(&[
            Param {
                name: "end",
                location: ParamLocation::Query,
            },
            Param {
                name: "before",
                location: ParamLocation::Query,
            },
        ])
        .with_pagination(PageStyle::Keyset(&Keyset::new(
            &["end", "before"],
            &["start", "after"],
            "created_on",
            "id",
        )));
    type Output = Page<Zone>;
}

impl Paged for ByDate {
    type Item = Zone;
    fn into_page(reply: Reply<Page<Zone>>) -> Page<Zone> {
        reply.into_value()
    }
}

pub fn keys(client: &Client) -> Items<String> {
    Call::new(client, Keys::default()).items()
}

pub fn page(result: &str, info: &str) -> Answer {
    let body = format!(
        r#"{{"success":true,"errors":[],"messages":[],"result":{result},"result_info":{info}}}"#
    );
    Answer::Bytes(json(200, &body))
}

/// Five zones, two per page, from a correct server.
pub fn zones(request: &Received) -> Answer {
    let number: usize = request
        .query("page")
        .map_or(1, |page| page.parse().unwrap());
    let names = ["a", "b", "c", "d", "e"];
    let of_page: Vec<_> = names
        .chunks(2)
        .nth(number - 1)
        .unwrap_or_default()
        .iter()
        .map(|name| zone(name))
        .collect();
    page(
        &format!("[{}]", of_page.join(",")),
        &format!(
            r#"{{"page":{number},"per_page":2,"count":{},"total_count":5,"total_pages":3}}"#,
            of_page.len()
        ),
    )
}

pub fn zone(name: &str) -> String {
    format!(r#"{{"id":"{name}","name":"{name}.example"}}"#)
}
