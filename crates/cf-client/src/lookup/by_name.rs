//! The lists of zones and accounts. They are here whatever products are compiled in.

use cf_types::codec::RawJson;
use cf_types::{Arguments, Meta, Operation, Page, PageStyle, Paged, Param, ParamLocation, Reply};
use http::Method;

use crate::domain_name::DomainName;

/// A list that can be narrowed to a name.
pub(super) trait ByName: Paged<Item = RawJson> {
    const THING: &'static str;
    fn by_name(name: &str) -> Self;
    fn is_same(given: &str, wanted: &str) -> bool;
}

pub(super) struct ZonesByName(String);
pub(super) struct AccountsByName(String);
pub(super) struct Accounts;

impl ByName for ZonesByName {
    const THING: &'static str = "zone";
    fn by_name(name: &str) -> Self {
        ZonesByName(name.to_owned())
    }
    fn is_same(given: &str, wanted: &str) -> bool {
        DomainName::new(given) == DomainName::new(wanted)
    }
}

impl ByName for AccountsByName {
    const THING: &'static str = "account";
    fn by_name(name: &str) -> Self {
        AccountsByName(name.to_owned())
    }
    fn is_same(given: &str, wanted: &str) -> bool {
        given == wanted
    }
}

const PARAMS: &[Param] = &[
    Param {
        name: "name",
        location: ParamLocation::Query,
    },
    Param {
        name: "page",
        location: ParamLocation::Query,
    },
    Param {
        name: "per_page",
        location: ParamLocation::Query,
    },
];
/// The most that both lists give at once.
const PER_PAGE: &i64 = &50;

macro_rules! list {
    ($name:ident $(by $field:tt)?, $id:literal, $path:literal) => {
        impl Arguments for $name {
            fn param(&self, index: usize) -> &dyn cf_types::codec::Field {
                match index {
                    $(0 => &self.$field,)?
                    2 => PER_PAGE,
                    _ => &(),
                }
            }
        }

        impl Operation for $name {
            const META: &'static Meta = &Meta::new($id, Method::GET, $path)
                .with_params(PARAMS)
                .with_pagination(PageStyle::Number);
            type Output = Page<RawJson>;
        }

        impl Paged for $name {
            type Item = RawJson;
            fn into_page(reply: Reply<Page<RawJson>>) -> Page<RawJson> {
                let info = reply.result_info().cloned();
                let mut page = reply.into_value();
                page.info = info.unwrap_or_default();
                page
            }
        }
    };
}

list!(ZonesByName by 0, "zones.list", "/zones");
list!(AccountsByName by 0, "accounts.list", "/accounts");
list!(Accounts, "accounts.list", "/accounts");
