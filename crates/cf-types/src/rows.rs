//! Rows of D1's results as values of your own.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Error, Map, Value};

use crate::d1::database::{QueryResult, RawQueryResult};

impl QueryResult {
    /// The rows, each as a `T` whose fields are named like the columns.
    ///
    /// ```
    /// use cf_types::codec;
    /// use cf_types::d1::database::QueryResult;
    ///
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct Product {
    ///     name: String,
    ///     cents: i64,
    /// }
    /// let reply = r#"{"success": true, "results": [{"name": "pen", "cents": 90}]}"#;
    /// let result: QueryResult = codec::from_str(reply)?;
    /// let pen = Product { name: "pen".to_owned(), cents: 90 };
    /// assert_eq!(result.rows::<Product>()?, [pen]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        let rows = self.results.iter().flatten();
        read(rows.map(|row| serde_json::from_value(row.clone())))
    }
}

impl RawQueryResult {
    /// The rows, each as a `T`: a struct whose fields are named like the columns.
    ///
    /// Of columns that share a name, as a join may give, the last one counts.
    ///
    /// # Errors
    /// When a row is not a `T`; the error names the row.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        let results = self.results.as_ref();
        let columns = || results.and_then(|results| results.columns.as_ref());
        let rows = results.and_then(|results| results.rows.as_ref());
        read(rows.into_iter().flatten().map(|row| {
            let values = row.iter().map(|value| crate::codec::to_value(value));
            let named = columns().into_iter().flatten().cloned().zip(values);
            serde_json::from_value(Value::Object(named.collect::<Map<_, _>>()))
        }))
    }
}

/// All rows, or the first error with the row's number, counted from one.
fn read<T>(rows: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    rows.enumerate()
        .map(|(index, row)| {
            row.map_err(|error| Error::custom(format_args!("row {}: {error}", index + 1)))
        })
        .collect()
}
