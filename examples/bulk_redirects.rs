//! Redirects pages that have moved: a list of them, and the rule that uses it.
//!
//! ```text
//! cargo run -p cf-examples --example bulk_redirects -- moved example.com/old https://example.com/new
//! ```
//!
//! The token needs the permissions "Account Filter Lists Edit" and "Mass URL Redirects Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::time::Duration;

use anyhow::bail;
use cf_client::types::rules::lists::ListParam;
use cf_client::types::rules::lists::items::{ItemParam, Redirect};
use cf_client::types::rulesets::rules::RedirectRuleParam;
use cf_client::types::rulesets::{FromList, RedirectParameters, RulesetParam};
use clap::Parser;

const PHASE: &str = "http_request_redirect";

#[derive(Parser)]
#[command(about = "Redirects pages that have moved")]
struct Options {
    /// The name of the list; it is created if it does not exist.
    #[arg(default_value = "moved_pages")]
    list: String,
    /// The old URL, without its scheme.
    #[arg(default_value = "example.com/old")]
    from: String,
    /// The new URL.
    #[arg(default_value = "https://example.com/new")]
    to: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let lists = || client.rules().lists();

    let there = lists().list(&account).items().collect_all().await?;
    let there = there.into_iter().find(|list| list.name == options.list);
    let list = match there {
        Some(list) => list.id,
        None => {
            let new = ListParam::new(&options.list, "redirect");
            lists().create(&account, new).await?.id
        }
    };
    let redirect = Redirect::new(&options.from, &options.to)
        .status_code(301)
        .subpath_matching(true)
        .preserve_query_string(true);
    let items = [ItemParam::redirect(redirect)];
    let operation = lists().items().create(&account, &list, items).await?;
    loop {
        let state = lists()
            .bulk_operations()
            .get(&account, &operation.operation_id)
            .await?;
        match state.status() {
            Some("completed") => break,
            Some("failed") => bail!("the list was not changed: {state:?}"),
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }

    // One rule for the whole list, once.
    let phases = || client.rulesets().phases();
    let mut rules = match phases().get(&account, PHASE).await {
        Ok(ruleset) => ruleset.rules.unwrap_or_default(),
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let expression = format!("http.request.full_uri in ${}", options.list);
    if rules
        .iter()
        .all(|rule| rule.expression() != Some(&expression))
    {
        let from = FromList::new(&options.list, "http.request.full_uri");
        let rule = RedirectRuleParam::new(&expression)
            .action_parameters(RedirectParameters::new().from_list(from));
        let rules = rules.drain(..).map(Into::into).chain([rule.into()]);
        phases()
            .update(&account, PHASE, RulesetParam::new().rules(rules))
            .await?;
    }
    for rule in phases()
        .get(&account, PHASE)
        .await?
        .rules
        .unwrap_or_default()
    {
        println!("redirects {}", rule.expression().unwrap_or_default());
    }
    Ok(())
}
