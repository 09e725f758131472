//! Compressed replies: what is requested, what is decoded, and what is refused.

use cf_transport::{Body, Decompress, Transport, TransportErrorKind as Kind, transport_fn};
use http::{Request, Response};

use super::{codings, encode, read, replying, request};

/// Text with some variety: it compresses, but not to nothing.
fn sample(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefgh{}\":, 0123"[(state >> 24) as usize % 18]
    })
    .take(len)
    .collect()
}

#[tokio::test]
async fn what_was_encoded_comes_out_whatever_the_chunks() {
    for (coding, encoder) in codings() {
        for len in [0, 1, 1000, 32 * 1024, 300_000] {
            let data = sample(len);
            let coded = encode(encoder(), &data);
            for chunk in [1, 7, 4096, usize::MAX] {
                if chunk == 1 && len > 1000 {
                    continue;
                }
                let decoded = read(replying(coding, coded.clone(), chunk)).await.unwrap();
                assert!(
                    decoded == data,
                    "{coding}, {len} bytes in chunks of {chunk}"
                );
            }
        }
    }
}

#[tokio::test]
async fn replies_made_by_other_programs_are_read() {
    let made: &[(&str, &[u8])] = &[
        #[cfg(feature = "gzip")]
        ("x-gzip", b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\0\x80\x88\xf9\xe5\x11\0\0\0"),
        #[cfg(feature = "zstd")]
        ("zstd", b"\x28\xb5\x2f\xfd\x04\x58\x65\0\0\x30hello \x01\0\x31\x4a\x11\xa2\xed\x1e\x0c"),
    ];
    for (coding, coded) in made {
        assert_eq!(
            read(replying(coding, coded.to_vec(), 5)).await.unwrap(),
            "hello hello hello",
            "{coding}"
        );
    }
}

#[tokio::test]
async fn a_decoded_reply_does_not_claim_to_be_coded() {
    for (coding, encoder) in codings() {
        let transport = Decompress::new(replying(coding, encode(encoder(), b"hello"), 100));
        let reply = transport.send(request()).await.unwrap();
        assert!(!reply.headers().contains_key("content-encoding"));
        assert!(!reply.headers().contains_key("content-length"));
        assert_eq!(reply.headers()["cf-ray"], "8f00");
        assert_eq!(reply.body().content_length(), None);
    }
}

#[tokio::test]
async fn several_members_are_one_body_except_for_brotli() {
    for (coding, encoder) in codings() {
        let coded = [encode(encoder(), b"hello "), encode(encoder(), b"world")].concat();
        let result = read(replying(coding, coded, 3)).await;
        if coding == "br" {
            assert_eq!(result.unwrap_err().kind(), Kind::Body);
        } else {
            assert_eq!(result.unwrap(), "hello world", "{coding}");
        }
    }
}

#[tokio::test]
async fn garbage_is_refused_at_the_start_within_and_at_the_end() {
    for (coding, encoder) in codings() {
        let good = encode(encoder(), &sample(100_000));
        let mut broken = good.clone();
        let middle = broken.len() / 2;
        broken[middle..middle + 64].fill(0xff);
        let trailing = [good, b"<html>garbage</html>".to_vec()].concat();
        for (place, coded) in [
            ("start", b"<html>".to_vec()),
            ("middle", broken),
            ("end", trailing),
        ] {
            // Only gzip always has a checksum; the others may decode altered data to something else.
            if place == "middle" && coding != "gzip" {
                continue;
            }
            let result = read(replying(coding, coded, 1000))
                .await
                .map(|data| data.len());
            let error = result.expect_err(&format!("{coding} {place}"));
            assert!(
                matches!(error.kind(), Kind::Body | Kind::Interrupted),
                "{coding} {place}: {error}"
            );
            assert_eq!(error.host(), Some("api.example.com"));
            assert!(error.was_sent());
        }
    }
}

#[tokio::test]
async fn data_that_ends_early_is_an_interruption() {
    for (coding, encoder) in codings() {
        let coded = encode(encoder(), &sample(100_000));
        for cut in [1, coded.len() / 2, coded.len() - 1] {
            let error = read(replying(coding, coded[..cut].to_vec(), 1000))
                .await
                .unwrap_err();
            assert_eq!(
                error.kind(),
                Kind::Interrupted,
                "{coding} after {cut} bytes: {error}"
            );
        }
    }
}

#[tokio::test]
async fn only_what_is_compiled_in_is_asked_for_and_wishes_are_kept() {
    let echo = Decompress::new(transport_fn(|request: Request<Body>| async move {
        let asked = request.headers().get("accept-encoding").cloned();
        let mut reply = Response::new(Body::from("plain"));
        if let Some(asked) = asked {
            reply.headers_mut().insert("x-asked", asked);
        }
        Ok(reply)
    }));
    let reply = echo.send(request()).await.unwrap();
    let asked = reply.headers()["x-asked"].to_str().unwrap().to_owned();
    let mut expected: Vec<_> = codings().into_iter().map(|(coding, _)| coding).collect();
    let mut asked: Vec<_> = asked.split(", ").collect();
    expected.sort_unstable();
    asked.sort_unstable();
    assert_eq!(asked, expected);
    assert_eq!(reply.into_body().bytes(100).await.unwrap(), "plain");

    let mut own = request();
    own.headers_mut()
        .insert("accept-encoding", "deflate".parse().unwrap());
    assert_eq!(
        echo.send(own).await.unwrap().headers()["x-asked"],
        "deflate"
    );

    let mut part = request();
    part.headers_mut()
        .insert("range", "bytes=0-9".parse().unwrap());
    assert!(
        !echo
            .send(part)
            .await
            .unwrap()
            .headers()
            .contains_key("x-asked")
    );
}

#[tokio::test]
async fn replies_that_were_not_asked_for_stay_coded() {
    for (coding, encoder) in codings() {
        let coded = encode(encoder(), b"hello");
        let mut own = request();
        own.headers_mut()
            .insert("accept-encoding", coding.parse().unwrap());
        let transport = Decompress::new(replying(coding, coded.clone(), 100));
        let reply = transport.send(own).await.unwrap();
        assert_eq!(reply.headers()["content-encoding"], coding);
        assert_eq!(reply.into_body().bytes(1000).await.unwrap(), coded);
    }
    for coding in ["rot13", "gzip, rot13", "rot13, gzip"] {
        let transport = Decompress::new(replying(coding, b"uryyb".to_vec(), 100));
        let reply = transport.send(request()).await.unwrap();
        assert_eq!(reply.headers()["content-encoding"], coding);
        assert_eq!(reply.into_body().bytes(1000).await.unwrap(), "uryyb");
    }
}

#[tokio::test]
async fn what_was_encoded_twice_is_decoded_twice() {
    let data = sample(50_000);
    for (first, encoder) in codings() {
        let once = encode(encoder(), &data);
        for (second, encoder) in codings() {
            let twice = encode(encoder(), &once);
            for (lines, limit) in [
                (vec![format!("{first}, {second}")], 50_000),
                (vec![first.to_owned(), second.to_owned()], 50_000),
                (vec![format!("identity,{first},,{second}")], 49_999),
            ] {
                let twice = twice.clone();
                let transport = transport_fn(move |_| {
                    let mut reply = Response::builder();
                    for line in &lines {
                        reply = reply.header("content-encoding", line);
                    }
                    let reply = reply.body(twice.clone().into()).unwrap();
                    async { Ok(reply) }
                });
                let transport = Decompress::new(transport).limit(limit);
                let reply = transport.send(request()).await.unwrap();
                assert!(!reply.headers().contains_key("content-encoding"));
                let result = reply.into_body().bytes(50_000).await;
                if limit == 50_000 {
                    assert!(result.unwrap() == data, "{first} in {second}");
                } else {
                    assert_eq!(result.unwrap_err().kind(), Kind::BodyTooLarge);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_reply_without_body_keeps_what_it_says_of_one() {
    for (coding, _) in codings() {
        let head = transport_fn(move |_| async move {
            let reply = Response::builder()
                .header("content-encoding", coding)
                .header("content-length", 1234);
            Ok(reply.body(Body::empty()).unwrap())
        });
        let reply = Decompress::new(head).send(request()).await.unwrap();
        assert_eq!(reply.headers()["content-length"], "1234");
        assert_eq!(reply.into_body().bytes(0).await.unwrap(), "");
    }
}
