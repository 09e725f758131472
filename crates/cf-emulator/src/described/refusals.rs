//! Error messages for what does not exist, or already exists.

use http::StatusCode;

use super::collection::Collection;
use crate::engine::product::{Refusals, Taken};
use crate::http::error::ApiError;
use crate::store::{Object, Store, text};

/// Of the collections without a product.
pub(super) static OTHERS: &[Refusals] = &[
    Refusals {
        collection: "/pagerules",
        missing: (1002, "Page Rule not found"),
        taken: None,
    },
    Refusals {
        collection: "/custom_hostnames",
        missing: (1436, "The custom hostname was not found."),
        taken: Some(Taken {
            field: "hostname",
            status: StatusCode::CONFLICT,
            code: 1406,
            message: "Duplicate custom hostname found.",
        }),
    },
    Refusals {
        collection: "/images",
        missing: (5404, "Image not found"),
        taken: None,
    },
    Refusals {
        collection: "/stream",
        missing: (10003, "Not Found"),
        taken: None,
    },
    Refusals {
        collection: "/hyperdrive/configs",
        missing: (2001, "Hyperdrive config not found"),
        taken: Some(Taken {
            field: "name",
            status: StatusCode::CONFLICT,
            code: 2017,
            message: "A Hyperdrive config with the given name already exists",
        }),
    },
    Refusals {
        collection: "/logpush/jobs",
        missing: (1002, "job not found"),
        taken: None,
    },
    Refusals {
        collection: "/secrets_store",
        missing: (1001, "store or secret not found"),
        taken: None,
    },
    Refusals {
        collection: "/email/routing",
        missing: (2027, "Rule not found."),
        taken: None,
    },
    Refusals {
        collection: "/waiting_rooms",
        missing: (1001, "waiting room not found"),
        taken: None,
    },
];

pub(super) fn not_found(collection: &Collection, table: &str, key: &str) -> ApiError {
    match collection.refusals() {
        Some(Refusals {
            missing: (code, message),
            ..
        }) => ApiError::not_found(*code, *message),
        None => {
            let kind = table.rsplit('/').next().unwrap_or("object");
            ApiError::not_found(1001, format!("{key} is not in {kind}"))
        }
    }
}

/// The error for a new member that already exists.
pub(super) fn duplicate(
    collection: &Collection,
    store: &Store,
    table: &str,
    key: &str,
    row: &Object,
) -> Option<ApiError> {
    if let Some(taken) = collection.taken() {
        let name = text(row, taken.field);
        let mut known = store.rows(table).map(|known| text(known, taken.field));
        if !name.is_empty() && known.any(|known| known == name) {
            return Some(ApiError::new(taken.status, taken.code, taken.message));
        }
    }
    store.get(table, key).map(|_| {
        let kind = table.rsplit('/').next().unwrap_or("objects");
        ApiError::new(
            StatusCode::CONFLICT,
            1061,
            format!("{key} is already in {kind}"),
        )
    })
}
