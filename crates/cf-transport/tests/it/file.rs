//! Bodies from files.

use cf_transport::{Body, TransportErrorKind as Kind};
use tempfile::TempDir;

fn folder_with(content: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload.bin");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[tokio::test]
async fn a_file_is_read_in_pieces_and_anew_for_each_sending() {
    let content: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let (_folder, path) = folder_with(&content);
    let mut body = Body::file(&path).await.unwrap();
    assert_eq!(body.content_length(), Some(1_000_000));
    assert!(body.as_bytes().is_none(), "it is not in memory");
    let first = body.chunk().await.unwrap().unwrap();
    assert!(first.len() <= 64 * 1024, "{}", first.len());

    for _ in 0..2 {
        let again = body.try_clone().unwrap();
        assert_eq!(again.bytes(1 << 20).await.unwrap(), content);
    }
}

#[tokio::test]
async fn a_part_is_read_as_often_as_it_is_sent() {
    let content: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let (_folder, path) = folder_with(&content);
    for (start, len) in [
        (0, 300_000),
        (0, 1),
        (100_000, 150_000),
        (299_999, 1),
        (300_000, 0),
    ] {
        let body = Body::file_part(&path, start, len).await.unwrap();
        assert_eq!(body.content_length(), Some(len));
        let expected = &content[start as usize..(start + len) as usize];
        for _ in 0..2 {
            let again = body.try_clone().unwrap();
            assert_eq!(again.bytes(1 << 20).await.unwrap(), expected);
        }
    }
    for (start, len) in [(0, 300_001), (300_001, 0), (u64::MAX, 2)] {
        let error = Body::file_part(&path, start, len).await.unwrap_err();
        assert!(error.never_sent());
        assert!(error.to_string().contains("300000 bytes"), "{error}");
    }
    // It was long enough when the part was made.
    let body = Body::file_part(&path, 100_000, 100_000).await.unwrap();
    std::fs::write(&path, &content[..150_000]).unwrap();
    let error = body.bytes(1 << 20).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Body, "{error}");
}

#[tokio::test]
async fn an_empty_file_is_an_empty_body() {
    let (_folder, path) = folder_with(b"");
    let body = Body::file(&path).await.unwrap();
    assert_eq!(body.content_length(), Some(0));
    assert_eq!(body.bytes(0).await.unwrap(), "");
}

#[tokio::test]
async fn what_is_no_readable_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.bin");
    for (path, why) in [
        (&*missing, "can't be read"),
        (folder.path(), "not a regular file"),
    ] {
        let error = Body::file(path).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Body);
        assert!(error.never_sent());
        let shown = error.to_string();
        assert!(shown.contains(why), "{shown}");
        assert!(shown.contains(path.to_str().unwrap()), "{shown}");
    }
}

#[tokio::test]
async fn a_file_that_changed_its_length_or_went_away_is_an_error() {
    for change in ["shorter", "a longer content than before"] {
        let (_folder, path) = folder_with(b"fifteen bytes!!");
        let body = Body::file(&path).await.unwrap();
        std::fs::write(&path, change).unwrap();
        let error = body.bytes(1024).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Body, "{error}");
        assert!(error.to_string().contains("15 bytes"), "{error}");
    }
    let (folder, path) = folder_with(b"content");
    let body = Body::file(&path).await.unwrap();
    drop(folder);
    let error = body.bytes(1024).await.unwrap_err();
    assert!(
        error.to_string().contains("upload.bin can't be read"),
        "{error}"
    );
}
