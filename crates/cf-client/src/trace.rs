//! Spans and events of calls. Names follow OpenTelemetry's HTTP conventions; no argument, header or body is ever part
//! of it.

#[cfg(feature = "tracing")]
mod on {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::time::Duration;

    use cf_auth::{Credential, CredentialKind};
    use cf_types::codec::Drift;
    use http::{StatusCode, Uri};
    use tracing::field::Empty;

    use crate::error::{CallContext, Cause, ErrorKind, RequestInfo};

    /// The span of one call, all its attempts included.
    pub(crate) struct Span(tracing::Span);

    impl Span {
        pub(crate) fn new(info: &RequestInfo, uri: &Uri) -> Self {
            let span = tracing::debug_span!(
                "cloudflare.request",
                otel.kind = "client",
                otel.name = format_args!("{} {}", info.method, info.path),
                http.request.method = info.method.as_str(),
                url.template = &*info.path,
                server.address = uri.host(),
                server.port = port(uri),
                cloudflare.operation = info.operation,
                http.response.status_code = Empty,
                http.request.resend_count = Empty,
                cloudflare.rate_limit.wait = Empty,
                cloudflare.retry.wait = Empty,
                cloudflare.ray_id = Empty,
                error.type = Empty,
                otel.status_code = Empty,
            );
            Span(span)
        }

        /// Like tracing's `Instrument`, which would need a span of its own.
        pub(crate) fn around<F: Future + Unpin>(
            &self,
            mut future: F,
        ) -> impl Future<Output = F::Output> {
            poll_fn(move |cx| {
                let _within = self.0.enter();
                Pin::new(&mut future).poll(cx)
            })
        }

        pub(crate) fn authenticates(&self, credential: &Credential) {
            if credential.kind() == CredentialKind::UserServiceKey {
                tracing::warn!(
                    parent: &self.0,
                    "the credential is a service key, which Cloudflare stopped accepting on 2026-09-30; use an API token"
                );
            }
        }

        pub(crate) fn answered(&self, context: &CallContext) {
            self.note(context);
            if let Some(status) = context.status.filter(|status| !status.is_success()) {
                self.wrong(status.as_str());
            }
        }

        /// An error status is recorded already.
        pub(crate) fn holds_no_value(&self, kind: ErrorKind, context: &CallContext) {
            if context.status.is_some_and(|status| status.is_success()) {
                self.wrong(&format!("{kind:?}"));
            }
        }

        pub(crate) fn failed(&self, cause: &Cause, context: &CallContext) {
            self.note(context);
            self.wrong(&format!("{:?}", cause.kind()));
        }

        fn wrong(&self, kind: &str) {
            self.0.record("error.type", kind);
            self.0.record("otel.status_code", "ERROR");
        }

        pub(crate) fn repeats(&self, cause: &Cause, pause: Duration) {
            tracing::debug!(parent: &self.0, error.type = ?cause.kind(), ?pause, "no reply; the request is sent again");
        }

        pub(crate) fn turned_away(&self, status: StatusCode, pause: Duration) {
            tracing::debug!(
                parent: &self.0,
                http.response.status_code = i64::from(status.as_u16()),
                ?pause,
                "refused for now; the request is sent again"
            );
        }

        pub(crate) fn waits(&self, wait: Duration) {
            tracing::debug!(parent: &self.0, ?wait, "waits for the rate limit");
        }

        pub(crate) fn drift(&self, info: &RequestInfo, first: &Drift, count: usize) {
            tracing::debug!(
                parent: &self.0,
                cloudflare.operation = info.operation,
                %first,
                count,
                "the reply differs from its description"
            );
        }

        fn note(&self, context: &CallContext) {
            if self.0.is_disabled() {
                return;
            }
            let waited = context.waited.as_secs_f64();
            self.0.record("cloudflare.rate_limit.wait", waited);
            self.0
                .record("cloudflare.retry.wait", context.paused.as_secs_f64());
            // OpenTelemetry has no unsigned numbers.
            let retries = i64::from(context.retries);
            self.0.record("http.request.resend_count", retries);
            if let Some(status) = context.status {
                let status = i64::from(status.as_u16());
                self.0.record("http.response.status_code", status);
            }
            if let Some(ray) = context.ray_id() {
                self.0.record("cloudflare.ray_id", ray);
            }
        }
    }

    fn port(uri: &Uri) -> Option<i64> {
        let by_scheme = match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        };
        uri.port_u16().or(by_scheme).map(i64::from)
    }

    /// Whether anyone listens for drift.
    pub(crate) fn watches_drift() -> bool {
        tracing::enabled!(tracing::Level::DEBUG)
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::time::Duration;

    use cf_auth::Credential;
    use cf_types::codec::Drift;
    use http::{StatusCode, Uri};

    use crate::error::{CallContext, Cause, ErrorKind, RequestInfo};

    /// Nobody listens.
    pub(crate) struct Span;

    impl Span {
        pub(crate) fn new(_: &RequestInfo, _: &Uri) -> Self {
            Span
        }
        pub(crate) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
            future
        }
        pub(crate) fn authenticates(&self, _: &Credential) {}
        pub(crate) fn answered(&self, _: &CallContext) {}
        pub(crate) fn holds_no_value(&self, _: ErrorKind, _: &CallContext) {}
        pub(crate) fn failed(&self, _: &Cause, _: &CallContext) {}
        pub(crate) fn repeats(&self, _: &Cause, _: Duration) {}
        pub(crate) fn turned_away(&self, _: StatusCode, _: Duration) {}
        pub(crate) fn waits(&self, _: Duration) {}
        pub(crate) fn drift(&self, _: &RequestInfo, _: &Drift, _: usize) {}
    }

    pub(crate) fn watches_drift() -> bool {
        false
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) use off::{Span, watches_drift};
#[cfg(feature = "tracing")]
pub(crate) use on::{Span, watches_drift};
