//! HTTP/2 frame by frame, on the server's side.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Conn;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const NO_ERROR: u32 = 0;
pub const INTERNAL_ERROR: u32 = 2;
pub const REFUSED_STREAM: u32 = 7;

/// `:status: 200`, by its index in the static table of HPACK.
pub const STATUS_200: &[u8] = &[0x88];

pub async fn frame(conn: &mut Conn, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    let _ = conn.stream.write_all(&bytes).await;
}

/// Reads frames up to the next request's HEADERS and returns its stream; `None` when the client is gone.
pub async fn next_request(conn: &mut Conn) -> Option<u32> {
    loop {
        let (kind, stream) = next_frame(conn).await?;
        if kind == HEADERS {
            return Some(stream);
        }
    }
}

pub async fn next_frame(conn: &mut Conn) -> Option<(u8, u32)> {
    let (kind, stream, _) = next_whole_frame(conn).await?;
    Some((kind, stream))
}

/// Reads a frame with its payload, and answers it if it is a ping.
pub async fn next_whole_frame(conn: &mut Conn) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    conn.stream.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    conn.stream.read_exact(&mut payload).await.ok()?;
    let (kind, flags) = (head[3], head[4]);
    if kind == PING && flags == 0 {
        frame(conn, PING, ACK, 0, &payload).await;
    }
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Some((kind, stream, payload))
}

pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;

pub async fn handshake(conn: &mut Conn) {
    handshake_with(conn, &[]).await;
}

pub async fn handshake_with(conn: &mut Conn, settings: &[(u16, u32)]) {
    let mut preface = [0; 24];
    conn.stream.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let mut payload = Vec::new();
    for (name, value) in settings {
        payload.extend(name.to_be_bytes());
        payload.extend(value.to_be_bytes());
    }
    frame(conn, SETTINGS, 0, 0, &payload).await;
}

/// A value in the payload of a SETTINGS frame.
pub fn setting(payload: &[u8], name: u16) -> Option<u32> {
    payload.chunks_exact(6).find_map(|entry| {
        let is_it = entry[..2] == name.to_be_bytes();
        is_it.then(|| u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
    })
}

/// Answers one request.
pub async fn answer(conn: &mut Conn, stream: u32) {
    frame(conn, HEADERS, END_HEADERS, stream, STATUS_200).await;
    frame(conn, DATA, END_STREAM, stream, b"hello").await;
}

pub async fn goaway(conn: &mut Conn, last: u32, reason: u32) {
    let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
    frame(conn, GOAWAY, 0, 0, &payload).await;
}

/// Answers "hello" until the client is gone.
pub async fn serve(conn: &mut Conn) {
    while let Some(stream) = next_request(conn).await {
        answer(conn, stream).await;
    }
}
