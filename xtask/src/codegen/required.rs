//! Constructors take what the description requires of requests, and nothing else.

use std::collections::BTreeSet;

use crate::codegen::items::types::Side;
use crate::codegen::lock::Lock;
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::Definition;
use crate::codegen::planner;
use crate::codegen::policy::Policy;
use crate::description::schema::Schema;
use crate::description::{self, Description};

struct World {
    description: Description,
    plan: Plan,
    policy: Policy,
}

fn world() -> World {
    let home = description::home();
    let description = Description::load(&home).unwrap();
    let policy = Policy::load(&home).unwrap();
    let lock = Lock::load(&home).unwrap();
    let plan = planner::plan(&description, &description.products(), &policy, &lock).unwrap();
    World {
        description,
        plan,
        policy,
    }
}

impl World {
    /// The schemas in bodies of POST that make something new.
    fn posted(&self) -> BTreeSet<String> {
        let posts = self.description.operations.iter();
        let posts =
            posts.filter(|operation| operation.verb == "POST" && !operation.path.ends_with('}'));
        let mut open: Vec<&Schema> = posts
            .filter_map(|operation| Some(&operation.body.as_ref()?.schema))
            .collect();
        let mut found = BTreeSet::new();
        while let Some(schema) = open.pop() {
            match schema {
                Schema::Ref(name) if found.insert(name.clone()) => {
                    open.extend(self.description.schemas.get(name));
                }
                Schema::Array(inner) | Schema::Map(inner) | Schema::Nullable(inner) => {
                    open.push(inner);
                }
                Schema::Object(properties) => {
                    open.extend(properties.iter().map(|property| &property.schema));
                }
                Schema::AllOf(parts) | Schema::Union(parts) => open.extend(parts),
                _ => {}
            }
        }
        found
    }

    /// The properties that a schema requires.
    fn required(&self, schema: &Schema) -> BTreeSet<String> {
        match schema {
            Schema::Ref(name) => self
                .description
                .schemas
                .get(name)
                .map_or_else(BTreeSet::new, |schema| self.required(schema)),
            Schema::AllOf(parts) => parts.iter().flat_map(|part| self.required(part)).collect(),
            Schema::Nullable(inner) => self.required(inner),
            Schema::Object(properties) => {
                let required = properties.iter().filter(|property| property.required);
                required.map(|property| property.name.clone()).collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The schemas of a type in requests, by name.
    fn sent<'d>(
        &'d self,
        definition: &'d Definition,
    ) -> impl Iterator<Item = (&'d str, &'d Schema)> {
        let spots = definition.spots.iter();
        let sent = spots.filter(|spot| spot.side == Side::Sent);
        sent.filter_map(|spot| {
            let schema = self.description.schemas.get(&spot.name)?;
            Some((spot.name.as_str(), schema))
        })
    }
}

#[test]
fn a_post_is_refused_only_for_what_its_own_schema_requires() {
    let world = world();
    let posted = world.posted();
    let mut looked_at = 0;
    for definition in &world.plan.definitions {
        for need in definition.constructor.needs() {
            for (name, schema) in world
                .sent(definition)
                .filter(|(name, _)| posted.contains(*name))
            {
                let path = definition.path();
                let is_required = world.required(schema).contains(need);
                assert!(
                    is_required,
                    "`{path}` needs `{need}`, which `{name}` does not require"
                );
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn what_only_replies_are_sure_to_have_is_no_argument() {
    let world = world();
    for definition in &world.plan.definitions {
        let path = definition.path();
        let by_hand = world
            .policy
            .constructors
            .contains_key(&path.replace("::", "."));
        let schemas: Vec<_> = world.sent(definition).collect();
        // A variant with one field beside its tag takes it in any case.
        let fields = definition.fields().iter();
        let is_one = fields.filter(|field| field.constant.is_none()).count() == 1;
        if by_hand || schemas.is_empty() || is_one {
            continue;
        }
        let constructor = &definition.constructor;
        for name in constructor.arguments().iter().chain(constructor.needs()) {
            let is_required = schemas
                .iter()
                .any(|(_, schema)| world.required(schema).contains(name));
            assert!(is_required, "no request requires `{name}` of `{path}`");
        }
    }
}
