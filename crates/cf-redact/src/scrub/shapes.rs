//! Secrets that are recognizable by their form.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The prefix of a kind of secret, and the fewest characters of a word that follow. What comes before does not matter:
/// it can be the end of an escape.
const PREFIXES: [(&str, usize); 33] = [
    // Cloudflare's API tokens and keys, Origin CA keys, secrets of Turnstile.
    ("cfut_", 10),
    ("cfat_", 10),
    ("cfk_", 10),
    ("v1.0-", 32),
    ("0x4", 32),
    // Keys of others that are stored at Cloudflare: AWS, GitHub, GitLab, Slack, Stripe, Google, npm, SendGrid, age,
    // and those of AI providers.
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("AIza", 35),
    ("npm_", 36),
    ("SG.", 16),
    ("AGE-SECRET-KEY-", 10),
    ("whsec_", 10),
    ("ya29.", 20),
    ("hf_", 30),
    ("shpat_", 20),
    ("sk-", 20),
];

/// URLs that let anyone who knows them write. The start stays.
const HOOKS: [&str; 7] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "/receiver/v1/http/",
];

/// Authorization schemes, which precede a credential.
const SCHEMES: [&str; 3] = ["bearer", "basic", "splunk"];

/// Replaces everything that looks like a secret by the mark.
pub(super) fn replace(text: &str, mark: &str) -> String {
    let mut text = private_keys(text, mark);
    // JSON web tokens, signed (three parts) or encrypted (five).
    text = behind(text, mark, "eyJ", |rest| {
        let len = word_len(rest, b".");
        let parts = rest[..len].trim_end_matches('.').split('.').count();
        (len > 10 && (3..=5).contains(&parts)).then_some(0..len)
    });
    text = prefixed(text, mark);
    for hook in HOOKS {
        text = behind(text, mark, hook, |rest| {
            let len = word_len(&rest[hook.len()..], b"./@~+=%");
            (len > 0).then_some(hook.len()..hook.len() + len)
        });
    }
    text = schemes(text, mark);
    words(&text, mark, b"", is_token)
}

/// The same for known prefixes only; what merely looks like a secret can be the cursor of a list.
pub(super) fn prefixed(mut text: String, mark: &str) -> String {
    for (prefix, at_least) in PREFIXES {
        let more: &[u8] = if prefix == "SG." { b"." } else { b"" };
        text = behind(text, mark, prefix, |rest| {
            let len = word_len(&rest[prefix.len()..], more);
            (len >= at_least).then_some(0..prefix.len() + len)
        });
    }
    text
}

/// Replaces the ranges that `secret` finds in the text from each `prefix` on.
fn behind(
    text: String,
    mark: &str,
    prefix: &str,
    secret: impl Fn(&str) -> Option<Range<usize>>,
) -> String {
    if !text.contains(prefix) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(prefix) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match secret(rest) {
            Some(range) => {
                out.extend([&rest[..range.start], mark]);
                rest = &rest[range.end..];
            }
            None => {
                out.push_str(prefix);
                rest = &rest[prefix.len()..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The length of the word at the start of a text: letters, digits, `_`, `-` and what is in `more`.
fn word_len(text: &str, more: &[u8]) -> usize {
    text.bytes().take_while(|byte| is_word(*byte, more)).count()
}

fn is_word(byte: u8, more: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || more.contains(&byte)
}

/// Private keys, even without their end.
fn private_keys(text: &str, mark: &str) -> String {
    const DASHES: &str = "-----";
    behind(text.to_owned(), mark, "-----BEGIN ", |rest| {
        let kind = rest[DASHES.len()..].split(DASHES).next()?;
        if !kind.contains("PRIVATE KEY") || kind.len() > 60 {
            return None;
        }
        let start = DASHES.len() + kind.len();
        let end = match rest[start..].find("-----END ") {
            Some(end) => {
                let end = start + end + DASHES.len();
                rest[end..]
                    .find(DASHES)
                    .map_or(rest.len(), |len| end + len + DASHES.len())
            }
            None => rest.find(['"', '\'', '<']).unwrap_or(rest.len()),
        };
        Some(0..end)
    })
}

/// Credentials after the name of their scheme.
fn schemes(text: String, mark: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some((at, scheme)) = SCHEMES
        .iter()
        .filter_map(|scheme| Some((done + lower[done..].find(scheme)?, scheme)))
        .min()
    {
        let from = at + scheme.len();
        let spaces = ["%20", "+", " "]
            .iter()
            .find(|space| text[from..].starts_with(**space));
        let start = from + spaces.map_or(0, |space| space.len());
        let start = start + text[start..].len() - text[start..].trim_start_matches(' ').len();
        let len = word_len(&text[start..], b".~+/=%");
        let within_word = lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        if spaces.is_some() && !within_word && is_credential(&text[start..start + len]) {
            out.extend([&text[done..start], mark]);
            done = start + len;
        } else {
            out.push_str(&text[done..from]);
            done = from;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Whether the word after `Bearer` is a credential, and not the next word of a sentence.
fn is_credential(value: &str) -> bool {
    let is_prose = value
        .bytes()
        .all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'.'));
    value.len() >= 6 && (!is_prose || value.len() > 20)
}

/// Older API tokens are 40 mixed letters and digits, global keys 37 hexadecimal digits.
fn is_token(word: &str) -> bool {
    let has = |sort: fn(char) -> bool| word.contains(sort);
    match word.len() {
        37 => word.chars().all(|c| c.is_ascii_hexdigit()),
        40 => {
            has(|c| c.is_ascii_lowercase())
                && has(|c| c.is_ascii_uppercase())
                && has(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Replaces base64 of a text that `is_secret` by the mark.
pub(super) fn replace_encoded(text: &str, mark: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let encodes =
        |word: &str| word.len() >= 16 && decoded(word).is_some_and(|text| is_secret(&text));
    // A slash is a digit of base64, or part of a path.
    words(text, mark, b"+/", |word| {
        encodes(word) || word.split('/').any(encodes)
    })
}

/// Replaces words that are secret by the mark.
fn words(text: &str, mark: &str, more: &[u8], is_secret: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.bytes().position(|byte| is_word(byte, more)) {
        let (before, from) = rest.split_at(start);
        let (word, mut behind) = from.split_at(word_len(from, more));
        out.push_str(before);
        // The first letter may belong to an escape: `\n`.
        let escape = usize::from(before.ends_with('\\'));
        if is_secret(word) || escape > 0 && is_secret(&word[escape..]) {
            out.extend([&word[..escape], mark]);
            // The padding of base64 reveals the length, and would differ the next time.
            let padding = |text: &str| {
                ["=", "%3D", "%3d"]
                    .into_iter()
                    .find(|p| text.starts_with(*p))
            };
            while let Some(padding) = padding(behind).filter(|_| more.contains(&b'+')) {
                behind = &behind[padding.len()..];
            }
        } else {
            out.push_str(word);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether it is a digit of base64, in either alphabet.
pub(super) fn is_digit(byte: u8) -> bool {
    is_word(byte, b"+/")
}

/// The text that is behind base64, if it is one.
pub(super) fn decoded(word: &str) -> Option<String> {
    let text = String::from_utf8(bytes(word)?).ok()?;
    (is_readable(&text) && !text.is_empty()).then_some(text)
}

/// Whether a text is one for people.
pub(super) fn is_readable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

/// What is behind base64.
pub(super) fn bytes(word: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const ENGINES: [GeneralPurpose; 2] = [
        GeneralPurpose::new(&STANDARD, CONFIG),
        GeneralPurpose::new(&URL_SAFE, CONFIG),
    ];
    ENGINES.iter().find_map(|engine| engine.decode(word).ok())
}
