//! Schemas of the API description, parsed from their text when needed.

use std::sync::OnceLock;

use serde_json::Value;

/// The description: schemas first, an empty line, then operations.
const TEXT: &str = include_str!("../generated/api.txt");

/// What a value looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Schema {
    Any,
    Null,
    Bool,
    Integer,
    Number,
    Text,
    DateTime,
    Date,
    Bytes,
    Uuid,
    /// One of these values.
    Values(Vec<Value>),
    List(Box<Schema>),
    Map(Box<Schema>),
    Object(Vec<Field>),
    /// Any of these.
    Either(Vec<Schema>),
    /// All of these at once.
    All(Vec<Schema>),
    /// A reference to another line.
    Line(usize),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    /// No reply has it.
    pub(crate) write_only: bool,
    pub(crate) schema: Schema,
}

struct Lines {
    /// The key that refers to each, in order, and its text.
    text: Vec<(&'static str, &'static str)>,
    parsed: Vec<OnceLock<Schema>>,
    operations: &'static str,
}

fn lines() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let (schemas, operations) = TEXT.split_once("\n\n").unwrap_or((TEXT, ""));
        // The first line says where the file comes from.
        let text = schemas.lines().skip(1);
        let text: Vec<_> = text.filter_map(|line| line.split_once(' ')).collect();
        let parsed = text.iter().map(|_| OnceLock::new()).collect();
        Lines {
            text,
            parsed,
            operations,
        }
    })
}

/// The lines that describe operations.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    lines().operations.lines()
}

/// The schema that a text describes.
pub(crate) fn parse(text: &str) -> Schema {
    Parser(text).schema()
}

impl Schema {
    /// The schema with references resolved.
    pub(crate) fn resolved(&self) -> &Schema {
        let mut schema = self;
        while let Schema::Line(number) = schema {
            let all = lines();
            schema = match (all.text.get(*number), all.parsed.get(*number)) {
                (Some((_, text)), Some(parsed)) => parsed.get_or_init(|| parse(text)),
                _ => &Schema::Any,
            };
        }
        schema
    }

    /// Like [`resolved`](Self::resolved), without a possible null.
    pub(crate) fn value(&self) -> &Schema {
        let schema = self.resolved();
        let Schema::Either(all) = schema else {
            return schema;
        };
        let mut rest = all.iter().filter(|one| *one.resolved() != Schema::Null);
        match (rest.next(), rest.next()) {
            (Some(only), None) => only.value(),
            _ => schema,
        }
    }

    /// Where a reply without the usual envelope has the value: field and schema.
    pub(super) fn payload(&self) -> Option<(&'static str, Schema)> {
        self.field("success")?;
        ["data", "result"]
            .into_iter()
            .find_map(|name| Some((name, self.field(name)?.schema.clone())))
    }

    /// The fields of an object, and of the objects in its parts and alternatives.
    pub(crate) fn fields(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        self.collect_fields(&mut found, 0);
        found
    }

    fn collect_fields<'a>(&'a self, found: &mut Vec<&'a Field>, depth: usize) {
        match self.resolved() {
            Schema::Object(fields) => {
                for field in fields {
                    if !found.iter().any(|known| known.name == field.name) {
                        found.push(field);
                    }
                }
            }
            Schema::All(all) | Schema::Either(all) if depth < 6 => {
                for part in all {
                    part.collect_fields(found, depth + 1);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields().into_iter().find(|field| field.name == name)
    }
}

/// Reads what the generator (`xtask/src/codegen/write/emulator.rs`) wrote.
struct Parser<'a>(&'a str);

impl Parser<'_> {
    fn schema(&mut self) -> Schema {
        let Some(first) = self.0.chars().next() else {
            return Schema::Any;
        };
        self.0 = &self.0[first.len_utf8()..];
        match first {
            '0' => Schema::Null,
            'b' => Schema::Bool,
            'i' => Schema::Integer,
            'n' => Schema::Number,
            's' => Schema::Text,
            't' => Schema::DateTime,
            'd' => Schema::Date,
            'x' => Schema::Bytes,
            'u' => Schema::Uuid,
            '=' => match self.json() {
                Value::Array(values) => Schema::Values(values),
                _ => Schema::Any,
            },
            '[' => Schema::List(Box::new(self.schema())),
            '%' => Schema::Map(Box::new(self.schema())),
            '{' => Schema::Object(self.fields()),
            '|' => Schema::Either(self.parts()),
            '&' => Schema::All(self.parts()),
            '#' => Schema::Line(self.line()),
            _ => Schema::Any,
        }
    }

    fn eat(&mut self, mark: char) -> bool {
        match self.0.strip_prefix(mark) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn parts(&mut self) -> Vec<Schema> {
        let mut parts = Vec::new();
        self.eat('(');
        while !self.eat(')') && !self.0.is_empty() {
            parts.push(self.schema());
            self.eat(',');
        }
        parts
    }

    fn fields(&mut self) -> Vec<Field> {
        let mut fields = Vec::new();
        while !self.eat('}') && !self.0.is_empty() {
            let name = self.name();
            let required = self.eat('!');
            if !required {
                self.eat('?');
            }
            let write_only = self.eat('~');
            let schema = self.schema();
            fields.push(Field {
                name,
                required,
                write_only,
                schema,
            });
            self.eat(',');
        }
        fields
    }

    fn name(&mut self) -> String {
        if self.0.starts_with('"') {
            return self.json().as_str().unwrap_or_default().to_owned();
        }
        let end = self.0.find(['!', '?']).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        self.0 = rest;
        name.to_owned()
    }

    /// The number of the line that a key stands for.
    fn line(&mut self) -> usize {
        let end = self.0.find(|c: char| !c.is_ascii_hexdigit());
        let (key, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        let found = lines().text.binary_search_by_key(&key, |(key, _)| key);
        found.unwrap_or(usize::MAX)
    }

    /// A JSON value, after which other text may follow.
    fn json(&mut self) -> Value {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter::<Value>();
        let value = values.next().and_then(Result::ok).unwrap_or_default();
        self.0 = &self.0[values.byte_offset()..];
        value
    }
}
