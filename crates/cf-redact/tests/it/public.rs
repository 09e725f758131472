//! What is not secret stays as it is.

use cf_redact::{Message, Scrubbed, Scrubber};
use serde_json::json;

/// Texts and values that are not secret.
const TEXTS: &[&str] = &[
    "example.com",
    "Authentication error",
    "Invalid API Token",
    "The token is expired. Get a new token: see the documentation.",
    "Bearer authentication is required",
    "use Basic authentication or a bearer token",
    "Unauthorized to access requested resource: token expired",
    "(http.request.uri.path contains \"/login\" and http.cookie ne \"\")",
    "http.request.headers[\"authorization\"][0] eq \"x\"",
    "export default { async fetch(request) { return new Response(\"hi\") } }",
    "const token = await getToken(request);",
    "function sign(key: string, token: string): boolean",
    "https://example.com/path?page=2&per_page=50&order=desc",
    "https://api.cloudflare.com/client/v4/zones?cursor=eyJpZCI6MX0&page_token=abc",
    "2026-01-02T03:04:05.678Z",
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
    "_acme-challenge.example.com",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
    "name,type,content\nwww,A,192.0.2.1",
    "100% of a=b & c=d",
    "",
];

#[test]
fn texts_without_secrets_stay() {
    for text in TEXTS {
        assert_eq!(Scrubber::new().text(text), **text);
        let json = json!({ "message": text, "list": [text] });
        assert_eq!(Scrubber::new().json(json.clone()), json);
    }
}

#[test]
fn members_without_secrets_stay() {
    let values = [
        // Names, identifiers, what only sounds secret.
        json!({ "id": "0e9f4a6b", "token_id": "x", "key_id": "x", "secret_id": "x", "secret_name": "x", "token_name": "x" }),
        json!({ "public_key": "x", "sitekey": "0x4AAAAAAADnPIDROrmt1Wwj", "logpush_public_key": "x", "pubkey": "x" }),
        json!({ "client_id": "x", "client_secret_expires_at": "2027-01-01T00:00:00Z", "client_secret_version": 2 }),
        json!({ "password_expression": "url_decode(http.request.body.form[\"password\"][0])" }),
        // Pagination.
        json!({ "result_info": { "cursor": "8M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T", "next_page_token": "abc", "cursors": { "after": "x" } } }),
        json!({ "continuation_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" }),
        // Lists of keys and names, pairs.
        json!({ "allowed_headers": ["Authorization", "X-Api-Key"], "expose": ["Set-Cookie", "ETag"] }),
        json!([{ "key": "token", "name": "a", "expiration": 1 }]),
        json!({ "name": "www", "type": "A", "content": "192.0.2.1", "data": {} }),
        json!({ "name": "COLOR", "value": "blue" }),
        json!({ "type": "plain_text", "name": "COLOR", "text": "blue" }),
        json!({ "type": "secrets_store_secret", "name": "A", "store_id": "x", "secret_name": "y" }),
        json!({ "type": "kv_namespace", "name": "CACHE", "namespace_id": "x" }),
        json!({ "kv": [{ "key": "greeting", "value": "hello" }] }),
        json!({ "summary_0": { "PASS": "85.2", "FAIL": "10.1", "NONE": "4.7" } }),
        // Flags and numbers.
        json!({ "secret": true, "has_client_secret": false, "max_tokens": 256, "tokens": 17, "secrets": { "quota": 100, "usage": 3 } }),
        // Rules of Access, settings of caches.
        json!({ "any_valid_service_token": {}, "service_token": { "token_id": "x" }, "linked_app_token": { "app_uid": "x" } }),
        json!({ "cache_key": { "custom_key": { "header": { "include": ["accept"] }, "cookie": { "include": ["lang"] } } } }),
        json!({ "authorization": { "authorized": true, "timestamp": "2026-01-01T00:00:00Z", "status_message": "fine" } }),
        json!({ "required_tokens": ["::CAPTCHA_BOX::"] }),
        // Public keys.
        json!({ "credentials": { "keys": [{ "kty": "RSA", "kid": "1", "n": "abc", "e": "AQAB", "alg": "RS256" }] } }),
        json!({ "algorithm": "SHA256WithRSA", "signature": "ECDSAWithSHA256", "certificate": "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----" }),
        // What is redacted already.
        json!({ "password": "[redacted]", "secret": "" , "token": null }),
    ];
    for value in values {
        assert_eq!(Scrubber::new().json(value.clone()), value);
    }
}

#[test]
fn bodies_without_secrets_stay() {
    let text = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--\r\n";
    for (media_type, body) in [
        ("multipart/form-data; boundary=x", text),
        ("application/x-www-form-urlencoded", "a=1&b=two"),
        ("text/plain", "one\r\ntwo\n\nthree"),
        ("application/x-ndjson", "{\"a\": 1}\n{\"b\":2}\n"),
        ("text/event-stream", "data: {\"a\":1}\n\n"),
        ("text/html", "<p>password:</p>"),
    ] {
        let scrubbed = Scrubber::new().body(Message::Reply, "/zones", media_type, body);
        assert_eq!(scrubbed, Scrubbed::Text(body.to_owned()), "{media_type}");
    }
}
