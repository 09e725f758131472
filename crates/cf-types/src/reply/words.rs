//! What an error says in words, wherever in a body they are, made fit to be shown.
//!
//! Gateways, proxies and services besides the API proper have forms of their own for errors: plain text, web pages,
//! problem details (RFC 9457), OAuth's `error_description`.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::media::{header, is_media_type};
use crate::codec::RawJson;
use crate::envelope::ApiMessage;

/// Most characters shown of foreign words.
const SHOWN: usize = 300;

/// How deep words are searched.
const DEPTH: usize = 4;

/// Members that say what kind of error it is.
const KIND: &[&str] = &["title", "error", "Error", "fault"];
/// Members that say more about it.
const TEXT: &[&str] = &[
    "message",
    "detail",
    "error_description",
    "error_message",
    "errorMessage",
    "description",
    "reason",
    "msg",
    "Message",
];
/// Members with its code.
const CODE: &[&str] = &["code", "error_code", "errorCode"];

/// The error that an object without a list of errors represents.
pub(super) fn of_members(members: &BTreeMap<String, RawJson>) -> Option<ApiMessage> {
    let known = [KIND, TEXT, CODE, &["errors"]].concat();
    // One by one: collecting sorts first.
    let mut object = Map::new();
    for name in known {
        if let Some(raw) = members.get(name) {
            object.insert(name.to_owned(), raw.to_value());
        }
    }
    let code = CODE.iter().find_map(|name| number(members.get(*name)?));
    let message = of_object(&object, DEPTH, false).map(|words| sanitized(&words));
    if code.is_none() && message.is_none() {
        return None;
    }
    Some(ApiMessage {
        code,
        message,
        ..ApiMessage::default()
    })
}

fn number(raw: &RawJson) -> Option<i64> {
    raw.as_str().trim_matches('"').parse().ok()
}

/// The words of an error of any form.
pub(super) fn of_json(raw: &RawJson) -> Option<String> {
    of_value(&raw.to_value(), DEPTH).map(|words| sanitized(&words))
}

fn of_value(value: &Value, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(values) => {
            let words = values.iter().filter_map(|value| of_value(value, depth));
            joined(words.take(3), "; ")
        }
        Value::Object(object) => of_object(object, depth, true),
        _ => None,
    }
}

/// Words under names that are known to hold some; else, for what is known to be an error, under any.
fn of_object(object: &Map<String, Value>, depth: usize, is_error: bool) -> Option<String> {
    let under = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| object.get(*name));
        found.find_map(|value| of_value(value, depth))
    };
    match (under(KIND), under(TEXT)) {
        (Some(kind), Some(text)) if kind != text => Some(format!("{kind}: {text}")),
        (_, Some(words)) | (Some(words), None) => Some(words),
        (None, None) => under(&["errors"]).or_else(|| {
            let words = object.iter().filter_map(|(name, value)| {
                let words = of_value(value, depth)?;
                Some(format!("{name}: {words}"))
            });
            joined(words.take(3), "; ").filter(|_| is_error)
        }),
    }
}

fn joined(words: impl Iterator<Item = String>, separator: &str) -> Option<String> {
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(separator))
}

/// The words of a body that is not JSON: the start of plain text, the title of a page.
pub(super) fn of_text(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let media_type = header(headers, &CONTENT_TYPE);
    // What claims to be something else is not a message to people.
    let may_be_text = media_type.is_empty() || is_media_type(media_type, "text/");
    let start = body.get(..4096).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return of_page(text);
    }
    let is_words = may_be_text && !text.starts_with(['{', '[', '"']) && !text.contains('\0');
    Some(sanitized(text)).filter(|words| is_words && words.contains(char::is_alphabetic))
}

/// The text of the most telling element.
fn of_page(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    ["title", "h1", "message", "h2"].iter().find_map(|name| {
        let open = lower.find(&format!("<{name}"))?;
        let start = open + lower.get(open..)?.find('>')? + 1;
        let end = start + lower.get(start..)?.find(&format!("</{name}"))?;
        let words = sanitized(&without_tags(text.get(start..end)?));
        Some(words).filter(|words| words.contains(char::is_alphabetic))
    })
}

fn without_tags(text: &str) -> String {
    let mut is_in_tag = false;
    let kept = text.chars().filter(|character| {
        is_in_tag |= *character == '<';
        let is_text = !is_in_tag;
        is_in_tag &= *character != '>';
        is_text
    });
    let text: String = kept.collect();
    ["&amp;&", "&lt;<", "&gt;>", "&quot;\"", "&#39;'", "&nbsp; "]
        .iter()
        .fold(text, |text, pair| {
            let (entity, character) = pair.split_at(pair.len() - 1);
            text.replace(entity, character)
        })
}

/// Makes foreign text fit for terminals and logs: short, on one line, without control and escape sequences, and without
/// what may be a repeated secret.
pub(super) fn sanitized(text: &str) -> String {
    let visible = visible(text);
    let mut out = String::new();
    let mut left = SHOWN;
    let mut label = Label::None;
    for word in visible.split_whitespace() {
        let hidden = is_secret(word) || label.is_of(word);
        label = Label::of(word);
        let word = if hidden { "[redacted]" } else { word };
        if !out.is_empty() {
            out.push(' ');
        }
        for character in word.chars() {
            if left == 0 {
                out.push('…');
                return out;
            }
            left -= 1;
            out.push(character);
        }
    }
    out
}

/// Without escape sequences and invisible characters.
fn visible(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                Some('[') => skip_parameters(&mut characters),
                // A command to the terminal, up to its end.
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    let is_within = |c: &char| !matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}' | '\n');
                    while characters.next_if(is_within).is_some() {}
                }
                _ => {}
            },
            '\u{9b}' => skip_parameters(&mut characters),
            _ if character.is_whitespace() => out.push(' '),
            _ if character.is_control() || is_unseen(character) => {}
            _ => out.push(character),
        }
    }
    out
}

/// Skips the parameters of a control sequence and the letter that ends it.
fn skip_parameters(characters: &mut Peekable<Chars<'_>>) {
    while characters.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    characters.next_if(|c| matches!(c, '@'..='~'));
}

/// Format characters: some reverse the direction of the text that follows.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// What a word says about the next one.
enum Label {
    None,
    /// `token:`, `Bearer`: a secret may follow, or a word about it.
    MaySecret,
    /// `password:`
    Secret,
}

impl Label {
    fn of(word: &str) -> Self {
        let bare = word.trim_end_matches([':', '=']);
        let name = bare.trim_matches(|c: char| !c.is_alphanumeric());
        let is_label = bare.len() < word.len() && names_secret(name);
        if is_label && name.to_ascii_lowercase().ends_with("word") {
            Label::Secret
        } else if is_label || name.eq_ignore_ascii_case("bearer") {
            Label::MaySecret
        } else {
            Label::None
        }
    }

    fn is_of(&self, word: &str) -> bool {
        match self {
            Label::None => false,
            Label::MaySecret => {
                word.len() > 20
                    || !word
                        .chars()
                        .all(|c| c.is_alphabetic() || c == ',' || c == '.')
            }
            Label::Secret => true,
        }
    }
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "token",
        "key",
        "secret",
        "password",
        "passwd",
        "authorization",
        "credential",
        "signature",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

/// Whether a word may be, or hold, a secret: it is long and looks random, or says so itself.
fn is_secret(word: &str) -> bool {
    const LONG: usize = 24;
    let prefixes = ["cfut_", "cfat_", "cfk_", "v1.0-", "eyJ"];
    if prefixes.iter().any(|prefix| word.contains(prefix)) {
        return true;
    }
    // `user:password@host`, `?token=…`, `token=…`
    if word.contains("://") && word.contains(['@', '?']) {
        return true;
    }
    if let Some((name, value)) = word.split_once(['=', ':'])
        && !value.is_empty()
        && names_secret(name.trim_matches(|c: char| !c.is_alphanumeric()))
    {
        return true;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '~');
    word.split(|c| !is_part(c)).any(|run| {
        let has = |test: fn(&u8) -> bool| run.bytes().any(|byte| test(&byte));
        run.len() >= LONG && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !is_id(run)
    })
}

/// The IDs of zones and accounts, and UUIDs.
fn is_id(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_hexdigit).count();
    let hyphens = run.bytes().filter(|byte| *byte == b'-').count();
    digits == 32 && digits + hyphens == run.len() && matches!(hyphens, 0 | 4)
}
