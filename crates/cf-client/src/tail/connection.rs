//! One connection to one tail.

use std::time::{Duration, Instant};

use cf_transport::{TransportError, TransportErrorKind, WebSocket, WebSocketMessage};
use cf_types::workers::scripts::tail::Tail;
use jiff::Timestamp;

use super::TailEvent;
use crate::client::Client;
use crate::error::Error;
use crate::timer::{ClientTimer, Timer as _};

/// The protocol that tails speak.
const PROTOCOL: &str = "trace-v1";
const USER_AGENT: &str = concat!("cf-client/", env!("CARGO_PKG_VERSION"));
/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A new tail is made this long before the old one expires.
const MARGIN: Duration = Duration::from_secs(60);
/// The longest that a tail is used, whatever it says of itself.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

pub(super) struct Connection {
    socket: WebSocket,
    id: String,
    timer: ClientTimer,
    expires: Instant,
    /// When the server was asked whether it is there, if it has not answered yet.
    asked: Option<Instant>,
    last: Instant,
}

/// What happened on a connection.
pub(super) enum Next {
    Event(TailEvent),
    /// The server answered a ping.
    Alive,
    /// The tail ends soon.
    Expired,
    /// The connection is gone.
    Broken,
    /// The server has ended the tail.
    Ended,
}

impl Connection {
    pub(super) async fn open(client: &Client, tail: Tail) -> Result<Self, Error> {
        let timer = client.0.timer.clone();
        let connecting = async {
            let mut socket = WebSocket::connect(&tail.url, Some(PROTOCOL), USER_AGENT).await?;
            // Tails begin once they have heard this.
            socket.send(r#"{"debug":false}"#).await?;
            Ok::<_, TransportError>(socket)
        };
        let socket = match within(&timer, PATIENCE, connecting).await {
            Some(socket) => socket.map_err(Error::new)?,
            None => {
                let message = "the tail did not answer within 30 s";
                return Err(Error::new(TransportError::new(
                    TransportErrorKind::Timeout,
                    message,
                )));
            }
        };
        let now = timer.now();
        let life = life(&tail.expires_at);
        Ok(Connection {
            socket,
            id: tail.id,
            expires: now.checked_add(life).unwrap_or(now),
            timer,
            asked: None,
            last: now,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What happens next. Can be dropped without losing it.
    pub(super) async fn next(&mut self, ping_every: Duration) -> Next {
        loop {
            let now = self.timer.now();
            if now >= self.expires {
                return Next::Expired;
            }
            let due = self.asked.unwrap_or(self.last) + ping_every;
            if now >= due {
                // One that does not answer is gone.
                if self.asked.is_some() || self.socket.ping().await.is_err() {
                    return Next::Broken;
                }
                self.asked = Some(now);
                continue;
            }
            let wait = due.min(self.expires) - now;
            let timer = self.timer.clone();
            let Some(message) = within(&timer, wait, self.socket.next()).await else {
                continue;
            };
            (self.last, self.asked) = (self.timer.now(), None);
            match message {
                Some(Ok(WebSocketMessage::Data(data))) => {
                    // Anything else is not about the Worker.
                    if let Some(event) = TailEvent::read(&data) {
                        return Next::Event(event);
                    }
                }
                Some(Ok(WebSocketMessage::Close { normal: true })) => return Next::Ended,
                Some(Ok(WebSocketMessage::Pong)) => return Next::Alive,
                Some(Ok(WebSocketMessage::Close { .. }) | Err(_)) | None => return Next::Broken,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Ends the connection: the tail's ID.
    pub(super) async fn close(self) -> String {
        let _ = within(&self.timer, Duration::from_secs(1), self.socket.close()).await;
        self.id
    }
}

/// The output of a future, unless time is up before.
async fn within<F: Future>(timer: &ClientTimer, time: Duration, future: F) -> Option<F::Output> {
    let sleep = timer.sleep(time);
    match futures_util::future::select(std::pin::pin!(future), sleep).await {
        futures_util::future::Either::Left((output, _)) => Some(output),
        futures_util::future::Either::Right(_) => None,
    }
}

/// How long a tail is to be used.
fn life(expires_at: &str) -> Duration {
    let expires = expires_at.parse::<Timestamp>();
    let left = expires.map(|expires| expires.duration_since(Timestamp::now()));
    let left = left.ok().and_then(|left| Duration::try_from(left).ok());
    // A clock that is wrong must not lead to a tail without end, or to one tail after the other.
    let left = left
        .map(|left| left.saturating_sub(MARGIN))
        .filter(|left| *left >= MARGIN);
    left.unwrap_or(LONGEST).min(LONGEST)
}
