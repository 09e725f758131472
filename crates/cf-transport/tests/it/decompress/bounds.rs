//! Replies that are small on the wire: how much memory and time they can take.

#[cfg(target_os = "linux")]
use std::io::{Read, Write};

use cf_transport::{Decompress, Transport, TransportErrorKind as Kind};

use super::{codings, encode, replying, request};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_bomb_is_refused_early() {
    for (coding, encoder) in codings() {
        let bomb = encode(encoder(), &vec![0; 4 * MIB]);
        assert!(bomb.len() < MIB / 32, "{coding}: {} bytes", bomb.len());

        let limited =
            Decompress::new(replying(coding, bomb.clone(), usize::MAX)).limit(MIB as u64 / 16);
        let mut body = limited.send(request()).await.unwrap().into_body();
        let mut seen = 0;
        let error = loop {
            match body.chunk().await.expect("an error, not an end") {
                Ok(chunk) => seen += chunk.len(),
                Err(error) => break error,
            }
            assert!(seen <= MIB / 16);
        };
        assert_eq!(error.kind(), Kind::BodyTooLarge, "{coding}: {error}");

        // The limit of the reader counts decoded bytes, too.
        let reply = Decompress::new(replying(coding, bomb, usize::MAX))
            .send(request())
            .await
            .unwrap();
        assert_eq!(
            reply.into_body().bytes(MIB / 16).await.unwrap_err().kind(),
            Kind::BodyTooLarge
        );
    }
}

/// A reply that asks for as much memory as possible, and its outcome.
#[cfg(target_os = "linux")]
struct Greedy {
    what: &'static str,
    codings: &'static str,
    coded: fn() -> Vec<u8>,
    limit: usize,
    refused: Kind,
    /// How many MiB it may take.
    takes: u64,
}

#[cfg(target_os = "linux")]
fn greedy() -> Vec<Greedy> {
    type New = fn() -> Vec<u8>;
    let case = |codings, what, coded: New, limit, refused, takes| Greedy {
        what,
        codings,
        coded,
        limit,
        refused,
        takes,
    };
    let (body, large) = (Kind::Body, Kind::BodyTooLarge);
    let mut cases = Vec::new();
    #[cfg(feature = "gzip")]
    cases.extend([
        case("gzip", "members", gzip_bomb, 8 * MIB, large, 2),
        case("gzip, gzip, gzip, gzip", "codings", Vec::new, MIB, body, 2),
    ]);
    #[cfg(feature = "brotli")]
    cases.extend([
        // While its buffer grows, the decoder still holds the old one.
        case(
            "br",
            "largest window",
            || brotli_bomb(24),
            17 * MIB,
            large,
            24,
        ),
        case("br", "over the limit", || brotli_bomb(24), MIB, large, 2),
        case("br", "large window", || brotli_bomb(30), 17 * MIB, body, 2),
    ]);
    #[cfg(feature = "zstd")]
    cases.extend([
        case(
            "zstd",
            "largest window",
            || zstd_frame(23, 64),
            17 * MIB,
            large,
            9,
        ),
        case(
            "zstd",
            "larger window",
            || zstd_frame(24, 64),
            17 * MIB,
            body,
            2,
        ),
        case("zstd", "frames", zstd_frames, 17 * MIB, large, 9),
    ]);
    #[cfg(all(feature = "gzip", feature = "brotli"))]
    cases.push(case(
        "gzip, gzip, br",
        "bomb in a bomb in a bomb",
        nested_bomb,
        8 * MIB,
        large,
        4,
    ));
    #[cfg(all(feature = "gzip", feature = "zstd"))]
    cases.push(case(
        "gzip, zstd",
        "much between, nothing at the end",
        nested_nothing,
        MIB / 16,
        large,
        // The window of the frame, 2 MiB, and the decoder's other memory.
        3,
    ));
    cases
}

fn encode_as(coding: &str, data: &[u8]) -> Vec<u8> {
    let (_, encoder) = codings()
        .into_iter()
        .find(|(name, _)| *name == coding)
        .unwrap();
    encode(encoder(), data)
}

/// 16 MiB of zeros in members of 1 MiB.
#[cfg(feature = "gzip")]
fn gzip_bomb() -> Vec<u8> {
    encode_as("gzip", &vec![0; MIB]).repeat(16)
}

#[cfg(all(feature = "gzip", feature = "brotli"))]
fn nested_bomb() -> Vec<u8> {
    encode_as("br", &encode_as("gzip", &gzip_bomb()))
}

/// 200 KB of empty members.
#[cfg(all(feature = "gzip", feature = "zstd"))]
fn nested_nothing() -> Vec<u8> {
    encode_as("zstd", &encode_as("gzip", b"").repeat(10_000))
}

/// 1 GiB in 800 bytes: blocks of 16 MiB, each a literal and a copy of it. `window` is the binary logarithm of the
/// window, up to 24, or up to 30 in the extension that browsers know as "large window".
#[cfg(feature = "brotli")]
fn brotli_bomb(window: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    let distance_symbol = if window > 24 {
        bits.push(0x11, 8);
        bits.push(window, 6);
        8
    } else {
        assert!(window > 17);
        bits.push(1 | (window - 17) << 1, 4);
        6
    };
    for _ in 0..64 {
        let block = [
            (0, 1), // not the last
            (2, 2), // six digits of the length
            (0xff_ffff, 24),
            (0, 1), // compressed
            (0, 3), // one type of block each
            (0, 6), // distances without postfix and direct codes
            (0, 2), // mode of the contexts
            (0, 2), // one tree each
            (1, 4), // literals: one symbol
            (b'0'.into(), 8),
            (1, 4),    // commands: one symbol
            (399, 10), // a literal and the longest copy
            (1, 4),    // distances: one symbol
            (16, distance_symbol),
            (0xff_ffff - 2118, 24), // the length of the copy
            (0, 1),                 // distance 1
        ];
        for (value, len) in block {
            bits.push(value, len);
        }
    }
    bits.push(3, 2); // the last, and empty
    bits.bytes
}

#[cfg(feature = "brotli")]
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

#[cfg(feature = "brotli")]
impl Bits {
    fn push(&mut self, value: u32, len: u32) {
        for bit in 0..len {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (value >> bit & 1) as u8;
            *self.bytes.last_mut().unwrap() |= bit << (self.len % 8);
            self.len += 1;
        }
    }
}

/// This many MiB of one byte, with a window of this binary logarithm.
#[cfg(feature = "zstd")]
fn zstd_frame(window: u8, mib: usize) -> Vec<u8> {
    const BLOCK: usize = 128 * 1024;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (window - 10) << 3];
    let blocks = mib * MIB / BLOCK;
    for block in 1..=blocks {
        let header = BLOCK << 3 | 1 << 1 | usize::from(block == blocks);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(b'0');
    }
    frame
}

#[cfg(feature = "zstd")]
fn zstd_frames() -> Vec<u8> {
    (0..64).flat_map(|n| zstd_frame(20 + n % 4, 1)).collect()
}

/// A line of `/proc/self/status`, in KiB.
#[cfg(target_os = "linux")]
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Makes all pages resident that are mapped from files, code above all. Which of them are otherwise depends on what has
/// run, and on the page cache: the kernel also maps cached pages around one that is needed.
#[cfg(target_os = "linux")]
fn prefault() {
    use std::os::unix::fs::FileExt;
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for line in maps.lines().filter(|line| line.contains('/')) {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        for page in (address(start)..address(end)).step_by(4096) {
            // A mapping may reach beyond the end of its file.
            let _ = memory.read_at(&mut [0], page);
        }
    }
}

#[cfg(target_os = "linux")]
const CASE: &str = "CF_TRANSPORT_GREEDY_REPLY";

/// It gets the body from the next test: an encoder would leave memory behind for the decoder.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "the process that is measured, started by the next test"]
async fn reads_a_greedy_reply() {
    let Ok(index) = std::env::var(CASE) else {
        return;
    };
    let case = greedy().swap_remove(index.parse().unwrap());
    let mut coded = Vec::new();
    std::io::stdin().read_to_end(&mut coded).unwrap();
    let transport = Decompress::new(replying(case.codings, coded, usize::MAX));
    let transport = transport.limit(case.limit as u64);
    prefault();
    let (resident, mapped) = (status("VmRSS:"), status("VmSize:"));
    // Resets the peak; see proc(5).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();

    let mut peak = mapped;
    let error = match transport.send(request()).await {
        Ok(reply) => {
            let mut body = reply.into_body();
            loop {
                let chunk = body.chunk().await.expect("an error, not an end");
                peak = peak.max(status("VmSize:"));
                match chunk {
                    Ok(chunk) => drop(std::hint::black_box(chunk)),
                    Err(error) => break error,
                }
            }
        }
        Err(error) => error,
    };
    assert_eq!(error.kind(), case.refused, "{error}");
    let resident = status("VmHWM:").saturating_sub(resident);
    let mapped = peak - mapped;
    println!("resident={resident} mapped={mapped}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_whatever_a_reply_asks_for() {
    let program = std::env::current_exe().unwrap();
    let mut over = Vec::new();
    for (index, case) in greedy().into_iter().enumerate() {
        let test = "decompress::bounds::reads_a_greedy_reply";
        let mut child = std::process::Command::new(&program)
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(CASE, index.to_string())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&(case.coded)()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let name = format!("{}: {}", case.codings, case.what);
        assert!(output.status.success(), "{name}: {text}");
        let kib = |field: &str| {
            let (_, rest) = text.split_once(field).expect(&name);
            rest.split_whitespace()
                .next()
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        let (resident, mapped) = (kib("resident="), kib("mapped="));
        println!("{name}: {resident} KiB resident, {mapped} KiB mapped");
        let most = case.takes * 1024;
        if resident > most || mapped > most {
            over.push(format!(
                "{name}: {resident} KiB resident, {mapped} KiB mapped"
            ));
        }
    }
    assert!(over.is_empty(), "{over:#?}");
}

/// Empty members, in 64 KiB.
fn empty_members() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |member: Vec<u8>| member.repeat(MIB / 16 / member.len());
    vec![
        #[cfg(feature = "gzip")]
        ("gzip", repeated(encode_as("gzip", b""))),
        #[cfg(feature = "zstd")]
        ("zstd", repeated(encode_as("zstd", b""))),
        #[cfg(feature = "zstd")]
        ("zstd", repeated(b"\x50\x2a\x4d\x18\0\0\0\0".to_vec())),
    ]
}

#[tokio::test]
async fn members_that_give_nothing_leave_time_for_others() {
    for (coding, coded) in empty_members() {
        let transport = Decompress::new(replying(coding, coded, usize::MAX));
        let body = transport.send(request()).await.unwrap().into_body();
        let turns = std::cell::Cell::new(0);
        let other = async {
            loop {
                turns.set(turns.get() + 1);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            body = body.bytes(0) => assert_eq!(body.unwrap(), ""),
            () = other => {}
        }
        assert!(turns.get() > 20, "{coding}: {} turns", turns.get());
    }
}

#[tokio::test]
async fn small_pieces_take_little_memory() {
    for (coding, encoder) in codings() {
        if coding == "br" {
            continue;
        }
        let coded = encode(encoder(), b"0").repeat(100);
        let transport = Decompress::new(replying(coding, coded, usize::MAX));
        let mut body = transport.send(request()).await.unwrap().into_body();
        let mut pieces = Vec::new();
        while let Some(piece) = body.chunk().await {
            pieces.push(piece.unwrap());
        }
        assert_eq!(pieces.concat(), [b'0'; 100]);
        let held: usize = pieces
            .into_iter()
            .map(|piece| Vec::<u8>::from(piece).capacity())
            .sum();
        assert!(held < 10_000, "{coding}: {held} bytes held");
    }
}
