//! Servers that keep parts, lose them, or send uploads elsewhere.

use std::sync::{Arc, Mutex};

use cf_client::ErrorKind;
use cf_client::uploads::{Media, NewVideo};

use super::PART;
use crate::support::{Answer, Received, Server, failure, reply};

const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// Text in which every place is different.
fn film() -> String {
    (0..)
        .map(|number: u32| format!("{number:07} "))
        .take(1_000_000)
        .collect()
}

fn created(location: &str) -> Answer {
    let headers = [
        ("location", location),
        ("stream-media-id", "ab12"),
        ("tus-resumable", "1.0.0"),
    ];
    Answer::Bytes(reply(201, &headers, ""))
}

fn at(status: u16, offset: usize) -> Answer {
    Answer::Bytes(reply(status, &[("upload-offset", &offset.to_string())], ""))
}

fn patches(server: &Server) -> Vec<Received> {
    let received = server.received().into_iter();
    received
        .filter(|request| request.method == "PATCH")
        .collect()
}

#[tokio::test]
async fn all_bytes_arrive_in_order_whatever_happens() {
    let kept = Arc::new(Mutex::new(String::new()));
    let keep = Arc::clone(&kept);
    let server = Server::start(move |number, request| {
        let mut kept = keep.lock().unwrap();
        match &*request.method {
            "POST" => created("/client/v4/files/1?tusv2=true"),
            "HEAD" => at(200, kept.len()),
            // Somebody else was faster, it seems.
            _ if number == 2 => Answer::Bytes(failure(409, 10005, "conflict")),
            // It arrived, and the reply does not.
            _ if number == 4 => {
                kept.push_str(&request.body);
                Answer::Cut(Vec::new())
            }
            _ => {
                assert_eq!(
                    request.header("upload-offset"),
                    Some(&*kept.len().to_string())
                );
                kept.push_str(&request.body);
                at(204, kept.len())
            }
        }
    })
    .await;
    let (client, film) = (server.client(), film());
    let media = Media::bytes("film.txt", film.clone());
    let upload = client
        .start_video_upload(ACCOUNT, NewVideo::new().name("ö"), media.len())
        .await;
    let upload = upload.unwrap().part_size(PART);
    assert_eq!(upload.video_id(), "ab12");
    upload.send(&media).await.unwrap();
    assert!(*kept.lock().unwrap() == film);
    let started = &server.received()[0];
    assert_eq!(started.header("upload-length"), Some("8000000"));
    assert_eq!(started.header("upload-metadata"), Some("name w7Y="));
    for patch in patches(&server) {
        assert_eq!(patch.target, "/client/v4/files/1?tusv2=true");
        assert_eq!(
            patch.header("content-type"),
            Some("application/offset+octet-stream")
        );
        assert_eq!(patch.header("tus-resumable"), Some("1.0.0"));
        assert!(patch.header("authorization").is_some());
    }
}

#[tokio::test]
async fn another_host_gets_no_credential() {
    let elsewhere = Server::start(|_, request| match &*request.method {
        "HEAD" => at(200, 0),
        _ => at(204, request.body.len()),
    })
    .await;
    let location = format!("{}/files/1", elsewhere.base_url);
    let server = Server::start(move |_, _| created(&location)).await;
    let media = Media::bytes("a.txt", "content");
    let client = server.client();
    let upload = client
        .start_video_upload(ACCOUNT, NewVideo::new(), media.len())
        .await
        .unwrap();
    upload.send(&media).await.unwrap();
    let received = elsewhere.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
    assert!(server.received()[0].header("authorization").is_some());
}

#[tokio::test]
async fn a_server_that_keeps_nothing_is_an_error_and_no_loop() {
    let server = Server::start(|_, request| match &*request.method {
        "POST" => created("/client/v4/files/1"),
        "HEAD" => at(200, 0),
        _ => at(204, 0),
    })
    .await;
    let media = Media::bytes("a.txt", "content");
    let client = server.client();
    let upload = client
        .start_video_upload(ACCOUNT, NewVideo::new(), media.len())
        .await
        .unwrap();
    let error = upload.send(&media).await.unwrap_err();
    assert!(error.to_string().contains("keeps none"), "{error}");
    assert!(patches(&server).len() < 20);
}

#[tokio::test]
async fn nonsense_in_replies_is_an_error() {
    for location in [
        None,
        Some("http://example.com/plain"),
        Some("https://me@example.com/x"),
    ] {
        let server = Server::start(move |_, _| match location {
            Some(location) => created(location),
            None => Answer::Bytes(reply(201, &[], "")),
        })
        .await;
        let client = server.client();
        let started = client.start_video_upload(ACCOUNT, NewVideo::new(), 7).await;
        let sent = match started {
            Ok(upload) => upload.send(&Media::bytes("a", "content")).await,
            Err(error) => Err(error),
        };
        assert_eq!(sent.unwrap_err().kind(), ErrorKind::Build, "{location:?}");
        assert_eq!(server.count(), 1);
    }
    for offset in ["", "-1", "8", "many"] {
        let server = Server::start(move |_, request| match &*request.method {
            "POST" => created("/client/v4/files/1"),
            _ => Answer::Bytes(reply(200, &[("upload-offset", offset)], "")),
        })
        .await;
        let client = server.client();
        let upload = client
            .start_video_upload(ACCOUNT, NewVideo::new(), 7)
            .await
            .unwrap();
        let error = upload
            .send(&Media::bytes("a", "content"))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("how much"),
            "{offset:?}: {error}"
        );
    }
}
