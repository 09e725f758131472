//! Adds a WAF custom rule to a zone before the existing ones, which stay, in their order.
//!
//! ```text
//! cargo run -p cf-examples --example add_waf_rule -- example.com 'http.request.uri.path contains "/wp-login.php"'
//! ```
//!
//! A rule with the same expression is not added twice. The token needs the permissions "Zone Read" and "Zone WAF
//! Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::rulesets::RulesetParam;
use cf_client::types::rulesets::rules::{BlockRuleParam, Position};
use clap::Parser;

const PHASE: &str = "http_request_firewall_custom";

#[derive(Parser)]
#[command(about = "Adds a WAF custom rule")]
struct Options {
    /// The zone's name.
    #[arg(default_value = "example.com")]
    zone: String,
    /// Which requests to block, as an expression.
    #[arg(default_value = r#"http.request.uri.path contains "/wp-login.php""#)]
    expression: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let client = &api.client;
    let zone = client.zone_id(&options.zone).await?;
    let expression = &options.expression;
    let phases = || client.rulesets().phases();

    match phases().get(&zone, PHASE).await {
        // A zone that never had a rule of this kind has no ruleset for it.
        Err(error) if error.is_not_found() => {
            let new = RulesetParam::new().rules([BlockRuleParam::new(expression).into()]);
            phases().update(&zone, PHASE, new).await?;
        }
        Err(error) => return Err(error.into()),
        Ok(ruleset) => {
            let rules = ruleset.rules.unwrap_or_default();
            if rules
                .iter()
                .any(|rule| rule.expression() == Some(expression))
            {
                println!("{}: the rule is there already", options.zone);
                return Ok(());
            }
            // One rule is added; the others are not sent, and so cannot be lost.
            let rule = BlockRuleParam::new(expression);
            let rule = match rules.first().and_then(|first| first.id()) {
                Some(first) => rule.position(Position::before(first)),
                None => rule,
            };
            client
                .rulesets()
                .rules()
                .create(&zone, &ruleset.id, rule)
                .await?;
        }
    }
    for rule in phases().get(&zone, PHASE).await?.rules.unwrap_or_default() {
        let (action, expression) = (rule.action(), rule.expression());
        println!(
            "{}: {}",
            action.unwrap_or_default(),
            expression.unwrap_or_default()
        );
    }
    Ok(())
}
