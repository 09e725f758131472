//! HTTP/2 frame by frame: streams that are refused, reset or overtaken by a GOAWAY.

use std::time::Duration;

use crate::support::h2::*;
use crate::support::{Server, built, chain, fetch, get, post};
use cf_transport::{HyperTransport, Transport, TransportErrorKind as Kind};

fn http2() -> HyperTransport {
    built(HyperTransport::builder().http2_only())
}

#[tokio::test]
async fn http2_works_without_tls_on_this_machine() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        serve(&mut conn).await;
    })
    .await;
    let transport = http2();
    for _ in 0..3 {
        assert_eq!(
            fetch(&transport, get(&server.url("/"))).await.unwrap(),
            "hello"
        );
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_refused_stream_was_never_handled() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        frame(
            &mut conn,
            RST_STREAM,
            0,
            stream,
            &REFUSED_STREAM.to_be_bytes(),
        )
        .await;
        serve(&mut conn).await;
    })
    .await;
    let transport = http2();
    let error = transport
        .send(post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.never_sent(), "{error}");
    assert_eq!(
        fetch(&transport, get(&server.url("/"))).await.unwrap(),
        "hello",
        "the connection lives on"
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_reset_stream_may_have_been_handled() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        frame(
            &mut conn,
            RST_STREAM,
            0,
            stream,
            &INTERNAL_ERROR.to_be_bytes(),
        )
        .await;
        serve(&mut conn).await;
    })
    .await;
    let error = http2()
        .send(post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.was_sent(), "{error}");
}

#[tokio::test]
async fn a_reset_in_the_body_is_an_interruption() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        frame(&mut conn, HEADERS, END_HEADERS, stream, STATUS_200).await;
        frame(&mut conn, DATA, 0, stream, b"hel").await;
        frame(
            &mut conn,
            RST_STREAM,
            0,
            stream,
            &INTERNAL_ERROR.to_be_bytes(),
        )
        .await;
        serve(&mut conn).await;
    })
    .await;
    let error = fetch(&http2(), get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.was_sent());
}

#[tokio::test]
async fn an_orderly_goaway_tells_which_requests_were_never_handled() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        if conn.number == 0 {
            goaway(&mut conn, 0, NO_ERROR).await;
            conn.stall().await;
        } else {
            // The stream is completed after the GOAWAY that names it.
            goaway(&mut conn, stream, NO_ERROR).await;
            frame(&mut conn, HEADERS, END_HEADERS, stream, STATUS_200).await;
            frame(&mut conn, DATA, END_STREAM, stream, b"hello").await;
            conn.stall().await;
        }
    })
    .await;
    let transport = http2();
    let error = transport
        .send(post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.never_sent(), "{error}");

    assert_eq!(
        fetch(&transport, get(&server.url("/"))).await.unwrap(),
        "hello",
        "a new connection takes over"
    );
    assert_eq!(
        fetch(&transport, get(&server.url("/"))).await.unwrap(),
        "hello"
    );
    assert_eq!(
        server.connections(),
        3,
        "no request goes to a connection that is closing"
    );
}

#[tokio::test]
async fn a_goaway_for_a_fault_may_have_been_handled() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        goaway(&mut conn, stream, INTERNAL_ERROR).await;
    })
    .await;
    let error = http2()
        .send(post(&server.url("/"), "{}"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{}", chain(&error));
    assert!(error.was_sent(), "{error}");
}

#[tokio::test]
async fn a_broken_frame_is_a_protocol_error() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let stream = next_request(&mut conn).await.unwrap();
        // A header block that ends within an integer.
        frame(
            &mut conn,
            HEADERS,
            END_HEADERS,
            stream,
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        )
        .await;
        conn.stall().await;
    })
    .await;
    let error = http2().send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{}", chain(&error));
    assert!(error.was_sent());
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_found_out() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        next_request(&mut conn).await;
        // Keeps reading, but never acknowledges a ping.
        conn.stall().await;
    })
    .await;
    let transport = built(
        HyperTransport::builder()
            .http2_only()
            .read_timeout(Duration::from_secs(300)),
    );
    let started = tokio::time::Instant::now();
    let error = transport.send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{}", chain(&error));
    assert!(error.was_sent());
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "long before the read timeout"
    );
}

#[tokio::test]
async fn a_dropped_request_resets_its_stream_only() {
    let (told, mut tell) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut conn| {
        let told = told.clone();
        async move {
            handshake(&mut conn).await;
            let dropped = next_request(&mut conn).await.unwrap();
            told.send(()).unwrap();
            loop {
                match next_frame(&mut conn).await {
                    Some((RST_STREAM, stream)) if stream == dropped => break,
                    Some(_) => {}
                    None => panic!("the connection must stay"),
                }
            }
            told.send(()).unwrap();
            serve(&mut conn).await;
        }
    })
    .await;
    let transport = http2();
    let request = post(&server.url("/"), vec![0; 8 * 1024 * 1024]);
    tokio::select! {
        reply = transport.send(request) => panic!("no reply was sent: {reply:?}"),
        _ = tell.recv() => {}
    }
    tell.recv()
        .await
        .expect("the stream is reset, although its body was not sent to the end");
    assert_eq!(
        fetch(&transport, get(&server.url("/"))).await.unwrap(),
        "hello"
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_an_error() {
    // `:status: 200` and `content-length: 5`, its name by index in the static table.
    let headers = [STATUS_200, &[0x0f, 0x0d, 1, b'5']].concat();
    for (body, kind) in [
        ("hel", Some(Kind::Protocol)),
        ("hello", None),
        ("hello and more", Some(Kind::Protocol)),
    ] {
        let headers = headers.clone();
        let server = Server::start(move |mut conn| {
            let headers = headers.clone();
            async move {
                handshake(&mut conn).await;
                while let Some(stream) = next_request(&mut conn).await {
                    frame(&mut conn, HEADERS, END_HEADERS, stream, &headers).await;
                    frame(&mut conn, DATA, END_STREAM, stream, body.as_bytes()).await;
                }
            }
        })
        .await;
        let result = fetch(&http2(), get(&server.url("/"))).await;
        let error = result.as_ref().err();
        assert_eq!(error.map(|error| error.kind()), kind, "{body}: {result:?}");
    }
}

#[tokio::test]
async fn data_after_the_end_of_a_reply_is_not_part_of_it() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        while let Some(stream) = next_request(&mut conn).await {
            frame(&mut conn, HEADERS, END_HEADERS, stream, STATUS_200).await;
            frame(&mut conn, DATA, END_STREAM, stream, b"hello").await;
            frame(&mut conn, DATA, END_STREAM, stream, b"evil").await;
            frame(&mut conn, HEADERS, END_HEADERS, stream + 2, STATUS_200).await;
        }
    })
    .await;
    let transport = http2();
    for _ in 0..20 {
        match fetch(&transport, get(&server.url("/"))).await {
            Ok(text) => assert_eq!(text, "hello"),
            Err(error) => assert!(
                matches!(error.kind(), Kind::Protocol | Kind::Interrupted),
                "{}",
                chain(&error)
            ),
        }
    }
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        while let Some(stream) = next_request(&mut conn).await {
            // `x: aaa…`, ten times 10,000 bytes.
            let mut headers = STATUS_200.to_vec();
            for _ in 0..10 {
                headers.extend([0, 1, b'x', 0x7f, 0x91, 0x4d]);
                headers.extend([b'a'; 10_000]);
            }
            let mut blocks = headers.chunks(16_000).peekable();
            let mut kind = HEADERS;
            while let Some(block) = blocks.next() {
                let flags = if blocks.peek().is_none() {
                    END_HEADERS
                } else {
                    0
                };
                frame(&mut conn, kind, flags, stream, block).await;
                kind = CONTINUATION;
            }
            frame(&mut conn, DATA, END_STREAM, stream, b"hello").await;
        }
    })
    .await;
    let error = http2().send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{}", chain(&error));
    let generous = built(
        HyperTransport::builder()
            .http2_only()
            .max_header_bytes(200_000),
    );
    assert_eq!(
        fetch(&generous, get(&server.url("/"))).await.unwrap(),
        "hello"
    );
}

/// Otherwise the rest is missing for a round trip, and a distant server sends that much less.
#[tokio::test]
async fn a_reader_that_keeps_up_gives_the_whole_window_back_without_further_data() {
    const BURSTS: usize = 4;
    let server = Server::start(|mut conn| async move {
        handshake(&mut conn).await;
        let (kind, _, settings) = next_whole_frame(&mut conn).await.unwrap();
        assert_eq!(kind, SETTINGS);
        let window = setting(&settings, INITIAL_WINDOW_SIZE).unwrap() as usize;
        frame(&mut conn, SETTINGS, ACK, 0, &[]).await;
        let stream = next_request(&mut conn).await.unwrap();
        frame(&mut conn, HEADERS, END_HEADERS, stream, STATUS_200).await;
        let mut kept = 0;
        for burst in 1..=BURSTS {
            let mut left = window - kept;
            while left > 0 {
                let size = left.min(1000 * burst);
                frame(&mut conn, DATA, 0, stream, &vec![b'x'; size]).await;
                left -= size;
            }
            kept = window;
            // A remainder that is not worth a frame of its own may stay.
            while kept > window / 16 {
                let (kind, of, payload) = next_whole_frame(&mut conn).await.unwrap();
                if kind == WINDOW_UPDATE && of == stream {
                    kept -= u32::from_be_bytes(payload[..].try_into().unwrap()) as usize;
                }
            }
        }
        frame(&mut conn, DATA, END_STREAM, stream, b"end").await;
        serve(&mut conn).await;
    })
    .await;
    let read = async {
        let mut body = http2()
            .send(get(&server.url("/")))
            .await
            .unwrap()
            .into_body();
        let mut last = None;
        while let Some(chunk) = body.chunk().await {
            last = Some(chunk.unwrap());
        }
        last
    };
    let read = tokio::time::timeout(Duration::from_secs(30), read).await;
    assert_eq!(read.expect("the server has no window left").unwrap(), "end");
}
