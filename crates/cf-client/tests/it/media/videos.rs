use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cf_client::ErrorKind;
use cf_client::uploads::{Media, NewVideo};
use cf_emulator::{Fault, TokenSpec};
use http::{Method, StatusCode};
use serde_json::json;

use super::{PART, client, parts, start};

const LENGTH: u64 = 2 * PART + 1000;
const PATH: &str = "/accounts/*/stream/*";

fn film() -> Media {
    Media::bytes("film.mp4", vec![7; LENGTH as usize])
}

#[tokio::test]
async fn a_file_goes_in_parts_and_is_a_video_then() {
    let (emulator, client, account) = start().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&vec![1; LENGTH as usize]).unwrap();
    let film = Media::file(file.path()).await.unwrap();
    let video = NewVideo::new()
        .name("Holidays")
        .require_signed_urls(true)
        .allowed_origins(["example.com", "*.example.net"])
        .max_duration(Duration::from_secs(3600))
        .creator("ada")
        .metadata("season", "3 — summer");
    let upload = client.start_video_upload(&account, video, film.len()).await;
    let upload = upload.unwrap().part_size(PART);
    let id = upload.video_id().to_owned();
    let pending = client.stream().get(&account, &id).await.unwrap();
    assert_eq!(pending.ready_to_stream, Some(false));

    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let upload = upload.on_progress(move |sent, total| record.lock().unwrap().push((sent, total)));
    upload.send(&film).await.unwrap();
    assert_eq!(
        parts(&emulator),
        [0, PART, 2 * PART].map(|at| (at, Some(204)))
    );
    let seen = seen.lock().unwrap().clone();
    assert!(seen.is_sorted() && seen.len() > 100, "{}", seen.len());
    assert_eq!(
        (seen[0], seen[seen.len() - 1]),
        ((0, LENGTH), (LENGTH, LENGTH))
    );

    let video = client.stream().get(&account, &id).await.unwrap();
    assert_eq!(video.ready_to_stream, Some(true));
    assert_eq!(video.size, Some(LENGTH as i64));
    assert_eq!(video.require_signed_urls, Some(true));
    assert_eq!(video.max_duration_seconds, Some(3600));
    assert_eq!(video.creator.as_deref(), Some("ada"));
    assert_eq!(
        video.meta,
        json!({ "name": "Holidays", "season": "3 — summer" })
    );
    let origins = video.allowed_origins.unwrap();
    assert_eq!(origins, ["example.com", "*.example.net"]);
    // There is nothing more to send.
    upload.send(&film).await.unwrap();
    assert_eq!(parts(&emulator).len(), 3);
}

#[tokio::test]
async fn parts_that_fail_are_sent_again_and_no_others() {
    let (emulator, client, account) = start().await;
    let upload = client
        .start_video_upload(&account, NewVideo::new(), LENGTH)
        .await;
    let upload = upload.unwrap().part_size(PART);
    // The first part is cut off, or arrives and nobody hears of it, or is refused for now.
    emulator.inject(Fault::cut().on(Method::PATCH, PATH));
    emulator.inject(Fault::lose_reply().on(Method::PATCH, PATH));
    let later = Fault::error(StatusCode::SERVICE_UNAVAILABLE, 1, "later");
    emulator.inject(later.on(Method::PATCH, PATH));
    upload.send(&film()).await.unwrap();
    let arrived: Vec<u64> = parts(&emulator)
        .iter()
        .filter(|(_, status)| status.is_none_or(|status| status == 204))
        .map(|(offset, _)| *offset)
        .collect();
    let video = client
        .stream()
        .get(&account, upload.video_id())
        .await
        .unwrap();
    assert_eq!(video.size, Some(LENGTH as i64), "{arrived:?}");
    assert!(
        arrived.iter().filter(|offset| **offset == PART).count() == 1,
        "{arrived:?}"
    );
}

#[tokio::test]
async fn another_process_continues() {
    let (emulator, client_one, account) = start().await;
    let emulator = Arc::new(emulator);
    let upload = client_one
        .start_video_upload(&account, NewVideo::new(), LENGTH)
        .await;
    let upload = upload.unwrap().part_size(PART);
    let (saved, id) = (upload.save(), upload.video_id().to_owned());
    // After the first part, nothing goes any more.
    let stop = Arc::clone(&emulator);
    let upload = upload.on_progress(move |sent, _| {
        if sent > PART {
            let refused = Fault::error(StatusCode::FORBIDDEN, 10000, "Authentication error");
            stop.inject(refused.on(Method::PATCH, PATH).always());
        }
    });
    let error = upload.send(&film()).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::FORBIDDEN));
    drop((upload, client_one));
    emulator.clear_faults();
    emulator.clear_requests();

    let client = client(&emulator, emulator.token());
    let upload = client.resume_video_upload(&saved).unwrap().part_size(PART);
    assert_eq!((upload.video_id(), upload.length()), (&*id, LENGTH));
    assert_eq!(upload.offset().await.unwrap(), PART);
    upload.send(&film()).await.unwrap();
    assert_eq!(parts(&emulator), [PART, 2 * PART].map(|at| (at, Some(204))));

    // A video that was deleted has no upload.
    client.stream().delete(&account, &id).await.unwrap();
    let error = upload.send(&film()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(!format!("{upload:?}").contains("http"), "{upload:?}");
}

#[tokio::test]
async fn somebody_without_the_permission_can_have_an_address() {
    let (emulator, backend, account) = start().await;
    let video = NewVideo::new()
        .max_duration(Duration::from_secs(60))
        .for_direct_user();
    let started = backend
        .start_video_upload(&account, video, LENGTH)
        .await
        .unwrap();
    assert!(
        !started.address().contains(&account),
        "{}",
        started.address()
    );
    let powerless = emulator.add_token(TokenSpec::powerless()).unwrap();
    let user = client(&emulator, &powerless.value);
    let upload = user.resume_video_upload(&started.save()).unwrap();
    upload.send(&film()).await.unwrap();
    let video = backend
        .stream()
        .get(&account, started.video_id())
        .await
        .unwrap();
    assert_eq!(video.ready_to_stream, Some(true));
}

#[tokio::test]
async fn mistakes_are_found_before_anything_is_sent() {
    let (emulator, client, account) = start().await;
    let start = async |video: NewVideo, length: u64| {
        let started = client.start_video_upload(&account, video, length).await;
        let error = started.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        error.to_string()
    };
    let text = start(NewVideo::new(), 0).await;
    assert!(text.contains("at least one byte"), "{text}");
    for key in ["", "my key", "a,b", "größe"] {
        let text = start(NewVideo::new().metadata(key, "x"), 1).await;
        assert!(text.contains(&format!("{key:?}")), "{text}");
    }
    for seconds in [0, 36_001] {
        let video = NewVideo::new().max_duration(Duration::from_secs(seconds));
        let text = start(video, 1).await;
        assert!(text.contains("10 hours"), "{text}");
    }
    let text = start(NewVideo::new().for_direct_user(), 1).await;
    assert!(text.contains("max_duration"), "{text}");
    for saved in [
        "",
        "{}",
        "null",
        r#"{"address":"x","video":"y","length":-1}"#,
    ] {
        let error = client.resume_video_upload(saved).unwrap_err();
        assert!(error.to_string().contains("VideoUpload::save"), "{error}");
    }
    assert!(emulator.requests().is_empty());

    let upload = client
        .start_video_upload(&account, NewVideo::new(), LENGTH)
        .await
        .unwrap();
    emulator.clear_requests();
    for size in [0, PART - (256 << 10), PART + 1, (200 << 20) + (256 << 10)] {
        let error = upload
            .clone()
            .part_size(size)
            .send(&film())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&size.to_string()), "{error}");
    }
    let other = Media::bytes("other.mp4", "short");
    let error = upload.send(&other).await.unwrap_err();
    assert!(error.to_string().contains("another file"), "{error}");
    assert!(emulator.requests().is_empty());
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none.mp4")] {
        let error = Media::file(&path).await.unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}
