//! What the server says about when to come back.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

/// A year: whoever asks for more asks for this.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long the server asks to wait, [`LONGEST`] at most: seconds, or a date, which is taken
/// relative to the server's own clock where the reply tells it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = text(headers, &RETRY_AFTER)?;
    if asked.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds = asked.parse::<f64>().ok()?;
        // So many that no duration holds them are a wait, too.
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST);
        return Some(wait.min(LONGEST));
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let server_time = text(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let now = server_time.unwrap_or_else(SystemTime::now);
    // A date that has passed asks for no wait.
    Some(until.duration_since(now).unwrap_or_default().min(LONGEST))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn wait(asked: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(asked).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(wait("30", None), Some(Duration::from_secs(30)));
        assert_eq!(wait(" 0.5 ", None), Some(Duration::from_millis(500)));
        assert_eq!(wait("-1", None), None);
        assert_eq!(wait("soon", None), None);
        let date = Some("Tue, 24 Nov 2026 12:00:00 GMT");
        assert_eq!(
            wait("Tue, 24 Nov 2026 12:05:00 GMT", date),
            Some(Duration::from_secs(300))
        );
        assert_eq!(
            wait("Tue, 24 Nov 2026 11:00:00 GMT", date),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn a_wait_without_end_is_a_wait() {
        let endless = [
            "18446744073709551616",
            "1e300",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ];
        for asked in endless {
            assert_eq!(wait(asked, None), Some(LONGEST), "{asked}");
        }
        assert_eq!(wait("inf", None), None);
        assert_eq!(wait("NaN", None), None);
    }
}
