//! Which permission groups permit an operation: the data, and how to find a row.

use std::sync::OnceLock;

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Like `dns.records.list`.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    /// With its variables in braces.
    pub(crate) path: &'static str,
    confidence: &'static str,
    groups: &'static str,
}

/// What an operation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Any valid credential.
    Nothing,
    /// One of these permission groups.
    OneOf(Vec<&'static str>),
    /// It is not known.
    Unknown,
}

impl Row {
    pub(crate) fn needs(&self) -> Needs {
        match self.groups {
            "-" => Needs::Nothing,
            "?" => Needs::Unknown,
            groups => Needs::OneOf(groups.split(" | ").collect()),
        }
    }

    /// Whether that is concluded from similar operations, rather than stated by Cloudflare.
    pub(crate) fn is_inferred(&self) -> bool {
        self.confidence == "inferred"
    }
}

/// All operations.
pub(crate) fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        include_str!("../generated/permissions.tsv")
            .lines()
            .filter_map(row)
            .collect()
    })
}

fn row(line: &'static str) -> Option<Row> {
    if line.starts_with('#') {
        return None;
    }
    let mut cells = line.split('\t');
    Some(Row {
        operation: cells.next()?,
        method: cells.next()?,
        path: cells.next()?,
        confidence: cells.next()?,
        groups: cells.next()?,
    })
}

pub(crate) fn operation(name: &str) -> Option<&'static Row> {
    rows().iter().find(|row| row.operation == name)
}

/// The operation of a request: of several whose path fits, the one with the most fixed segments.
pub(crate) fn request(method: &str, path: &str) -> Option<&'static Row> {
    let asked: Vec<_> = path.split('/').collect();
    let fitting = rows().iter().filter(|row| row.method == method);
    let fitting = fitting.filter_map(|row| Some((fixed(row.path, &asked)?, row)));
    // Operations that share a path need the same; the first of them is the one to name.
    let best = fitting.max_by(|(a, x), (b, y)| a.cmp(b).then(y.operation.cmp(x.operation)));
    best.map(|(_, row)| row)
}

/// How many segments of `template` are fixed, if it fits.
fn fixed(template: &str, asked: &[&str]) -> Option<usize> {
    let mut fixed = 0;
    let mut segments = 0;
    for (segment, asked) in template.split('/').zip(asked) {
        segments += 1;
        match segment {
            "{account_or_zone}" if !is_variable(asked) && !is_owner(asked) => return None,
            _ if is_variable(segment) => {}
            _ if segment == *asked => fixed += 1,
            _ => return None,
        }
    }
    (segments == asked.len() && segments == template.split('/').count()).then_some(fixed)
}

/// Whether the next segment is the ID of an account or a zone.
pub(crate) fn is_owner(segment: &str) -> bool {
    matches!(segment, "accounts" | "zones")
}

pub(crate) fn is_variable(segment: &str) -> bool {
    segment.contains('{')
}

/// The groups that operations of the same product need, for those who have to choose.
pub(crate) fn used_nearby(operation: &str) -> Vec<&'static str> {
    let mut prefix = operation;
    while let Some((shorter, _)) = prefix.rsplit_once('.') {
        prefix = shorter;
        let near = rows().iter().filter(|row| {
            let rest = row.operation.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.starts_with('.'))
        });
        let mut groups: Vec<_> = near
            .filter_map(|row| match row.needs() {
                Needs::OneOf(groups) => Some(groups),
                _ => None,
            })
            .flatten()
            .collect();
        if !groups.is_empty() {
            groups.sort_unstable();
            groups.dedup();
            return groups;
        }
    }
    Vec::new()
}
