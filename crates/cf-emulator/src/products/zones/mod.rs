//! Zones: <https://developers.cloudflare.com/api/resources/zones/>.

mod hold;
mod list;
mod plans;
pub(crate) mod seed;
mod settings;

use std::hash::{DefaultHasher, Hash, Hasher};

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::access::permissions::Target;
use crate::access::{self, Access};
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::domain;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::{merge, object};
use crate::store::identity::{ACCOUNTS, ZONES};
use crate::store::{Object, Store, clock, pending, text};

const READ: &str = "Zone Read";
const WRITE: &str = "Zone Write";
const TYPES: &[&str] = &["full", "partial", "secondary", "internal"];

pub(super) struct Zones;

impl Product for Zones {
    fn name(&self) -> &'static str {
        "zones"
    }

    fn title(&self) -> &'static str {
        "Zones"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["zones/{}/settings", "zones/{}/hold"]
    }

    /// Settings with a path of their own in the description are handled like the
    /// others.
    fn adopt(&self, route: &mut Route) -> bool {
        let setting = route.path.strip_prefix("zones/{zone_id}/settings/");
        !setting.is_some_and(settings::is_known)
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        seed::seed(engine, seed)
    }
}

fn routes() -> Vec<Route> {
    let check = "zones/{zone_id}/activation_check";
    let mut routes = vec![
        Route::new(Method::GET, "zones", Group(READ), list::list),
        Route::new(Method::POST, "zones", Group(WRITE), create),
        Route::new(Method::GET, "zones/{zone_id}", Group(READ), get),
        Route::new(Method::PATCH, "zones/{zone_id}", Group(WRITE), edit),
        Route::new(Method::DELETE, "zones/{zone_id}", Group(WRITE), delete),
        Route::new(Method::PUT, check, Group(WRITE), check_activation),
    ];
    routes.extend(hold::routes());
    routes.extend(plans::routes());
    routes.extend(settings::routes());
    routes
}

/// Adds a zone and returns its identifier.
pub(crate) fn add(store: &mut Store, mut fields: Object) -> Result<String, ApiError> {
    let name = text(&fields, "name").trim_end_matches('.').to_lowercase();
    if name.is_empty() {
        return Err(ApiError::invalid("name"));
    }
    if !is_domain(&name) {
        return Err(ApiError::bad_request(
            1049,
            format!("{name} is not a registered domain"),
        ));
    }
    let account_id = account_asked_for(store, &fields);
    if store.get(ACCOUNTS, &account_id).is_none() {
        return Err(ApiError::invalid("account.id"));
    }
    let kind = match fields.get("type").map(Value::as_str) {
        None => "full",
        Some(Some(kind)) if TYPES.contains(&kind) => kind,
        Some(_) => return Err(ApiError::invalid("type")),
    };
    let taken = store
        .rows(ZONES)
        .any(|zone| is_same(text(zone, "name"), &name) && account_of(zone) == account_id);
    if taken {
        return Err(ApiError::bad_request(
            1061,
            format!("{name} already exists"),
        ));
    }
    if hold::held(store, &name, &account_id) {
        let message = format!("{name} is held by another account");
        return Err(ApiError::bad_request(1118, message));
    }
    let active = kind == "internal" || text(&fields, "status") == "active";
    let kind = kind.to_owned();
    let (id, now) = (ids::take(&mut fields), clock::now());
    let mut zone = object(json!({
        "id": id,
        "name": name,
        "status": if active { "active" } else { "pending" },
        "paused": false,
        "type": kind,
        "development_mode": 0,
        "name_servers": name_servers(&name, &kind),
        "original_name_servers": null,
        "original_registrar": null,
        "original_dnshost": null,
        "created_on": now,
        "modified_on": now,
        "activated_on": if active { json!(now) } else { Value::Null },
        "vanity_name_servers": [],
        "vanity_name_servers_ips": null,
        "meta": {
            "step": if active { 4 } else { 2 },
            "custom_certificate_quota": 0,
            "page_rule_quota": 3,
            "phishing_detected": false,
        },
        "owner": { "id": null, "type": "user", "email": null },
        "tenant": { "id": null, "name": null },
        "tenant_unit": { "id": null },
        "account": { "id": account_id },
        "plan": plans::FREE,
    }));
    if kind == "partial" {
        zone.insert(
            "verification_key".to_owned(),
            ids::secret("", 20).to_lowercase().into(),
        );
        zone.insert("cname_suffix".to_owned(), "cdn.cloudflare.net".into());
    }
    let own: Vec<_> = fields
        .keys()
        .filter(|field| zone.contains_key(*field))
        .cloned()
        .collect();
    let fixed: Vec<_> = own
        .iter()
        .map(String::as_str)
        .chain(["jump_start"])
        .collect();
    merge(&mut zone, fields, &fixed);
    store.table_mut(ZONES).put(zone);
    Ok(id)
}

/// Deletes the zones of an account and everything in them.
pub(crate) fn remove_of_account(store: &mut Store, account_id: &str) {
    let zones: Vec<_> = store
        .rows(ZONES)
        .filter(|zone| account_of(zone) == account_id)
        .map(|zone| text(zone, "id").to_owned())
        .collect();
    for zone in zones {
        remove(store, &zone);
    }
}

fn remove(store: &mut Store, id: &str) {
    if let Some(zone) = store.table_mut(ZONES).remove(id) {
        // These are in the account, but end with the zone.
        let domains = format!("accounts/{}/workers/domains", account_of(&zone));
        let own = store
            .rows(&domains)
            .filter(|row| text(row, "zone_id") == id);
        let own: Vec<String> = own.map(|row| text(row, "id").to_owned()).collect();
        for domain in own {
            store.table_mut(&domains).remove(&domain);
        }
    }
    store.remove_below(&format!("{ZONES}/{id}"));
}

/// The plan of a zone by its short name, `free` to `enterprise`.
pub(crate) fn plan(store: &Store, id: &str) -> &'static str {
    store
        .get(ZONES, id)
        .map_or(plans::FREE, |zone| plans::short_name(text(zone, "plan")))
}

fn account_of(zone: &Object) -> &str {
    zone.get("account")
        .and_then(|account| account["id"].as_str())
        .unwrap_or_default()
}

/// Without an account in the body, it is the first one.
fn account_asked_for(store: &Store, body: &Object) -> String {
    match body.get("account") {
        None => {}
        Some(Value::Object(account)) if !account.contains_key("id") => {}
        Some(account) => return account["id"].as_str().unwrap_or_default().to_owned(),
    }
    let first = store.rows(ACCOUNTS).next();
    first
        .map(|account| text(account, "id").to_owned())
        .unwrap_or_default()
}

fn is_same(name: &str, other: &str) -> bool {
    domain::to_ascii(name) == domain::to_ascii(other)
}

/// Refuses the name of a subdomain, which only the Enterprise plan can have as a zone. The emulator has no list of
/// public suffixes: a name is one if another zone is above it, or if it has three labels below a suffix that is
/// known to have no others.
fn refuse_subdomain(store: &Store, name: &str) -> Result<(), ApiError> {
    const PLAIN: [&str; 12] = [
        "com", "net", "org", "info", "biz", "dev", "app", "io", "xyz", "cloud", "test", "example",
    ];
    let name = domain::to_ascii(name);
    let above = |zone: &Object| {
        let rest = name.strip_suffix(&domain::to_ascii(text(zone, "name")));
        rest.is_some_and(|rest| rest.ends_with('.'))
    };
    let mut parents = store.rows(ZONES).filter(|zone| above(zone)).peekable();
    let suffix = name.rsplit('.').next().unwrap_or_default();
    let is_deep = name.split('.').count() > 2 && PLAIN.contains(&suffix);
    let is_below = parents.peek().is_some();
    let is_allowed = parents.any(|zone| plans::short_name(text(zone, "plan")) == "enterprise");
    if (is_deep || is_below) && !is_allowed {
        let message = "Please ensure you are providing the root domain and not any subdomains \
                       (e.g., example.com, not subdomain.example.com)";
        return Err(ApiError::bad_request(1116, message));
    }
    Ok(())
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// Two name servers, the same for each name.
fn name_servers(zone: &str, kind: &str) -> Vec<String> {
    const FIRST: &[&str] = &[
        "ada", "cleo", "dora", "elsa", "gina", "iris", "june", "lola",
    ];
    const SECOND: &[&str] = &["abel", "cody", "dean", "evan", "hugo", "ivan", "lee", "max"];
    if kind == "internal" || kind == "partial" {
        return Vec::new();
    }
    let mut hasher = DefaultHasher::new();
    zone.hash(&mut hasher);
    let hash = hasher.finish() as usize;
    [
        FIRST[hash % FIRST.len()],
        SECOND[hash / FIRST.len() % SECOND.len()],
    ]
    .map(|name| format!("{name}.ns.cloudflare.com"))
    .to_vec()
}

/// A zone as a caller sees it, with its account, plan and permissions.
fn show(store: &Store, access: &Access, zone: &Object) -> Object {
    let mut shown = zone.clone();
    shown.remove(pending::FIELD);
    let account_id = account_of(zone);
    let account = store.get(ACCOUNTS, account_id).map(|a| text(a, "name"));
    shown.insert(
        "account".to_owned(),
        json!({ "id": account_id, "name": account }),
    );
    shown.insert("plan".to_owned(), plans::show(text(zone, "plan")));
    let permissions: Vec<_> = [
        ("#dns_records:edit", "DNS Write"),
        ("#dns_records:read", "DNS Read"),
        ("#zone:edit", "Zone Write"),
        ("#zone:read", "Zone Read"),
        ("#zone_settings:edit", "Zone Settings Write"),
        ("#zone_settings:read", "Zone Settings Read"),
    ]
    .into_iter()
    .filter(|(_, group)| access.permits_zone(group, zone))
    .map(|(permission, _)| permission)
    .collect();
    shown.insert("permissions".to_owned(), json!(permissions));
    shown
}

fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let missing = || ApiError::not_found(1001, "Invalid zone identifier");
    call.store
        .get(ZONES, call.params.get("zone_id"))
        .ok_or_else(missing)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut body = call.json()?;
    // A caller cannot set the status or the identifier of a zone.
    body.remove("status");
    body.remove("id");
    let account = account_asked_for(call.store, &body);
    if !call
        .access
        .permits(WRITE, Target::NewZone { account: &account })
    {
        return Err(access::denied(WRITE, &call.access));
    }
    let name = text(&body, "name").trim_end_matches('.').to_lowercase();
    if !hold::held(call.store, &name, &account) {
        refuse_subdomain(call.store, &name)?;
    }
    let id = add(call.store, body)?;
    let zone = call
        .store
        .get(ZONES, &id)
        .map(|zone| show(call.store, &call.access, zone));
    Ok(Reply::result(zone.unwrap_or_default()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("zone_id");
    if call.store.get(ZONES, id).is_some_and(pending::is_marked)
        && let Some(zone) = call.store.table_mut(ZONES).get_mut(id)
        && !pending::poll(zone)
    {
        activate(zone);
    }
    show_found(call)
}

fn show_found(call: &Call<'_>) -> Outcome {
    Ok(Reply::result(show(call.store, &call.access, found(call)?)))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let mut changes = call.json()?;
    if changes
        .get("paused")
        .is_some_and(|paused| !paused.is_boolean())
    {
        return Err(ApiError::invalid("paused"));
    }
    if changes
        .get("type")
        .is_some_and(|kind| !kind.as_str().is_some_and(|k| TYPES.contains(&k)))
    {
        return Err(ApiError::invalid("type"));
    }
    let names = changes.get("vanity_name_servers");
    if names.is_some_and(|all| {
        !all.as_array()
            .is_some_and(|a| a.iter().all(Value::is_string))
    }) {
        return Err(ApiError::invalid("vanity_name_servers"));
    }
    if let Some(plan) = changes.remove("plan") {
        let named = plan["id"].as_str().or_else(|| plan["legacy_id"].as_str());
        let plan = named
            .and_then(plans::find)
            .ok_or_else(|| ApiError::invalid("plan.id"))?;
        changes.insert("plan".to_owned(), plan.into());
    }
    let fixed = [
        "id",
        "name",
        "status",
        "account",
        "owner",
        "meta",
        "name_servers",
        "permissions",
        "created_on",
        "modified_on",
        "activated_on",
    ];
    let id = call.params.get("zone_id");
    if let Some(zone) = call.store.table_mut(ZONES).get_mut(id) {
        merge(zone, changes, &fixed);
        zone.insert("modified_on".to_owned(), clock::now().into());
    }
    show_found(call)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("zone_id");
    remove(call.store, id);
    Ok(Reply::id(id))
}

/// No registrar can point at the emulator, so it takes the name servers
/// as set. Unless it is asked to take its time, the zone is active at once.
fn check_activation(call: &mut Call<'_>) -> Outcome {
    let id = call.params.get("zone_id");
    if let Some(mut zone) = call.store.get(ZONES, id).cloned()
        && text(&zone, "status") != "active"
        && !pending::is_marked(&zone)
    {
        if !pending::begin(call.store, &mut zone) {
            activate(&mut zone);
        }
        call.store.table_mut(ZONES).put(zone);
    }
    Ok(Reply::id(id))
}

fn activate(zone: &mut Object) {
    let now = clock::now();
    zone.insert("status".to_owned(), "active".into());
    zone.insert("activated_on".to_owned(), now.clone().into());
    zone.insert("modified_on".to_owned(), now.into());
}

/// Activates the zones whose time has come.
fn settle(store: &mut Store) {
    let over = store.rows(ZONES).filter(|zone| pending::is_over(zone));
    for mut zone in over.cloned().collect::<Vec<_>>() {
        if !pending::poll(&mut zone) {
            activate(&mut zone);
            store.table_mut(ZONES).put(zone);
        }
    }
}
