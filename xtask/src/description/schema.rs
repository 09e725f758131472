//! Schemas of the API description, in the few forms that the generator knows.

use super::facts::Facts;
use super::json::Json;

/// A schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Schema {
    /// Anything.
    Any,
    Null,
    Bool,
    Integer,
    Number,
    Str(Format),
    /// One of several strings.
    Enum(Vec<String>),
    /// A constant string.
    Const(String),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Object(Vec<Property>),
    /// Another schema's name.
    Ref(String),
    /// All of several object schemas at once.
    AllOf(Vec<Schema>),
    Union(Vec<Schema>),
    Nullable(Box<Schema>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Plain,
    Date,
    DateTime,
    Binary,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    pub name: String,
    /// The name for use in code, if the description has one.
    pub code_name: Option<String>,
    pub schema: Schema,
    pub required: bool,
    /// It must be present, and is null if nothing else was set.
    pub null_if_unset: bool,
    pub facts: Facts,
}

impl Schema {
    pub fn parse(json: &Json) -> Schema {
        if let Some(target) = json.str("$ref") {
            return Schema::Ref(target.rsplit('/').next().unwrap_or(target).to_owned());
        }
        if let Some(parts) = json.get("allOf") {
            return Schema::AllOf(parts.elements().iter().map(Schema::parse).collect());
        }
        if let Some(variants) = json.get("anyOf").or_else(|| json.get("oneOf")) {
            return Schema::union(variants.elements().iter().map(Schema::parse).collect());
        }
        match json.get("type") {
            Some(Json::Array(types)) => {
                let names = types.iter().filter_map(Json::as_str);
                let variants = names.map(|name| Schema::of_type(name, json)).collect();
                Schema::union(variants)
            }
            Some(Json::Str(name)) => Schema::of_type(name, json),
            _ => Schema::Any,
        }
    }

    fn union(variants: Vec<Schema>) -> Schema {
        let nullable = variants.contains(&Schema::Null);
        let mut rest: Vec<Schema> = variants
            .into_iter()
            .filter(|v| *v != Schema::Null)
            .collect();
        let schema = match rest.len() {
            0 => return Schema::Null,
            1 => rest.remove(0),
            _ => Schema::Union(rest),
        };
        if nullable {
            Schema::Nullable(Box::new(schema))
        } else {
            schema
        }
    }

    fn of_type(name: &str, json: &Json) -> Schema {
        match name {
            "null" => Schema::Null,
            "boolean" => Schema::Bool,
            "integer" => Schema::Integer,
            "number" => Schema::Number,
            "string" => Schema::string(json),
            "array" => Schema::Array(Box::new(
                json.get("items").map_or(Schema::Any, Schema::parse),
            )),
            "object" => Schema::object(json),
            _ => Schema::Any,
        }
    }

    fn string(json: &Json) -> Schema {
        if let Some(value) = json.str("const") {
            return Schema::Const(value.to_owned());
        }
        let values = json.strings("enum");
        if !values.is_empty() {
            return Schema::Enum(values);
        }
        Schema::Str(match json.str("format") {
            Some("date-time") => Format::DateTime,
            Some("date") => Format::Date,
            Some("binary") => Format::Binary,
            // Bytes that are written as base64 (`byte`) are strings.
            _ => Format::Plain,
        })
    }

    fn object(json: &Json) -> Schema {
        let required = json.strings("required");
        let properties = json
            .get("properties")
            .map(Json::members)
            .unwrap_or_default();
        if properties.is_empty() {
            // An object about which nothing is known is a map of anything.
            let values = json
                .get("additionalProperties")
                .map_or(Schema::Any, Schema::parse);
            return Schema::Map(Box::new(values));
        }
        Schema::Object(
            properties
                .iter()
                .map(|(name, schema)| Property {
                    name: name.clone(),
                    code_name: schema.str("x-cf-name").map(str::to_owned),
                    schema: Schema::parse(schema),
                    required: required.contains(name),
                    null_if_unset: schema.flag("x-cf-null-if-unset"),
                    facts: Facts::default(),
                })
                .collect(),
        )
    }
}
