//! The names of operations as methods: the description's, without words that repeat the resource or the
//! parameters.

use std::collections::{BTreeMap, BTreeSet};

use crate::description::Operation;

use crate::codegen::lock::Lock;
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{VERBS, VERSIONS};

/// The Rust name of each operation's method, by the operation's ID: the published one, otherwise a shorter
/// one than the description's, unless another method of the resource or a child resource has it.
pub fn names<'o>(
    operations: impl Iterator<Item = &'o Operation>,
    by_hand: &BTreeMap<String, String>,
    lock: &Lock,
) -> BTreeMap<String, String> {
    let mut by_resource: BTreeMap<&[String], Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        by_resource
            .entry(&operation.resource)
            .or_default()
            .push(operation);
    }
    let mut found = BTreeMap::new();
    for (resource, operations) in &by_resource {
        let better = |operation: &Operation| match by_hand.get(&operation.id) {
            Some(name) => name.clone(),
            None => shorter(resource, &names::snake(&operation.method)),
        };
        let published = |operation: &Operation| {
            let is_renamed = lock.breaking && by_hand.contains_key(&operation.id);
            lock.method(&operation.id).filter(|_| !is_renamed)
        };
        let mut taken: BTreeSet<String> = by_resource
            .keys()
            .filter(|other| other.len() > resource.len() && other.starts_with(resource))
            .map(|other| names::snake(&other[resource.len()]))
            .collect();
        let (old, new): (Vec<&Operation>, Vec<&Operation>) = operations
            .iter()
            .copied()
            .partition(|operation| published(operation).is_some());
        for operation in old {
            let name = published(operation).unwrap_or_default().to_owned();
            taken.insert(name.clone());
            found.insert(operation.id.clone(), name);
        }
        // Names that are not shortened.
        let own: BTreeSet<String> = new
            .iter()
            .filter(|operation| better(operation) == names::snake(&operation.method))
            .map(|operation| names::snake(&operation.method))
            .collect();
        for operation in new {
            let (own_name, better) = (names::snake(&operation.method), better(operation));
            let is_free = |name: &String| !taken.contains(name);
            let name = [better, own_name.clone(), format!("{own_name}_operation")]
                .into_iter()
                .find(|name| is_free(name) && (*name == own_name || !own.contains(name)))
                .unwrap_or(own_name);
            taken.insert(name.clone());
            found.insert(operation.id.clone(), name);
        }
    }
    found
}

/// A method's name without `get_`, articles, `for_x_id`, and the resource's noun.
fn shorter(resource: &[String], method: &str) -> String {
    let many = names::snake(resource.last().map_or("", String::as_str));
    let one = names::singular(&many);
    let mut words: Vec<&str> = method.split('_').collect();
    if let Some(at) = words.iter().rposition(|word| matches!(*word, "for" | "by"))
        && at > 0
        && matches!(words.last(), Some(&("id" | "ids" | "identifier")))
    {
        words.truncate(at);
    }
    if words.len() > 2 {
        words.retain(|word| !matches!(*word, "a" | "an" | "the"));
    }
    let [verb, rest @ ..] = &words[..] else {
        return method.to_owned();
    };
    if !VERBS.contains(verb) || rest.is_empty() {
        return words.join("_");
    }
    let rest = rest.join("_");
    let verb = if *verb == "get" && rest == many && many != one {
        "list"
    } else {
        verb
    };
    let rest = [&one, &many]
        .into_iter()
        .find_map(|noun| match rest.strip_prefix(noun.as_str()) {
            Some("") => Some(""),
            Some(after) => after.strip_prefix('_'),
            None => None,
        })
        .unwrap_or(&rest);
    match (verb, rest) {
        (verb, "") => verb.to_owned(),
        // A word that only distinguishes it from another method says nothing by itself.
        ("get", rest) if rest.starts_with("for_") || VERSIONS.contains(&rest) => method.to_owned(),
        ("get", rest) => names::snake(rest),
        (verb, rest) => format!("{verb}_{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::shorter;

    #[test]
    fn methods_say_nothing_twice() {
        let of = |resource: &str, method: &str| shorter(&[resource.to_owned()], method);
        assert_eq!(of("projects", "get_upload_token"), "upload_token");
        assert_eq!(of("webhooks", "get_webhooks"), "list");
        assert_eq!(of("webhooks", "get_webhook_by_id"), "get");
        assert_eq!(of("webhooks", "create_webhook"), "create");
        assert_eq!(
            of("livestreams", "stop_livestreaming_a_meeting"),
            "stop_livestreaming_meeting"
        );
        assert_eq!(
            of("livestreams", "get_livestream_session_for_livestream_id"),
            "session"
        );
        assert_eq!(of("records", "bulk_get"), "bulk_get");
        assert_eq!(of("records", "list"), "list");
        assert_eq!(of("indexes", "get_v1"), "get_v1");
        assert_eq!(of("rules", "get_for_zone"), "get_for_zone");
    }
}
