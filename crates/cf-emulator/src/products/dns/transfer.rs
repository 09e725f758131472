//! Export and import of records as zone files.

use serde_json::{Value, json};

use super::{bind, insert, table, target, zone};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::text::TextWriter;
use crate::store::identity::ZONES;
use crate::store::{Object, clock, text};

pub(super) fn export(call: &mut Call<'_>) -> Outcome {
    let zone_id = call.param("zone_id");
    let zone = zone(call.store, zone_id)?;
    let servers = call
        .store
        .get(ZONES, zone_id)
        .and_then(|zone| zone.get("name_servers"));
    let servers: Vec<_> = servers
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let records = call.store.rows(&table(zone_id));
    let time = clock::now_seconds();
    let mut file = TextWriter::new(call.folder);
    let written = bind::write(&mut file, &zone.name, &servers, records, &time);
    let written = written.and_then(|()| file.finish());
    Ok(Reply::Text {
        content_type: "text/plain; charset=utf-8",
        text: written.map_err(|error| ApiError::unsaved(&error.to_string()))?,
    })
}

/// Imports all records of the file or, if one is refused, none. Records that
/// already exist are skipped.
pub(super) fn import(call: &mut Call<'_>) -> Outcome {
    let invalid = || ApiError::bad_request(9207, "Content-type must be multipart/form-data.");
    let form = call.request.form.as_ref().ok_or_else(invalid)?;
    let missing = || ApiError::bad_request(9100, "file is a required field.");
    let file = form.part("file").ok_or_else(missing)?.bytes()?;
    let file = String::from_utf8_lossy(&file);
    let proxied = form.text("proxied")?.as_deref() == Some("true");

    let zone_id = call.params.get("zone_id");
    let zone = zone(call.store, zone_id)?;
    let parsed = bind::parse(&file, &zone.name).map_err(|broken| {
        let message = format!(
            "Could not parse the file, line {}: {}",
            broken.line, broken.why
        );
        ApiError::bad_request(9101, message)
    })?;
    let records = call.store.table_mut(&table(zone_id));
    let mut draft = records.clone();
    let (total, mut added) = (parsed.len(), 0);
    // The zone has name servers of its own.
    let is_own_name_server = |record: &Object| {
        let at_apex = text(record, "name").eq_ignore_ascii_case(&zone.name);
        at_apex && text(record, "type") == "NS"
    };
    for mut record in parsed {
        if is_own_name_server(&record) {
            continue;
        }
        if proxied
            && matches!(text(&record, "type"), "A" | "AAAA" | "CNAME")
            && target::is_reachable(text(&record, "type"), text(&record, "content"))
        {
            record.insert("proxied".to_owned(), true.into());
        }
        match insert(&mut draft, &zone, record) {
            // The file had another spelling of the zone's name.
            Ok(record) if is_own_name_server(&record) => {
                draft.remove(text(&record, "id"));
            }
            Ok(_) => added += 1,
            Err(error) if error.code() == Some(81058) => {}
            Err(error) => return Err(error),
        }
    }
    *records = draft;
    Ok(Reply::result(
        json!({ "recs_added": added, "total_records_parsed": total }),
    ))
}
