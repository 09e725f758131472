//! Rows of SQL results as values of your own.

#[cfg(feature = "analytics_engine")]
mod analytics_engine;
#[cfg(feature = "d1")]
mod d1;

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Error, Value};

#[cfg(feature = "d1")]
pub use d1::SqlValue;

/// All rows, or the first error with the row's number, counted from one.
fn read<T: DeserializeOwned>(rows: impl Iterator<Item = Value>) -> Result<Vec<T>, Error> {
    rows.enumerate()
        .map(|(index, row)| {
            serde_json::from_value(row)
                .map_err(|error| Error::custom(format_args!("row {}: {error}", index + 1)))
        })
        .collect()
}
