//! Faults as text, for the header and for admin routes.

use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::Fault;

/// The header with which a request asks for faults of its own.
pub(crate) const HEADER: &str = "x-emulator-fault";

/// A text that does not name a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a fault: {why}")]
#[non_exhaustive]
pub struct FaultError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// A fault as text: `delay=MILLISECONDS`, `rate_limit=SECONDS`, `status=CODE`
/// (an API error), `html=CODE`, `cut`, `lose_reply`, `cut_body=BYTES`,
/// `ignore_page`, `drop=POINTER`, `null=POINTER`, `unknown=POINTER` (a value that
/// is not in the description), `set=POINTER:JSON`.
///
/// The header `x-emulator-fault` takes the same texts, separated by `;`, for
/// its request alone.
///
/// ```
/// use cf_emulator::Fault;
///
/// let fault: Fault = "rate_limit=2".parse()?;
/// let drift: Fault = "set=/result/status:\"melting\"".parse()?;
/// assert!("rate_limit=soon".parse::<Fault>().is_err());
/// # let _ = (fault, drift);
/// # Ok::<(), cf_emulator::FaultError>(())
/// ```
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = |why: &str| FaultError {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        let (name, value) = text.trim().split_once('=').unwrap_or((text.trim(), ""));
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| error("it needs a whole number"))
        };
        let status = || StatusCode::from_str(value).map_err(|_| error("it needs an HTTP status"));
        let pointer = || match value.starts_with('/') {
            true => Ok(value),
            false => Err(error("it needs a JSON pointer, which starts with `/`")),
        };
        Ok(match name {
            "delay" => Self::delay(Duration::from_millis(number()?)),
            "rate_limit" => Self::rate_limited(Duration::from_secs(number()?)),
            "status" => {
                let status = status()?;
                let reason = status.canonical_reason().unwrap_or("Error");
                Self::error(status, 10000 + u32::from(status.as_u16()), reason)
            }
            "html" => Self::html(status()?),
            "cut" => Self::cut(),
            "lose_reply" => Self::lose_reply(),
            "cut_body" => Self::cut_body(usize::try_from(number()?).unwrap_or(usize::MAX)),
            "ignore_page" => Self::ignore_page(),
            "drop" => Self::drop_field(pointer()?),
            "null" => Self::null_field(pointer()?),
            "unknown" => Self::set_field(pointer()?, "a_value_from_the_future"),
            "set" => {
                let (pointer, json) = pointer()?
                    .split_once(':')
                    .ok_or_else(|| error("it needs POINTER:JSON"))?;
                let value: Value = serde_json::from_str(json)
                    .map_err(|_| error("what follows the colon is not JSON"))?;
                Self::set_field(pointer, value)
            }
            _ => {
                return Err(error(
                    "known faults are delay, rate_limit, status, html, cut, lose_reply, cut_body, ignore_page, drop, null, unknown and set",
                ));
            }
        })
    }
}
