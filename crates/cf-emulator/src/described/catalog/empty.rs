//! Replies without a body. Where the description names no reply, the API
//! still sends its envelope, unless it is known to send nothing.

use http::Method;

/// Operations whose success is 204, by the end of their paths. Cloudflare's
/// description states that status for each of them, except for deleting a
/// catalog, which belongs with disabling it.
const NO_CONTENT: &[(Method, &str)] = &[
    (Method::POST, "/basin-catalog/{}/delete"),
    (Method::POST, "/basin-catalog/{}/disable"),
    (Method::POST, "/r2-catalog/{}/delete"),
    (Method::POST, "/r2-catalog/{}/disable"),
    (Method::PUT, "/pcaps/{}/stop"),
    (Method::PUT, "accounts/{}/profile"),
    (Method::PUT, "organizations/{}/profile"),
    (Method::DELETE, "organizations/{}/members/{}"),
    (Method::PUT, "/shares/{}/recipients"),
    (Method::DELETE, "/rulesets/{}"),
    (Method::DELETE, "/rulesets/{}/versions/{}"),
    (Method::DELETE, "/workers/subdomain"),
    (Method::DELETE, "/managed_headers"),
    (Method::DELETE, "/page_shield/policies/{}"),
    (Method::DELETE, "/url_normalization"),
];

/// Operations whose reply is a file, though the description does not say so.
const FILES: &[(&str, &str)] = &[
    ("/cloudforce-one/binary/{}", "application/octet-stream"),
    ("/cni/interconnects/{}/loa", "application/pdf"),
];

/// What comes instead of a reply that the description leaves out.
pub(super) enum Instead {
    Envelope,
    Nothing,
    File(&'static str),
}

/// Judges an operation by its method and its path without names of parameters.
pub(super) fn instead(method: &Method, path: &str) -> Instead {
    if method == Method::GET {
        let file = FILES.iter().find(|(end, _)| path.ends_with(end));
        return file.map_or(Instead::Envelope, |(_, media)| Instead::File(media));
    }
    let mut known = NO_CONTENT.iter();
    match known.any(|(known, end)| known == method && path.ends_with(end)) {
        true => Instead::Nothing,
        false => Instead::Envelope,
    }
}
