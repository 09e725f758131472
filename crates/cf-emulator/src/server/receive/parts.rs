//! Forms of any size: fields stay in memory, and large parts go to files if
//! the operation keeps any.

use bytes::{Bytes, BytesMut};
use hyper::body::Body;

use super::incoming::Incoming;
use super::room::Room;
use super::spool::Spool;
use super::{Receiver, Stop};
use crate::engine::route::FormRules;
use crate::http::content::SMALL;
use crate::http::error::ApiError;
use crate::http::multipart::{
    Data, Event, Form, MOST_PARTS, Malformed, Parser, Part, too_many_parts,
};
use crate::http::request::Request;

/// The memory of a part besides its name and data.
const OVERHEAD: u64 = 256;

/// Reads a form into `request`; of its text, only the start.
pub(super) async fn form<B: Body>(
    receiver: Receiver<'_>,
    rules: FormRules,
    request: &mut Request,
    start: Bytes,
    incoming: &mut Incoming<B>,
) -> Result<(), Stop> {
    let limit = receiver.limits.longest as u64;
    let announced = start.len() as u64 + incoming.announced();
    if announced > limit {
        return Err(ApiError::too_large().into());
    }
    let mut parts = Parts {
        receiver,
        rules,
        room: receiver.limits.large.room(),
        held: 0,
        closed: Vec::new(),
        open: None,
    };
    // If files are kept in memory, it gets the announced size at once.
    if rules.keeps_files && receiver.engine.folder.is_none() {
        incoming.wait(parts.room.grow_to(announced)).await?;
    }
    let (mut parser, mut size, mut text) = (Parser::new(&request.headers), 0, BytesMut::new());
    let mut next = Some(start);
    while let Some(data) = next {
        size += data.len() as u64;
        if size > limit {
            return Err(ApiError::too_large().into());
        }
        text.extend_from_slice(&data[..data.len().min(SMALL - text.len())]);
        if let Some(parser) = &mut parser {
            parser.push(data);
        }
        // A body that is not a form, or continues after one, is read to its end anyway.
        parts.take(&mut parser, incoming).await?;
        next = incoming.next().await?;
    }
    if let Some(parser) = &mut parser {
        parser.end();
    }
    parts.take(&mut parser, incoming).await?;
    request.body = text.freeze();
    request.form = parser.map(|_| Form(parts.closed));
    request.room = parts.room.permit();
    Ok(())
}

/// The parts received so far.
struct Parts<'a> {
    receiver: Receiver<'a>,
    rules: FormRules,
    room: Room<'a>,
    /// Bytes in memory.
    held: u64,
    closed: Vec<Part>,
    open: Option<Open>,
}

/// The part being received.
struct Open {
    name: String,
    file_name: Option<String>,
    data: Arriving,
}

enum Arriving {
    Memory(BytesMut),
    File(Spool),
    Discarded,
}

impl Parts<'_> {
    /// Takes everything the parser has; dropped if the body is not a form.
    async fn take<B: Body>(
        &mut self,
        parser: &mut Option<Parser>,
        incoming: &mut Incoming<B>,
    ) -> Result<(), Stop> {
        while let Some(next) = parser.as_mut().map(Parser::next) {
            match next {
                Err(Malformed) => {
                    *parser = None;
                    (self.closed, self.open) = (Vec::new(), None);
                }
                Ok(Event::NeedsMore) => break,
                Ok(Event::End) => {
                    self.close();
                    break;
                }
                Ok(Event::Part { name, file_name }) => {
                    self.close();
                    if self.closed.len() == MOST_PARTS {
                        return Err(too_many_parts().into());
                    }
                    let names = name.len() + file_name.as_ref().map_or(0, String::len);
                    self.held += OVERHEAD + names as u64;
                    self.open = Some(Open {
                        name,
                        file_name,
                        data: Arriving::Memory(BytesMut::new()),
                    });
                }
                Ok(Event::Data(data)) => {
                    incoming.wait(self.add(data)).await?;
                    incoming.wait(self.room.grow_to(self.held)).await?;
                }
            }
        }
        Ok(())
    }

    /// Appends to the open part.
    async fn add(&mut self, data: Bytes) -> Result<(), Stop> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let before = open.data.held();
        open.data = match std::mem::replace(&mut open.data, Arriving::Discarded) {
            Arriving::Memory(mut bytes) => {
                let size = bytes.len() + data.len();
                match self.rules.keeps_files {
                    true if size > SMALL => {
                        let spool = Spool::new(self.receiver.engine.folder.as_ref())?;
                        Arriving::File(spool.push(bytes).await?.push(data).await?)
                    }
                    false if size > self.rules.longest_field => Arriving::Discarded,
                    _ => {
                        bytes.extend_from_slice(&data);
                        Arriving::Memory(bytes)
                    }
                }
            }
            Arriving::File(spool) => Arriving::File(spool.push(data).await?),
            Arriving::Discarded => Arriving::Discarded,
        };
        let held = self.held + open.data.held() - before;
        if held < self.held {
            self.room.shrink_to(held);
        }
        self.held = held;
        Ok(())
    }

    fn close(&mut self) {
        self.closed.extend(self.open.take().map(|open| Part {
            name: open.name,
            file_name: open.file_name,
            data: match open.data {
                Arriving::Memory(bytes) => Data::Memory(bytes.freeze()),
                Arriving::File(spool) => Data::File(spool.finish()),
                Arriving::Discarded => Data::Discarded,
            },
        }));
    }
}

impl Arriving {
    /// Bytes in memory.
    fn held(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(spool) if spool.in_memory() => spool.size(),
            Self::File(_) | Self::Discarded => 0,
        }
    }
}
