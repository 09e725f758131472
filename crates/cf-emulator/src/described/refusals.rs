//! What the API says when something is not there, or there already.

use http::StatusCode;

use crate::http::error::ApiError;
use crate::store::{Object, Store, text};

/// Part of a collection's path, code and message for members that are not there.
const MISSING: &[(&str, u32, &str)] = &[
    (
        "/storage/kv/namespaces",
        10013,
        "get namespace: 'namespace not found'",
    ),
    ("/r2/buckets", 10006, "The specified bucket does not exist."),
    ("/d1/database", 7404, "The database could not be found"),
    (
        "/workers/scripts",
        10007,
        "This Worker does not exist on your account.",
    ),
    ("/workers/domains", 100114, "Domain not found"),
    ("/queues", 11000, "Queue not found"),
    (
        "/load_balancers",
        1002,
        "load balancer, pool or monitor not found",
    ),
    ("/access/", 11021, "access.api.error.not_found"),
    ("/rulesets", 10000, "could not find ruleset"),
    ("/pagerules", 1002, "Page Rule not found"),
    (
        "/custom_hostnames",
        1436,
        "The custom hostname was not found.",
    ),
    ("/images/", 5404, "Image not found"),
    ("/stream", 10003, "Not Found"),
    ("/hyperdrive/configs", 2001, "Hyperdrive config not found"),
    ("/logpush/jobs", 1002, "job not found"),
    ("/secrets_store/", 1001, "store or secret not found"),
    ("/email/routing", 2027, "Rule not found."),
    ("/waiting_rooms", 1001, "waiting room not found"),
];

/// Part of a collection's path, the field that two members must not share,
/// status, code and message.
const UNIQUE: &[(&str, &str, StatusCode, u32, &str)] = &[
    (
        "/storage/kv/namespaces",
        "title",
        StatusCode::BAD_REQUEST,
        10014,
        "create namespace: 'A namespace with this account ID and title already exists.'",
    ),
    (
        "/r2/buckets",
        "name",
        StatusCode::CONFLICT,
        10004,
        "The bucket you tried to create already exists, and you own it.",
    ),
    (
        "/d1/database",
        "name",
        StatusCode::BAD_REQUEST,
        7502,
        "A database with this name already exists",
    ),
    (
        "/queues",
        "queue_name",
        StatusCode::CONFLICT,
        11009,
        "Queue name is already taken",
    ),
    (
        "/custom_hostnames",
        "hostname",
        StatusCode::CONFLICT,
        1406,
        "Duplicate custom hostname found.",
    ),
    (
        "/hyperdrive/configs",
        "name",
        StatusCode::CONFLICT,
        2017,
        "A Hyperdrive config with the given name already exists",
    ),
];

pub(super) fn not_found(table: &str, key: &str) -> ApiError {
    let known = MISSING.iter().find(|(part, ..)| in_path(table, part));
    match known {
        Some((_, code, message)) => ApiError::not_found(*code, *message),
        None => {
            let kind = table.rsplit('/').next().unwrap_or("object");
            ApiError::not_found(1001, format!("{key} is not among {kind}"))
        }
    }
}

/// The refusal of a new member that is there already.
pub(super) fn duplicate(store: &Store, table: &str, key: &str, row: &Object) -> Option<ApiError> {
    let rule = UNIQUE.iter().find(|(part, ..)| table.ends_with(part));
    if let Some((_, field, status, code, message)) = rule {
        let name = text(row, field);
        let taken = !name.is_empty() && store.rows(table).any(|known| text(known, field) == name);
        if taken {
            return Some(ApiError::new(*status, *code, *message));
        }
    }
    store.get(table, key).map(|_| {
        let kind = table.rsplit('/').next().unwrap_or("objects");
        ApiError::new(
            StatusCode::CONFLICT,
            1061,
            format!("{key} is already among {kind}"),
        )
    })
}

fn in_path(table: &str, part: &str) -> bool {
    table.contains(part.trim_end_matches('/'))
}
