//! Every example runs without arguments; what each changes in an account, and what running it again changes.
//!
//! `cargo test -p cf-examples` builds them before it runs this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account;
mod accounts_and_security;
mod dns;
mod storage_and_workers;

use std::ffi::OsStr;
use std::path::Path;

use account::{Run, example, run};

#[test]
fn all_run_without_arguments() {
    let say = [
        ("access_application", "admin.example.com is behind Access"),
        ("acme_dns01", "The name servers show 2 values"),
        ("add_waf_rule", "block: http.request.uri.path contains"),
        ("add_zone", "example.com is active"),
        ("ai_stream", "It was asked: Why is the sky blue?"),
        ("ai_text", "It was asked: Why is the sky blue?"),
        ("audit_log", "\"action\""),
        (
            "axum_handler",
            "POST /zones/example.com/addresses -> 201 Created",
        ),
        (
            "bulk_redirects",
            "redirects http.request.full_uri in $moved_pages",
        ),
        ("custom_transport", "GET /client/v4/zones -> 200 OK"),
        ("d1_rows", "pen: 90 cents"),
        ("deploy_folder", "2 files, 1 of them new"),
        ("deploy_worker", "Its secrets: API_KEY"),
        ("dynamic_dns", "home.example.com: unchanged, A 198.51.100.7"),
        ("export_zones", "3 zones exported"),
        ("harden_zones", "58 zones done, 2 refused"),
        ("graphql_analytics", "3 block"),
        (
            "import_zone",
            "example.com: 0 records imported, 1003 were there already",
        ),
        ("kv_bulk_load", "redirects has 25000 keys now"),
        ("load_balancer", "europe has 0 origins left"),
        ("migrate", "published release-2.example.com"),
        ("opentelemetry", "zones.list"),
        (
            "operations_over_reqwest",
            "CNAME www.example.com example.com",
        ),
        ("plan_dns", "example.com: no changes; 3 stay as they are"),
        ("purge_after_deploy", "250 tags purged with 3 requests"),
        ("queue_messages", "2 acknowledged, 1 returned"),
        ("r2_transfer", "The copy matches the file"),
        ("reqwest_client", "safe to send again: true"),
        ("rotate_token", "The old secret is invalid"),
        (
            "share_object",
            "/photos/2026/cat.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256",
        ),
        (
            "sync_firewall_list",
            "office_addresses: 0 to write, 0 to delete",
        ),
        ("tail_worker", "log: hello {\"n\":1}"),
        (
            "tunnel_ingress",
            "wiki.example.com -> http://localhost:8080",
        ),
        ("upload_video", "The video is "),
        ("worker_with_bindings", "API_KEY is a secret_text"),
        ("zone_inventory", "3 zones"),
    ];
    for (name, line) in say {
        let Run {
            succeeded,
            stdout,
            stderr,
        } = run(&mut example(name));
        assert!(succeeded, "{name} failed: {stdout}{stderr}");
        assert!(
            stdout.contains(line),
            "{name} does not say {line:?}: {stdout}"
        );
    }
    // New examples are added here.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_example = path.extension() == Some(OsStr::new("rs"));
        let known = say.iter().any(|(known, _)| *known == name);
        assert!(!is_example || known, "{name} is not run");
    }
}
