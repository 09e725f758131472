//! Rows of Analytics Engine's SQL API.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

use super::read;
use crate::analytics_engine::sql::Sql;

impl Sql {
    /// The rows, each as a `T` whose fields are named like the columns.
    ///
    /// The API writes 64-bit integers as strings, as ClickHouse does; where `meta` says that a column has such a type, they
    /// are numbers here.
    ///
    /// ```
    /// use cf_types::analytics_engine::sql::Sql;
    /// use cf_types::codec;
    ///
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct Reading {
    ///     location: String,
    ///     readings: u64,
    /// }
    /// let reply = r#"{
    ///     "meta": [{"name": "location", "type": "String"}, {"name": "readings", "type": "UInt64"}],
    ///     "data": [{"location": "Oslo", "readings": "12"}],
    ///     "rows": 1
    /// }"#;
    /// let result: Sql = codec::from_str(reply)?;
    /// let oslo = Reading { location: "Oslo".to_owned(), readings: 12 };
    /// assert_eq!(result.rows::<Reading>()?, [oslo]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        let columns = self.meta.iter().filter(|column| is_long(&column["type"]));
        let names: Vec<&str> = columns
            .filter_map(|column| column["name"].as_str())
            .collect();
        read(self.data.iter().map(|row| {
            let mut row = row.clone();
            for name in &names {
                if let Some(value) = row.get_mut(name) {
                    unquote(value);
                }
            }
            row
        }))
    }
}

/// Whether a column's type is an integer of 64 bits, nullable or not.
fn is_long(kind: &Value) -> bool {
    let kind = kind.as_str().unwrap_or_default();
    let inner = kind
        .strip_prefix("Nullable(")
        .and_then(|inner| inner.strip_suffix(')'));
    matches!(inner.unwrap_or(kind), "Int64" | "UInt64")
}

/// A string with an integer becomes the integer.
fn unquote(value: &mut Value) {
    let Some(text) = value.as_str() else { return };
    if let Ok(number) = text.parse::<u64>() {
        *value = number.into();
    } else if let Ok(number) = text.parse::<i64>() {
        *value = number.into();
    }
}
