//! The user: <https://developers.cloudflare.com/api/resources/user/>.

mod seed;

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::engine::seed::SeedError;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::merge;
use crate::store::identity::USER;
use crate::store::{Store, clock};

pub(super) struct User;

impl Product for User {
    fn name(&self) -> &'static str {
        "user"
    }

    fn title(&self) -> &'static str {
        "User"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["user"]
    }

    fn seeds(&self) -> &'static [&'static str] {
        &["api_keys", "user_service_keys"]
    }

    fn seed(&self, engine: &Engine, seed: &mut Value) -> Result<(), SeedError> {
        seed::seed(engine, seed)
    }
}

fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "user", Group("User Details Read"), get),
        Route::new(Method::PATCH, "user", Group("User Details Write"), edit),
    ]
}

pub(crate) fn create(store: &mut Store, email: &str) {
    let now = clock::now();
    let user = json!({
        "id": ids::hex32(),
        "email": email,
        "username": email.split('@').next(),
        "first_name": null,
        "last_name": null,
        "telephone": null,
        "country": null,
        "zipcode": null,
        "two_factor_authentication_enabled": false,
        "two_factor_authentication_locked": false,
        "has_pro_zones": false,
        "has_business_zones": false,
        "has_enterprise_zones": false,
        "suspended": false,
        "betas": [],
        "organizations": [],
        "created_on": now,
        "modified_on": now,
    });
    store.set_document(USER, user);
}

pub(crate) fn document(store: &Store) -> &Value {
    store.document(USER).unwrap_or(&Value::Null)
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(document(call.store).clone()))
}

fn edit(call: &mut Call<'_>) -> Outcome {
    let changes = call.json()?;
    for field in ["first_name", "last_name", "telephone", "country", "zipcode"] {
        if changes
            .get(field)
            .is_some_and(|value| !value.is_string() && !value.is_null())
        {
            return Err(ApiError::invalid(field));
        }
    }
    let mut user = document(call.store).clone();
    if let Value::Object(user) = &mut user {
        merge(user, changes, &["id", "email", "created_on", "suspended"]);
    }
    user["modified_on"] = clock::now().into();
    call.store.set_document(USER, user.clone());
    Ok(Reply::result(user))
}
