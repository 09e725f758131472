//! When the server says to come back.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// A day: no limit of the API has a longer window, so more counts as this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the server asks to wait, [`LONGEST`] at most: seconds, or a date, which is taken
/// relative to the server's own clock where the reply tells it. Of several, the longest counts.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let mut longest = None;
    for line in headers.get_all(&RETRY_AFTER) {
        let Ok(line) = line.to_str() else { continue };
        let mut parts = line.split(',').map(str::trim).peekable();
        while let Some(part) = parts.next() {
            let mut wait = delay(part).or_else(|| until(part, headers));
            // Two of the three forms of a date have a comma behind the weekday.
            if let (None, Some(rest)) = (wait, parts.peek()) {
                wait = until(&format!("{part}, {rest}"), headers);
                if wait.is_some() {
                    parts.next();
                }
            }
            longest = longest.max(wait);
        }
    }
    longest
}

/// A number of seconds, also in forms that are not allowed but seen: with a fraction, a sign, quotes, a unit.
fn delay(text: &str) -> Option<Duration> {
    let text = text.trim_matches('"').trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    // `f64` reads words like `inf`, too.
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let seconds = text.parse::<f64>().ok().or_else(|| {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = text.split_at(end);
        Some(number.parse::<f64>().ok()? * in_seconds(unit.trim())?)
    })?;
    // More than a duration can hold is a wait, too.
    let wait = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST);
    Some(wait.min(LONGEST))
}

fn in_seconds(unit: &str) -> Option<f64> {
    match unit.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "millisecond" | "milliseconds" => Some(0.001),
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3600.0),
        _ => None,
    }
}

/// The time until an HTTP date, in any of its three forms; zero if it has passed.
fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let until = httpdate::parse_http_date(text).ok()?;
    let wait = until.duration_since(server_time(headers));
    Some(wait.unwrap_or_default().min(LONGEST))
}

/// The time by the server's clock where the reply tells it, else by ours.
pub(crate) fn server_time(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    date.unwrap_or_else(SystemTime::now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const NOW: &str = "Tue, 24 Nov 2026 12:00:00 GMT";

    fn wait(lines: &[&str]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(NOW));
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(RETRY_AFTER, line);
        }
        retry_after(&headers)
    }

    #[test]
    fn reads_every_spelling() {
        const SPELLINGS: &[(&[&str], Option<u64>)] = &[
            (&["30"], Some(30_000)),
            (&["0"], Some(0)),
            (&["0030"], Some(30_000)),
            (&[" 1 "], Some(1_000)),
            (&["+1"], Some(1_000)),
            (&["1.5"], Some(1_500)),
            (&[".5"], Some(500)),
            (&["\"30\""], Some(30_000)),
            (&["1s"], Some(1_000)),
            (&["2 Seconds"], Some(2_000)),
            (&["250ms"], Some(250)),
            (&["2m"], Some(120_000)),
            (&["1 hour"], Some(3_600_000)),
            // Of several, the longest.
            (&["1, 1"], Some(1_000)),
            (&["1,90 , 2"], Some(90_000)),
            (&["1", "90", "2"], Some(90_000)),
            (&["5", "soon"], Some(5_000)),
            (&["5", "\u{e4}"], Some(5_000)),
            (&["7, Tue, 24 Nov 2026 12:05:00 GMT, 9"], Some(300_000)),
            // The three forms of a date.
            (&["Tue, 24 Nov 2026 12:05:00 GMT"], Some(300_000)),
            (&["Tuesday, 24-Nov-26 12:05:00 GMT"], Some(300_000)),
            (&["Tue Nov 24 12:05:00 2026"], Some(300_000)),
            (&["Tue, 24 Nov 2026 11:00:00 GMT"], Some(0)),
            // No wait at all.
            (&[], None),
            (&[""], None),
            (&[",, ,"], None),
            (&["-1"], None),
            (&["soon"], None),
            (&["0x10"], None),
            (&["1_000"], None),
            (&["inf"], None),
            (&["NaN"], None),
            (&["1 fortnight"], None),
            (&["Tue, 31 Nov 2026 12:05:00 GMT"], None),
        ];
        for (lines, expected) in SPELLINGS {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(wait(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_wait_without_end_has_one() {
        let endless = [
            "86401",
            "18446744073709551616",
            "1e300",
            "99999999999999999999999h",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ];
        for asked in endless {
            assert_eq!(wait(&[asked]), Some(LONGEST), "{asked}");
        }
    }
}
