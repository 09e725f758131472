//! Accepts connections, up to a limit.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;

use super::{Server, connection};
use crate::engine::stopped;

/// How long requests in flight may take when the emulator stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Serves connections until told to stop, then lets the open requests finish.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        // If all are in use, further ones wait to be accepted.
        let accept = async {
            let place = Arc::clone(&server.connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            accepted = accept => match accepted {
                (Ok(place), Ok((stream, peer))) => {
                    let _ = stream.set_nodelay(true);
                    let connection = welcome(stream, peer.ip(), Arc::clone(&server), place);
                    connections.spawn(connection);
                }
                // Probably out of file descriptors: others may be closed.
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let rest = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_REQUESTS, rest).await;
}

async fn welcome(
    stream: TcpStream,
    peer: IpAddr,
    server: Arc<Server>,
    place: OwnedSemaphorePermit,
) {
    // It is released when nobody uses the connection any more, even after
    // an upgrade.
    let place = Arc::new(place);
    #[cfg(feature = "tls")]
    if let Some(tls) = &server.tls {
        let mut stop = server.engine.stopping.clone();
        let handshake = tokio::time::timeout(connection::HEAD_TIMEOUT, tls.accept(stream));
        let stream = tokio::select! {
            stream = handshake => stream,
            () = stopped(&mut stop) => return,
        };
        // A client that does not trust the certificate disconnects.
        if let Ok(Ok(stream)) = stream {
            connection::serve(TokioIo::new(stream), peer, Arc::clone(&server), place).await;
        }
        return;
    }
    connection::serve(TokioIo::new(stream), peer, server, place).await;
}
