//! Imports of a document in the official form into the small description of the golden files.

mod schemas;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::golden::{codegen, repository};

const HINTS: &str = r#"{"actions": ["purge"], "operations": {}}"#;

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports/document.json")
}

/// A repository with the small description and a hint, and without terms, which would outlive what they lead to.
fn prepared() -> tempfile::TempDir {
    let top = repository();
    fs::remove_dir_all(top.path().join("xtask/api/search")).unwrap();
    let imports = top.path().join("xtask/api/imports");
    fs::create_dir_all(&imports).unwrap();
    fs::write(imports.join("hints.json"), HINTS).unwrap();
    top
}

fn run(top: &Path, document: &Path, flags: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("import").arg(document).args(flags);
    command.arg("--api").arg(top.join("xtask/api"));
    command.output().unwrap()
}

/// The output of the import.
fn import(top: &Path, document: &Path, flags: &[&str]) -> String {
    let output = run(top, document, flags);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

fn generate(top: &Path) {
    let output = codegen(top, &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
}

/// All files of the description except those that the generator publishes.
fn files(top: &Path) -> BTreeMap<PathBuf, String> {
    let api = top.join("xtask/api");
    let mut found = BTreeMap::new();
    for folder in [api.clone(), api.join("additions"), api.join("corrections")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.insert(path.clone(), fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

fn additions(top: &Path, product: &str) -> Value {
    let file = top.join(format!("xtask/api/additions/{product}.json"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The operations that the additions have in full, by ID.
fn added(top: &Path) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for product in ["things", "gadgets"] {
        for item in additions(top, product)["paths"]
            .as_object()
            .unwrap()
            .values()
        {
            for operation in item.as_object().unwrap().values() {
                if let Some(id) = operation["operationId"].as_str() {
                    found.insert(id.to_owned(), operation.clone());
                }
            }
        }
    }
    found
}

fn write(top: &Path, document: &Value) -> PathBuf {
    let file = top.join("document.json");
    fs::write(&file, document.to_string()).unwrap();
    file
}

#[test]
fn operations_of_all_kinds_come_get_names_and_are_accepted_by_the_generator() {
    let top = prepared();
    let told = import(top.path(), &document(), &[]);
    for call in [
        "+ GET    /zones/{zone_id}/things/{thing_identifier}/pieces client.things().pieces().list",
        "+ POST   /zones/{zone_id}/things/{thing_id}/pieces/{piece_id}/purge-cache client.things().pieces().purge_cache",
        "+ GET    /{scope}/gadgets client.gadgets().list",
        "~ things.list: takes `owner`",
        "? gadgets.feed.list takes `marker`, but how to ask for the next page is not known",
    ] {
        assert!(told.contains(call), "{call}\n{told}");
    }
    let added = added(top.path());
    let ids: Vec<&str> = added.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        [
            "gadgets.colors.list",
            "gadgets.feed.list",
            "gadgets.hosts.list",
            "gadgets.list",
            "gadgets.logs.list",
            "gadgets.parts.list",
            "things.health.get",
            "things.picture.get",
            "things.picture.update",
            "things.pieces.batch_move",
            "things.pieces.bulk_delete",
            "things.pieces.bulk_update",
            "things.pieces.create",
            "things.pieces.delete",
            "things.pieces.edit",
            "things.pieces.get",
            "things.pieces.list",
            "things.pieces.purge_cache",
            "things.pieces.update",
            "things.source.get",
            "things.source.update",
        ]
    );
    for (id, member, value) in [
        ("gadgets.colors.list", "x-cf-pagination", "single_page"),
        ("gadgets.feed.list", "x-cf-pagination", "none"),
        ("gadgets.hosts.list", "x-cf-pagination", "page_token"),
        ("gadgets.list", "x-cf-pagination", "cursor_after"),
        ("gadgets.list", "x-cf-scope", "account_or_zone"),
        ("gadgets.logs.list", "x-cf-pagination", "offset"),
        ("gadgets.parts.list", "x-cf-pagination", "cursor"),
        ("things.pieces.list", "x-cf-pagination", "page_array"),
        ("things.pieces.list", "x-cf-result", "envelope"),
        ("things.pieces.delete", "x-cf-result", "empty"),
        ("things.health.get", "x-cf-result", "raw"),
        ("things.picture.get", "x-cf-result", "binary"),
        ("things.picture.get", "x-cf-accept", "image/png"),
        ("things.source.get", "x-cf-result", "text"),
    ] {
        assert_eq!(added[id][member], value, "{id}, {member}");
    }
    assert_eq!(added["gadgets.logs.list"]["x-cf-page"]["items"], "lines");
    assert_eq!(added["things.pieces.get"]["deprecated"], true);
    let body = |id: &str, media_type: &str| &added[id]["requestBody"]["content"][media_type];
    assert_eq!(
        body("things.picture.update", "multipart/form-data")["x-cf-multipart"]["files"][0]["field"],
        "file"
    );
    assert_eq!(
        body("things.source.update", "application/octet-stream")["x-cf-raw-body"],
        true
    );
    // Credentials are the client's business.
    let parameters = added["things.pieces.list"]["parameters"]
        .as_array()
        .unwrap();
    let names: Vec<&Value> = parameters
        .iter()
        .map(|parameter| &parameter["name"])
        .collect();
    assert_eq!(
        names,
        ["zone_id", "thing_identifier", "page", "X-Request-Tag"]
    );
    generate(top.path());
}

#[test]
fn facts_come_without_prose_and_nothing_is_sent_that_can_only_be_read() {
    let top = prepared();
    import(top.path(), &document(), &[]);
    let schemas = &additions(top.path(), "things")["components"]["schemas"];
    let text = schemas.to_string();
    assert!(
        !text.contains("What it says") && !text.contains("example"),
        "{text}"
    );
    // A field can have the name of a prose member.
    let base = &schemas["things.ThingsBase"]["properties"];
    assert_eq!(base["description"]["type"], "string");
    assert_eq!(base["id"]["maxLength"], 32);
    let sent = &schemas["things.ThingsBaseParam"]["properties"];
    assert!(sent.get("id").is_none(), "{sent}");
    let piece = &schemas["things.ThingsPiece"]["allOf"][1]["properties"];
    assert_eq!(
        piece["within"]["$ref"],
        "#/components/schemas/things.ThingsPiece"
    );
    let sent = &schemas["things.ThingsPieceParam"]["allOf"][1]["properties"];
    assert!(
        sent.get("made_on").is_none() && sent.get("name").is_some(),
        "{sent}"
    );
    let gadget =
        &additions(top.path(), "gadgets")["components"]["schemas"]["gadgets.GadgetsGadget"];
    assert_eq!(gadget["anyOf"].as_array().unwrap().len(), 2);
}

#[test]
fn a_second_import_changes_nothing() {
    let top = prepared();
    import(top.path(), &document(), &[]);
    let before = files(top.path());
    let told = import(top.path(), &document(), &[]);
    assert!(!told.contains("+ ") && !told.contains("~ "), "{told}");
    assert_eq!(files(top.path()), before);
    generate(top.path());
    assert!(codegen(top.path(), &["--check"]).status.success());
}

#[test]
fn what_a_document_lacks_stays_until_that_is_to_go() {
    let top = prepared();
    let base = fs::read_to_string(top.path().join("xtask/api/things.json")).unwrap();
    import(top.path(), &document(), &[]);
    let before = files(top.path());
    let one = json!({"paths": {"/zones/{zone}/things": {"get": {
        "operationId": "things-list-things",
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    }}}});
    let one = write(top.path(), &one);
    let told = import(top.path(), &one, &[]);
    assert!(told.contains("not in the document, and kept"), "{told}");
    assert_eq!(files(top.path()), before);
    assert_eq!(
        fs::read_to_string(top.path().join("xtask/api/things.json")).unwrap(),
        base
    );

    // Sentences, facts, corrections and permissions of what is gone are for people to drop.
    for folder in ["docs", "facts"] {
        fs::remove_dir_all(top.path().join("xtask/api").join(folder)).unwrap();
    }
    let output = run(top.path(), &one, &["--drop-missing"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("- things.pieces.get\n"), "{told}");
    let wrong = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(wrong.contains("no operation `things.logs.list`"), "{wrong}");
    for folder in ["corrections", "permissions"] {
        fs::remove_dir_all(top.path().join("xtask/api").join(folder)).unwrap();
    }
    generate(top.path());
    let text: String = files(top.path()).into_values().collect();
    assert!(text.contains("\"things.list\"") && !text.contains("\"things.create\""));
    assert!(!text.contains("things.pieces") && !text.contains("ThingsPiece"));
}

#[test]
fn what_changed_is_taken_over_beside_what_is_there() {
    let top = prepared();
    import(top.path(), &document(), &[]);
    generate(top.path());
    let text = fs::read_to_string(document()).unwrap();
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    let schemas = &mut newer["components"]["schemas"];
    let piece = &mut schemas["things_piece"]["allOf"][1]["properties"];
    piece["color"] = json!({"type": "string"});
    piece["state"]["enum"] = json!(["new", "broken"]);
    piece.as_object_mut().unwrap().remove("weight");
    let told = import(top.path(), &write(top.path(), &newer), &[]);
    let additions = additions(top.path(), "things");
    let piece = &additions["components"]["schemas"]["things.ThingsPiece"]["allOf"];
    let fields = &piece[1]["properties"];
    assert!(
        fields.get("color").is_some() && fields.get("weight").is_some(),
        "{piece}"
    );
    assert_eq!(fields["state"]["enum"], json!(["new", "old", "broken"]));
    assert!(told.contains("things.ThingsPiece"), "{told}");
    generate(top.path());
}

#[test]
fn fields_of_what_is_there_already_are_added() {
    let top = prepared();
    let document = json!({"paths": {"/zones/{zone}/things": {"post": {
        "operationId": "things-create",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "name": {"type": "integer"},
            "size": {"type": "integer"},
            "id": {"type": "string", "readOnly": true}
        }}}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    }}}});
    let before = files(top.path());
    let document = write(top.path(), &document);
    import(top.path(), &document, &["--new-only"]);
    assert_eq!(files(top.path()), before);
    let told = import(top.path(), &document, &[]);
    assert!(
        told.contains("~ things.ThingCreateParams: has more fields or values"),
        "{told}"
    );
    assert!(
        told.contains("! things.ThingCreateParams.name: string here, integer there; ours stays"),
        "{told}"
    );
    let schemas = &additions(top.path(), "things")["components"]["schemas"];
    let added = &schemas["things.ThingCreateParams"]["properties"];
    assert_eq!(*added, json!({"size": {"type": "integer"}}));
    generate(top.path());
}

#[test]
fn a_document_in_the_own_form_becomes_the_base() {
    let top = prepared();
    import(top.path(), &document(), &[]);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/api/things.json");
    let mut own: Value = serde_json::from_str(&fs::read_to_string(golden).unwrap()).unwrap();
    own["paths"]["/zones/{zone_id}/things"]["get"]["description"] = json!("prose");
    import(top.path(), &write(top.path(), &own), &[]);
    let base = fs::read_to_string(top.path().join("xtask/api/things.json")).unwrap();
    assert!(
        base.contains("\"things.list\"") && !base.contains("prose"),
        "{base}"
    );
    // What was added is still there, except for what the base has now.
    assert!(added(top.path()).contains_key("things.pieces.get"));
    own["paths"]["/zones/{zone}/things/{thing}/health"]["get"] = json!({
        "operationId": "things.checks.get", "x-cf-resource": ["things", "checks"], "x-cf-method": "get",
        "x-cf-result": "empty", "responses": {"200": {}}, "parameters": [
            {"name": "zone", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "thing", "in": "path", "required": true, "schema": {"type": "string"}}
        ]
    });
    import(top.path(), &write(top.path(), &own), &[]);
    assert!(!added(top.path()).contains_key("things.health.get"));
    generate(top.path());
}

#[test]
fn a_hint_has_the_last_word_on_names() {
    let top = prepared();
    let hints = r#"{
        "operations": {"get /zones/{}/things/{}/health": "things.checks.last"},
        "resources": {"/accounts/{}/gadgets": "things.gadgets"},
        "covers": ["/zones/{}/things/{}/**"],
        "ignores": ["/live"]
    }"#;
    fs::write(top.path().join("xtask/api/imports/hints.json"), hints).unwrap();
    let document = json!({"paths": {
        "/live": {"get": {"operationId": "live", "responses": {"204": {}}}},
        "/accounts/{a}/gadgets/{b}": {"get": {"operationId": "gadget", "responses": {"204": {}}}},
        "/zones/{a}/things/{b}/health": {"get": {"operationId": "health", "responses": {"204": {}}}},
        "/zones/{a}/things/{b}/owner": {"get": {"operationId": "owner", "responses": {"204": {}}}}
    }});
    let told = import(top.path(), &write(top.path(), &document), &[]);
    assert!(told.contains("client.things().gadgets().get"), "{told}");
    assert!(told.contains("client.things().checks().last"), "{told}");
    assert!(
        told.contains("1 are cases of these, 1 are ignored, 2 are new"),
        "{told}"
    );
}
