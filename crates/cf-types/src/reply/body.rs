//! From a successful reply's body to its value.
//!
//! Inside a result the codec takes whatever comes. The result as a whole has to be present and of the described kind: a
//! model or list that is empty because something else came would say that there is nothing.

use http::header::CONTENT_TYPE;
use http::response;

use crate::codec::field::{Field, Next, Token, View};
use crate::codec::{self, RawJson, SyntaxError, Watch, object};
use crate::envelope::{RESULT, SUCCESS};
use crate::operation::{Meta, ResultKind};

use super::error::{Excerpt, ReplyError};
use super::head::{check, check_status};
use super::media::header;
use super::said::Said;
use super::value;

/// Fills an envelope; true if the body is the value itself.
pub(crate) fn fill(
    meta: &Meta,
    parts: &response::Parts,
    body: &[u8],
    envelope: &mut dyn Field,
    watch: &mut Watch,
) -> Result<bool, ReplyError> {
    match meta.result {
        ResultKind::Binary => {
            check(meta, parts, body)?;
            result_of(envelope).take(Token::Bytes(body));
            return Ok(true);
        }
        ResultKind::Text => {
            check(meta, parts, body)?;
            take_text(parts, body, result_of(envelope));
            return Ok(true);
        }
        _ => check_status(meta, parts, body)?,
    }
    if body.trim_ascii().is_empty() {
        let status = parts.status;
        return match value::may_be_empty(meta, status, result_of(envelope)) {
            true => Ok(true),
            false => Err(ReplyError::Empty { status }),
        };
    }
    let mut reading = Reading {
        meta,
        parts,
        body,
        text: "",
    };
    let text = codec::utf8(body).map_err(|problem| reading.not_json(problem))?;
    reading.text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match meta.result {
        ResultKind::Json => reading.json(envelope, watch),
        // Nothing is described; what came is kept, whether JSON or not.
        ResultKind::Empty if !codec::is_json(text) => {
            let quoted = codec::to_string(&text.to_owned());
            let reading = Reading {
                text: &quoted,
                ..reading
            };
            reading.enveloped(envelope, watch)
        }
        _ => reading.enveloped(envelope, watch),
    }
}

/// The place for the value. The envelope is an object with the value in front.
fn result_of(envelope: &mut dyn Field) -> &mut dyn Field {
    match envelope.take(Token::Object) {
        Next::Object(envelope) => envelope.get_mut(RESULT),
        _ => object::no_field(),
    }
}

/// Keeps the body as it came, to be written in place of the envelope.
fn keep(whole: RawJson, envelope: &mut dyn Field) {
    if let Next::Object(envelope) = envelope.take(Token::Object) {
        envelope.extra_mut().insert("result", whole);
    }
}

/// A text, even if it came as a JSON string.
fn take_text(parts: &response::Parts, body: &[u8], result: &mut dyn Field) {
    let text = String::from_utf8_lossy(body);
    let is_json = header(&parts.headers, &CONTENT_TYPE).contains("json");
    let unquoted = is_json
        .then(|| codec::from_slice::<String>(body).ok())
        .flatten();
    result.take(Token::Str(unquoted.as_deref().unwrap_or(&text)));
}

/// A body that is being read.
struct Reading<'b> {
    meta: &'b Meta,
    parts: &'b response::Parts,
    body: &'b [u8],
    text: &'b str,
}

impl Reading<'_> {
    /// Reads a body that should be an envelope.
    fn enveloped(&self, envelope: &mut dyn Field, watch: &mut Watch) -> Result<bool, ReplyError> {
        self.read(envelope, watch)?;
        match envelope.view() {
            View::Object(read)
                if matches!(read.get(SUCCESS).view(), View::Bool(true))
                    && value::has_come(read) =>
            {
                self.check_list(read.get(RESULT), "/result")?;
                Ok(false)
            }
            _ => self.look_again(envelope, watch),
        }
    }

    /// The same if the body does not report success, or has no value.
    #[cold]
    fn look_again(&self, envelope: &mut dyn Field, watch: &mut Watch) -> Result<bool, ReplyError> {
        let said = Said::of(self.text);
        let result = said.result().filter(|result| !result.is_null());
        let has_errors = said.has_errors() || (result.is_none() && said.has_error());
        if !said.success().unwrap_or(!has_errors) {
            return Err(self.failure(said));
        }
        if let Some(result) = result {
            return self.take_result(result, envelope);
        }
        if let Some((name, result)) = self.under_alias(&said) {
            return self.take_alias(name, result, envelope, watch);
        }
        let is_bare = said.result().is_none() && (said.has_more() || !said.is_envelope());
        if is_bare {
            envelope.take(Token::Reset);
            watch.restart();
            let taken = self.take_whole(&said, result_of(envelope), watch)?;
            if taken || said.success() != Some(true) {
                return self.keep_whole(taken, envelope);
            }
            envelope.take(Token::Reset);
            watch.restart();
            self.read(envelope, watch)?;
        }
        let value = result_of(envelope);
        let is_empty_list = matches!(value.view(), View::Seq(_)) && said.counts_nothing();
        if is_empty_list || value::may_be_nothing(self.meta, value) {
            return Ok(false);
        }
        if said.has_errors() {
            return Err(self.failure(said));
        }
        let found = if said.result().is_some() {
            "null"
        } else {
            "nothing"
        };
        Err(self.mismatch(result_of(envelope), &RawJson::default(), found, "/result"))
    }

    /// Whether a `result` that is not null became the value.
    fn take_result(&self, result: &RawJson, envelope: &mut dyn Field) -> Result<bool, ReplyError> {
        let has_come = match envelope.view() {
            View::Object(read) => read.extra().is_value(RESULT),
            _ => false,
        };
        let value = result_of(envelope);
        if has_come && value::fits_after_all(value, result) {
            self.check_list(value, "/result")?;
            return Ok(false);
        }
        if self.is_nothing(result, value) {
            return Ok(false);
        }
        Err(self.mismatch(value, result, value::kind(result), "/result"))
    }

    /// The result under its other name, and that name.
    fn under_alias<'s>(&self, said: &'s Said) -> Option<(&'static str, &'s RawJson)> {
        let name = self.meta.result_alias?;
        let result = said.get(name).filter(|result| !result.is_null())?;
        Some((name, result))
    }

    /// Takes a result under its other name. The envelope would write it under the usual one, so the body is kept.
    fn take_alias(
        &self,
        name: &str,
        result: &RawJson,
        envelope: &mut dyn Field,
        watch: &mut Watch,
    ) -> Result<bool, ReplyError> {
        watch.restart();
        let inner = Reading {
            text: result.as_str(),
            ..*self
        };
        let value = result_of(envelope);
        let fits = inner.read(value, watch)?;
        let pointer = format!("/{name}");
        watch.prefix(&pointer);
        if !fits || !value::fits_after_all(value, result) {
            return Err(self.mismatch(value, result, value::kind(result), &pointer));
        }
        self.check_list(value, &pointer)?;
        keep(self.whole(), envelope);
        Ok(true)
    }

    /// Reads all of the body as the value. Whether it is one.
    fn take_whole(
        &self,
        said: &Said,
        value: &mut dyn Field,
        watch: &mut Watch,
    ) -> Result<bool, ReplyError> {
        let fits = self.read(value, watch)?;
        let whole = self.whole();
        let is_it =
            fits && value::fits_after_all(value, &whole) && value::is_known(self.meta, value, said);
        if is_it {
            self.check_list(value, "")?;
        }
        Ok(is_it)
    }

    /// Accepts a body that may or may not have become the value: it is kept if it says nothing and that is fine, or if
    /// any body is fine.
    fn keep_whole(&self, is_value: bool, envelope: &mut dyn Field) -> Result<bool, ReplyError> {
        if is_value {
            return Ok(true);
        }
        let whole = self.whole();
        let value = result_of(envelope);
        let takes_any = matches!(self.meta.result, ResultKind::Any | ResultKind::Empty);
        if !takes_any && !self.is_nothing(&whole, value) {
            let found = match whole.as_str().starts_with('{') {
                true => "an object without any of the described members",
                false => value::kind(&whole),
            };
            return Err(self.mismatch(value, &whole, found, ""));
        }
        // A model keeps it itself.
        if !matches!(value.view(), View::Object(_) | View::Raw(_) | View::Any(_)) {
            keep(whole, envelope);
        }
        Ok(true)
    }

    /// Reads a body that should be the value itself.
    fn json(&self, envelope: &mut dyn Field, watch: &mut Watch) -> Result<bool, ReplyError> {
        let value = result_of(envelope);
        let fits = self.read(value, watch)?;
        if fits && value::fits(value) && !value::may_refuse(value) && !value::is_hollow(value) {
            self.check_list(value, "")?;
            return Ok(true);
        }
        self.look_again_at_json(fits, envelope, watch)
    }

    /// The same if it may report a failure, or says nothing that is described.
    #[cold]
    fn look_again_at_json(
        &self,
        fits: bool,
        envelope: &mut dyn Field,
        watch: &mut Watch,
    ) -> Result<bool, ReplyError> {
        let said = Said::of(self.text);
        let value = result_of(envelope);
        let whole = self.whole();
        let is_value = fits
            && value::fits_after_all(value, &whole)
            && value::is_known(self.meta, value, &said);
        // Some values have errors of their own, and nothing that reports success.
        let are_its_own = value::declares(value, "errors") && !value::declares(value, "success");
        let has_errors = said.has_errors() && !are_its_own;
        let has_error = !is_value && said.has_error();
        if !said.success().unwrap_or(!(has_errors || has_error)) {
            return Err(self.failure(said));
        }
        if is_value {
            self.check_list(value, "")?;
            return Ok(true);
        }
        if said.success() == Some(true)
            && let Some(result) = said.result().filter(|result| !result.is_null())
        {
            // An envelope although none is described.
            envelope.take(Token::Reset);
            watch.restart();
            self.read(envelope, watch)?;
            return self.take_result(result, envelope);
        }
        if fits && whole.as_str() == "{}" && value::can_be_nothing(value) {
            return Ok(true);
        }
        self.keep_whole(false, envelope)
    }

    /// All of the body.
    fn whole(&self) -> RawJson {
        RawJson::from_checked(self.text.trim_ascii())
    }

    /// Reads the text into `field`. Whether it fits.
    fn read(&self, field: &mut dyn Field, watch: &mut Watch) -> Result<bool, ReplyError> {
        let mismatch = codec::read_into(self.text, field, watch);
        let fits = mismatch
            .map_err(|problem| self.not_json(problem))?
            .is_none();
        if !fits {
            // There may be a part of it.
            field.take(Token::Reset);
        }
        Ok(fits)
    }

    /// Whether something of the wrong kind says no more than `null`, if that is fine.
    fn is_nothing(&self, raw: &RawJson, value: &mut dyn Field) -> bool {
        let is_list = matches!(value.view(), View::Seq(_));
        let is_blank = match raw.as_str() {
            "null" => true,
            text => text.starts_with(['{', '[', '"']) && super::said::is_blank(raw),
        };
        is_blank
            && value::may_be_nothing(self.meta, value)
            && (!is_list || value::is_deletion(self.meta))
    }

    /// Checks the list that lies in the result.
    #[inline]
    fn check_list(&self, value: &dyn Field, at: &str) -> Result<(), ReplyError> {
        let Some(list) = self.meta.list else {
            return Ok(());
        };
        value::list_in(value, list).map_err(|found| ReplyError::Mismatch {
            status: self.parts.status,
            expected: "an array",
            found: found.map_or("nothing", value::kind),
            pointer: format!("{at}/{}", list.replace('.', "/")),
            excerpt: self.excerpt(),
        })
    }

    fn mismatch(
        &self,
        value: &mut dyn Field,
        raw: &RawJson,
        found: &'static str,
        pointer: &str,
    ) -> ReplyError {
        ReplyError::Mismatch {
            status: self.parts.status,
            expected: value::due_for(value, raw),
            found,
            pointer: pointer.to_owned(),
            excerpt: self.excerpt(),
        }
    }

    fn failure(&self, said: Said) -> ReplyError {
        said.into_failure(self.parts, self.body)
    }

    fn not_json(&self, problem: SyntaxError) -> ReplyError {
        ReplyError::NotJson {
            status: self.parts.status,
            problem,
            excerpt: self.excerpt(),
        }
    }

    fn excerpt(&self) -> Excerpt {
        Excerpt::of(&self.parts.headers, self.body)
    }
}
