//! What the peers do.

use std::fmt;
use std::str::FromStr;

use crate::peers::Peer;
use crate::{Failure, fixtures, memory};

/// What to do, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Decodes a page of this many records, from memory.
    Decode(usize),
    /// Encodes this many records, into memory.
    Encode(usize),
    /// Gets a zone, again and again.
    Get,
    /// Creates a record, again and again.
    Post,
    /// Lists this many records of a zone in pages of a hundred.
    List(usize),
    /// Lists 10,000 records, this many pages at a time, with each reply 20 ms late.
    SlowList(usize),
    /// Gets a zone, again and again, from this many tasks at once.
    Tasks(usize),
    /// Gets a zone, again and again, while this many other replies are open.
    Beside(usize),
    /// Gets a zone, this many times at once, with each reply a second late.
    Waiting(usize),
    /// Sends this many megabytes as a stream.
    Upload(usize),
    /// Receives this many megabytes as a stream.
    Download(usize),
    /// Starts the process and gets one zone: everything it takes counts.
    Start,
    /// Everything that needs the network, in sequence.
    Everything,
}

impl Workload {
    /// What is appended to the server's address to make the base URL.
    pub fn base(self) -> String {
        match self {
            Workload::List(total) => format!("/{total}/0/client/v4"),
            Workload::SlowList(_) => "/10000/20/client/v4".to_owned(),
            Workload::Waiting(_) => "/10000/1000/client/v4".to_owned(),
            _ => "/10000/0/client/v4".to_owned(),
        }
    }

    /// What to do before it counts, so that connections and buffers are there: always the same, so that the difference
    /// of two numbers of repetitions is that of their costs.
    pub fn warm_up(self) -> (Workload, usize) {
        match self {
            Workload::Upload(_) => (Workload::Upload(1), 1),
            Workload::Download(_) => (Workload::Download(1), 1),
            Workload::List(_) | Workload::Everything => (self, 1),
            Workload::Tasks(_) => (self, 10),
            Workload::Post => (self, 50),
            Workload::Waiting(_) => (Workload::Get, 1),
            _ => (Workload::Get, 50),
        }
    }
}

/// Its spelling on the command line: `get`, `list:10000`.
impl FromStr for Workload {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (name, size) = text.split_once(':').unwrap_or((text, "0"));
        let size = size.parse()?;
        Ok(match name {
            "decode" => Workload::Decode(size),
            "encode" => Workload::Encode(size),
            "get" => Workload::Get,
            "post" => Workload::Post,
            "list" => Workload::List(size),
            "slow-list" => Workload::SlowList(size),
            "tasks" => Workload::Tasks(size),
            "beside" => Workload::Beside(size),
            "waiting" => Workload::Waiting(size),
            "upload" => Workload::Upload(size),
            "download" => Workload::Download(size),
            "start" => Workload::Start,
            "everything" => Workload::Everything,
            _ => return Err(format!("there is no workload `{text}`").into()),
        })
    }
}

/// Does it `times` times with `peer`.
///
/// # Errors
/// If a request fails, or returns something unexpected.
pub async fn run<P: Peer>(peer: &P, workload: Workload, times: usize) -> Result<(), Failure> {
    const MEGABYTE: usize = 1_000_000;
    match workload {
        Workload::Decode(_) | Workload::Encode(_) => Err("this needs no client".into()),
        Workload::Get | Workload::Start => gets(peer, times).await,
        Workload::Post => posts(peer, times).await,
        Workload::List(total) => lists(peer, times, total, 1).await,
        Workload::SlowList(concurrency) => lists(peer, times, 10_000, concurrency).await,
        Workload::Tasks(tasks) | Workload::Waiting(tasks) => spread(peer, times, tasks).await,
        Workload::Beside(replies) => {
            let mut held = Vec::new();
            for _ in 0..replies {
                held.push(peer.hold().await?);
            }
            gets(peer, times).await
        }
        Workload::Upload(size) => {
            for _ in 0..times {
                peer.upload(size * MEGABYTE).await?;
            }
            Ok(())
        }
        Workload::Download(size) => {
            for _ in 0..times {
                let came = peer.download(size * MEGABYTE).await?;
                same(came, size * MEGABYTE)?;
            }
            Ok(())
        }
        Workload::Everything => {
            for _ in 0..times {
                gets(peer, 500).await?;
                posts(peer, 500).await?;
                lists(peer, 1, 10_000, 1).await?;
                spread(peer, 20, 64).await?;
                peer.upload(10 * MEGABYTE).await?;
                peer.download(10 * MEGABYTE).await?;
            }
            Ok(())
        }
    }
}

async fn gets<P: Peer>(peer: &P, times: usize) -> Result<(), Failure> {
    for _ in 0..times {
        peer.get_zone().await?;
    }
    Ok(())
}

async fn posts<P: Peer>(peer: &P, times: usize) -> Result<(), Failure> {
    for n in 0..times {
        peer.create_record(n).await?;
    }
    Ok(())
}

async fn lists<P: Peer>(
    peer: &P,
    times: usize,
    total: usize,
    concurrency: usize,
) -> Result<(), Failure> {
    for _ in 0..times {
        same(peer.list(concurrency).await?, total)?;
    }
    Ok(())
}

async fn spread<P: Peer>(peer: &P, times: usize, tasks: usize) -> Result<(), Failure> {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let peer = peer.clone();
            tokio::spawn(async move { gets(&peer, times).await })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

fn same<T: PartialEq + fmt::Display>(found: T, expected: T) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{found} instead of {expected}").into())
}

/// A workload without network by the peer of this name, ready to run.
///
/// # Errors
/// If there is no such peer, or it does not have the workload.
pub fn in_memory(
    peer: &str,
    workload: Workload,
) -> Result<Box<dyn Fn() -> Result<(), Failure>>, Failure> {
    Ok(match (workload, peer) {
        (Workload::Decode(records), _) => {
            let page = fixtures::records(1, records, records);
            let head = memory::json_head();
            match peer {
                "floor" => Box::new(move || same(memory::decode_structs(&page)?, records)),
                "value" => Box::new(move || same(memory::decode_value(&page)?, records)),
                "ours" => Box::new(move || same(memory::decode_ours(&head, &page)?, records)),
                _ => return Err(no_peer(peer)),
            }
        }
        (Workload::Encode(records), "floor") => {
            let records: Vec<_> = (0..records).map(fixtures::new_record).collect();
            Box::new(move || {
                std::hint::black_box(memory::encode_structs(&records)?);
                Ok(())
            })
        }
        (Workload::Encode(records), "ours") => {
            let records: Vec<_> = (0..records).map(fixtures::record_param).collect();
            Box::new(move || {
                std::hint::black_box(memory::encode_ours(&records));
                Ok(())
            })
        }
        _ => return Err(no_peer(peer)),
    })
}

pub(crate) fn no_peer(name: &str) -> Failure {
    format!("no peer `{name}` does this").into()
}
