//! The table of permissions against the emulator.

use cf_client::migrate::{Usage, permissions_for};
use cf_client::transport::{Body, transport_fn};
use cf_client::types::{Operation, accounts, dns, memberships, user, zones};
use cf_client::{Client, Credential};
use cf_emulator::TokenSpec;
use http::Method;

use super::World;

/// What products of the emulator have by hand was not written from the table; it names the same permission.
#[tokio::test]
async fn the_table_names_what_the_emulator_misses() {
    let world = World::new().await;
    let powerless = world
        .emulator
        .add_token(TokenSpec::powerless().name("powerless"))
        .unwrap();
    let powerless = world.with(Credential::api_token(powerless.value).unwrap());
    let (zone, account) = (
        format!("/zones/{}", world.zone),
        format!("/accounts/{}", world.emulator.account_id()),
    );
    let id = "0123456789abcdef0123456789abcdef";
    let mut compared = 0;
    for (method, paths) in [
        (
            Method::GET,
            vec![
                "/zones".to_owned(),
                zone.clone(),
                format!("{zone}/settings/ssl"),
                format!("{zone}/dns_records"),
                format!("{zone}/dns_records/{id}"),
                format!("{zone}/dns_records/export"),
                format!("{zone}/dnssec"),
                format!("{zone}/dns_settings"),
                "/accounts".to_owned(),
                account.clone(),
                format!("{account}/members"),
                format!("{account}/roles"),
                format!("{account}/tokens"),
                format!("{account}/tokens/permission_groups"),
                format!("{account}/dns_settings"),
                "/user".to_owned(),
                "/user/tokens".to_owned(),
                "/user/tokens/permission_groups".to_owned(),
                "/memberships".to_owned(),
                format!("/memberships/{id}"),
            ],
        ),
        (
            Method::POST,
            vec![
                "/zones".to_owned(),
                format!("{zone}/dns_records"),
                format!("{zone}/dns_records/batch"),
                format!("{zone}/dns_records/import"),
                format!("{account}/members"),
                format!("{account}/tokens"),
                "/user/tokens".to_owned(),
            ],
        ),
        (
            Method::PUT,
            vec![
                format!("{zone}/dns_records/{id}"),
                format!("{zone}/activation_check"),
                account.clone(),
                format!("{account}/tokens/{id}"),
                format!("/user/tokens/{id}/value"),
                format!("/memberships/{id}"),
            ],
        ),
        (
            Method::PATCH,
            vec![
                zone.clone(),
                format!("{zone}/settings/ssl"),
                format!("{zone}/dns_records/{id}"),
                format!("{zone}/dnssec"),
                format!("{zone}/dns_settings"),
                format!("{account}/dns_settings"),
                "/user".to_owned(),
            ],
        ),
        (
            Method::DELETE,
            vec![
                zone.clone(),
                format!("{zone}/dns_records/{id}"),
                format!("{zone}/dnssec"),
                format!("{account}/tokens/{id}"),
                format!("/user/tokens/{id}"),
                format!("/memberships/{id}"),
            ],
        ),
    ] {
        for path in paths {
            let request = powerless
                .request(method.clone(), &path)
                .json(&serde_json::json!({}));
            let error = request.send::<serde_json::Value>().await.unwrap_err();
            let usage = Usage::new().request(&method, &path);
            let usage = usage
                .zone(&*world.zone)
                .account(world.emulator.account_id());
            let plan = world.plan(usage).plan().await.unwrap();
            let [group] = plan.permissions().collect::<Vec<_>>()[..] else {
                panic!("{method} {path}: {plan}");
            };
            assert!(
                error.to_string().contains(&format!("\"{group}\"")),
                "{method} {path}: {group}, {error}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 46);
}

/// Who has what the table says is let in, whether the emulator answers by its description or by hand.
#[tokio::test]
async fn the_emulator_lets_in_who_has_what_the_table_says() {
    let world = World::new().await;
    let account = world.emulator.account_id();
    let table = include_str!("../../../src/generated/permissions.tsv");
    let mut tried = 0;
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [name, method, path, _, groups] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let path = path.replace("{account_or_zone}/{account_or_zone_id}", "zones/{zone_id}");
        let path = path
            .replace("{account_id}", account)
            .replace("{zone_id}", &world.zone);
        if method != "GET" || path.contains('{') || matches!(groups, "?" | "-") {
            continue;
        }
        let mut let_in = false;
        for group in groups.split(" | ") {
            let token = world.emulator.add_token(TokenSpec::new([group])).unwrap();
            let client = world.with(Credential::api_token(token.value).unwrap());
            let request = client.request(Method::GET, &path);
            let refused = match request.send::<serde_json::Value>().await {
                Ok(_) => false,
                Err(error) => error.is_auth(),
            };
            let_in |= !refused;
        }
        if !let_in {
            wrong.push(format!("{name}: {groups}"));
        }
        tried += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 400, "{tried}");
}

/// The table and the generated operations have the same names and paths.
#[test]
fn the_table_knows_the_operations() {
    fn check<O: Operation>() {
        let named = Usage::new().named(O::META.id);
        assert_eq!(named, Usage::new().operation::<O>(), "{}", O::META.id);
        assert!(!named.to_string().starts_with('?'), "{}", O::META.id);
    }
    check::<accounts::List>();
    check::<accounts::members::Create>();
    check::<accounts::tokens::value::Update>();
    check::<dns::records::List>();
    check::<dns::records::Batch>();
    check::<dns::settings::zone::Edit>();
    check::<memberships::Get>();
    check::<user::Get>();
    check::<user::tokens::permission_groups::List>();
    check::<zones::Create>();
    check::<zones::settings::Edit>();
}

#[tokio::test]
async fn who_is_refused_learns_what_would_have_let_them_in() {
    let transport = transport_fn(|_| async {
        let refusal =
            r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
        Ok(http::Response::builder()
            .status(403)
            .body(Body::from(refusal))
            .unwrap())
    });
    let client = Client::builder()
        .api_token("cfut_t")
        .transport(transport)
        .build()
        .unwrap();
    let error = client.dns().records().list("1").await.unwrap_err();
    assert_eq!(permissions_for(&error), ["DNS Read", "DNS Write"]);
    let request = client.request(Method::DELETE, "/zones/1/dns_records/2");
    let error = request.send::<()>().await.unwrap_err();
    assert_eq!(permissions_for(&error), ["DNS Write"]);
    let request = client.request(Method::GET, "/zones/1/new_thing");
    let error = request.send::<()>().await.unwrap_err();
    assert!(permissions_for(&error).is_empty());
    let error = client.dns().records().list("").await.unwrap_err();
    assert!(permissions_for(&error).is_empty(), "it was not refused");
}
