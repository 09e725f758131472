//! Bodies: reading, limits, lengths, and what can be sent again.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use cf_transport::{Body, Progress, TransportErrorKind as Kind};
use http_body::{Body as _, Frame};

/// Yields these pieces, then ends; a piece may be an error.
struct Pieces(std::vec::IntoIter<Result<&'static str, &'static str>>);

fn pieces(pieces: impl IntoIterator<Item = Result<&'static str, &'static str>>) -> Pieces {
    Pieces(pieces.into_iter().collect::<Vec<_>>().into_iter())
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.next().map(|piece| match piece {
            Ok(text) => Ok(Frame::data(Bytes::from(text))),
            Err(error) => Err(error.into()),
        }))
    }
}

#[tokio::test]
async fn bytes_in_memory_are_read_once_and_cloned_whole() {
    let mut body = Body::from("hello");
    assert_eq!(body.content_length(), Some(5));
    assert_eq!(body.as_bytes().unwrap(), "hello");
    assert!(!body.is_end_stream());

    assert_eq!(body.chunk().await.unwrap().unwrap(), "hello");
    assert!(body.chunk().await.is_none());
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));

    let again = body.try_clone().unwrap();
    assert_eq!(
        again.bytes(5).await.unwrap(),
        "hello",
        "a clone starts over"
    );
}

#[tokio::test]
async fn an_empty_body_ends_at_once() {
    for mut body in [
        Body::empty(),
        Body::from(""),
        Body::from(Vec::new()),
        Body::from(()),
        Body::default(),
    ] {
        assert!(body.is_end_stream());
        assert_eq!(body.content_length(), Some(0));
        assert!(body.chunk().await.is_none());
        assert_eq!(body.bytes(0).await.unwrap(), "");
    }
}

#[tokio::test]
async fn a_stream_comes_in_pieces_and_cannot_be_cloned() {
    let mut body = Body::stream(None, pieces([Ok("ab"), Ok(""), Ok("cd")]));
    assert_eq!(body.content_length(), None);
    assert!(body.try_clone().is_none());
    assert!(body.as_bytes().is_none());
    assert_eq!(body.chunk().await.unwrap().unwrap(), "ab");
    assert_eq!(
        body.chunk().await.unwrap().unwrap(),
        "cd",
        "empty pieces are passed over"
    );
    assert!(body.chunk().await.is_none());
}

#[tokio::test]
async fn the_size_of_the_source_counts_where_it_is_exact() {
    let body = Body::stream(None, http_body_util::Full::from("hello"));
    assert_eq!(body.content_length(), Some(5));
}

#[tokio::test]
async fn a_replayable_stream_is_opened_for_each_reading() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let body = Body::replayable(Some(4), move || {
        count.fetch_add(1, Ordering::Relaxed);
        pieces([Ok("ab"), Ok("cd")])
    });
    assert_eq!(opened.load(Ordering::Relaxed), 0, "opened only when read");

    let mut half_read = body.try_clone().unwrap();
    assert_eq!(half_read.chunk().await.unwrap().unwrap(), "ab");
    let again = half_read.try_clone().unwrap();
    assert_eq!(
        again.bytes(10).await.unwrap(),
        "abcd",
        "a clone starts over"
    );
    assert_eq!(half_read.chunk().await.unwrap().unwrap(), "cd");
    assert_eq!(body.bytes(10).await.unwrap(), "abcd");
    assert_eq!(opened.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let limit = 5;
    assert_eq!(Body::from("hello").bytes(limit).await.unwrap(), "hello");
    assert_eq!(
        Body::stream(None, pieces([Ok("hello")]))
            .bytes(limit)
            .await
            .unwrap(),
        "hello"
    );
    assert_eq!(
        Body::stream(None, pieces([Ok("hel"), Ok("lo")]))
            .bytes(limit)
            .await
            .unwrap(),
        "hello"
    );

    for body in [
        Body::from("hello!"),
        Body::stream(None, pieces([Ok("hello!")])),
        Body::stream(None, pieces([Ok("hel"), Ok("lo!")])),
        Body::stream(
            None,
            pieces([Ok("h"), Ok("e"), Ok("l"), Ok("l"), Ok("o"), Ok("!")]),
        ),
    ] {
        let shown = format!("{body:?}");
        let error = body.bytes(limit).await.expect_err(&shown);
        assert_eq!(error.kind(), Kind::BodyTooLarge, "{shown}");
        assert!(error.to_string().contains("5 bytes"), "{error}");
    }
}

#[tokio::test]
async fn an_announced_length_over_the_limit_is_refused_before_reading() {
    let unread = Body::replayable(Some(1 << 40), || -> Pieces { panic!("must not be opened") });
    assert_eq!(
        unread.bytes(1 << 20).await.unwrap_err().kind(),
        Kind::BodyTooLarge
    );
}

#[tokio::test]
async fn a_length_that_is_not_kept_is_an_error() {
    for (len, text) in [(3, "more"), (5, "fewer")] {
        let mut body = Body::stream(Some(len), pieces([Ok("ab"), Ok("cd")]));
        let mut last = body.chunk().await.unwrap();
        while last.is_ok() {
            last = body.chunk().await.expect("an error, not an end");
        }
        let error = last.unwrap_err();
        assert_eq!(error.kind(), Kind::Body);
        assert!(error.to_string().contains(text), "{error}");
        assert!(body.chunk().await.is_none(), "nothing after an error");
    }
}

#[tokio::test]
async fn an_error_of_the_source_is_kept_as_the_cause() {
    let body = Body::stream(
        None,
        pieces([Ok("ab"), Err("the disk is on fire"), Ok("cd")]),
    );
    let error = body.bytes(100).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Body);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the disk is on fire"
    );
}

#[tokio::test]
async fn a_body_within_a_body_keeps_its_error() {
    let inner = Body::stream(Some(9), pieces([Ok("ab")]));
    let error = Body::stream(None, inner).bytes(100).await.unwrap_err();
    assert!(
        error.to_string().contains("announced with 9 bytes"),
        "{error}"
    );
}

#[test]
fn debug_shows_no_content() {
    assert_eq!(
        format!("{:?}", Body::from("secret")),
        "Body::Bytes(6 bytes)"
    );
    assert_eq!(
        format!("{:?}", Body::stream(None, pieces([Ok("secret")]))),
        "Body::Stream(unknown length)"
    );
    let replayable = Body::replayable(Some(6), || pieces([Ok("secret")]));
    assert_eq!(format!("{replayable:?}"), "Body::Replayable(6 bytes)");
}

#[test]
fn a_body_can_be_shared_between_threads() {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<Body>();
    assert_send_sync::<http::Request<Body>>();
    assert_send_sync::<cf_transport::TransportError>();
}

/// Collects the reports of a body.
fn reports() -> (
    Arc<std::sync::Mutex<Vec<Progress>>>,
    impl Fn(Progress) + Send + Sync + 'static,
) {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let for_report = seen.clone();
    (seen, move |progress| {
        for_report.lock().unwrap().push(progress);
    })
}

#[tokio::test]
async fn progress_is_reported_in_small_steps_and_from_the_start_for_each_sending() {
    let (seen, report) = reports();
    let body = Body::from(vec![7; 150_000]).with_progress(report);
    assert_eq!(body.content_length(), Some(150_000));
    let again = body.try_clone().expect("still sent again");
    for body in [body, again] {
        assert_eq!(body.bytes(1 << 20).await.unwrap(), vec![7; 150_000]);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        let steps: Vec<u64> = seen.iter().map(|progress| progress.bytes).collect();
        assert_eq!(steps, [65_536, 131_072, 150_000]);
        assert!(seen.iter().all(|progress| progress.total == Some(150_000)));
    }
}

#[tokio::test]
async fn progress_of_a_stream_has_no_total_and_ends_with_its_error() {
    let (seen, report) = reports();
    let source = pieces([Ok("ab"), Ok("c"), Err("gone"), Ok("d")]);
    let body = Body::stream(None, source).with_progress(report);
    assert!(body.try_clone().is_none());
    let error = body.bytes(10).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Body);
    let seen = seen.lock().unwrap();
    let steps: Vec<_> = seen.iter().map(|p| (p.bytes, p.total)).collect();
    assert_eq!(steps, [(2, None), (3, None)]);
}
