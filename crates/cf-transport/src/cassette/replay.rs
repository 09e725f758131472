use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Request, Response};

use super::compare::{Bindings, canonical, difference, likeness, rename};
use super::{Asked, BODY_LIMIT, Cassette, CassetteError, Scrub};
use crate::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};

/// How much a request has to be like a recorded one.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// Requests come in the recorded order, each once, with the same method, address, query, `content-type` and
    /// body.
    #[default]
    Strict,
    /// Requests come in any order. Method, path and query parameters count, their order doesn't, and neither do
    /// scheme, host, headers and body; among several, the one with the same body comes first. Once all are used, the
    /// last is played again.
    Lenient,
}

/// Answers from a cassette and sends nothing; see the [module](super).
///
/// A request that is not in the cassette is an error that shows the difference to the nearest one that is.
pub struct Replay {
    cassette: Cassette,
    /// The file, for messages.
    name: String,
    matching: Matching,
    scrub: Scrub,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether each exchange was replayed.
    played: Vec<bool>,
    bindings: Bindings,
    unknown: Vec<String>,
}

impl Replay {
    /// Answers from these exchanges, [strictly](Matching::Strict).
    #[must_use]
    pub fn new(cassette: Cassette) -> Self {
        let state = State {
            played: vec![false; cassette.len()],
            ..State::default()
        };
        Self {
            cassette,
            name: "the cassette".to_owned(),
            matching: Matching::default(),
            scrub: Scrub::default(),
            state: Mutex::new(state),
        }
    }

    /// Answers from this file, [strictly](Matching::Strict).
    ///
    /// # Errors
    /// Same as [`Cassette::load`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref();
        let mut replay = Self::new(Cassette::load(path)?);
        replay.name = format!("the cassette {}", path.display());
        Ok(replay)
    }

    /// How much a request has to be like a recorded one.
    #[must_use]
    pub fn matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    /// What was kept out of the cassette when it was recorded, if not the default.
    #[must_use]
    pub fn scrub(mut self, scrub: Scrub) -> Self {
        self.scrub = scrub;
        self
    }

    /// Checks that everything was replayed, and nothing else asked for.
    ///
    /// # Errors
    /// Lists the exchanges that were not replayed and the requests that were not in the cassette.
    pub fn finish(&self) -> Result<(), CassetteError> {
        let state = self.state();
        let mut message = format!("{} was not followed:", self.name);
        let played = state.played.iter().zip(&self.cassette.exchanges);
        let missing = played.filter(|(played, _)| !**played);
        let missing: Vec<_> = missing
            .map(|(_, exchange)| exchange.request.title())
            .collect();
        for (what, titles) in [("not played", &missing), ("not in it", &state.unknown)] {
            for title in titles {
                let _ = write!(message, "\n  {what}: {title}");
            }
        }
        if missing.is_empty() && state.unknown.is_empty() {
            Ok(())
        } else {
            Err(CassetteError::new(message))
        }
    }

    fn play(&self, asked: &Asked) -> Result<Response<Body>, TransportError> {
        let mut state = self.state();
        let Some((index, bindings)) = self.find(asked, &state) else {
            state.unknown.push(asked.title());
            let message = self.complaint(asked, &state);
            return Err(TransportError::new(TransportErrorKind::Other, message));
        };
        state.bindings = bindings;
        if let Some(played) = state.played.get_mut(index) {
            *played = true;
        }
        let mut reply = self.cassette.exchanges[index].reply.clone();
        reply.map(&mut |text| rename(text, |placeholder| state.bindings.sent_for(placeholder)));
        reply.play()
    }

    /// The exchange to replay, and what identifiers then stand for.
    fn find(&self, asked: &Asked, state: &State) -> Option<(usize, Bindings)> {
        let sent = canonical(asked, self.matching);
        let fits = |index: usize| {
            let recorded = &self.cassette.exchanges[index].request;
            let recorded = canonical(recorded, self.matching);
            state.bindings.under_which_same(&recorded, &sent)
        };
        let unplayed = (0..self.cassette.len()).filter(|index| !state.played[*index]);
        if self.matching == Matching::Strict {
            let next = unplayed.clone().next()?;
            return fits(next).map(|bindings| (next, bindings));
        }
        let mut found: Vec<_> = unplayed
            .filter_map(|index| Some((index, fits(index)?)))
            .collect();
        let same_body = found.iter().position(|(index, bindings)| {
            let recorded = self.cassette.exchanges[*index].request.body.show();
            bindings
                .under_which_same(&recorded, &asked.body.show())
                .is_some()
        });
        if !found.is_empty() {
            return Some(found.swap_remove(same_body.unwrap_or(0)));
        }
        let all = (0..self.cassette.len()).rev();
        all.into_iter()
            .find_map(|index| Some((index, fits(index)?)))
    }

    fn complaint(&self, asked: &Asked, state: &State) -> String {
        let (name, count) = (&self.name, self.cassette.len());
        let title = asked.title();
        let sent = canonical(asked, self.matching);
        let unplayed = (0..count).filter(|index| !state.played[*index]);
        let recorded =
            |index: usize| canonical(&self.cassette.exchanges[index].request, self.matching);
        let nearest = match self.matching {
            Matching::Strict => unplayed.clone().next(),
            Matching::Lenient => unplayed.clone().max_by(|a, b| {
                likeness(&recorded(*a), &sent).total_cmp(&likeness(&recorded(*b), &sent))
            }),
        };
        let Some(index) = nearest else {
            return format!("{name} has no exchange left for {title}; all {count} were replayed");
        };
        let what = match self.matching {
            Matching::Strict => "the next one",
            Matching::Lenient => "the most similar one",
        };
        let difference = difference(&recorded(index), &sent, &state.bindings);
        let number = index + 1;
        format!("{title} is not in {name}; {what} is number {number} of {count}:\n{difference}")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Replay {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.bytes(BODY_LIMIT).await?;
            let asked = Asked::new(
                &parts.method,
                &parts.uri,
                &parts.headers,
                &body,
                &self.scrub,
            );
            self.play(&asked)
                .map_err(|error| error.with_uri(&parts.uri))
        })
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("cassette", &self.name)
            .field("exchanges", &self.cassette.len())
            .field("matching", &self.matching)
            .finish_non_exhaustive()
    }
}
