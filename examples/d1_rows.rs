//! Reads rows of a D1 database into a struct.
//!
//! ```text
//! cargo run -p cf-examples --example d1_rows -- shop 100
//! ```
//!
//! The token needs the permission "D1 Write", for queries too.
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::d1::database::Statement;
use clap::Parser;
use serde::Deserialize;

#[derive(Parser)]
#[command(about = "Reads products from a D1 database")]
struct Options {
    /// The database's name.
    #[arg(default_value = "shop")]
    database: String,
    /// The highest price, in cents.
    #[arg(default_value_t = 100)]
    price: i64,
}

#[derive(Debug, Deserialize)]
struct Product {
    name: String,
    cents: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = client.only_account_id().await?;

    let mut databases = client
        .d1()
        .database()
        .list(&account)
        .name(&options.database)
        .items();
    let id = match databases.next().await {
        Some(database) => database?.uuid,
        None => {
            let new = client
                .d1()
                .database()
                .create(&account, options.database.as_str());
            new.await?.uuid
        }
    };
    let sql = "CREATE TABLE IF NOT EXISTS products (name TEXT PRIMARY KEY, cents INTEGER)";
    client
        .d1()
        .database()
        .query(&account, &id, Statement::new(sql))
        .await?;
    let sql = "INSERT OR REPLACE INTO products VALUES (?, ?), (?, ?)";
    let insert = Statement::new(sql)
        .bind("pen")
        .bind(90)
        .bind("ink")
        .bind(450);
    client.d1().database().query(&account, &id, insert).await?;

    let select = Statement::new("SELECT name, cents FROM products WHERE cents <= ? ORDER BY name")
        .bind(options.price);
    let results = client.d1().database().query(&account, &id, select).await?;
    let products: Vec<Product> = results[0].rows()?;
    for product in products {
        println!("{}: {} cents", product.name, product.cents);
    }
    Ok(())
}
