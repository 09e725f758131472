//! Stream: videos, uploads in forms and in parts, addresses for one upload.

use bytes::Bytes;
use cf_emulator::{Emulator, TokenSpec};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::client::{Answer, Client, form, send};

const MIB: usize = 1 << 20;

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let stream = format!("/accounts/{}/stream", emulator.account_id());
    (emulator, client, stream)
}

/// A request of tus; further headers replace the usual ones.
async fn tus(
    method: Method,
    url: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let uri: http::Uri = url.parse().unwrap();
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = uri.path_and_query().unwrap().as_str().parse().unwrap();
    let token = token.map(|token| format!("Bearer {token}"));
    let usual = [
        ("host", uri.authority().unwrap().as_str()),
        ("tus-resumable", "1.0.0"),
        ("content-type", "application/offset+octet-stream"),
    ];
    let token = token.iter().map(|token| ("authorization", token.as_str()));
    for (name, value) in usual
        .into_iter()
        .chain(token)
        .chain(headers.iter().copied())
    {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    send(url, request).await.unwrap()
}

fn offset(answer: &Answer) -> &str {
    answer.headers["upload-offset"].to_str().unwrap()
}

#[tokio::test]
async fn a_copied_video_is_there_afterwards() {
    let (_emulator, client, stream) = start().await;
    let url = json!({ "url": "https://example.com/film.mp4", "meta": { "name": "Film" }, "requireSignedURLs": true });
    let copied = client.post(&format!("{stream}/copy"), url).await.result();
    let video = format!("{stream}/{}", copied["uid"].as_str().unwrap());
    let found = client.get(&video).await.result();
    assert_eq!(found, copied);
    assert_eq!(
        (&found["status"]["state"], &found["meta"]["name"]),
        (&json!("ready"), &json!("Film"))
    );
    assert_eq!(found["requireSignedURLs"], true);
    for body in [json!({}), json!({ "url": "film.mp4" })] {
        let refused = client.post(&format!("{stream}/copy"), body).await;
        assert_eq!(refused.failure(), (400, 10005));
    }
    let edit = json!({ "creator": "ada", "meta": { "name": "Other" }, "uid": "mine" });
    let edited = client.post(&video, edit).await.result();
    assert_eq!(
        (&edited["creator"], &edited["uid"]),
        (&json!("ada"), &copied["uid"])
    );
    assert_eq!(client.delete(&video).await.status, StatusCode::OK);
    for method in [Method::GET, Method::DELETE, Method::POST] {
        let body = (method == Method::POST).then(|| json!({}));
        assert_eq!(
            client.call(method, &video, body).await.failure(),
            (404, 10003)
        );
    }
}

#[tokio::test]
async fn videos_are_listed_and_filtered() {
    let (_emulator, client, stream) = start().await;
    for (name, creator) in [("One", "ada"), ("Two", "bob"), ("Twofold", "ada")] {
        let body =
            json!({ "url": "https://example.com/a", "creator": creator, "meta": { "name": name } });
        client.post(&format!("{stream}/copy"), body).await.result();
    }
    let names = async |query: &str| -> Vec<String> {
        let videos = client.get(&format!("{stream}?{query}")).await.result();
        let names = videos.as_array().unwrap().iter();
        names
            .map(|video| video["meta"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("").await, ["Twofold", "Two", "One"]);
    assert_eq!(names("asc=true&limit=2").await, ["One", "Two"]);
    assert_eq!(names("creator=ada").await, ["Twofold", "One"]);
    assert_eq!(names("search=Two").await, ["Twofold", "Two"]);
    assert_eq!(names("video_name=Two").await, ["Two"]);
    assert_eq!(names("status=pendingupload").await, Vec::<String>::new());
    let videos = client.get(&stream).await.result();
    let created = videos[1]["created"].as_str().unwrap().replace('+', "%2B");
    assert_eq!(names(&format!("end={created}")).await, ["One"]);
    assert_eq!(names(&format!("start={created}")).await, ["Twofold"]);
    let refused = client.get(&format!("{stream}?start=yesterday")).await;
    assert_eq!(refused.failure(), (400, 10005));
}

#[tokio::test]
async fn parts_have_rules() {
    let (emulator, client, stream) = start().await;
    let (token, url) = (
        Some(emulator.token()),
        format!("{}{stream}", client.base_url),
    );
    let length = (11 * MIB).to_string();
    let metadata = "name RmlsbQ==,requiresignedurls,maxDurationSeconds NjA=";
    let start = [("upload-length", &*length), ("upload-metadata", metadata)];
    let made = tus(Method::POST, &url, token, &start, Vec::new()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let (location, uid) = (&made.headers["location"], &made.headers["stream-media-id"]);
    let (location, uid) = (location.to_str().unwrap(), uid.to_str().unwrap());
    let video = async || client.get(&format!("{stream}/{uid}")).await.result();
    assert_eq!(video().await["meta"], json!({ "name": "Film" }));
    assert_eq!(video().await["maxDurationSeconds"], 60);
    let patch = async |at: usize, size: usize, headers: &[(&str, &str)]| {
        let at = at.to_string();
        let headers = [&[("upload-offset", &*at)], headers].concat();
        tus(Method::PATCH, location, token, &headers, vec![0; size]).await
    };
    let (first, last) = (6 * MIB, 5 * MIB);
    assert_eq!(patch(0, first, &[]).await.status, StatusCode::NO_CONTENT);
    for (answer, expected) in [
        // Again, in the wrong place, too small, odd, too long, of the wrong kind.
        (patch(0, first, &[]).await, 409),
        (patch(first + 1, last, &[]).await, 409),
        (patch(first, MIB, &[]).await, 400),
        (patch(first, 5 * MIB - 1, &[]).await, 400),
        (patch(first, last + 1, &[]).await, 400),
        (
            patch(first, last, &[("content-type", "video/mp4")]).await,
            415,
        ),
        (patch(first, last, &[("tus-resumable", "0.2.2")]).await, 412),
    ] {
        assert_eq!(answer.failure(), (expected, 10005));
    }
    let head = tus(Method::HEAD, location, token, &[], Vec::new()).await;
    assert_eq!(
        (head.status, offset(&head)),
        (StatusCode::OK, &*first.to_string())
    );
    assert_eq!(head.headers["upload-length"], *length);
    assert_eq!(video().await["readyToStream"], false);
    let done = patch(first, last, &[]).await;
    assert_eq!(
        (done.status, offset(&done)),
        (StatusCode::NO_CONTENT, &*length)
    );
    let ready = video().await;
    assert_eq!(
        (&ready["readyToStream"], &ready["size"]),
        (&json!(true), &json!(11 * MIB))
    );
    // The account's address takes a token that may.
    let stranger = emulator.add_token(TokenSpec::new(["Stream Read"])).unwrap();
    let refused = tus(
        Method::HEAD,
        location,
        Some(&stranger.value),
        &[],
        Vec::new(),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_upload_must_be_started_well() {
    let (emulator, client, stream) = start().await;
    let (token, url) = (
        Some(emulator.token()),
        format!("{}{stream}", client.base_url),
    );
    let huge = (31_u64 << 30).to_string();
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[], 400),
        (&[("upload-length", "0")], 400),
        (&[("upload-length", "many")], 400),
        (&[("upload-length", &huge)], 413),
        (
            &[("upload-length", "5"), ("upload-metadata", "name ???")],
            400,
        ),
        (
            &[
                ("upload-length", "5"),
                ("upload-metadata", "expiry MjAyMC0wMS0wMVQwMDowMDowMFo="),
            ],
            400,
        ),
    ];
    for (headers, expected) in cases {
        let refused = tus(Method::POST, &url, token, headers, Vec::new()).await;
        assert_eq!(refused.failure().0, expected, "{headers:?}");
    }
    assert_eq!(client.get(&stream).await.result(), json!([]));
    // Neither a form nor the start of an upload.
    let nothing = client
        .try_send(Method::POST, &stream, Some("video/mp4"), "x")
        .await;
    assert_eq!(nothing.unwrap().failure(), (400, 10005));
}

#[tokio::test]
async fn an_address_takes_one_upload_of_its_kind() {
    let (emulator, client, stream) = start().await;
    let anyone = Client::with_headers(&emulator, &[]);
    let address = format!("{stream}/direct_upload");
    for body in [
        json!({}),
        json!({ "maxDurationSeconds": 0 }),
        json!({ "maxDurationSeconds": 60, "expiry": "2020-01-01T00:00:00Z" }),
    ] {
        assert_eq!(client.post(&address, body).await.failure(), (400, 10005));
    }
    let made = client
        .post(&address, json!({ "maxDurationSeconds": 60 }))
        .await
        .result();
    let url = made["uploadURL"].as_str().unwrap();
    let path = url.strip_prefix(&*client.base_url).unwrap();
    let video = format!("{stream}/{}", made["uid"].as_str().unwrap());
    let state = async || client.get(&video).await.result()["status"]["state"].clone();
    assert_eq!(state().await, "pendingupload");
    let empty = anyone
        .send_form(Method::POST, path, form(&[("name=\"other\"", b"x")]))
        .await;
    assert_eq!(empty.failure(), (400, 10005));
    let film = form(&[("name=\"file\"; filename=\"film.mp4\"", b"film")]);
    let sent = anyone.send_form(Method::POST, path, film.clone()).await;
    assert_eq!((sent.status, &*sent.body), (StatusCode::OK, &b""[..]));
    assert_eq!(state().await, "ready");
    let again = anyone.send_form(Method::POST, path, film.clone()).await;
    assert_eq!(again.failure(), (404, 10003));
    // By tus: for forms it is no address.
    let url = format!("{}{stream}?direct_user=true", client.base_url);
    let made = tus(
        Method::POST,
        &url,
        Some(emulator.token()),
        &[("upload-length", "4")],
        Vec::new(),
    )
    .await;
    let location = made.headers["location"].to_str().unwrap();
    let path = location.strip_prefix(&*client.base_url).unwrap();
    let refused = anyone.send_form(Method::POST, path, film.clone()).await;
    assert_eq!(refused.failure(), (404, 10003));
    let sent = tus(
        Method::PATCH,
        location,
        None,
        &[("upload-offset", "0")],
        b"film".to_vec(),
    )
    .await;
    assert_eq!((sent.status, offset(&sent)), (StatusCode::NO_CONTENT, "4"));
    let uploads: Value = client.get(&stream).await.result();
    assert!(
        uploads
            .as_array()
            .unwrap()
            .iter()
            .all(|video| video["readyToStream"] == true)
    );
    // The account's own form.
    let video = client.send_form(Method::POST, &stream, film).await.result();
    assert_eq!(video["readyToStream"], true);
}
