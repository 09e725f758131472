//! Rows of D1 and Analytics Engine, as values of the caller's.

use cf_client::{Client, ErrorKind};
use cf_emulator::{Emulator, Fault};
use cf_types::Api;
use cf_types::d1::database::{DatabaseQuery, Statement};
use http::StatusCode;
use serde::Deserialize;

fn of(emulator: &Emulator) -> Client {
    Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .build()
        .unwrap()
}

#[derive(Debug, Deserialize, PartialEq, Default)]
struct Product {
    name: String,
    cents: Option<i64>,
    weight: Option<f64>,
    picture: Option<Vec<u8>>,
}

const TABLE: &str =
    "CREATE TABLE products (name TEXT PRIMARY KEY, cents INTEGER, weight REAL, picture BLOB)";
const INSERT: &str = "INSERT INTO products VALUES (?, ?, ?, ?)";

#[tokio::test]
async fn values_go_in_and_come_back_with_their_types() {
    let emulator = Emulator::start().await.unwrap();
    let (client, account) = (of(&emulator), emulator.account_id());
    let d1 = || Api::new(&client).d1().database();
    let id = d1().create(account, "shop").await.unwrap().uuid;
    let query = |query: DatabaseQuery| d1().query(account, &id, query);
    query(DatabaseQuery::single(TABLE)).await.unwrap();

    let pen = Statement::new(INSERT)
        .bind("pen ☃")
        .bind(90)
        .bind(1.5)
        .bind(vec![0, 137, 255]);
    let ink = Statement::new(INSERT)
        .bind("ink")
        .bind(None::<i64>)
        .bind(f64::NAN)
        .bind(None::<Vec<u8>>);
    let select = Statement::new("SELECT * FROM products ORDER BY name DESC");
    let results = query(DatabaseQuery::batch([pen, ink, select]))
        .await
        .unwrap();
    assert_eq!(results.len(), 3);
    let rows: Vec<Product> = results[2].rows().unwrap();
    let pen = Product {
        name: "pen ☃".to_owned(),
        cents: Some(90),
        weight: Some(1.5),
        picture: Some(vec![0, 137, 255]),
    };
    let ink = Product {
        name: "ink".to_owned(),
        ..Product::default()
    };
    assert_eq!(rows, [pen, ink]);

    // A text is not a number to SQLite, so values keep their types.
    let typed = Statement::new("SELECT typeof(?1) AS a, typeof(?2) AS b, typeof(?3) AS c, typeof(?4) AS d, typeof(?5) AS e")
        .bind(1)
        .bind("1")
        .bind(0.5)
        .bind(true)
        .bind(&[1_u8][..]);
    let results = d1()
        .raw(account, &id, DatabaseQuery::Single(typed))
        .await
        .unwrap();
    let types: Vec<[String; 5]> = results[0].tuples().unwrap();
    assert_eq!(
        types,
        [["integer", "text", "real", "integer", "blob"].map(str::to_owned)]
    );

    let twice = DatabaseQuery::single("SELECT 1 AS n, 2 AS n");
    let results = d1().raw(account, &id, twice).await.unwrap();
    assert_eq!(results[0].tuples::<(i64, i64)>().unwrap(), [(1, 2)]);
    let results = query(DatabaseQuery::single("SELECT 'x' AS n UNION ALL SELECT 2"))
        .await
        .unwrap();
    #[derive(Debug, Deserialize)]
    struct Number {
        #[allow(dead_code)]
        n: i64,
    }
    let error = results[0].rows::<Number>().unwrap_err();
    assert!(error.to_string().contains("row 1"), "{error}");
}

/// Nothing of the languages that the emulator is made of.
#[tokio::test]
async fn errors_of_d1_are_those_of_sqlite() {
    let emulator = Emulator::start().await.unwrap();
    let (client, account) = (of(&emulator), emulator.account_id());
    let d1 = || Api::new(&client).d1().database();
    let id = d1().create(account, "shop").await.unwrap().uuid;
    d1().query(account, &id, Statement::new(TABLE))
        .await
        .unwrap();
    let insert = || {
        Statement::new(INSERT)
            .bind("pen")
            .bind(1)
            .bind(1.0)
            .bind(None::<i64>)
    };
    d1().query(account, &id, DatabaseQuery::Single(insert()))
        .await
        .unwrap();
    for (query, said) in [
        (
            Statement::new("SELEC 1"),
            "near \"SELEC\": syntax error at offset 0: SQLITE_ERROR",
        ),
        (
            Statement::new("SELECT * FROM absent"),
            "no such table: absent",
        ),
        (
            Statement::new("SELECT absent FROM products"),
            "no such column: absent",
        ),
        (
            insert(),
            "UNIQUE constraint failed: products.name: SQLITE_CONSTRAINT",
        ),
        (
            Statement::new("SELECT abs(-9223372036854775808)"),
            "integer overflow: SQLITE_ERROR",
        ),
        (
            Statement::new("SELECT json('{')"),
            "malformed JSON: SQLITE_ERROR",
        ),
        (
            Statement::new("SELECT ?").bind(1).bind(2),
            "Wrong number of parameter bindings",
        ),
    ] {
        let error = d1()
            .query(account, &id, DatabaseQuery::Single(query))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        let words = error.to_string();
        assert!(words.contains(said), "{words}");
        for foreign in [
            "rusqlite",
            "Error {",
            "Some(",
            "nul byte",
            "InvalidParameter",
            "thread",
        ] {
            assert!(!words.contains(foreign), "{words}");
        }
    }
}

#[cfg(feature = "analytics_engine")]
#[tokio::test]
async fn rows_of_analytics_engine_have_numbers_where_it_writes_strings() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Reading {
        city: String,
        readings: u64,
        change: Option<i64>,
        average: f64,
    }
    let emulator = Emulator::start().await.unwrap();
    let (client, account) = (of(&emulator), emulator.account_id());
    let sql = || Api::new(&client).analytics_engine().sql();
    let reply = r#"{
        "meta": [{"name":"city","type":"String"},{"name":"readings","type":"UInt64"},
                 {"name":"change","type":"Nullable(Int64)"},{"name":"average","type":"Float64"}],
        "data": [{"city":"12","readings":"18446744073709551615","change":"-3","average":1.5},
                 {"city":"Oslo","readings":7,"change":null,"average":2}],
        "rows": 2, "rows_before_limit_at_least": 2
    }"#;
    emulator.inject(Fault::reply(StatusCode::OK, reply));
    let result = sql().get(account).query_("SELECT …").await.unwrap();
    let of = |city: &str, readings, change, average| Reading {
        city: city.to_owned(),
        readings,
        change,
        average,
    };
    let due = [of("12", u64::MAX, Some(-3), 1.5), of("Oslo", 7, None, 2.0)];
    assert_eq!(result.rows::<Reading>().unwrap(), due);
}
