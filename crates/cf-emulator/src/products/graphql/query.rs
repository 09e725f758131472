//! From the text of a query to its fields, with variables and fragments filled in.

use async_graphql_parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql_parser::{Error, Positioned, parse_query};
use async_graphql_value::ConstValue;
use serde_json::Value;

use super::Failure;
use crate::http::json::Object;

/// Bounds on a query. Fragments that use others could make it very large.
const DEEPEST: usize = 32;
const MOST_FIELDS: usize = 2_000;

/// A selected field.
pub(super) struct Field {
    /// Its name in the reply.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) arguments: Object,
    pub(super) fields: Vec<Field>,
}

pub(super) fn no_arguments_but(field: &Field, known: &[&str]) -> Result<(), Failure> {
    let mut names = field.arguments.keys();
    match names.find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Failure::new(format!("unknown arg \"{name}\""))),
        None => Ok(()),
    }
}

/// The fields below one that is an object.
pub(super) fn selected(field: &Field) -> Result<&[Field], Failure> {
    match field.fields.is_empty() {
        true => Err(Failure::new("object field must have selections")),
        false => Ok(&field.fields),
    }
}

/// The outermost fields of the query in a request's body.
pub(super) fn parse(body: &Object) -> Result<Vec<Field>, Failure> {
    let text = match body.get("query") {
        Some(Value::String(text)) if !text.trim().is_empty() => text,
        _ => return Err(Failure::new("query is required")),
    };
    if is_nested_deeply(text) {
        return Err(Failure::new("query is nested too deeply"));
    }
    let document = parse_query(text).map_err(|error| syntax(&error))?;
    let operation = choose(&document, body.get("operationName").and_then(Value::as_str))?;
    if operation.ty != OperationType::Query {
        let message = format!("{} operations are not supported", operation.ty);
        return Err(Failure::new(message));
    }
    let given = match body.get("variables") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => {
            return Err(Failure::new(
                "error parsing args: variables must be an object",
            ));
        }
    };
    let mut reader = Reader {
        document: &document,
        variables: variables(operation, given)?,
        fields: 0,
    };
    reader.fields(&operation.selection_set.node, 0)
}

/// The first line of a syntax error that says something.
fn syntax(error: &Error) -> Failure {
    let said = match error {
        Error::Syntax { start, .. } => format!("syntax error at {}:{}", start.line, start.column),
        other => other.to_string(),
    };
    Failure::new(format!("error parsing query: {said}"))
}

/// Whether brackets are nested more deeply than a query's are. Parsing is recursive.
fn is_nested_deeply(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' | b'(' if !quoted => depth += 1,
            b'}' | b']' | b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 2 * DEEPEST {
            return true;
        }
    }
    false
}

/// The operation to run.
fn choose<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, Failure> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => {
            let mut all = all.values();
            let only = all.next().map(|operation| &operation.node);
            only.ok_or_else(|| Failure::new("no operation provided"))
        }
        (DocumentOperations::Multiple(_), None) => Err(Failure::new(
            "must provide operation name if query contains multiple operations",
        )),
        (DocumentOperations::Multiple(all), Some(name)) if all.contains_key(name) => {
            Ok(&all[name].node)
        }
        (_, Some(name)) => Err(Failure::new(format!("unknown operation named \"{name}\""))),
    }
}

/// The values of the variables that an operation declares.
fn variables(operation: &OperationDefinition, mut given: Object) -> Result<Object, Failure> {
    let mut values = Object::new();
    for declared in &operation.variable_definitions {
        let name = declared.node.name.node.as_str();
        let default = || {
            let default = declared.node.default_value.as_ref()?;
            default.node.clone().into_json().ok()
        };
        let value = given.remove(name).or_else(default).unwrap_or_default();
        if value.is_null() && !declared.node.var_type.node.nullable {
            let message = format!("error parsing args: variable \"{name}\" is required");
            return Err(Failure::new(message));
        }
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
    variables: Object,
    fields: usize,
}

impl Reader<'_> {
    fn fields(&mut self, set: &SelectionSet, depth: usize) -> Result<Vec<Field>, Failure> {
        if depth > DEEPEST {
            return Err(Failure::new("query is nested too deeply"));
        }
        let mut fields = Vec::new();
        for item in &set.items {
            if !item.node.directives().is_empty() {
                return Err(Failure::new("directives are not supported"));
            }
            let field = match &item.node {
                Selection::Field(field) => &field.node,
                Selection::InlineFragment(fragment) => {
                    let inner = &fragment.node.selection_set.node;
                    fields.extend(self.fields(inner, depth + 1)?);
                    continue;
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let known: Option<&Positioned<FragmentDefinition>> =
                        self.document.fragments.get(name);
                    let unknown = || Failure::new(format!("unknown fragment \"{name}\""));
                    let inner = &known.ok_or_else(unknown)?.node.selection_set.node;
                    fields.extend(self.fields(inner, depth + 1)?);
                    continue;
                }
            };
            self.fields += 1;
            if self.fields > MOST_FIELDS {
                let message = format!("number of fields can't be more than {MOST_FIELDS}");
                return Err(Failure::new(message));
            }
            let mut arguments = Object::new();
            for (name, value) in &field.arguments {
                let value = self.value(value.node.clone())?;
                arguments.insert(name.node.to_string(), value);
            }
            fields.push(Field {
                key: field.response_key().node.to_string(),
                name: field.name.node.to_string(),
                arguments,
                fields: self.fields(&field.selection_set.node, depth + 1)?,
            });
        }
        Ok(fields)
    }

    /// A value with its variables filled in.
    fn value(&self, value: async_graphql_value::Value) -> Result<Value, Failure> {
        let constant = value.into_const_with(|name| match self.variables.get(name.as_str()) {
            Some(value) => ConstValue::from_json(value.clone())
                .map_err(|error| Failure::new(format!("error parsing args: {error}"))),
            None => Err(Failure::new(format!("unknown variable \"{name}\""))),
        });
        let json = constant?.into_json();
        json.map_err(|error| Failure::new(format!("error parsing args: {error}")))
    }
}
