//! Additions to the description change nothing that users can name.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::codegen::items::types::Type;
use crate::codegen::lock::Lock;
use crate::codegen::plan::Plan;
use crate::codegen::planner;
use crate::codegen::policy::Policy;
use crate::codegen::write::manifests;
use crate::codegen::write::models;
use crate::codegen::write::operations;
use crate::codegen::write::resources::Resource;
use crate::description::facts::Facts;
use crate::description::schema::{Property, Schema};
use crate::description::{self, Description, Parameter, Place, ReplyKind};

/// Products with every kind of type: unions with and without a tag, cycles, twins, lists, forms.
const PRODUCTS: &[&str] = &["dns", "rulesets", "load_balancers", "kv", "zones", "queues"];

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// What users can name, one per line.
fn public(plan: &Plan, products: &[&str]) -> BTreeSet<String> {
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut homes: BTreeSet<&[String]> = BTreeSet::new();
    homes.extend(
        plan.definitions
            .iter()
            .map(|definition| definition.home.as_slice()),
    );
    for home in homes {
        texts.extend(models::file(plan, home).map(|text| (home.join("::"), text)));
    }
    for product in products {
        let mut open = vec![Resource::tree(plan, product)];
        while let Some(resource) = open.pop() {
            texts.push((
                resource.path.join("::"),
                operations::module(plan, &resource),
            ));
            open.extend(resource.children);
        }
    }
    let mut lines = BTreeSet::new();
    let mut structs = BTreeSet::new();
    for (home, text) in texts {
        let mut around = String::new();
        for line in text.lines() {
            let line = line.trim();
            let is_macro_name = line.ends_with('{')
                && !line.contains('(')
                && !line.starts_with("impl")
                && !line.starts_with("pub");
            if line.starts_with("impl") || line.starts_with("pub struct") || is_macro_name {
                around = line.to_owned();
            }
            if line.starts_with("pub struct") {
                let is_new = structs.insert(format!("{home} {line}"));
                assert!(is_new, "one hides the other in {home}: {line}");
            }
            let (number, variant) = line.split_once(" => ").unwrap_or(("", line));
            let is_variant = number.parse::<usize>().is_ok() && variant.contains('(');
            let is_public = line.starts_with("pub ") || line.starts_with("impl From<");
            if is_variant || is_public || line.contains(" = \"") {
                lines.insert(format!("{home} {around} {variant}"));
            }
        }
    }
    for (resource, types) in &plan.exports {
        let paths = types.values().map(|item| plan.definitions[*item].path());
        lines.extend(paths.map(|path| format!("{} shows {path}", resource.join("::"))));
    }
    lines
}

/// The objects, enums and unions of objects within a schema.
fn inner<'s>(schema: &'s mut Schema, found: &mut Vec<&'s mut Schema>) {
    match schema {
        Schema::Array(inner_schema)
        | Schema::Map(inner_schema)
        | Schema::Nullable(inner_schema) => inner(inner_schema, found),
        Schema::Object(_) | Schema::Enum(_) => found.push(schema),
        Schema::Union(variants)
            if variants
                .iter()
                .any(|variant| matches!(variant, Schema::Object(_) | Schema::Ref(_))) =>
        {
            found.push(schema)
        }
        _ => {}
    }
}

fn property(name: String, schema: Schema, required: bool) -> Property {
    Property {
        name,
        code_name: None,
        schema,
        required,
        null_if_unset: false,
        facts: Facts::default(),
    }
}

/// Makes one random addition to the description; returns what it was.
fn grow(
    description: &mut Description,
    products: &[&str],
    number: usize,
    dice: &mut Dice,
) -> String {
    let is_of = |name: &str| products.contains(&name.split('.').next().unwrap_or_default());
    let names: Vec<String> = description
        .schemas
        .keys()
        .filter(|name| is_of(name))
        .cloned()
        .collect();
    let operations: Vec<usize> = (0..description.operations.len())
        .filter(|index| products.contains(&description.operations[*index].product()))
        .collect();
    let fresh = format!("grown_{number}");
    // A name that some schema already has will do as well as a new one.
    let field = if dice.roll(3) == 0 {
        dice.pick(&["status", "settings", "kind", "rules", "value"])
            .to_string()
    } else {
        fresh.clone()
    };
    let kind = dice.roll(6);
    if kind == 0 {
        let index = *dice.pick(&operations);
        let mut operation = description.operations[index].clone();
        operation.id = format!("{}_{fresh}", operation.id);
        operation.method = if dice.roll(2) == 0 {
            fresh.clone()
        } else {
            format!("get_{fresh}")
        };
        operation.path = format!("{}/{fresh}", operation.path);
        let said = format!("operation {}", operation.id);
        description.operations.push(operation);
        return said;
    }
    if kind == 1 {
        let index = *dice.pick(&operations);
        description.operations[index].parameters.push(Parameter {
            name: fresh,
            code_name: None,
            place: Place::Query,
            required: false,
            schema: Schema::Enum(vec!["a".to_owned(), "b".to_owned()]),
            facts: Facts::default(),
        });
        return format!("parameter of {}", description.operations[index].id);
    }
    // A schema equal to another one, or a new one.
    let equal = dice.pick(&names).clone();
    let twin = format!("{}.Grown{number}", dice.pick(&names));
    let copied = description.schemas[&equal].clone();
    let value = match dice.roll(4) {
        0 => Schema::Integer,
        1 => Schema::Enum(vec!["x".to_owned(), "y".to_owned()]),
        2 => Schema::Object(vec![
            property("id".to_owned(), Schema::Integer, true),
            property(field.clone(), Schema::Bool, false),
        ]),
        _ => {
            description.schemas.insert(twin.clone(), copied);
            Schema::Ref(twin)
        }
    };
    for _ in 0..1_000 {
        let name = dice.pick(&names).clone();
        let mut found = Vec::new();
        inner(description.schemas.get_mut(&name).unwrap(), &mut found);
        let Some(schema) = found.pop() else { continue };
        match schema {
            Schema::Object(fields) if kind < 4 => {
                if fields.iter().any(|known| known.name == field) {
                    continue;
                }
                let required = dice.roll(4) == 0 && kind == 2;
                let place = dice.roll(fields.len() + 1);
                fields.insert(place, property(field.clone(), value.clone(), required));
                return format!("field {field} of {name}: {value:?}");
            }
            Schema::Enum(values) if kind == 4 => {
                let place = dice.roll(values.len() + 1);
                values.insert(place, fresh.clone());
                return format!("value of {name}");
            }
            Schema::Union(variants) if kind == 5 => {
                let place = dice.roll(variants.len() + 1);
                let variant = match value {
                    Schema::Ref(_) | Schema::Object(_) => value.clone(),
                    _ => Schema::Object(vec![property(fresh.clone(), value.clone(), true)]),
                };
                variants.insert(place, variant);
                return format!("variant of {name}: {value:?}");
            }
            _ => {}
        }
    }
    "nothing".to_owned()
}

struct Before {
    description: Description,
    policy: Policy,
    products: Vec<String>,
    lock: Lock,
    public: BTreeSet<String>,
}

impl Before {
    fn of(products: &[&str]) -> Before {
        static DESCRIPTION: LazyLock<Description> =
            LazyLock::new(|| Description::load(&description::home()).unwrap());
        Before::with(DESCRIPTION.clone(), products)
    }

    fn with(mut description: Description, products: &[&str]) -> Before {
        // Only what the products use, since it is copied for each addition.
        let is_used = |name: &str| products.contains(&name) || name.starts_with("shared");
        description
            .operations
            .retain(|operation| is_used(operation.product()));
        let product = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        description
            .schemas
            .retain(|name, _| is_used(&product(name)));
        let policy = Policy::load(&description::home()).unwrap();
        let lock =
            Lock::of(&planner::plan(&description, products, &policy, &Lock::default()).unwrap());
        let plan = planner::plan(&description, products, &policy, &lock).unwrap();
        let again = Lock::of(&plan);
        assert_eq!(lock.broken_by(&again), [""; 0]);
        assert_eq!(again.broken_by(&lock), [""; 0]);
        Before {
            public: public(&plan, products),
            products: products
                .iter()
                .map(|product| (*product).to_owned())
                .collect(),
            description,
            policy,
            lock,
        }
    }

    fn check(&self, grown: &Description, how: &str) {
        let products: Vec<&str> = self.products.iter().map(String::as_str).collect();
        let plan = planner::plan(grown, &products, &self.policy, &self.lock)
            .unwrap_or_else(|error| panic!("{how}: {error:#}"));
        assert_eq!(self.lock.broken_by(&Lock::of(&plan)), [""; 0], "{how}");
        let now = public(&plan, &products);
        let gone: Vec<&String> = self.public.difference(&now).collect();
        assert!(gone.is_empty(), "{how} changes what users name:\n{gone:#?}");
        for definition in plan.definitions.iter().filter(|one| one.is_sent) {
            let fields = definition.fields().iter();
            let nulls = fields.filter(|field| field.ty == Type::Any && !field.null_if_unset);
            let nulls: Vec<&str> = nulls.map(|field| field.json.as_str()).collect();
            let path = definition.path();
            assert_eq!(nulls, [""; 0], "{how}: a new {path} holds nulls");
        }
    }
}

#[test]
fn a_hundred_growths_change_nothing_that_users_name() {
    let mut grown_in_all = 0;
    for (part, product) in PRODUCTS.iter().enumerate() {
        let products = [*product];
        let before = Before::of(&products);
        let mut all = before.description.clone();
        for number in 0..20 {
            let mut dice = Dice((part * 1_000 + number) as u64);
            let mut grown = before.description.clone();
            let how = grow(&mut grown, &products, number, &mut dice);
            before.check(&grown, &how);
            grow(&mut all, &products, number, &mut dice);
            grown_in_all += usize::from(how != "nothing");
        }
        before.check(&all, "all at once");
    }
    assert!(grown_in_all >= 100, "{grown_in_all}");
}

#[test]
fn an_optional_field_of_a_records_settings_changes_no_record() {
    let products = ["dns"];
    let before = Before::of(&products);
    let mut grown = before.description.clone();
    let Some(Schema::Object(fields)) = grown.schemas.get_mut("dns.AAAARecordParam.Settings") else {
        panic!("settings are an object");
    };
    fields.push(property("beta".to_owned(), Schema::Bool, false));
    before.check(&grown, "a field of settings");
}

#[test]
fn a_new_kind_of_rule_changes_no_other() {
    let products = ["rulesets"];
    let before = Before::of(&products);
    let mut grown = before.description.clone();
    let like = grown.schemas["rulesets.RuleCreateParams.BlockRulePosition"].clone();
    let nested = "rulesets.RuleCreateParams.NewKind.Position".to_owned();
    grown.schemas.insert(nested.clone(), like);
    let Some(Schema::Union(variants)) = grown.schemas.get_mut("rulesets.RuleCreateParams") else {
        panic!("rules are a union");
    };
    let kind = property(
        "action".to_owned(),
        Schema::Const("new_kind".to_owned()),
        true,
    );
    let position = property("position".to_owned(), Schema::Ref(nested), false);
    variants.push(Schema::Object(vec![kind, position]));
    before.check(&grown, "a kind of rule");
}

/// Adds an operation to a resource that has a similar one.
fn add_operation(description: &mut Description, like: &str, method: &str) {
    let known = description.operations.iter().find(|known| known.id == like);
    let mut operation = known.unwrap().clone();
    operation.id = format!("{}.{method}", operation.resource.join("."));
    operation.method = method.to_owned();
    operation.path = format!("{}/{method}", operation.path);
    description.operations.push(operation);
}

#[test]
fn a_new_operation_leaves_the_names_of_others_alone() {
    for (product, like, method) in [
        // The name of another operation's method: `get_metrics` in the description is `metrics`.
        ("queues", "queues.get", "metrics"),
        // The name of a type in the module.
        ("queues", "queues.get", "queue"),
        ("dns", "dns.records.list", "record_batch"),
        // The name of a child resource.
        ("queues", "queues.get", "consumers"),
    ] {
        let products = [product];
        let before = Before::of(&products);
        let mut grown = before.description.clone();
        add_operation(&mut grown, like, method);
        before.check(&grown, method);
    }
}

#[test]
fn a_new_resource_leaves_the_names_of_methods_alone() {
    let products = ["queues"];
    let before = Before::of(&products);
    let mut grown = before.description.clone();
    let known = grown
        .operations
        .iter()
        .find(|known| known.id == "queues.get");
    let mut operation = known.unwrap().clone();
    operation.id = "queues.metrics.get".to_owned();
    operation.resource.push("metrics".to_owned());
    operation.path.push_str("/more");
    grown.operations.push(operation);
    before.check(&grown, "a resource");
    let plan = planner::plan(&grown, &products, &before.policy, &before.lock).unwrap();
    let module = operations::module(&plan, &Resource::tree(&plan, "queues"));
    assert_eq!(module.matches("pub fn metrics(").count(), 1, "{module}");
    assert_eq!(module.matches("pub fn metrics_api(").count(), 1, "{module}");
}

#[test]
fn a_product_that_mentions_another_ones_type_brings_it_along() {
    let products = ["dns", "kv"];
    let before = Before::of(&products);
    let mut grown = before.description.clone();
    let Some(Schema::Object(fields)) = grown.schemas.get_mut("dns.dnssec.DNSSEC") else {
        panic!("it is an object");
    };
    let namespace = Schema::Ref("kv.Namespace".to_owned());
    fields.push(property("namespace".to_owned(), namespace, false));
    before.check(&grown, "a namespace of DNSSEC");
    let plan = planner::plan(&grown, &products, &before.policy, &before.lock).unwrap();
    let needs = manifests::needs(&plan);
    assert_eq!(needs["dns"], BTreeSet::from(["kv"]));
}

#[test]
fn what_only_replies_had_holds_no_null_when_an_operation_sends_it() {
    let products = ["queues"];
    let span = || {
        let end = |name: &str| property(name.to_owned(), Schema::Any, true);
        Schema::Object(vec![end("start"), end("end")])
    };
    let refers = |name: &str| {
        let span = Schema::Ref(name.to_owned());
        Schema::Object(vec![property("span".to_owned(), span, false)])
    };
    let mut description = Before::of(&products).description;
    let operation = |id: &str| {
        let mut operations = description.operations.iter();
        operations.position(|known| known.id == id).unwrap()
    };
    let (read, write) = (operation("queues.get"), operation("queues.create"));
    description.schemas.insert("queues.Span".to_owned(), span());
    description.operations[read].result = ReplyKind::Envelope(refers("queues.Span"));
    let before = Before::with(description, &products);

    // The very schema that is received, and one that is equal.
    for name in ["queues.Span", "queues.SpanParam"] {
        let mut grown = before.description.clone();
        grown.schemas.insert(name.to_owned(), span());
        let mut moves = grown.operations[write].clone();
        moves.id = "queues.move_span".to_owned();
        moves.method = "move_span".to_owned();
        moves.path.push_str("/span");
        let body = moves.body.as_mut().unwrap();
        body.schema = refers(name);
        grown.operations.push(moves);
        before.check(&grown, name);
    }
}
