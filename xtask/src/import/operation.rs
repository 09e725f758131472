//! An operation of a document in the description's form.

use super::envelope::Reply;
use super::schema::Schemas;
use super::{body, no_data, pages, paths};
use crate::description::json::Json;

/// The place and the name of an operation.
pub struct Named<'n> {
    /// As the description has it.
    pub path: &'n str,
    pub verb: &'n str,
    pub resource: &'n [String],
    pub method: &'n str,
}

impl Named<'_> {
    pub fn id(&self) -> String {
        format!("{}.{}", self.resource.join("."), self.method)
    }
}

/// The operation, and what is not known about it.
pub fn read(
    named: &Named<'_>,
    operation: &Json,
    schemas: &mut Schemas<'_>,
) -> (Json, Option<String>) {
    schemas.product = named.resource.first().cloned().unwrap_or_default();
    let reply = Reply::read(operation, schemas);
    let parameters = parameters(named.path, operation, schemas);
    let queries: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.str("in") == Some("query"))
        .filter_map(|parameter| parameter.str("name"))
        .collect();
    let is_get = named.verb == "get";
    let (pages, open) = match pages::find(&queries, &reply, schemas) {
        Ok(pages) => (pages.filter(|_| is_get), None),
        Err(why) if is_get => (None, Some(why)),
        Err(_) => (None, None),
    };
    let mut made = Json::object([("operationId", Json::text(&named.id()))]);
    if operation.flag("deprecated") {
        made.set("deprecated", Json::Bool(true));
    }
    let resource = named.resource.iter().map(|part| Json::text(part)).collect();
    made.set("x-cf-resource", Json::Array(resource));
    made.set("x-cf-method", Json::text(named.method));
    if paths::is_scoped(&paths::segments(named.path)) {
        made.set("x-cf-scope", Json::text("account_or_zone"));
    }
    if let Some(pages) = pages {
        made.set("x-cf-pagination", Json::text(pages.style));
        let item = schemas.convert(&pages.item, false);
        made.set("x-cf-item", item);
        if let Some(items) = pages.items {
            made.set("x-cf-page", Json::object([("items", Json::Str(items))]));
        }
    } else if open.is_some() {
        made.set("x-cf-pagination", Json::text("none"));
    }
    if let Some(media_type) = &reply.media_type {
        made.set("x-cf-accept", Json::text(media_type));
    }
    made.set("x-cf-result", Json::text(reply.kind));
    made.set("parameters", Json::Array(parameters));
    if let Some(body) = body::read(operation, schemas) {
        made.set("requestBody", body);
    }
    made.set(
        "responses",
        Json::object([("200", response(&reply, schemas))]),
    );
    let open = open.or_else(|| {
        let parts = ["requestBody", "responses"].iter();
        let no_data = parts
            .filter_map(|part| operation.get(part))
            .any(|part| no_data::is_in(part, schemas));
        no_data.then(|| "is described with an object of code, and left without a type".to_owned())
    });
    (made, open)
}

fn response(reply: &Reply, schemas: &mut Schemas<'_>) -> Json {
    let schema = match reply.kind {
        "empty" => return Json::Object(Vec::new()),
        "text" => Json::object([("type", Json::text("string"))]),
        "binary" => Json::object([
            ("type", Json::text("string")),
            ("format", Json::text("binary")),
        ]),
        "envelope" => {
            let result = schemas.convert(&reply.schema, false);
            let success = Json::object([("type", Json::text("boolean"))]);
            Json::object([
                ("type", Json::text("object")),
                (
                    "properties",
                    Json::object([("success", success), ("result", result)]),
                ),
            ])
        }
        _ => schemas.convert(&reply.schema, false),
    };
    let media_type = reply.media_type.as_deref().unwrap_or("application/json");
    let content = Json::object([("schema", schema)]);
    Json::object([("content", Json::object([(media_type, content)]))])
}

/// The parameters: those of the path under the path's names, and all others.
pub fn parameters(path: &str, operation: &Json, schemas: &mut Schemas<'_>) -> Vec<Json> {
    let mut found: Vec<Json> = Vec::new();
    let given: Vec<Json> = operation
        .get("parameters")
        .map(Json::elements)
        .unwrap_or_default()
        .iter()
        .map(|parameter| schemas.resolve(parameter).clone())
        .collect();
    for name in paths::variables(path) {
        let mut schema = Json::object([("type", Json::text("string"))]);
        let described = given
            .iter()
            .find(|parameter| {
                parameter.str("in") == Some("path") && parameter.str("name") == Some(name)
            })
            .and_then(|parameter| parameter.get("schema"))
            .filter(|schema| schemas.resolve(schema).get("enum").is_some());
        if name == "account_or_zone" {
            let values = ["accounts", "zones"].map(Json::text).into();
            schema.set("enum", Json::Array(values));
        } else if let Some(described) = described {
            schema = schemas.convert(described, true);
        }
        found.push(Json::object([
            ("name", Json::text(name)),
            ("in", Json::text("path")),
            ("required", Json::Bool(true)),
            ("schema", schema),
        ]));
    }
    let options = no_data::options(&given);
    for parameter in &given {
        let (Some(name), Some(place)) = (parameter.str("name"), parameter.str("in")) else {
            continue;
        };
        if options.contains(&name) {
            continue;
        }
        // The client handles credentials and the type of the body.
        const OURS: &[&str] = &[
            "accept",
            "authorization",
            "content-type",
            "x-auth-email",
            "x-auth-key",
            "x-auth-user-service-key",
        ];
        let is_known =
            |other: &Json| other.str("name") == Some(name) && other.str("in") == Some(place);
        if !matches!(place, "query" | "header")
            || (place == "header" && OURS.contains(&name.to_lowercase().as_str()))
            || found.iter().any(is_known)
        {
            continue;
        }
        let content = parameter.get("content").map(Json::members);
        let content = content.and_then(|content| content.first()?.1.get("schema"));
        let schema = parameter.get("schema").or(content);
        let mut made = Json::object([("name", Json::text(name)), ("in", Json::text(place))]);
        if parameter.flag("required") {
            made.set("required", Json::Bool(true));
        }
        if parameter.flag("deprecated") {
            made.set("deprecated", Json::Bool(true));
        }
        let schema = schema.filter(|schema| !is_any_object(schemas.resolve(schema)));
        let schema = schema.cloned();
        let schema = schema.map_or(Json::Object(Vec::new()), |schema| {
            schemas.convert(&schema, true)
        });
        made.set("schema", schema);
        found.push(made);
    }
    found
}

/// Whether a schema only says that something is an object, which a parameter is not: it stands for what its source did
/// not know.
fn is_any_object(schema: &Json) -> bool {
    let says = |key| schema.get(key).is_some_and(|it| !it.members().is_empty());
    schema.str("type") == Some("object") && !says("properties") && !says("additionalProperties")
}
