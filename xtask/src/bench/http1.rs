//! HTTP/1.1 in the clear, as with an emulator or a proxy on the same machine.

use anyhow::Result;

use super::programs::{Programs, Server};
use super::table::{DOWNLOAD, GET, HEAD, LIST, PEERS, POST, Row, TASKS, UPLOAD};

const ROWS: [Row; 6] = [
    GET.with_target("≤ 1.10"),
    POST.with_target("≤ 1.10"),
    TASKS.with_target("≤ 1.10"),
    LIST.with_target("≤ 1.00"),
    UPLOAD.with_target("≤ 1.05"),
    DOWNLOAD.with_target("≤ 1.05"),
];

/// Measures it; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for row in ROWS {
        out.push_str(&row.measure(programs, (server, &server.http), PEERS, rounds)?);
    }
    Ok(out)
}
