use cf_client::types::images::v1::ImageParam;
use cf_client::types::images::v2::direct_uploads::DirectUploadParam as NewImage;
use cf_client::types::stream::direct_upload::DirectUploadParam as NewVideo;
use cf_client::uploads::Media;
use cf_client::{Client, ErrorKind};
use cf_emulator::TokenSpec;
use http::HeaderValue;
use serde_json::json;

use super::{client, start};
use crate::support::{Server, reply};

#[tokio::test]
async fn an_address_takes_one_video() {
    let (emulator, backend, account) = start().await;
    let address = backend.stream().direct_upload();
    let address = address
        .create(&account, NewVideo::new(60).creator("ada"))
        .await
        .unwrap();
    let url = address.upload_url.unwrap();
    let powerless = emulator.add_token(TokenSpec::powerless()).unwrap();
    let user = client(&emulator, &powerless.value);
    let film = Media::bytes("film.mp4", vec![1; 1000]);
    user.upload_direct(&url, &film).await.unwrap();
    let video = backend.stream().get(&account, &address.uid).await.unwrap();
    assert_eq!(
        (video.ready_to_stream, video.creator.as_deref()),
        (Some(true), Some("ada"))
    );
    let again = user.upload_direct(&url, &film).await.unwrap_err();
    assert!(again.is_not_found(), "{again}");
}

#[tokio::test]
async fn an_address_takes_one_image() {
    let (emulator, backend, account) = start().await;
    let images = || backend.images();
    let param = NewImage::new()
        .metadata(json!({ "album": 3 }))
        .require_signed_urls(true);
    let address = images()
        .v2()
        .direct_uploads()
        .create(&account, param)
        .await
        .unwrap();
    let listed = async || {
        images()
            .v1()
            .list(&account)
            .items()
            .collect_all()
            .await
            .unwrap()
            .len()
    };
    assert_eq!(listed().await, 0);
    let powerless = emulator.add_token(TokenSpec::powerless()).unwrap();
    let user = client(&emulator, &powerless.value);
    let url = address.upload_url.unwrap();
    let picture = Media::bytes("me.png", "\u{89}PNG").typed(HeaderValue::from_static("image/png"));
    user.upload_direct(&url, &picture).await.unwrap();
    assert_eq!(listed().await, 1);
    let image = images().v1().get(&account, &address.id).await.unwrap();
    assert_eq!(image.filename.as_deref(), Some("me.png"));
    assert_eq!(image.meta, json!({ "album": 3 }));
    assert_eq!(image.require_signed_urls, Some(true));
    assert!(
        user.upload_direct(&url, &picture)
            .await
            .unwrap_err()
            .is_not_found()
    );

    // The account itself needs no address.
    let param = ImageParam::new()
        .id("logo")
        .file("bytes")
        .metadata(json!({ "a": 1 }));
    let image = images().v1().create(&account, param).await.unwrap();
    assert_eq!((&*image.id, image.meta), ("logo", json!({ "a": 1 })));
    images().v1().delete(&account, "logo").await.unwrap();
    assert!(
        images()
            .v1()
            .get(&account, "logo")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn an_address_gets_a_form_and_no_credential() {
    let server = Server::always(reply(200, &[], "")).await;
    let other = Server::always(reply(200, &[], "")).await;
    let client = other.client();
    let url = format!("{}/one-time?a=b%20c", server.base_url);
    client
        .upload_direct(&url, &Media::bytes("a \"b\".txt", "content"))
        .await
        .unwrap();
    let received = &server.received()[0];
    assert_eq!(
        (&*received.method, &*received.target),
        ("POST", "/client/v4/one-time?a=b%20c")
    );
    assert_eq!(received.header("authorization"), None);
    let form = "Content-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.txt\"";
    assert!(
        received.body.contains(form) && received.body.contains("content"),
        "{}",
        received.body
    );
    // Its own server neither: the address is enough.
    let url = format!("{}/one-time", other.base_url);
    client
        .upload_direct(&url, &Media::bytes("a", "b"))
        .await
        .unwrap();
    assert_eq!(other.received()[0].header("authorization"), None);
}

#[tokio::test]
async fn what_cannot_be_an_address_is_refused() {
    let client = Client::builder().api_token("cfut_0123456789abcdef0123456789abcdef01234567");
    let client = client.build().unwrap();
    let media = Media::bytes("a", "b");
    let addresses = [
        "",
        "nonsense",
        "ftp://example.com/a",
        "http://example.com/a",
        "https://me@example.com/a",
    ];
    for url in addresses {
        let error = client.upload_direct(url, &media).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{url}: {error}");
    }
    let huge = Media::bytes("huge.mp4", vec![0; 200_000_001]);
    let error = client
        .upload_direct("https://example.com/a", &huge)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("start_video_upload"), "{error}");
}
