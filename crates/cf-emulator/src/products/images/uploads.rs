//! How images come: in a form, from an address, or from whoever has an address for one image.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{INVALID, addresses, bad, missing, settings, table, table_of, taken};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::http::path::BASE_PATH;
use crate::store::{Object, clock, text};

/// The addresses of all accounts that were not used yet, by their last part.
const UPLOADS: &str = "images/uploads";
/// How long an address works: by default, at least and at most.
const LIFE: SignedDuration = SignedDuration::from_mins(30);
const SHORTEST: SignedDuration = SignedDuration::from_mins(2);
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
const LONGEST_ID: usize = 1024;

/// Adds an image, or the draft of one. Returns its identifier.
fn add(call: &mut Call<'_>, body: &Object, filename: Option<&str>) -> Result<String, ApiError> {
    let settings = settings(body)?;
    let is_signed = settings.get("requireSignedURLs") == Some(&Value::Bool(true));
    let id = match text(body, "id") {
        "" => ids::dashed(&ids::hex32()),
        _ if is_signed => {
            return Err(bad(
                "an image with an id of its own can't require signed URLs",
            ));
        }
        id if id.len() > LONGEST_ID => return Err(bad("the id is too long")),
        id => id.to_owned(),
    };
    let table = table(call);
    if call.store.get(&table, &id).is_some() {
        return Err(taken());
    }
    let variants = addresses(call, call.param("account_id"), &id);
    let mut image = object(json!({
        "id": id,
        "filename": filename,
        "uploaded": clock::now(),
        "requireSignedURLs": false,
        "variants": variants,
    }));
    image.extend(settings);
    call.store.table_mut(&table).put_as(&id, image);
    Ok(id)
}

fn shown(call: &Call<'_>, table: &str, id: &str) -> Outcome {
    let image = call.store.get(table, id).cloned().unwrap_or_default();
    Ok(Reply::result(Value::from(image)))
}

/// The name of the file in a form, if there is a file.
fn file(call: &Call<'_>) -> Option<String> {
    let file = call.request.form.as_ref()?.part("file")?;
    Some(file.file_name.clone().unwrap_or_else(|| "file".to_owned()))
}

/// Takes an image as a file, or from an address, which is not fetched.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let (file, url) = (file(call), text(&body, "url"));
    let name = match (&file, url) {
        (Some(_), url) if !url.is_empty() => return Err(bad("give either file or url")),
        (Some(name), _) => name.as_str(),
        (None, url) if url.starts_with("http://") || url.starts_with("https://") => url
            .split(['?', '#'])
            .next()
            .and_then(|url| url.rsplit('/').next())
            .unwrap_or(url),
        (None, "") => return Err(bad("an image must be given as file or url")),
        (None, _) => return Err(bad("url must be the address of an image")),
    };
    let id = add(call, &body, Some(name))?;
    shown(call, &table(call), &id)
}

/// Makes an address that takes one image, and its draft.
pub(super) fn address(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let now = Timestamp::now();
    let expires = match body.get("expiry").and_then(Value::as_str) {
        None => now + LIFE,
        Some(given) => {
            let at = given.parse::<Timestamp>().ok();
            // A second for the request to get here.
            let fits = |at: &Timestamp| {
                (SHORTEST - SignedDuration::from_secs(1)..=LONGEST)
                    .contains(&at.duration_since(now))
            };
            at.filter(fits)
                .ok_or_else(|| bad("expiry must be in two minutes to six hours"))?
        }
    };
    let id = add(call, &body, None)?;
    let table = table(call);
    if let Some(image) = call.store.table_mut(&table).get_mut(&id) {
        image.insert("draft".to_owned(), true.into());
    }
    let upload = ids::secret("", 40);
    let row = json!({
        "account": call.param("account_id"),
        "image": id,
        "expires": format!("{expires:.0}"),
    });
    call.store.table_mut(UPLOADS).put_as(&upload, object(row));
    let origin = call.request.origin("http");
    let url = format!("{origin}{BASE_PATH}/upload/images/{upload}");
    Ok(Reply::result(json!({ "id": id, "uploadURL": url })))
}

/// The account and the draft of the address in the path.
fn draft(call: &Call<'_>) -> Result<(String, String), ApiError> {
    let row = call.store.get(UPLOADS, call.param("upload"));
    let row = row.filter(|row| !clock::is_past(text(row, "expires")));
    let row = row.ok_or_else(missing)?;
    let (account, id) = (text(row, "account"), text(row, "image"));
    let image = call.store.get(&table_of(account), id);
    image.ok_or_else(missing)?;
    Ok((account.to_owned(), id.to_owned()))
}

pub(super) fn admitted(call: &Call<'_>) -> Result<(), ApiError> {
    draft(call).map(drop)
}

/// Takes the one image of an address.
pub(super) fn upload(call: &mut Call<'_>) -> Outcome {
    let (account, id) = draft(call)?;
    let name = file(call).ok_or_else(|| bad("the form must have an image in the field file"))?;
    let table = table_of(&account);
    if let Some(image) = call.store.table_mut(&table).get_mut(&id) {
        image.remove("draft");
        image.insert("filename".to_owned(), name.into());
        image.insert("uploaded".to_owned(), clock::now().into());
    }
    let upload = call.params.get("upload");
    call.store.table_mut(UPLOADS).remove(upload);
    shown(call, &table, &id)
}
