//! Plans for people to read.

use std::fmt;

use serde_json::Value;

use super::compare::{Object, text};
use super::plan::{Change, ChangeKind, Plan};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        for record in &self.foreign {
            writeln!(f, "! {} (not owned, left as it is)", Line(record))?;
        }
        if self.is_empty() {
            write!(f, "{}: no changes", self.zone)?;
        } else {
            let count = |kind| self.count(kind);
            write!(
                f,
                "{}: {} to create, {} to change, {} to delete",
                self.zone,
                count(ChangeKind::Create),
                count(ChangeKind::Update),
                count(ChangeKind::Delete)
            )?;
        }
        writeln!(f, "; {} stay as they are", self.kept)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ChangeKind::Create => write!(f, "+ {}", Line(&self.record)),
            ChangeKind::Delete => write!(f, "- {}", Line(&self.record)),
            ChangeKind::Update => {
                write!(f, "~ {}", Line(&self.record))?;
                for (field, value) in &self.fields {
                    let before = self.record.get(field).unwrap_or(&Value::Null);
                    write!(f, ", {field} {} -> {}", Shown(before), Shown(value))?;
                }
                Ok(())
            }
        }
    }
}

/// A record on a line: type, name, content, and what is unusual.
struct Line<'a>(&'a Object);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.0;
        write!(
            f,
            "{:<5} {}",
            text(record, "type"),
            clean(text(record, "name"))
        )?;
        match (text(record, "content"), record.get("data")) {
            ("", Some(data)) => write!(f, " {}", Shown(data))?,
            (content, _) => write!(f, " {}", clean(content))?,
        }
        if let Some(priority) = record.get("priority").filter(|value| value.is_number()) {
            write!(f, " priority {priority}")?;
        }
        match record.get("ttl").and_then(Value::as_f64) {
            None => {}
            Some(ttl) if ttl <= 1.0 => {}
            Some(ttl) => write!(f, " ttl {ttl}")?,
        }
        if record.get("proxied") == Some(&Value::Bool(true)) {
            f.write_str(" proxied")?;
        }
        Ok(())
    }
}

struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("none"),
            Value::String(text) => f.write_str(&clean(text)),
            other => f.write_str(&clean(&other.to_string())),
        }
    }
}

/// Without control characters: it ends up in terminals.
fn clean(text: &str) -> String {
    let escaped = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escaped).collect()
}
