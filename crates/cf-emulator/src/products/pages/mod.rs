//! Pages: <https://developers.cloudflare.com/api/resources/pages/>. Nothing is
//! built or served; deployments succeed at once.

mod assets;
mod configs;
mod deployments;
mod domains;
mod projects;

use http::Method;
use serde_json::Value;

use crate::access::permissions::Permission::{Group, Public};
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::Outcome;
use crate::http::error::ApiError;
use crate::http::paging;
use crate::store::{Object, text};

/// The code for all invalid requests.
const INVALID: u32 = 8_000_001;
/// The most items per page of a list.
const LARGEST_PAGE: usize = 25;

pub(super) struct Pages;

impl Product for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    fn title(&self) -> &'static str {
        "Pages"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/pages"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let (read, write) = (Group("Pages Read"), Group("Pages Write"));
    vec![
        // The upload token identifies the caller of these.
        Route::new(Method::POST, "pages/assets/check-missing", Public, assets::check_missing).admitting(assets::admitted),
        Route::deferred(Method::POST, "pages/assets/upload", Public, assets::upload).admitting(assets::admitted),
        Route::new(Method::POST, "pages/assets/upsert-hashes", Public, assets::upsert_hashes).admitting(assets::admitted),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects", read, projects::list),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects", write, projects::create),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}", read, projects::get),
        Route::new(Method::PATCH, "accounts/{account_id}/pages/projects/{project_name}", write, projects::edit),
        Route::new(Method::DELETE, "accounts/{account_id}/pages/projects/{project_name}", write, projects::delete),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/purge_build_cache", write, projects::purge_build_cache),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/upload-token", write, assets::token),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/deployments", read, deployments::list),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/deployments", write, deployments::create),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}", read, deployments::get),
        Route::new(Method::DELETE, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}", write, deployments::delete),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}/retry", write, deployments::retry),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}/rollback", write, deployments::roll_back),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}/history/logs", read, deployments::logs),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}/tails", write, deployments::tail),
        Route::new(Method::DELETE, "accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment}/tails/{tail}", write, deployments::end_tail),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/domains", read, domains::list),
        Route::new(Method::POST, "accounts/{account_id}/pages/projects/{project_name}/domains", write, domains::add),
        Route::new(Method::GET, "accounts/{account_id}/pages/projects/{project_name}/domains/{domain_name}", read, domains::get),
        Route::new(Method::PATCH, "accounts/{account_id}/pages/projects/{project_name}/domains/{domain_name}", write, domains::validate),
        Route::new(Method::DELETE, "accounts/{account_id}/pages/projects/{project_name}/domains/{domain_name}", write, domains::delete),
    ]
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/pages/projects", call.param("account_id"))
}

/// The project in the path.
fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let project = call.store.get(&table(call), call.param("project_name"));
    project.ok_or_else(|| {
        let message = "Project not found. The specified project name does not match any of your existing projects.";
        ApiError::not_found(8_000_007, message)
    })
}

/// Where a project's objects are stored. A project can be renamed.
fn home(call: &Call<'_>, project: &Object) -> String {
    format!(
        "accounts/{}/pages/of/{}",
        call.param("account_id"),
        text(project, "id")
    )
}

fn invalid(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

/// One page of `rows`. Pages refuses values that others clamp.
fn page(call: &Call<'_>, rows: &[&Object], show: impl FnMut(&Object) -> Value) -> Outcome {
    let refused = |_| {
        let message = "Invalid list options provided. Review the `page` or `per_page` parameter.";
        ApiError::bad_request(8_000_024, message)
    };
    let size = paging::positive(&call.query, "per_page").map_err(refused)?;
    paging::positive(&call.query, "page").map_err(refused)?;
    if size.is_some_and(|size| size > LARGEST_PAGE) {
        return Err(refused(ApiError::invalid("per_page")));
    }
    let bounds = paging::PageSize {
        default: LARGEST_PAGE,
        min: 1,
        max: LARGEST_PAGE,
    };
    paging::page(&call.query, bounds, rows, show)
}
