//! Rows of D1 as custom structs.
#![allow(clippy::unwrap_used)]

use cf_types::codec;
use cf_types::d1::database::{QueryResult, RawQueryResult};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
struct Product {
    name: String,
    cents: Option<i64>,
    weight: f64,
}

fn product(name: &str, cents: Option<i64>, weight: f64) -> Product {
    let name = name.to_owned();
    Product {
        name,
        cents,
        weight,
    }
}

#[test]
fn rows_are_read_by_the_names_of_columns() {
    let reply = r#"{"results": {"columns": ["weight", "name", "cents"], "rows": [[0.5, "pen", 90], [2, "ink", null]]}}"#;
    let raw: RawQueryResult = codec::from_str(reply).unwrap();
    let wanted = [product("pen", Some(90), 0.5), product("ink", None, 2.0)];
    assert_eq!(raw.rows::<Product>().unwrap(), wanted);

    let reply = r#"{"results": [{"name": "pen", "cents": 90, "weight": 0.5}, {"name": "ink", "cents": null, "weight": 2}]}"#;
    let result: QueryResult = codec::from_str(reply).unwrap();
    assert_eq!(result.rows::<Product>().unwrap(), wanted);
}

#[test]
fn the_row_that_does_not_fit_is_named() {
    let reply = r#"{"results": [{"name": "pen", "weight": 1}, {"name": 7, "weight": 1}]}"#;
    let result: QueryResult = codec::from_str(reply).unwrap();
    let error = result.rows::<Product>().unwrap_err().to_string();
    assert!(error.starts_with("row 2: "), "{error}");
}

#[test]
fn a_statement_without_rows_gives_none() {
    let none = QueryResult::default().rows::<Product>().unwrap();
    assert!(none.is_empty());
    let none = RawQueryResult::default().rows::<Product>().unwrap();
    assert!(none.is_empty());
}
