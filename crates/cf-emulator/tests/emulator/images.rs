//! Images: uploads, addresses for one upload, settings and lists.

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, form};

const FILE: (&str, &[u8]) = ("name=\"file\"; filename=\"me.png\"", b"pixels");

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let images = format!("/accounts/{}/images", emulator.account_id());
    (emulator, client, images)
}

#[tokio::test]
async fn what_is_said_of_an_image_is_kept() {
    let (_emulator, client, images) = start().await;
    let path = format!("{images}/v1");
    let upload = form(&[
        FILE,
        ("name=\"metadata\"", br#"{"album":3}"#),
        ("name=\"requireSignedURLs\"", b"true"),
        ("name=\"creator\"", b"ada"),
    ]);
    let image = client.send_form(Method::POST, &path, upload).await.result();
    let own = format!("{path}/{}", image["id"].as_str().unwrap());
    assert_eq!(client.get(&own).await.result(), image);
    assert_eq!(
        (&image["filename"], &image["meta"]),
        (&json!("me.png"), &json!({ "album": 3 }))
    );
    assert_eq!(
        (&image["requireSignedURLs"], &image["creator"]),
        (&json!(true), &json!("ada"))
    );
    assert!(image["variants"][0].as_str().unwrap().ends_with("/public"));
    let edit = json!({ "metadata": { "album": 4 }, "requireSignedURLs": false });
    let edited = client.patch(&own, edit).await.result();
    assert_eq!(
        (&edited["meta"]["album"], &edited["requireSignedURLs"]),
        (&json!(4), &json!(false))
    );
    assert_eq!(edited["creator"], "ada");
    assert_eq!(client.delete(&own).await.result(), json!({}));
    for method in [Method::GET, Method::DELETE, Method::PATCH] {
        let body = (method == Method::PATCH).then(|| json!({}));
        assert_eq!(client.call(method, &own, body).await.failure(), (404, 5404));
    }
    let by_url = form(&[
        ("name=\"url\"", b"https://example.com/a/cat.jpeg?x=1"),
        ("name=\"id\"", b"pets/cat"),
    ]);
    let image = client
        .send_form(Method::POST, &path, by_url.clone())
        .await
        .result();
    assert_eq!(
        (&image["id"], &image["filename"]),
        (&json!("pets/cat"), &json!("cat.jpeg"))
    );
    assert_eq!(
        client.get(&format!("{path}/pets%2Fcat")).await.result(),
        image
    );
    let again = client.send_form(Method::POST, &path, by_url).await;
    assert_eq!(again.failure(), (409, 5409));
}

#[tokio::test]
async fn nonsense_is_refused() {
    let (_emulator, client, images) = start().await;
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1024));
    let cases: [&[(&str, &[u8])]; 7] = [
        &[],
        &[FILE, ("name=\"url\"", b"https://example.com/a")],
        &[("name=\"url\"", b"cat.jpeg")],
        &[FILE, ("name=\"metadata\"", b"[1]")],
        &[FILE, ("name=\"metadata\"", long.as_bytes())],
        &[FILE, ("name=\"requireSignedURLs\"", b"maybe")],
        &[
            FILE,
            ("name=\"id\"", b"mine"),
            ("name=\"requireSignedURLs\"", b"true"),
        ],
    ];
    for parts in cases {
        let refused = client
            .send_form(Method::POST, &format!("{images}/v1"), form(parts))
            .await;
        assert_eq!(refused.failure(), (400, 5400), "{parts:?}");
    }
    assert_eq!(
        client.get(&format!("{images}/v1")).await.result()["images"],
        json!([])
    );
}

#[tokio::test]
async fn lists_have_pages() {
    let (_emulator, client, images) = start().await;
    for (id, creator) in [("a", "ada"), ("b", ""), ("c", "ada")] {
        let mut parts = vec![FILE, ("name=\"id\"", id.as_bytes())];
        if !creator.is_empty() {
            parts.push(("name=\"creator\"", creator.as_bytes()));
        }
        client
            .send_form(Method::POST, &format!("{images}/v1"), form(&parts))
            .await
            .result();
    }
    let list = async |query: &str| client.get(&format!("{images}/{query}")).await.result();
    let ids = |result: &Value| -> Vec<String> {
        let images = result["images"].as_array().unwrap().iter();
        images
            .map(|image| image["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&list("v1?per_page=2&page=2").await), ["c"]);
    assert_eq!(ids(&list("v1?creator=ada").await), ["a", "c"]);
    assert_eq!(ids(&list("v1?creator=").await), ["b"]);
    let first = list("v2?per_page=2&sort_order=asc").await;
    assert_eq!(ids(&first), ["a", "b"]);
    let token = first["continuation_token"].as_str().unwrap();
    let second = list(&format!(
        "v2?per_page=2&sort_order=asc&continuation_token={token}"
    ))
    .await;
    assert_eq!(
        (ids(&second), &second["continuation_token"]),
        (vec!["c".to_owned()], &Value::Null)
    );
    assert_eq!(ids(&list("v2").await), ["c", "b", "a"]);
    assert_eq!(list("v1/stats").await["count"]["current"], 3);
    let refused = client
        .get(&format!("{images}/v2?continuation_token=mine"))
        .await;
    assert_eq!(refused.failure(), (400, 5400));
}

#[tokio::test]
async fn an_address_takes_one_image() {
    let (emulator, client, images) = start().await;
    let anyone = Client::with_headers(&emulator, &[]);
    let address = format!("{images}/v2/direct_upload");
    let metadata = ("name=\"metadata\"", &br#"{"a":1}"#[..]);
    let made = client
        .send_form(Method::POST, &address, form(&[metadata]))
        .await
        .result();
    let own = format!("{images}/v1/{}", made["id"].as_str().unwrap());
    assert_eq!(client.get(&own).await.result()["draft"], true);
    assert_eq!(
        client.get(&format!("{images}/v1")).await.result()["images"],
        json!([])
    );
    let path = made["uploadURL"]
        .as_str()
        .unwrap()
        .strip_prefix(&*client.base_url)
        .unwrap();
    let empty = anyone
        .send_form(Method::POST, path, form(&[metadata]))
        .await;
    assert_eq!(empty.failure(), (400, 5400));
    let image = anyone
        .send_form(Method::POST, path, form(&[FILE]))
        .await
        .result();
    assert_eq!(
        (image.get("draft"), &image["meta"]),
        (None, &json!({ "a": 1 }))
    );
    assert_eq!(client.get(&own).await.result(), image);
    let again = anyone.send_form(Method::POST, path, form(&[FILE])).await;
    assert_eq!(again.failure(), (404, 5404));
    for expiry in [
        &b"2020-01-01T00:00:00Z"[..],
        b"2099-01-01T00:00:00Z",
        b"soon",
    ] {
        let refused = client
            .send_form(Method::POST, &address, form(&[("name=\"expiry\"", expiry)]))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    // An address is gone with its image.
    let made = client
        .send_form(Method::POST, &address, form(&[metadata]))
        .await
        .result();
    let path = made["uploadURL"]
        .as_str()
        .unwrap()
        .strip_prefix(&*client.base_url)
        .unwrap();
    client
        .delete(&format!("{images}/v1/{}", made["id"].as_str().unwrap()))
        .await
        .result();
    let gone = anyone.send_form(Method::POST, path, form(&[FILE])).await;
    assert_eq!(gone.failure(), (404, 5404));
}

#[tokio::test]
async fn variants_are_made_changed_and_deleted() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let variants = format!("/accounts/{}/images/v1/variants", emulator.account_id());
    let options = json!({ "fit": "scale-down", "metadata": "none", "width": 100, "height": 80 });
    let hero = json!({ "id": "hero", "options": options });
    let made = client.post(&variants, hero.clone()).await.result();
    assert_eq!(made["variant"]["options"], options);
    assert_eq!(client.post(&variants, hero).await.failure(), (409, 5409));
    let odd = json!({ "id": "he/ro", "options": options });
    assert_eq!(client.post(&variants, odd).await.failure(), (400, 5400));
    let one = format!("{variants}/hero");
    let change = json!({ "options": options, "neverRequireSignedURLs": true });
    client.patch(&one, change).await.result();
    let all = client.get(&variants).await.result();
    assert_eq!(all["variants"]["hero"]["neverRequireSignedURLs"], true);
    let flat = client.get(&format!("{one}/flat")).await.result();
    assert_eq!(flat["id"], "hero");
    client.delete(&one).await.result();
    assert_eq!(client.get(&one).await.failure(), (404, 5401));
    assert_eq!(client.get(&variants).await.result()["variants"], json!({}));
}
