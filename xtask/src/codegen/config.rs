//! What the description does not say, or says wrong.

/// Fields that count something, though the description calls them just numbers.
const COUNTABLE: &[&str] = &[
    "count",
    "limit",
    "max",
    "min",
    "order",
    "page",
    "per_page",
    "port",
    "priority",
    "size",
    "tag",
    "total",
    "total_count",
    "total_pages",
    "ttl",
    "version",
    "weight",
    "algorithm",
    "key_tag",
    "flags",
    "usage",
    "selector",
    "matching_type",
    "certificate",
    "protocol",
    "digest_type",
    "preference",
    "fingerprint_type",
    "minutes_latitude",
    "degrees",
    "record_quota",
    "record_usage",
    "development_mode",
    "refresh",
    "retry",
    "expire",
    "min_ttl",
    "soa_serial",
    "ns_ttl",
    "zone_ns_ttl",
    "lat_degrees",
    "lat_minutes",
    "long_degrees",
    "long_minutes",
    "key_type",
    "index",
    "offset",
    "number",
    "quantity",
    "age",
    "cps",
];

/// How such names end.
const COUNTABLE_ENDS: &[&str] = &[
    "_age", "_bytes", "_count", "_days", "_hours", "_limit", "_minutes", "_ms", "_port", "_quota",
    "_seconds", "_size", "_total", "_ttl", "_version",
];

/// Whether a field of this name is a whole number where the description says number.
pub fn is_countable(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    COUNTABLE.contains(&name.as_str()) || COUNTABLE_ENDS.iter().any(|end| name.ends_with(end))
}

/// The ID type of a field or parameter: by its own name, or by the model that it identifies.
pub fn id_type(model: Option<&str>, name: &str) -> Option<&'static str> {
    match (model, name) {
        (_, "zone_id") | (Some("zones.Zone"), "id") => Some("ZoneId"),
        (_, "account_id") => Some("AccountId"),
        // Also where a model only says whose it is, as `ZoneAccount` does.
        (Some(model), "id") if model.ends_with("Account") => Some("AccountId"),
        _ => None,
    }
}

/// What a model's constructor takes, where the description's list of required fields does not
/// make a usable value.
pub fn constructor(model: &str) -> Option<&'static [&'static str]> {
    // The description requires nothing of a purge, but each form of it is about something.
    if let Some((_, form)) = model.split_once(".CachePurge") {
        return match form.rsplit('.').next()? {
            form if form.ends_with("PurgeByTags") => Some(&["tags"]),
            form if form.ends_with("PurgeByHostnames") => Some(&["hosts"]),
            form if form.ends_with("PurgeByPrefixes") => Some(&["prefixes"]),
            form if form.ends_with("PurgeSingleFile") => Some(&["files"]),
            form if form.ends_with("PurgeSingleFileWithURLAndHeaders") => Some(&["files"]),
            _ => None,
        };
    }
    // A DNS record is its name and what it points to; its TTL may stay automatic, which is 1.
    let record = model.strip_prefix("dns.")?;
    let record = record.rsplit('.').next()?;
    let kind = record
        .strip_suffix("Param")
        .unwrap_or(record)
        .strip_suffix("Record")?;
    match kind {
        "MX" => Some(&["name", "content", "priority"]),
        "URI" => Some(&["name", "data", "priority"]),
        "A" | "AAAA" | "CNAME" | "NS" | "PTR" | "TXT" => Some(&["name", "content"]),
        "CAA" | "CERT" | "DNSKEY" | "DS" | "HTTPS" | "LOC" | "NAPTR" | "SMIMEA" | "SRV"
        | "SSHFP" | "SVCB" | "TLSA" => Some(&["name", "data"]),
        _ => None,
    }
}

/// Names for enums that turn up in many places with no name of their own.
pub fn enum_name(values: &[String]) -> Option<&'static str> {
    let mut sorted: Vec<&str> = values.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    match sorted.as_slice() {
        ["asc", "desc"] => Some("SortDirection"),
        ["off", "on"] => Some("OnOff"),
        ["all", "any"] => Some("MatchMode"),
        ["disabled", "enabled"] => Some("EnabledDisabled"),
        _ => None,
    }
}
