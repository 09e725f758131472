//! Parameters of all kinds, and batches.

use crate::Outcome;
use cf_client::types::d1::database::{DatabaseQuery, Statement};
use serde::Deserialize;

#[derive(Deserialize)]
struct Person {
    name: String,
    age: Option<i64>,
    height: f64,
}

#[tokio::test]
async fn mixed_parameters() -> Outcome {
    let (_emulator, client, account, _zone) = cf_examples::start().await?;
    let databases = client.d1().database();
    let id = databases.create(&account, "people").await?.uuid;
    databases
        .query(
            &account,
            &id,
            "CREATE TABLE people (name TEXT, age INTEGER, height REAL)",
        )
        .await?;

    let age: Option<i64> = None;
    let insert = Statement::new("INSERT INTO people VALUES (?, ?, ?), (?, ?, ?)")
        .bind("ada")
        .bind(36)
        .bind(1.65)
        .bind(String::from("grace"))
        .bind(age)
        .bind(1.70);
    databases.query(&account, &id, insert).await?;

    // The setter with a list, of one kind and of several.
    let select = Statement::new("SELECT * FROM people WHERE age > ? AND age < ?").params([1, 99]);
    assert_eq!(
        databases.query(&account, &id, select).await?[0]
            .rows::<Person>()?
            .len(),
        1
    );

    // From JSON.
    let select =
        Statement::new("SELECT * FROM people WHERE name = ?").params([serde_json::json!("grace")]);
    let people: Vec<Person> = databases.query(&account, &id, select).await?[0].rows()?;
    assert_eq!((people[0].name.as_str(), people[0].age), ("grace", None));
    assert!(people[0].height > 1.6);

    // A batch.
    let batch = DatabaseQuery::batch([
        Statement::new("INSERT INTO people VALUES (?, ?, ?)")
            .bind("alan")
            .bind(41)
            .bind(1.8),
        Statement::new("SELECT count(*) AS n FROM people WHERE age IS NOT ?").bind(None::<i64>),
    ]);
    let results = databases.query(&account, &id, batch).await?;
    assert_eq!(results.len(), 2);

    // A batch is a list of queries.
    let results = databases
        .query(
            &account,
            &id,
            [Statement::new("SELECT 1"), Statement::new("SELECT 2")],
        )
        .await?;
    assert_eq!(results.len(), 2);

    // Rows without columns' names.
    let raw = databases
        .raw(
            &account,
            &id,
            Statement::new("SELECT name, age FROM people"),
        )
        .await?;
    assert_eq!(raw[0].tuples::<(String, Option<i64>)>()?.len(), 3);
    Ok(())
}
