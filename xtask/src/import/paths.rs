//! Paths by what they reach, whatever their variables are called.

/// Stands for a variable.
pub const VARIABLE: &str = "{}";

/// A path's segments, variables without their names.
pub fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(nameless)
        .collect()
}

fn nameless(segment: &str) -> String {
    let mut out = String::new();
    let mut is_name = false;
    for c in segment.chars() {
        match c {
            '{' => is_name = true,
            '}' => {
                is_name = false;
                out.push_str(VARIABLE);
            }
            _ if is_name => {}
            c => out.push(c),
        }
    }
    out
}

/// The names of a path's variables.
pub fn variables(path: &str) -> Vec<&str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// The key of an operation by method and path.
pub fn key(verb: &str, path: &str) -> String {
    format!("{verb} /{}", segments(path).join("/"))
}

/// The key of the operation for accounts and zones alike, if this is for either.
pub fn scoped(key: &str) -> Option<String> {
    let (verb, path) = key.split_once(' ')?;
    let rest = path
        .strip_prefix("/accounts/{}/")
        .or_else(|| path.strip_prefix("/zones/{}/"))?;
    Some(format!("{verb} /{{}}/{{}}/{rest}"))
}

/// The keys of the operations for accounts and for zones, if this is for both.
pub fn unscoped(key: &str) -> Vec<String> {
    match key.split_once(" /{}/{}/") {
        Some((verb, rest)) => ["accounts", "zones"]
            .map(|scope| format!("{verb} /{scope}/{{}}/{rest}"))
            .into(),
        None => Vec::new(),
    }
}

/// Whether the path is for accounts and zones alike.
pub fn is_scoped(segments: &[String]) -> bool {
    segments.len() > 2 && segments[..2].iter().all(|segment| segment == VARIABLE)
}

/// The path, with the description's names for the account or zone that it starts with.
pub fn usual(path: &str) -> String {
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match &mut parts[..] {
        [first, second, _, ..] if first.starts_with('{') && second.starts_with('{') => {
            *first = "{account_or_zone}";
            *second = "{account_or_zone_id}";
        }
        ["accounts", id, ..] if id.starts_with('{') => *id = "{account_id}",
        ["zones", id, ..] if id.starts_with('{') => *id = "{zone_id}",
        _ => {}
    }
    format!("/{}", parts.join("/"))
}

/// The segments after the account, the zone or what else the path starts with: `None` if nothing follows.
pub fn behind_scope(segments: &[String]) -> Option<&[String]> {
    let is_scope = match segments {
        [first, second, ..] => {
            second == VARIABLE && matches!(first.as_str(), "accounts" | "zones" | VARIABLE)
        }
        _ => false,
    };
    match segments {
        [_, _, rest @ ..] if is_scope => Some(rest).filter(|rest| !rest.is_empty()),
        all => Some(all),
    }
}
