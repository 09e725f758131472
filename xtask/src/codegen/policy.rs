//! What the rules for types cannot know, from `xtask/api/types/policy.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::codegen::items::whole::Whole;
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::Definition;

/// Decisions made by hand.
#[derive(Debug, Default)]
pub struct Policy {
    /// Resources that are the same thing.
    pub twins: Vec<Vec<Vec<String>>>,
    /// Resources whose replies are another resource: whoever adds a rule gets the ruleset.
    pub replies: BTreeMap<Vec<String>, Vec<String>>,
    /// Unions whose variants are merged because only the tag distinguishes them.
    pub one_variant: BTreeSet<String>,
    /// Names of types, by a schema that each is made of.
    pub names: BTreeMap<String, String>,
    /// Names of variants, by the schema of what each holds.
    pub variants: BTreeMap<String, String>,
    /// What constructors take, in this order, by the type's path, if what the description requires makes no usable
    /// value: a DNS record is its name and its target, and the API has a default TTL.
    pub constructors: BTreeMap<String, Vec<String>>,
    /// What fields always hold, by the type's path and JSON name, if the description does not say so: the type of each
    /// kind of Access application. `{}` is an empty map.
    pub constants: BTreeMap<String, BTreeMap<String, String>>,
    /// Unions that can be made of a text, by the type's path: the variant that it stands for. It must be one that a text
    /// makes. By hand, because another variant of the kind must not take the conversion away.
    pub texts: BTreeMap<String, String>,
    /// Fields that unions have getters for though their variants hold different kinds of values, by the type's path.
    pub getters: BTreeMap<String, Vec<String>>,
    /// Names of methods, by operation.
    pub methods: BTreeMap<String, String>,
    /// Which numbers are integers.
    pub whole: Whole,
}

impl Policy {
    pub fn load(api: &Path) -> Result<Policy> {
        let whole = Whole::load(api)?;
        let file = api.join("types/policy.json");
        if !file.exists() {
            return Ok(Policy {
                whole,
                ..Policy::default()
            });
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let said: Said =
            serde_json::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        let path = |resource: &String| resource.split('.').map(str::to_owned).collect();
        Ok(Policy {
            twins: said
                .twins
                .iter()
                .map(|twins| twins.iter().map(path).collect())
                .collect(),
            replies: said
                .replies
                .iter()
                .map(|(resource, of)| (path(resource), path(of)))
                .collect(),
            one_variant: said.one_variant,
            names: said.names,
            variants: said.variants,
            constructors: said.constructors,
            constants: said.constants,
            texts: said.texts,
            getters: said.getters,
            methods: said.methods,
            whole,
        })
    }

    /// Fails if a decision is about something that does not exist.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        let spots: BTreeSet<&String> = plan
            .definitions
            .iter()
            .flat_map(|definition| &definition.spots)
            .map(|spot| &spot.name)
            .collect();
        for spot in self.names.keys().chain(self.variants.keys()) {
            ensure!(
                spots.contains(spot),
                "the policy names `{spot}`, which is the schema of no type"
            );
        }
        let by_path: BTreeMap<String, &Definition> = plan
            .definitions
            .iter()
            .map(|definition| (definition.path().replace("::", "."), definition))
            .collect();
        let constructors = self.constructors.iter();
        let constructors = constructors.map(|(path, names)| (path, names.iter().collect()));
        let constants = self.constants.iter();
        let constants = constants.map(|(path, values)| (path, values.keys().collect::<Vec<_>>()));
        for (path, names) in constructors.chain(constants) {
            let definition = by_path.get(path).with_context(|| {
                format!("the policy has fields of `{path}`, which is not a type")
            })?;
            for name in names {
                ensure!(
                    definition.fields().iter().any(|field| field.json == *name),
                    "the policy has `{name}` of `{path}`, which has no such field"
                );
            }
        }
        for (path, name) in &self.texts {
            let known = by_path.get(path).is_some_and(|definition| {
                let mut variants = definition.variants().iter();
                variants.any(|variant| variant.name == *name)
            });
            ensure!(
                known,
                "the policy has a text for `{name}` of `{path}`, which is no variant"
            );
        }
        for (path, fields) in &self.getters {
            let known = by_path.get(path).map(|definition| &definition.getters);
            for field in fields {
                ensure!(
                    known.is_some_and(|known| known.iter().any(|known| known.json == *field)),
                    "the policy has a getter `{field}` of `{path}`, whose variants have no such field"
                );
            }
        }
        for id in self.methods.keys() {
            ensure!(
                plan.operations
                    .iter()
                    .any(|planned| planned.operation.id == *id),
                "the policy names the method of `{id}`, which is not an operation"
            );
        }
        Ok(())
    }
}

/// The file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    twins: Vec<Vec<String>>,
    replies: BTreeMap<String, String>,
    one_variant: BTreeSet<String>,
    names: BTreeMap<String, String>,
    variants: BTreeMap<String, String>,
    constructors: BTreeMap<String, Vec<String>>,
    constants: BTreeMap<String, BTreeMap<String, String>>,
    texts: BTreeMap<String, String>,
    getters: BTreeMap<String, Vec<String>>,
    methods: BTreeMap<String, String>,
}
