//! The call of an example, and the values in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::description::Place;

use crate::codegen::items::types::{Field, Shape, Type, Variant};
use crate::codegen::plan::definition::Definition;
use crate::codegen::plan::{Example, Plan, PlannedOperation};
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{EXAMPLES, TELLING, matching};
use crate::codegen::write::render::Renderer;
use crate::codegen::write::resources::child_accessor;

use super::Said;

/// What models inside models inside models need is left out.
const DEPTH: usize = 6;

/// Writes the example of one operation.
pub struct Writer<'a> {
    said: &'a Said,
    render: Renderer<'a>,
    planned: &'a PlannedOperation,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Writer<'a> {
    pub fn new(said: &'a Said, plan: &'a Plan, planned: &'a PlannedOperation) -> Self {
        let render = Renderer {
            plan,
            home: &planned.operation.resource,
        };
        Writer {
            said,
            render,
            planned,
            uses: BTreeMap::new(),
        }
    }

    pub fn example(mut self) -> Example {
        let planned = self.planned;
        let operation = &planned.operation;
        let mut call = "client".to_owned();
        for end in 1..=operation.resource.len() {
            let accessor = child_accessor(self.render.plan, &operation.resource[..end]);
            call += &format!(".{accessor}()");
        }
        let mut variables = Vec::new();
        let mut arguments = Vec::new();
        if operation.scoped {
            self.use_type("Scope");
            arguments.push("Scope::Account(account_id.into())".to_owned());
            variables.push("account_id".to_owned());
        }
        let required = || planned.params.iter().filter(|param| param.is_argument());
        for param in required().filter(|param| param.parameter.place == Place::Path) {
            if matches!(param.ty, Type::Text | Type::Id(_)) {
                variables.push(param.name.clone());
                arguments.push(param.name.clone());
            } else {
                arguments.push(self.accepted(&param.ty, &operation.id, &param.parameter.name, 0));
            }
        }
        if let Some(body) = &planned.body {
            arguments.push(self.body(body));
        }
        for param in required().filter(|param| param.parameter.place != Place::Path) {
            arguments.push(self.accepted(&param.ty, &operation.id, &param.parameter.name, 0));
        }
        call += &format!(".{}({})", planned.method, arguments.join(", "));
        Example {
            uses: self.uses,
            call,
            lines: Vec::new(),
            variables,
        }
    }

    fn body(&mut self, ty: &Type) -> String {
        if let Some(body) = self.said.bodies.get(&self.planned.operation.id) {
            return self.by_hand(body);
        }
        match ty {
            Type::Item(item) => self.item(*item, 0, true),
            ty => self.accepted(ty, &self.planned.operation.id, "body", 0),
        }
    }

    /// What was written by hand, with types as `{path}`.
    fn by_hand(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (path, after) = after.split_once("}}").unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(&self.use_type(path));
            rest = after;
        }
        out + rest
    }

    /// A value where a caller may pass what can be converted.
    fn accepted(&mut self, ty: &Type, owner: &str, name: &str, depth: usize) -> String {
        match ty {
            Type::Optional(inner) => self.accepted(inner, owner, name, depth),
            Type::Text | Type::Date | Type::DateTime | Type::Id(_) | Type::Blob => {
                self.text(ty, owner, name)
            }
            Type::Item(item) if self.render.sole_text(*item).is_some() => {
                let field = self.render.sole_text(*item).map(|field| field.json.clone());
                let owner = self.definition(*item).path();
                let name = if field.as_deref() == Some("exact") {
                    name.to_owned()
                } else {
                    field.unwrap_or_default()
                };
                self.text(&Type::Text, &owner, &name)
            }
            Type::Item(item) => self.item(*item, depth, true),
            Type::List(element) => {
                let by_name = names::singular(name);
                match self.render.argument(ty, "").0.starts_with("impl") {
                    true => {
                        let is_union = element.embedded().is_some_and(|item| {
                            matches!(self.definition(item).shape, Shape::Union(_))
                        });
                        let value = if is_union {
                            self.exact(element, owner, &by_name, depth)
                        } else {
                            self.accepted(element, owner, &by_name, depth)
                        };
                        format!("[{value}]")
                    }
                    false => self.exact(ty, owner, name, depth),
                }
            }
            Type::Map(element) => {
                let value = match **element {
                    Type::Optional(_) => self.exact(element, owner, name, depth),
                    _ => self.accepted(element, owner, name, depth),
                };
                format!("[(\"key\", {value})]")
            }
            ty => self.exact(ty, owner, name, depth),
        }
    }

    /// A value of exactly this type.
    fn exact(&mut self, ty: &Type, owner: &str, name: &str, depth: usize) -> String {
        match ty {
            Type::Any => "serde_json::json!({})".to_owned(),
            Type::Bool => "true".to_owned(),
            Type::Int | Type::Float => self.number(ty, owner, name),
            Type::Text | Type::Date | Type::DateTime | Type::Id(_) => {
                format!("{}.into()", self.text(ty, owner, name))
            }
            Type::Blob => format!("{}.into()", self.text(ty, owner, name)),
            Type::List(element) => {
                let value = self.exact(element, owner, &names::singular(name), depth);
                format!("vec![{value}]")
            }
            Type::Map(element) => {
                let value = self.exact(element, owner, name, depth);
                format!("[(\"key\".into(), {value})].into()")
            }
            Type::Optional(inner) => format!("Some({})", self.exact(inner, owner, name, depth)),
            Type::Item(item) => self.item(*item, depth, false),
        }
    }

    fn item(&mut self, index: usize, depth: usize, converted: bool) -> String {
        let plan = self.render.plan;
        let definition = &plan.definitions[index];
        if depth > DEPTH {
            return "Default::default()".to_owned();
        }
        match &definition.shape {
            Shape::Enum(_) => match self.chosen_value(definition) {
                Some(value) => format!("{}::{value}", self.name(definition)),
                None => format!("{}::from(\"value\")", self.name(definition)),
            },
            Shape::Model(_) => self.model(index, definition, depth),
            Shape::Union(union) => {
                let is_model = |variant: &Variant| {
                    matches!(variant.ty, Type::Item(item)
                        if matches!(plan.definitions[item].shape, Shape::Model(_)))
                };
                let mut variants = union.variants.iter();
                let chosen = self.said.variants.get(&definition.path());
                let chosen = chosen.and_then(|name| variants.find(|variant| variant.name == *name));
                let mut variants = union.variants.iter();
                let variant = chosen
                    .or_else(|| variants.find(|variant| is_model(variant)))
                    .or_else(|| union.variants.first());
                let Some(variant) = variant else {
                    return "Default::default()".to_owned();
                };
                if variant.ty == Type::Text && definition.is_sent {
                    let text = self.text(&Type::Text, &definition.path(), &variant.name);
                    return if converted {
                        text
                    } else {
                        format!("{text}.into()")
                    };
                }
                let value = self.exact(&variant.ty, &definition.path(), &variant.name, depth + 1);
                let is_model = is_model(variant) && variant.boxed != Some(true);
                match (converted, is_model) {
                    (true, true) => value,
                    (false, true) => format!("{value}.into()"),
                    (_, false) => {
                        let value = if variant.boxed == Some(true) {
                            format!("Box::new({value})")
                        } else {
                            value
                        };
                        format!("{}::{}({value})", self.name(definition), variant.name)
                    }
                }
            }
        }
    }

    fn model(&mut self, index: usize, definition: &Definition, depth: usize) -> String {
        let path = definition.path();
        let name = self.name(definition);
        let field = |json: &String| definition.fields().iter().find(|field| field.json == *json);
        let is_change = self.planned.operation.verb == "PATCH" && depth <= 1;
        let arguments = definition.constructor.arguments();
        let changes =
            definition.role.is_some() || self.render.plan.sent_for(index).next().is_some();
        let from_default = is_change && changes;
        if !from_default && !arguments.is_empty() {
            let values: Vec<String> = arguments
                .iter()
                .filter_map(field)
                .map(|field| self.accepted(&field.ty, &path, &field.json, depth + 1))
                .collect();
            return format!("{name}::new({})", values.join(", "));
        }
        let needs = definition.constructor.needs();
        let set: Vec<&Field> = if needs.is_empty() || from_default {
            telling(definition)
                .into_iter()
                .filter(|_| depth <= 1)
                .collect()
        } else {
            needs.iter().filter_map(field).collect()
        };
        let mut out = format!("{name}::default()");
        for field in set {
            let value = self.accepted(&field.ty, &path, &field.json, depth + 1);
            out += &format!(".{}({value})", names::method(&field.name));
        }
        out
    }

    /// A text as a literal: by type and name, by name, or what its kind requires.
    fn text(&self, ty: &Type, owner: &str, name: &str) -> String {
        let texts = &self.said.texts;
        let said = texts
            .get(&format!("{owner}.{name}"))
            .or_else(|| texts.get(name));
        let said = said.map(String::as_str).unwrap_or_else(|| match ty {
            Type::Date => "2026-01-31",
            Type::DateTime => "2026-01-31T12:00:00Z",
            Type::Id(_) => matching(&EXAMPLES, "id").unwrap_or_default(),
            _ => matching(&EXAMPLES, name).unwrap_or_default(),
        });
        format!("{said:?}")
    }

    fn number(&self, ty: &Type, owner: &str, name: &str) -> String {
        let texts = &self.said.texts;
        let said = texts
            .get(&format!("{owner}.{name}"))
            .or_else(|| texts.get(name))
            .filter(|said| said.parse::<f64>().is_ok());
        let said = said.map_or("1", String::as_str);
        match ty {
            Type::Float if !said.contains('.') => format!("{said}.0"),
            _ => said.to_owned(),
        }
    }

    /// The variant of an enum that serves as an example.
    fn chosen_value(&self, definition: &'a Definition) -> Option<&'a str> {
        let chosen = self.said.variants.get(&definition.path());
        let mut values = definition.values.iter().map(|(name, _)| name.as_str());
        let first = values.clone().next();
        chosen
            .and_then(|chosen| values.find(|name| name == chosen))
            .or(first)
    }

    fn definition(&self, index: usize) -> &'a Definition {
        &self.render.plan.definitions[index]
    }

    fn name(&mut self, definition: &Definition) -> String {
        self.use_type(&definition.path())
    }

    /// The name by which a type is called once it is imported.
    fn use_type(&mut self, path: &str) -> String {
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        let taken = self
            .uses
            .iter()
            .any(|(other, names)| other != module && names.contains(name));
        if taken {
            return format!("cf_client::types::{path}");
        }
        self.uses
            .entry(module.to_owned())
            .or_default()
            .insert(name.to_owned());
        name.to_owned()
    }
}

/// The field that shows what a body is for: a known or a simple one, or one that is a model or a list of them.
fn telling(definition: &Definition) -> Option<&Field> {
    let is_settable = |field: &&Field| !field.read_only && field.constant.is_none();
    let fields = || definition.fields().iter().filter(is_settable);
    let simple = |field: &&Field| {
        let ty = field.ty.bare();
        ty.is_text() || matches!(ty, Type::Bool | Type::Int)
    };
    let listed = |field: &&Field| match field.ty.bare() {
        Type::Item(_) => true,
        Type::List(element) => matches!(**element, Type::Item(_)),
        _ => false,
    };
    TELLING
        .iter()
        .find_map(|name| fields().find(|field| field.json == **name))
        .or_else(|| fields().find(simple))
        .or_else(|| fields().find(listed))
}
