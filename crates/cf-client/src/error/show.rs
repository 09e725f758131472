//! How errors are displayed.

use std::fmt::{self, Write};

use cf_auth::SecretForm;
use http::{Method, StatusCode};

use super::{Cause, Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(context) = &self.0.context else {
            return write!(Sanitized::new(f), "{}", self.0.cause);
        };
        let request = &context.request;
        match request.operation {
            // These name the operation themselves.
            Some(_) if matches!(self.0.cause, Cause::Build(_) | Cause::Page(_)) => {}
            Some(operation) => write!(f, "{operation} ({} {}): ", request.method, request.path)?,
            None => write!(Sanitized::new(f), "{} {}: ", request.method, request.path)?,
        }
        write!(Sanitized::new(f), "{}", self.0.cause)?;
        let retries = match context.retries {
            0 => None,
            1 => Some("after 1 retry".to_owned()),
            many => Some(format!("after {many} retries")),
        };
        let ray = context.ray_id().map(|ray| format!("ray {ray}"));
        match (ray, retries) {
            (Some(ray), Some(retries)) => write!(f, " [{ray}, {retries}]")?,
            (Some(one), None) | (None, Some(one)) => write!(f, " [{one}]")?,
            (None, None) => {}
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

/// Most characters shown of foreign text.
const SHOWN: usize = 4_000;

/// Foreign text ends up in terminals and logs: without control characters, and cut.
struct Sanitized<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl<'a, 'f> Sanitized<'a, 'f> {
    fn new(to: &'a mut fmt::Formatter<'f>) -> Self {
        Sanitized { to, left: SHOWN }
    }
}

impl Write for Sanitized<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match self.left {
                0 => return Ok(()),
                1 => self.to.write_char('…')?,
                _ if character.is_control() => write!(self.to, "{}", character.escape_default())?,
                _ => self.to.write_char(character)?,
            }
            self.left -= 1;
        }
        Ok(())
    }
}

impl Error {
    /// What to do about it, unless the cause says so itself.
    fn advice(&self) -> Option<String> {
        if self.is_in_doubt() {
            return Some(self.advice_on_doubt());
        }
        if matches!(self.0.cause, Cause::NoPermit { .. }) {
            return None;
        }
        if let Some(wait) = self.retry_after() {
            let seconds = wait.as_millis().div_ceil(1000);
            let is_told = self
                .0
                .context
                .as_ref()
                .is_some_and(|context| context.backoff.is_none());
            return Some(if is_told {
                format!("the server asks to wait {seconds} s before the next request")
            } else {
                format!(
                    "the server does not say for how long; wait {seconds} s before the next request"
                )
            });
        }
        match self.kind() {
            ErrorKind::Api => self.advice_on_refusal().map(str::to_owned),
            ErrorKind::Decode | ErrorKind::Empty if self.is_done() => {
                Some("judging by the reply's status, the request was carried out".to_owned())
            }
            ErrorKind::Decode if matches!(self.0.cause, Cause::Reply(_)) => {
                Some("`send_raw()` and `Client::request` can still read it".to_owned())
            }
            ErrorKind::RateLimited => Some("send fewer requests, or wait a few minutes".to_owned()),
            ErrorKind::TooLarge => {
                Some("raise max_reply_bytes, or read it with send_raw()".to_owned())
            }
            ErrorKind::Timeout => {
                Some("if it needs more time, raise the timeout or the deadline".to_owned())
            }
            _ => None,
        }
    }

    fn advice_on_refusal(&self) -> Option<&'static str> {
        let form = self
            .0
            .context
            .as_ref()
            .and_then(|context| context.credential);
        if form.is_some()
            && let Some(advice) = self.advice_on_query()
        {
            return Some(advice);
        }
        let is_refused = || self.is_refused_credential() || self.has_code(6003);
        if form.is_none() && is_refused() {
            return Some(
                "the call was sent with a credential of its own (`.credential(…)`), not with the client's: check \
                 that it is meant for this, and has not expired",
            );
        }
        if form == Some(SecretForm::UserServiceKey) && is_refused() {
            return Some(
                "Cloudflare stopped accepting service keys on 2026-09-30: create an API token at \
                 https://dash.cloudflare.com/profile/api-tokens (permission \"SSL and Certificates\" for Origin CA), \
                 and use that",
            );
        }
        if self.has_code(6003) {
            return Some("Cloudflare does not recognize the credential's form; copy it again");
        }
        if self.status() == Some(StatusCode::UNAUTHORIZED)
            || self.has_code(10000)
            || self.has_code(9109)
        {
            return Some(self.advice_on_credential());
        }
        let context = self.0.context.as_ref()?;
        match context.status? {
            StatusCode::NOT_FOUND | StatusCode::GONE
                if context.in_doubt && context.request.method == Method::DELETE =>
            {
                Some("an earlier attempt, whose reply was lost, may have deleted it")
            }
            StatusCode::FORBIDDEN => Some(
                "the credential is known, but may not do this: add the permission, or the account or \
                 zone, to the token at https://dash.cloudflare.com/profile/api-tokens",
            ),
            StatusCode::NOT_FOUND => {
                Some("check the IDs, and that the token's resources include them")
            }
            status if status.is_server_error() => {
                Some("the fault is on the server's side; see https://www.cloudflarestatus.com")
            }
            _ => None,
        }
    }

    /// An account's token has a verification call of its own: the user's refuses it.
    fn advice_on_credential(&self) -> &'static str {
        let form = self
            .0
            .context
            .as_ref()
            .and_then(|context| context.credential);
        if form == Some(SecretForm::AccountToken) {
            "check that the token is active (`client.accounts().tokens().verify(account_id)`, which is \
             GET /accounts/{account_id}/tokens/verify), that it has the permission for this operation, \
             and that its resources include this account or zone"
        } else {
            "check that the token is active (`client.user().tokens().verify()`), that it has the \
             permission for this operation, and that its resources include this account or zone"
        }
    }

    /// Whether a request that changes something was carried out, as far as the status says.
    fn is_done(&self) -> bool {
        let changes = self
            .request()
            .is_some_and(|request| !request.method.is_safe());
        changes && self.status().is_some_and(|status| status.is_success())
    }

    /// A request that may have been carried out, and was not sent again for that.
    fn advice_on_doubt(&self) -> String {
        let method = self
            .request()
            .map_or("this", |request| request.method.as_str());
        format!(
            "it may have been carried out, and was not retried since a second {method} may act twice: \
             check before repeating it, or allow retries with `.idempotent(true)`"
        )
    }
}
