//! The products of the API, one folder each.

mod access;
pub(crate) mod accounts;
mod ai;
mod ai_search;
mod cache;
mod certificate_packs;
#[cfg(feature = "sqlite")]
pub(crate) mod d1;
pub(crate) mod dns;
mod email_routing;
#[cfg(feature = "graphql")]
pub(crate) mod graphql;
mod hyperdrive;
mod images;
mod ips;
mod kv;
mod lists;
mod load_balancers;
mod pages;
mod queues;
mod r2;
mod registrar;
mod rulesets;
mod secrets_store;
pub(crate) mod start;
mod stream;
pub(crate) mod tokens;
mod tunnels;
mod turnstile;
mod user;
mod vectorize;
pub(crate) mod workers;
mod workflows;
pub(crate) mod zones;

use crate::described;
use crate::engine::product::Product;
use crate::engine::route::Route;

/// Every product. Seeds are added in this order: parents first.
pub(crate) static ALL: &[&dyn Product] = &[
    &accounts::Accounts,
    &zones::Zones,
    &dns::Dns,
    &access::Access,
    &ai::Ai,
    &ai_search::AiSearch,
    &cache::Cache,
    &certificate_packs::CertificatePacks,
    #[cfg(feature = "sqlite")]
    &d1::D1,
    &email_routing::EmailRouting,
    #[cfg(feature = "graphql")]
    &graphql::Graphql,
    &hyperdrive::Hyperdrive,
    &images::Images,
    &ips::Ips,
    &kv::Kv,
    &lists::Lists,
    &load_balancers::LoadBalancers,
    &pages::Pages,
    &queues::Queues,
    &r2::R2,
    &registrar::Registrar,
    &rulesets::Rulesets,
    &secrets_store::SecretsStore,
    &stream::Stream,
    &tunnels::Tunnels,
    &turnstile::Turnstile,
    &vectorize::Vectorize,
    &workers::Workers,
    &workflows::Workflows,
    &tokens::Tokens,
    &user::User,
];

/// Every operation: those of the products, and the rest of the description.
pub(crate) fn routes() -> impl Iterator<Item = Route> {
    let written: Vec<_> = ALL.iter().flat_map(|product| product.routes()).collect();
    let described = described::routes(&written).filter_map(|mut route| {
        let adopted = ALL.iter().all(|product| product.adopt(&mut route));
        adopted.then_some(route)
    });
    written.into_iter().chain(described)
}
