//! Rows of D1's results, and the values of parameters.

use serde::de::DeserializeOwned;
use serde_json::{Error, Map, Value};

use super::read;
use crate::d1::database::{DatabaseQuery, QueryResult, RawQueryResult, Statement};

impl QueryResult {
    /// The rows, each as a `T` whose fields are named like the columns.
    ///
    /// A blob is a list of numbers, which a `Vec<u8>` takes. A boolean is an integer, as SQLite has no other.
    ///
    /// ```
    /// use cf_types::codec;
    /// use cf_types::d1::database::QueryResult;
    ///
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct Product {
    ///     name: String,
    ///     cents: i64,
    ///     picture: Option<Vec<u8>>,
    /// }
    /// let reply = r#"{"success": true, "results": [{"name": "pen", "cents": 90, "picture": [137, 80]}]}"#;
    /// let result: QueryResult = codec::from_str(reply)?;
    /// let pen = Product { name: "pen".to_owned(), cents: 90, picture: Some(vec![137, 80]) };
    /// assert_eq!(result.rows::<Product>()?, [pen]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        read(self.results.iter().flatten().cloned())
    }
}

impl RawQueryResult {
    /// The rows, each as a `T`: a struct whose fields are named like the columns.
    ///
    /// Of columns that share a name, as a join may give, the last one counts; see [`tuples`](Self::tuples).
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        let results = self.results.as_ref();
        let columns = || results.and_then(|results| results.columns.as_ref());
        read(self.values().map(|values| {
            let named = columns().into_iter().flatten().cloned().zip(values);
            Value::Object(named.collect::<Map<_, _>>())
        }))
    }

    /// The rows, each as a `T`: a tuple with a part for each column, in order.
    ///
    /// ```
    /// use cf_types::codec;
    /// use cf_types::d1::database::RawQueryResult;
    ///
    /// let reply = r#"{"results": {"columns": ["name", "name"], "rows": [["pen", "Ada"]]}}"#;
    /// let result: RawQueryResult = codec::from_str(reply)?;
    /// assert_eq!(result.tuples::<(String, String)>()?, [("pen".to_owned(), "Ada".to_owned())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn tuples<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        read(self.values().map(Value::Array))
    }

    /// The values of each row.
    fn values(&self) -> impl Iterator<Item = Vec<Value>> {
        let rows = self.results.iter().flat_map(|results| &results.rows);
        rows.flatten().map(|row| {
            row.iter()
                .map(|value| crate::codec::to_value(value))
                .collect()
        })
    }
}

/// A value for a `?` in SQL: what [`Statement::bind`] takes.
///
/// Numbers, texts, booleans (1 and 0), bytes and `Option`s of these convert into it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SqlValue {
    /// NULL.
    Null,
    /// An integer. D1 reads it as JavaScript does: exactly up to 2⁵³. What is larger goes as a [`Text`](Self::Text).
    Integer(i64),
    /// A number with a fraction. What is not finite goes as NULL.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<SqlValue> for Value {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Value::Null,
            SqlValue::Integer(number) => number.into(),
            SqlValue::Real(number) => number.into(),
            SqlValue::Text(text) => text.into(),
            SqlValue::Blob(bytes) => bytes.into(),
        }
    }
}

macro_rules! from {
    ($($given:ty => |$value:ident| $sql:expr,)*) => {
        $(impl From<$given> for SqlValue {
            fn from($value: $given) -> Self {
                $sql
            }
        })*
    };
}

from! {
    i64 => |value| SqlValue::Integer(value),
    i32 => |value| SqlValue::Integer(value.into()),
    u32 => |value| SqlValue::Integer(value.into()),
    f64 => |value| SqlValue::Real(value),
    bool => |value| SqlValue::Integer(value.into()),
    &str => |value| SqlValue::Text(value.to_owned()),
    String => |value| SqlValue::Text(value),
    &String => |value| SqlValue::Text(value.clone()),
    Vec<u8> => |value| SqlValue::Blob(value),
    &[u8] => |value| SqlValue::Blob(value.to_vec()),
}

impl<T: Into<SqlValue>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(SqlValue::Null, Into::into)
    }
}

impl Statement {
    /// Adds the value for the next `?`, with its type: a text is not a number to SQLite. D1 takes 100 values for a
    /// statement.
    ///
    /// ```
    /// use cf_types::d1::database::Statement;
    ///
    /// let insert = Statement::new("INSERT INTO products VALUES (?, ?, ?)")
    ///     .bind("pen")
    ///     .bind(90)
    ///     .bind(None::<Vec<u8>>);
    /// let json = cf_types::codec::to_string(&insert);
    /// assert!(json.contains(r#""params":["pen",90,null]"#));
    /// ```
    #[must_use]
    pub fn bind(mut self, value: impl Into<SqlValue>) -> Self {
        let params = self.params.get_or_insert_default();
        params.push(value.into().into());
        self
    }
}

/// All statements take effect, or none.
impl From<Vec<Statement>> for DatabaseQuery {
    fn from(statements: Vec<Statement>) -> Self {
        Self::batch(statements)
    }
}

/// All statements take effect, or none.
impl<const N: usize> From<[Statement; N]> for DatabaseQuery {
    fn from(statements: [Statement; N]) -> Self {
        Self::batch(statements)
    }
}
