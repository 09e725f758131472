//! Imports of bodies and replies of every kind.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{added, additions, document, files, generate, import, prepared, write};

/// An operation on `/zones/{zone_id}/things/{name}` that answers with a result in the envelope.
fn on_a_thing(verb: &str, name: &str, more: Value, result: Value) -> (String, Value) {
    let reply =
        json!({"type": "object", "properties": {"success": {"type": "boolean"}, "result": result}});
    let mut operation = json!({
        "operationId": format!("{name}-{verb}"),
        "responses": {"200": {"content": {"application/json": {"schema": reply}}}},
    });
    for (key, value) in more.as_object().unwrap() {
        operation[key] = value.clone();
    }
    let path = format!("/zones/{{zone_id}}/things/{name}");
    (path, json!({ verb: operation }))
}

#[test]
fn objects_of_code_are_no_data() {
    let client = json!({"type": "object", "properties": {"_client": {"type": "object", "properties": {
        "apiToken": {"type": "string"},
    }}, "name": {"type": "string"}}});
    let file = json!({"type": "object", "properties": {
        "arrayBuffer": {"type": "object"}, "lastModified": {"type": "number"},
    }});
    let quoted = json!({"type": "object", "properties": {"allOf": {"type": "array", "items": {
        "type": "object", "properties": {"type": {"type": "string"}},
    }}}});
    let plain = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let body = |schema: &Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
    let options = [
        "__binaryRequest",
        "body",
        "colour",
        "maxRetries",
        "method",
        "query",
    ];
    let parameters =
        options.map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}));
    let one = json!({"type": "object", "properties": {
        "kind": {"$ref": "#/components/schemas/kind"}, "anything": {"type": "string"},
    }});
    let paths = [
        on_a_thing(
            "get",
            "clients",
            json!({}),
            json!({"type": "array", "items": client}),
        ),
        on_a_thing(
            "post",
            "files",
            body(&json!({"$ref": "#/components/schemas/file"})),
            plain.clone(),
        ),
        on_a_thing("post", "quotes", body(&quoted), plain.clone()),
        on_a_thing(
            "get",
            "colours",
            json!({"parameters": parameters}),
            plain.clone(),
        ),
        on_a_thing("post", "plains", body(&plain), one),
    ];
    let top = prepared();
    let document = json!({
        "paths": serde_json::Map::from_iter(paths),
        "components": {"schemas": {"file": file, "kind": {"type": "string", "enum": ["only"]}}},
    });
    let document = write(top.path(), &document);
    let told = import(top.path(), &document, &[]);
    let suspected: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("object of code"))
        .collect();
    assert_eq!(suspected.len(), 3, "{told}");

    let made = additions(top.path(), "things");
    let made = |name: &str, verb: &str| {
        made["paths"][format!("/zones/{{zone_id}}/things/{name}")][verb].clone()
    };
    let taken = |operation: Value| {
        operation["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    let given = |operation: Value| {
        operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["result"].clone()
    };
    assert_eq!(given(made("clients", "get")), json!({}));
    assert_eq!(taken(made("files", "post")), json!({}));
    assert_eq!(taken(made("quotes", "post")), json!({}));
    assert_eq!(taken(made("plains", "post")), plain);
    let kind = &given(made("plains", "post"))["properties"]["kind"];
    assert_eq!(*kind, json!({"type": "string", "const": "only"}));
    let colours = made("colours", "get");
    let parameters = colours["parameters"].as_array().unwrap().iter();
    let names: Vec<&str> = parameters
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["zone_id", "colour"]);
    generate(top.path());
}

/// What the generator wrote for the types, in one text.
fn written(top: &Path) -> String {
    let mut text = String::new();
    let mut folders = vec![top.join("crates/cf-types/src/generated")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

#[test]
fn bodies_of_every_kind_keep_their_media_type() {
    let object = json!({"type": "object", "properties": {"label": {"type": "string"}}});
    let list = json!({"type": "array", "items": object});
    let bytes = json!({"type": "string", "format": "binary"});
    let attached = json!({"type": "object", "properties": {
        "note": {"type": "string"}, "files": {"type": "array", "items": bytes},
    }});
    let kinds = [
        ("whole", "put", "application/json", &object, "Json"),
        (
            "charset",
            "put",
            "application/json; charset=utf-8",
            &object,
            "Json",
        ),
        ("many", "put", "application/json", &list, "Json"),
        (
            "merged",
            "patch",
            "application/merge-patch+json",
            &object,
            r#"Raw("application/merge-patch+json")"#,
        ),
        (
            "lines",
            "post",
            "application/x-ndjson",
            &bytes,
            r#"Raw("application/x-ndjson")"#,
        ),
        (
            "text",
            "put",
            "text/plain",
            &json!({"type": "string"}),
            r#"Raw("text/plain")"#,
        ),
        (
            "upload",
            "put",
            "application/octet-stream",
            &bytes,
            r#"Raw("application/octet-stream")"#,
        ),
        ("form", "post", "multipart/form-data", &attached, "Form"),
        ("mixed", "post", "multipart/mixed", &attached, "Form"),
    ];
    let plain = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let paths = kinds.iter().map(|(name, verb, media_type, schema, _)| {
        let body = json!({"requestBody": {"required": true, "content": {*media_type: {"schema": schema}}}});
        on_a_thing(verb, name, body, plain.clone())
    });
    let top = prepared();
    let document = json!({"paths": serde_json::Map::from_iter(paths)});
    let document = write(top.path(), &document);
    let told = import(top.path(), &document, &[]);
    assert!(!told.contains("? "), "{told}");
    let made = additions(top.path(), "things");
    for (name, verb, media_type, schema, _) in kinds {
        let body = &made["paths"][format!("/zones/{{zone_id}}/things/{name}")][verb]["requestBody"];
        assert_eq!(body["required"], true, "{name}");
        let content = body["content"].as_object().unwrap();
        let (kept, content) = content.iter().next().unwrap();
        let usual = match media_type {
            "multipart/mixed" => "multipart/form-data",
            other => other.split(';').next().unwrap(),
        };
        assert_eq!(kept, usual, "{name}");
        match usual {
            "multipart/form-data" => {
                let part = &content["x-cf-multipart"]["files"][0];
                assert_eq!(
                    *part,
                    json!({"field": "files", "part": "files", "array": true})
                );
            }
            json if json.ends_with("json") && name != "lines" => {
                assert_eq!(content["schema"], *schema, "{name}");
                assert!(content.get("x-cf-raw-body").is_none(), "{name}");
            }
            _ => assert_eq!(content["x-cf-raw-body"], true, "{name}"),
        }
    }
    generate(top.path());
    let written = written(top.path());
    for (name, _, _, _, kind) in kinds {
        let path = format!("path: \"/zones/{{zone_id}}/things/{name}\"");
        let mut operations = written.split("operation!(");
        let operation = operations.find(|operation| operation.contains(&path));
        let operation = operation.unwrap_or_else(|| panic!("no {path}"));
        let body = format!("body: BodyKind::{kind},");
        assert!(operation.contains(&body), "no {body} in {operation}");
    }
    // Nothing changes when it comes again.
    let before = files(top.path());
    import(top.path(), &document, &[]);
    assert_eq!(files(top.path()), before);
}

#[test]
fn replies_of_every_kind_are_known_by_their_media_type_and_members() {
    let object = json!({"type": "object", "properties": {"label": {"type": "string"}}});
    let result = |more: Value| {
        let mut reply = json!({"type": "object", "properties": {"result": object, "success": {"type": "boolean"}}});
        for (key, value) in more.as_object().unwrap() {
            reply["properties"][key] = value.clone();
        }
        reply
    };
    let paged = json!({"type": "object", "properties": {
        "success": {"type": "boolean"}, "result": {"type": "array", "items": object},
        "result_info": {"type": "object", "properties": {"page": {"type": "integer"}}},
    }});
    let in_parts = json!({"allOf": [
        {"type": "object", "properties": {"success": {"type": "boolean"}, "errors": {"type": "array", "items": {}}}},
        {"type": "object", "properties": {"result": object}},
    ]});
    let page = json!([{"name": "page", "in": "query", "schema": {"type": "integer"}}]);
    let kinds = [
        ("plainly", "application/json", result(json!({})), "envelope"),
        ("parts", "application/json", in_parts, "envelope"),
        ("bare", "application/json", object.clone(), "raw"),
        ("problem", "application/problem+json", object.clone(), "raw"),
        (
            "lines",
            "application/x-ndjson",
            json!({"type": "string"}),
            "text",
        ),
        ("table", "text/csv", json!({"type": "string"}), "text"),
        (
            "archive",
            "application/zip",
            json!({"type": "string", "format": "binary"}),
            "binary",
        ),
        ("paged", "application/json", paged, "envelope"),
    ];
    let paths = kinds.iter().map(|(name, media_type, schema, _)| {
        let mut operation = json!({
            "operationId": *name,
            "responses": {
                "4XX": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "200": {"content": {*media_type: {"schema": schema}}},
            },
        });
        if *name == "paged" {
            operation["parameters"] = page.clone();
        }
        (
            format!("/zones/{{zone_id}}/things/{name}"),
            json!({"get": operation}),
        )
    });
    let top = prepared();
    let document = json!({"paths": serde_json::Map::from_iter(paths)});
    import(top.path(), &write(top.path(), &document), &[]);
    let made = additions(top.path(), "things");
    for (name, media_type, _, kind) in &kinds {
        let operation = &made["paths"][format!("/zones/{{zone_id}}/things/{name}")]["get"];
        assert_eq!(operation["x-cf-result"], *kind, "{name}");
        if matches!(*kind, "text" | "binary") {
            assert_eq!(operation["x-cf-accept"], *media_type, "{name}");
        }
    }
    let paged = &made["paths"]["/zones/{zone_id}/things/paged"]["get"];
    assert_eq!(paged["x-cf-pagination"], "page_array");
    generate(top.path());
}

/// An operation of accounts and zones may be in a document for one of them only, and is still the same.
#[test]
fn what_is_for_accounts_and_zones_stays_so() {
    let top = prepared();
    import(top.path(), &document(), &[]);
    let before = files(top.path());
    let text = fs::read_to_string(document()).unwrap();
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    let paths = newer["paths"].as_object_mut().unwrap();
    assert!(paths.remove("/zones/{zone_id}/gadgets").is_some());
    let told = import(top.path(), &write(top.path(), &newer), &[]);
    assert_eq!(files(top.path()), before, "{told}");
    assert_eq!(
        added(top.path())["gadgets.list"]["x-cf-scope"],
        "account_or_zone"
    );
    assert!(!told.contains("+ "), "{told}");
}
