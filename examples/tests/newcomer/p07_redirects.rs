use std::time::Duration;

use crate::Outcome;
use cf_client::types::page_rules::PageRuleParam;
use cf_client::types::rules::lists::ListParam;
use cf_client::types::rules::lists::items::{ItemParam, Redirect, RedirectItemParam};
use cf_client::types::rulesets::{FromList, FromValue, RedirectParameters, RulesetParam, TargetUrl};
use cf_client::types::rulesets::rules::{RedirectRuleParam, RuleParam};
use cf_client::types::page_rules::{Action, ForwardingUrl, Target};

#[tokio::test]
async fn from_page_rules_to_lists() -> Outcome {
    let (_emulator, client, account, zone) = newcomer::start().await?;

    // What is there: a page rule with a redirect.
    let rule = PageRuleParam::new([Target::url("example.com/old/*")], [Action::forwarding_url(ForwardingUrl::new("https://example.com/new/$1", 301))])
        .status("active")
        .priority(1);
    let rule = client.page_rules().create(&zone, rule).await?;

    // The list.
    let list = client.rules().lists().create(&account, ListParam::new("redirects", "redirect").description("moved pages")).await?;
    let items = client.rules().lists().items();
    let operation = items
        .create(
            &account,
            &list.id,
            [
                ItemParam::redirect(Redirect::new("example.com/a", "https://example.com/b").status_code(301)),
                RedirectItemParam::new(Redirect::new("example.com/c/", "https://example.com/d").subpath_matching(true).preserve_path_suffix(true)).into(),
            ],
        )
        .await?
        .operation_id;
    while client.rules().lists().bulk_operations().get(&account, &operation).await?.status().is_some_and(|s| s == "running" || s == "pending") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // The rule that uses it.
    let bulk = RedirectRuleParam::new("http.request.full_uri in $redirects")
        .action_parameters(RedirectParameters::new().from_list(FromList::new("redirects", "http.request.full_uri")));
    client.rulesets().phases().update(&account, "http_request_redirect", RulesetParam::new().rules([bulk.into()])).await?;

    // A single one.
    let single = RedirectRuleParam::new(r#"http.request.uri.path eq "/old""#)
        .action_parameters(RedirectParameters::new().from_value(FromValue::new(TargetUrl::new().value("https://example.com/new")).status_code(301).preserve_query_string(true)));
    client.rulesets().phases().update(&zone, "http_request_dynamic_redirect", RulesetParam::new().rules([single.into()])).await?;
    let _ = RuleParam::redirect("true");

    client.page_rules().delete(&zone, &rule.id).await?;
    Ok(())
}
