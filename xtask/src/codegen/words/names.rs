//! Names: from the description's spelling to Rust's.

use crate::codegen::words::vocabulary::{ACRONYMS, ENDS, SINGULARS, meaning};

/// Keywords that Rust has or reserves, sorted.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A field, parameter, method or module name.
///
/// `type` becomes `kind`, the word that Rust programs use for it, and `move` becomes `moves`; other
/// keywords get a `_`.
pub fn snake(name: &str) -> String {
    let joined = if is_snake(name) {
        name.to_owned()
    } else {
        words(name).join("_")
    };
    match joined.as_str() {
        "" => "value".to_owned(),
        "type" => "kind".to_owned(),
        "move" => "moves".to_owned(),
        keyword if KEYWORDS.binary_search(&keyword).is_ok() => format!("{keyword}_"),
        other if other.starts_with(|c: char| c.is_ascii_digit()) => format!("n{other}"),
        _ => joined,
    }
}

/// The name of a field or parameter that is `json` on the wire, for which the description may have a name of its own. That
/// is for what is no name in Rust, or does not show where its words are split; otherwise people know what is on the wire.
pub fn of_field(json: &str, given: Option<&str>) -> String {
    let letters = |name: &str| words(name).concat();
    let own = snake(json);
    let is_clear = |given: &str| match letters(given) == letters(json) {
        true => json.contains(|c: char| !c.is_ascii_lowercase()),
        false => own == json,
    };
    match given {
        Some(given) if !is_clear(given) => snake(given),
        _ => own,
    }
}

/// Whether a name consists of lower-case words already, as most do.
fn is_snake(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.iter().all(|byte| is_word(byte) || *byte == b'_')
        && bytes.first().is_some_and(is_word)
        && bytes.last().is_some_and(is_word)
        && !name.contains("__")
}

/// A method of a type: one that does not hide a method of the traits that all types have.
pub fn method(name: &str) -> String {
    const TAKEN: &[&str] = &["new", "clone", "default", "eq", "fmt", "into", "from"];
    if TAKEN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// The path of a resource's module: `dns::records`.
pub fn module(resource: &[String]) -> String {
    let parts: Vec<String> = resource.iter().map(|part| snake(part)).collect();
    parts.join("::")
}

/// The names at the end of a `use`: one as it is, several in braces.
pub fn braced(names: &[&str]) -> String {
    match names {
        [name] => (*name).to_owned(),
        names => ["{", &names.join(", "), "}"].concat(),
    }
}

/// The Rust name of a type with this name in the description: its own capitals stay.
pub fn type_name(name: &str) -> String {
    let mut out = String::new();
    for part in name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        let mut chars = part.chars();
        if let Some(first) = chars.next() {
            out.push(first.to_ascii_uppercase());
            out.extend(chars);
        }
    }
    match out.chars().next() {
        None => "Value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{out}"),
        _ => out,
    }
}

/// A type or variant name made of lower-case words: `dns_record` becomes `DnsRecord`.
pub fn pascal(name: &str) -> String {
    type_name(&words(name).join("_"))
}

/// The variant for an enum's value. Signs with a meaning get names.
pub fn variant(value: &str) -> String {
    let mut spelled = String::new();
    for c in value.chars() {
        match c {
            '*' => spelled.push_str(" any "),
            '+' => spelled.push_str(" plus "),
            '<' => spelled.push_str(" less "),
            '>' => spelled.push_str(" greater "),
            '=' => spelled.push_str(" equal "),
            '!' => spelled.push_str(" not "),
            '%' => spelled.push_str(" percent "),
            c => spelled.push(c),
        }
    }
    let negative = value.starts_with('-') && value[1..].starts_with(|c: char| c.is_ascii_digit());
    let name = pascal(&spelled);
    match name.as_str() {
        "Value" if value.is_empty() => "Empty".to_owned(),
        // `Other` is the variant for everything that is not described.
        "Other" => "OtherValue".to_owned(),
        "Self" => "SelfValue".to_owned(),
        _ if negative => format!("Minus{}", name.trim_start_matches('N')),
        _ => name,
    }
}

/// Words for docs: `zone_transfers` becomes `zone transfers`, `dns` becomes `DNS`.
pub fn prose(name: &str) -> String {
    let words: Vec<String> = words(name)
        .iter()
        .map(|word| match word.as_str() {
            "ips" => "IPs".to_owned(),
            "acls" | "tsigs" => format!("{}s", word[..word.len() - 1].to_uppercase()),
            word if ACRONYMS.contains(&word) => word.to_uppercase(),
            word => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// A resource as a phrase: `["kv", "namespaces", "values"]` becomes “KV namespace values”.
pub fn phrase(resource: &[String]) -> String {
    let last = resource.len().saturating_sub(1);
    let words: Vec<String> = resource
        .iter()
        .enumerate()
        .map(|(index, part)| {
            if index < last {
                singular(&prose(part))
            } else {
                prose(part)
            }
        })
        .collect();
    words.join(" ")
}

/// The singular, as far as simple rules go: only the last word changes.
pub fn singular(phrase: &str) -> String {
    let start = phrase.rfind([' ', '_']).map_or(0, |at| at + 1);
    let (front, word) = phrase.split_at(start);
    let lower = word.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
    let one = match meaning(&SINGULARS, &lower) {
        Some(one) if one == lower => word,
        Some(one) => one,
        None if ends(&["ies"]) => return format!("{front}{}y", &word[..word.len() - 3]),
        None if ends(&["sses", "xes", "ches", "shes"]) => &word[..word.len() - 2],
        None if ends(&["ss", "us", "is", "ics"]) => word,
        None => word.strip_suffix('s').unwrap_or(word),
    };
    format!("{front}{one}")
}

/// The lower-case words of a name in any convention.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (index, c) in chars.iter().copied().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = index.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(index + 1).copied();
        // A capital starts a word after a small letter, and as the last of several capitals or after a digit if a
        // small letter follows: `getHTTPStatus` is get, http, status; `D1Database` is d1, database.
        let starts = c.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase())
                || (before.is_some_and(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                    && after.is_some_and(|a| a.is_ascii_lowercase())
                    && !is_acronym_end(&chars[index + 1..])));
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c.to_ascii_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether what follows belongs to the acronym before it: the `s` of `IPs`, the `v4` of `IPv4`.
fn is_acronym_end(rest: &[char]) -> bool {
    let next = rest.get(1).copied();
    match rest.first() {
        Some('s') => !next.is_some_and(|c| c.is_ascii_lowercase()),
        Some('v') => next.is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}

/// The words of a type name, each with its capitals: `AAAARecordData` is AAAA, Record, Data.
pub fn capital_words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut start = 0;
    let chars: Vec<char> = name.chars().collect();
    for index in 1..chars.len() {
        let after = chars.get(index + 1);
        let starts = chars[index].is_ascii_uppercase()
            && (!chars[index - 1].is_ascii_uppercase()
                || after.is_some_and(char::is_ascii_lowercase));
        if starts {
            words.push(chars[start..index].iter().collect());
            start = index;
        }
    }
    if start < chars.len() {
        words.push(chars[start..].iter().collect());
    }
    words
}

/// `candidate`, numbered if it is taken.
pub fn unique(candidate: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&candidate) {
        return candidate;
    }
    let free = (2..)
        .map(|number| format!("{candidate}{number}"))
        .find(|name| !taken(name));
    free.unwrap_or(candidate)
}

/// Whether it names the end of a time.
pub fn is_end(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| ENDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_snake_case_and_no_keywords() {
        assert_eq!(snake("notificationUrl"), "notification_url");
        assert_eq!(snake("type"), "kind");
        assert_eq!(snake("match"), "match_");
        assert_eq!(snake("user.first_name"), "user_first_name");
        assert_eq!(snake("0rtt"), "n0rtt");
        assert_eq!(snake("PublicIPs"), "public_ips");
    }

    #[test]
    fn words_are_split_as_on_the_wire() {
        assert_eq!(of_field("ai_search", Some("aisearch")), "ai_search");
        assert_eq!(of_field("IPv4", Some("i_pv4")), "ipv4");
        assert_eq!(
            of_field("lastupdated", Some("last_updated")),
            "last_updated"
        );
        assert_eq!(of_field("dateRange", Some("date_range")), "date_range");
        assert_eq!(
            of_field("CF-R2-Jurisdiction", Some("jurisdiction")),
            "jurisdiction"
        );
        assert_eq!(of_field("type", None), "kind");
        assert_eq!(of_field("timeout", Some("monitor_timeout")), "timeout");
        assert_eq!(of_field("static", Some("static_wan")), "static_wan");
    }

    #[test]
    fn types_keep_the_capitals_of_the_description() {
        assert_eq!(
            type_name("RecordResponse.AAAARecord"),
            "RecordResponseAAAARecord"
        );
        assert_eq!(pascal("zone_transfers"), "ZoneTransfers");
    }

    #[test]
    fn resources_become_phrases() {
        let phrase =
            |parts: &[&str]| phrase(&parts.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            phrase(&["kv", "namespaces", "values"]),
            "KV namespace values"
        );
        assert_eq!(phrase(&["dns", "records"]), "DNS records");
        assert_eq!(singular("vectorize indexes"), "vectorize index");
        assert_eq!(singular("DNS analytics"), "DNS analytics");
        assert_eq!(singular("policies"), "policy");
        assert_eq!(singular("bucket_cors"), "bucket_cors");
        assert_eq!(singular("reverse dns"), "reverse dns");
        assert_eq!(singular("session_cookies"), "session_cookie");
        assert_eq!(singular("statuses"), "status");
        assert_eq!(singular("IPs"), "IP");
    }

    #[test]
    fn words_begin_with_capitals() {
        assert_eq!(capital_words("AAAARecordData"), ["AAAA", "Record", "Data"]);
    }

    #[test]
    fn enum_values_become_variants() {
        assert_eq!(variant(""), "Empty");
        assert_eq!(variant("*"), "Any");
        assert_eq!(variant("other"), "OtherValue");
        assert_eq!(variant("-1"), "Minus1");
        assert_eq!(variant("1.2"), "N12");
        assert_eq!(variant("AAAA"), "Aaaa");
    }
}
