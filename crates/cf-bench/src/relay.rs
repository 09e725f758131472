//! A distant server: every byte arrives late, however many are in flight.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Passes connections on to `server`, each way this much later, until the process ends.
///
/// # Errors
/// If connections can no longer be accepted.
pub async fn run(listener: TcpListener, server: SocketAddr, late: Duration) -> io::Result<()> {
    loop {
        let near = listener.accept().await?.0;
        // When one end closes its connection, the other notices.
        tokio::spawn(pass(near, server, late));
    }
}

async fn pass(near: TcpStream, server: SocketAddr, late: Duration) -> io::Result<()> {
    let far = TcpStream::connect(server).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    tokio::try_join!(
        carry(from_near, to_far, late),
        carry(from_far, to_near, late)
    )?;
    Ok(())
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, late: Duration) -> io::Result<()> {
    // Unbounded: how much is in flight is up to the two ends.
    let (sender, mut on_its_way) = mpsc::unbounded_channel();
    let read = async move {
        loop {
            let mut piece = BytesMut::with_capacity(64 * 1024);
            if from.read_buf(&mut piece).await? == 0 {
                return Ok(());
            }
            if sender.send((Instant::now() + late, piece)).is_err() {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((due, piece)) = on_its_way.recv().await {
            sleep_until(due).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write)?;
    Ok(())
}
