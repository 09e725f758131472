//! Zone files in BIND's format, as far as records go.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::rdata::{Kind, Token, Type, bare, quote, word};
use crate::store::{Object, text};

/// Why a zone file cannot be parsed.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) line: usize,
    pub(super) why: &'static str,
}

/// The records in a zone file, as bodies to create them with.
pub(super) fn parse(file: &str, zone: &str) -> Result<Vec<Object>, Broken> {
    let mut origin = zone.to_owned();
    let mut default_ttl = None;
    let mut owner = zone.to_owned();
    let mut records = Vec::new();
    for entry in entries(file)? {
        let broken = |why| Broken {
            line: entry.line,
            why,
        };
        let mut words = entry.words.iter().peekable();
        if !entry.indented {
            let Some(first) = words.next() else { continue };
            match first.text.to_ascii_uppercase().as_str() {
                "$ORIGIN" => {
                    let name = words
                        .next()
                        .ok_or_else(|| broken("$ORIGIN without a name"))?;
                    origin = absolute(&name.text, &origin);
                    continue;
                }
                "$TTL" => {
                    let ttl = words.next().and_then(|word| seconds(&word.text));
                    default_ttl = Some(ttl.ok_or_else(|| broken("$TTL without a time"))?);
                    continue;
                }
                directive if directive.starts_with('$') => {
                    return Err(broken("this directive is not supported"));
                }
                _ => owner = absolute(&first.text, &origin),
            }
        }
        let mut ttl = default_ttl;
        let kind = loop {
            let word = words
                .next()
                .ok_or_else(|| broken("a record without a type"))?;
            let upper = word.text.to_ascii_uppercase();
            if matches!(upper.as_str(), "IN" | "CH" | "HS") {
                continue;
            }
            match seconds(&upper) {
                Some(time) => ttl = Some(time),
                None => break upper,
            }
        };
        // The zone has its own start of authority.
        if kind == "SOA" {
            continue;
        }
        let kind = Type::find(&kind).ok_or_else(|| broken("this type of record is unknown"))?;
        let words: Vec<_> = words.collect();
        let mut record = rdata(kind, &words, &origin)
            .ok_or_else(|| broken("the data of the record is invalid"))?;
        record.insert("type".to_owned(), kind.name.into());
        record.insert("name".to_owned(), owner.clone().into());
        record.insert("ttl".to_owned(), ttl.unwrap_or(1).into());
        if entry.comment.contains("cf-proxied:true") {
            record.insert("proxied".to_owned(), true.into());
        }
        records.push(record);
    }
    Ok(records)
}

/// Priority, content and data from the words after the type.
fn rdata(kind: &Type, words: &[&Token], origin: &str) -> Option<Object> {
    let mut record = Object::new();
    let mut words = words;
    if kind.priority {
        let (first, rest) = words.split_first()?;
        record.insert(
            "priority".to_owned(),
            first.text.parse::<u16>().ok()?.into(),
        );
        words = rest;
    }
    if words.is_empty() {
        return None;
    }
    let content = match kind.name {
        "TXT" => words
            .iter()
            .map(|word| quote(&word.text))
            .collect::<Vec<_>>()
            .join(" "),
        "CNAME" | "MX" | "NS" | "PTR" => absolute(&words.first()?.text, origin),
        _ => {
            // The last name in the data can be relative, too.
            let names = |at: usize| {
                let fields = if kind.name == "SRV" {
                    &kind.data[1..]
                } else {
                    kind.data
                };
                fields.get(at).is_some_and(|(_, part)| *part == Kind::Name)
            };
            let shown = words.iter().enumerate().map(|(at, word)| match names(at) {
                true => absolute(&word.text, origin),
                false => word.shown(),
            });
            shown.collect::<Vec<_>>().join(" ")
        }
    };
    if !kind.data.is_empty() {
        let priority = record.get("priority").and_then(Value::as_u64);
        record.insert("data".to_owned(), kind.parse(&content, priority)?.into());
    }
    record.insert("content".to_owned(), content.into());
    Some(record)
}

fn absolute(name: &str, origin: &str) -> String {
    match name {
        "@" => origin.to_owned(),
        "." => name.to_owned(),
        _ if name.ends_with('.') => bare(name).to_owned(),
        _ => format!("{name}.{origin}"),
    }
}

/// A time in seconds, or with the units of BIND (`1h30m`).
fn seconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut number: Option<u64> = None;
    for c in text.chars() {
        let unit = match c.to_ascii_lowercase() {
            '0'..='9' => {
                let digit = u64::from(c.to_digit(10)?);
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match (number, text.is_empty()) {
        (Some(rest), _) => total.checked_add(rest),
        (None, false) => Some(total),
        (None, true) => None,
    }
}

/// A logical line: parentheses join lines.
#[derive(Default)]
struct Entry {
    line: usize,
    indented: bool,
    words: Vec<Token>,
    comment: String,
}

fn entries(file: &str) -> Result<Vec<Entry>, Broken> {
    let mut entries = Vec::new();
    let mut current = Entry::default();
    let mut depth = 0_usize;
    for (index, line) in file.lines().enumerate() {
        let broken = |why| Broken {
            line: index + 1,
            why,
        };
        if depth == 0 {
            current = Entry {
                line: index + 1,
                ..Entry::default()
            };
            current.indented = line.starts_with(char::is_whitespace);
        }
        let mut chars = line.chars().peekable();
        let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '(' | ')');
        while let Some(&c) = chars.peek() {
            if !ends(c) {
                let word = word(&mut chars, ends).ok_or_else(|| broken("a quote is not closed"))?;
                current.words.push(word);
                continue;
            }
            chars.next();
            match c {
                ';' => current.comment.extend(chars.by_ref()),
                '(' => depth += 1,
                ')' => {
                    let outer = depth.checked_sub(1);
                    depth = outer.ok_or_else(|| broken("a ) without a ("))?;
                }
                _ => {}
            }
        }
        if depth == 0 && !current.words.is_empty() {
            entries.push(std::mem::take(&mut current));
        }
    }
    if depth > 0 {
        return Err(Broken {
            line: current.line,
            why: "a ( is not closed",
        });
    }
    Ok(entries)
}

/// Writes a zone file with `records`, sorted by type.
pub(super) fn write<'a>(
    file: &mut impl Write,
    zone: &str,
    name_servers: &[&str],
    records: impl Iterator<Item = &'a Object>,
    time: &str,
) -> io::Result<()> {
    let first = name_servers.first().copied().unwrap_or("ns.cloudflare.com");
    let serial: String = time.chars().filter(char::is_ascii_digit).take(10).collect();
    write!(
        file,
        ";;\n;; Domain:     {zone}.\n;; Exported:   {time}\n;;\n\n;; SOA Record\n\
         {zone}.\t3600\tIN\tSOA\t{first}. dns.cloudflare.com. {serial} 10000 2400 604800 3600\n\n\
         ;; NS Records\n"
    )?;
    for server in name_servers {
        writeln!(file, "{zone}.\t86400\tIN\tNS\t{server}.")?;
    }
    let mut records: Vec<_> = records.collect();
    records.sort_by_key(|record| (text(record, "type"), text(record, "name")));
    let mut heading = "";
    for record in records {
        let kind = text(record, "type");
        if kind != heading {
            writeln!(file, "\n;; {kind} Records")?;
            heading = kind;
        }
        file.write_all(line(record).as_bytes())?;
    }
    Ok(())
}

fn line(record: &Object) -> String {
    let (name, kind) = (text(record, "name"), text(record, "type"));
    let ttl = record.get("ttl").unwrap_or(&Value::Null);
    let priority = match record.get("priority").and_then(Value::as_u64) {
        Some(priority) if Type::find(kind).is_some_and(|kind| kind.priority) => {
            format!("{priority} ")
        }
        _ => String::new(),
    };
    let proxied = record.get("proxied") == Some(&json!(true));
    let mut comment = text(record, "comment").replace(['\r', '\n'], " ");
    let tag = match (Type::find(kind).is_some_and(Type::proxiable), proxied) {
        (false, _) => "",
        (true, true) => "cf_tags=cf-proxied:true",
        (true, false) => "cf_tags=cf-proxied:false",
    };
    if !tag.is_empty() {
        comment = format!("{comment} {tag}").trim().to_owned();
    }
    let comment = if comment.is_empty() {
        comment
    } else {
        format!(" ; {comment}")
    };
    format!(
        "{name}.\t{ttl}\tIN\t{kind}\t{priority}{}{comment}\n",
        written(record, kind)
    )
}

/// The content in the form of zone files: names end with a dot, texts are quoted.
fn written(record: &Object, kind: &str) -> String {
    let content = text(record, "content");
    let of_parts = Type::find(kind).filter(|kind| !kind.data.is_empty());
    if let (Some(kind), Some(Value::Object(data))) = (of_parts, record.get("data")) {
        return kind.zone_line(data);
    }
    match kind {
        "CNAME" | "MX" | "NS" | "PTR" => format!("{}.", bare(content)),
        "TXT" if !content.starts_with('"') => quote(content),
        _ => content.to_owned(),
    }
}
