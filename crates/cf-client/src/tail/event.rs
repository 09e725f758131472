//! What a tail tells.

use std::fmt;

use serde_json::Value;

/// Something that happened to a Worker: a request, a cron trigger, an alarm, with its logs and exceptions.
///
/// The accessors show what all events have; [`json`](Self::json) has everything.
#[derive(Clone, PartialEq)]
pub struct TailEvent(Value);

impl TailEvent {
    /// An event in JSON; `None` if it is something else.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(data).ok()?;
        value.get("outcome")?;
        Some(TailEvent(value))
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// How it ended: `ok`, `exception`, `canceled`, `exceededCpu`, `exceededMemory` or `unknown`.
    pub fn outcome(&self) -> &str {
        self.text("/outcome").unwrap_or("unknown")
    }

    /// The name of the Worker.
    pub fn script(&self) -> Option<&str> {
        self.text("/scriptName")
    }

    /// When it began, in milliseconds since 1970.
    pub fn timestamp(&self) -> Option<i64> {
        self.0.get("eventTimestamp")?.as_i64()
    }

    /// The method and the address, if it is a request.
    pub fn request(&self) -> Option<(&str, &str)> {
        Some((
            self.text("/event/request/method")?,
            self.text("/event/request/url")?,
        ))
    }

    /// What the Worker logged, in order.
    pub fn logs(&self) -> impl Iterator<Item = TailLog<'_>> {
        self.list("logs").map(TailLog)
    }

    /// The exceptions that nobody caught.
    pub fn exceptions(&self) -> impl Iterator<Item = TailException<'_>> {
        self.list("exceptions").map(TailException)
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten()
    }

    /// All of it, as it came.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// The same, for keeps.
    pub fn into_json(self) -> Value {
        self.0
    }
}

/// Shows neither logs nor requests: they can hold secrets.
impl fmt::Debug for TailEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailEvent")
            .field("script", &self.script())
            .field("outcome", &self.outcome())
            .field("timestamp", &self.timestamp())
            .finish_non_exhaustive()
    }
}

/// A line that a Worker logged.
#[derive(Clone, Copy)]
pub struct TailLog<'e>(&'e Value);

impl<'e> TailLog<'e> {
    /// `debug`, `info`, `log`, `warn` or `error`.
    pub fn level(&self) -> &'e str {
        self.0.get("level").and_then(Value::as_str).unwrap_or("log")
    }

    /// The arguments of `console.log` and the like, joined by spaces: texts as they are, all else as JSON.
    pub fn message(&self) -> String {
        match self.0.get("message") {
            Some(Value::Array(parts)) => parts.iter().map(shown).collect::<Vec<_>>().join(" "),
            Some(other) => shown(other),
            None => String::new(),
        }
    }

    /// When, in milliseconds since 1970.
    pub fn timestamp(&self) -> Option<i64> {
        self.0.get("timestamp")?.as_i64()
    }
}

/// An exception that nobody caught.
#[derive(Clone, Copy)]
pub struct TailException<'e>(&'e Value);

impl<'e> TailException<'e> {
    /// Its kind, such as `TypeError`.
    pub fn name(&self) -> &'e str {
        self.0
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or("Error")
    }

    /// What it says.
    pub fn message(&self) -> String {
        self.0.get("message").map(shown).unwrap_or_default()
    }

    /// Where it happened.
    pub fn stack(&self) -> Option<&'e str> {
        self.0.get("stack")?.as_str()
    }

    /// When, in milliseconds since 1970.
    pub fn timestamp(&self) -> Option<i64> {
        self.0.get("timestamp")?.as_i64()
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

macro_rules! lengths_only {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} bytes)", stringify!($name), self.message().len())
            }
        })*
    };
}

lengths_only! { TailLog TailException }
