//! Turns schemas into items: every schema that an operation reaches becomes one.

use std::collections::BTreeMap;

use crate::description::Description;
use crate::description::schema::{Format, Property, Schema};

use crate::codegen::items::config;
use crate::codegen::items::types::{Field, Item, Shape, Side, Spot, Tag, Type, Union, Variant};
use crate::codegen::items::whole::Whole;
use crate::codegen::words::names;

/// Turns schemas into types, and collects the items that they need.
pub struct Collector<'d> {
    description: &'d Description,
    whole: &'d Whole,
    pub items: Vec<Item>,
    by_spot: BTreeMap<Spot, usize>,
}

/// Where a schema is, for naming one without a name.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    pub side: Side,
    /// The schema or operation around it.
    pub owner: &'p str,
    /// The property or parameter.
    pub name: &'p str,
}

impl<'d> Collector<'d> {
    pub fn new(description: &'d Description, whole: &'d Whole) -> Self {
        Collector {
            description,
            whole,
            items: Vec::new(),
            by_spot: BTreeMap::new(),
        }
    }

    /// The type for a schema.
    pub fn type_of(&mut self, schema: &Schema, place: Place<'_>) -> Type {
        match schema {
            Schema::Any | Schema::Null => Type::Any,
            Schema::Bool => Type::Bool,
            Schema::Integer => Type::Int,
            Schema::Number if self.whole.is_whole(place.owner, place.name) => Type::Int,
            Schema::Number => Type::Float,
            Schema::Str(Format::Date) => Type::Date,
            Schema::Str(Format::DateTime) => Type::DateTime,
            Schema::Str(Format::Binary) => Type::Blob,
            Schema::Str(Format::Plain) | Schema::Const(_) => {
                config::id_type(Some(place.owner), place.name).map_or(Type::Text, Type::Id)
            }
            Schema::Array(element) => Type::List(Box::new(self.type_of(element, place))),
            Schema::Map(values) => Type::Map(Box::new(self.type_of(values, place))),
            Schema::Nullable(inner) => self.type_of(inner, place).optional(),
            Schema::Ref(name) => self.referenced(name, place),
            Schema::Union(variants) => match self.simple_union(variants, place) {
                Some(simple) => simple,
                None => self.inline(schema, place),
            },
            Schema::Enum(_) | Schema::Object(_) | Schema::AllOf(_) => self.inline(schema, place),
        }
    }

    /// The type for a named schema. Names of scalars, lists and maps are not kept.
    fn referenced(&mut self, name: &str, place: Place<'_>) -> Type {
        if let Some(index) = self.by_spot.get(&spot(place.side, name)) {
            return Type::Item(*index);
        }
        let description = self.description;
        let Some(schema) = description.schemas.get(name) else {
            return Type::Any;
        };
        match schema {
            Schema::Enum(_) | Schema::Object(_) | Schema::AllOf(_) => {
                self.named(place.side, name, schema)
            }
            Schema::Union(variants) => match self.simple_union(variants, place) {
                Some(simple) => simple,
                None => self.named(place.side, name, schema),
            },
            Schema::Nullable(inner) if !matches!(**inner, Schema::Ref(_)) => {
                let place = Place {
                    side: place.side,
                    owner: name,
                    name: "",
                };
                self.type_of(inner, place).optional()
            }
            Schema::Map(values) => {
                let place = Place {
                    side: place.side,
                    owner: name,
                    name: "value",
                };
                Type::Map(Box::new(self.type_of(values, place)))
            }
            Schema::Array(element) => {
                let place = Place {
                    side: place.side,
                    owner: name,
                    name: "item",
                };
                Type::List(Box::new(self.type_of(element, place)))
            }
            other => self.type_of(other, place),
        }
    }

    /// A union that reduces to one type.
    fn simple_union(&mut self, variants: &[Schema], place: Place<'_>) -> Option<Type> {
        // A reply that is a model or anything else becomes the model, which can hold anything else, too.
        if place.side == Side::Received
            && let [one, other] = variants
        {
            for (model, any) in [(one, other), (other, one)] {
                if matches!(self.resolve(model), Schema::Object(_) | Schema::AllOf(_))
                    && matches!(self.resolve(any), Schema::Any)
                {
                    return Some(self.type_of(model, place));
                }
            }
        }
        self.plain_union(variants, place)
    }

    /// A union that reduces to one scalar type.
    fn plain_union(&mut self, variants: &[Schema], place: Place<'_>) -> Option<Type> {
        let is_scalar = |schema: &Schema| {
            matches!(
                self.resolve(schema),
                Schema::Str(_) | Schema::Const(_) | Schema::Number | Schema::Integer
            )
        };
        if !variants.iter().all(is_scalar) {
            return None;
        }
        let types: Vec<Type> = variants.iter().map(|v| self.type_of(v, place)).collect();
        if types.iter().all(|ty| matches!(ty, Type::Int | Type::Float)) {
            let all_int = types.iter().all(|ty| *ty == Type::Int)
                || self.whole.is_whole(place.owner, place.name);
            return Some(if all_int { Type::Int } else { Type::Float });
        }
        // A point in time can be written as a date, but not the other way round.
        if types
            .iter()
            .all(|ty| matches!(ty, Type::Date | Type::DateTime))
        {
            let all_dates = types.iter().all(|ty| *ty == Type::Date);
            return Some(if all_dates {
                Type::Date
            } else {
                Type::DateTime
            });
        }
        types
            .windows(2)
            .all(|pair| pair[0] == pair[1])
            .then(|| types[0].clone())
    }

    /// Follows references to the schema.
    fn resolve<'s>(&'s self, schema: &'s Schema) -> &'s Schema {
        match schema {
            Schema::Ref(name) => match self.description.schemas.get(name) {
                Some(target) => self.resolve(target),
                None => &Schema::Any,
            },
            other => other,
        }
    }

    /// An item for a schema without a name of its own.
    fn inline(&mut self, schema: &Schema, place: Place<'_>) -> Type {
        if let Schema::Enum(values) = schema
            && let Some(name) = config::enum_name(values)
        {
            return self.named(place.side, name, schema);
        }
        let name = format!("{}/{}", place.owner, place.name);
        self.named(place.side, &name, schema)
    }

    fn named(&mut self, side: Side, name: &str, schema: &Schema) -> Type {
        let spot = spot(side, name);
        if let Some(index) = self.by_spot.get(&spot) {
            return Type::Item(*index);
        }
        let index = self.items.len();
        self.by_spot.insert(spot.clone(), index);
        self.items.push(Item {
            spot,
            shape: Shape::Model(Vec::new()),
        });
        let shape = match schema {
            Schema::Enum(values) => Shape::Enum(distinct(values)),
            Schema::Union(variants) => self.union(side, name, variants),
            _ => {
                let properties = self.properties(schema);
                Shape::Model(self.fields(side, name, &properties))
            }
        };
        self.items[index].shape = shape;
        Type::Item(index)
    }

    /// The properties of an object; if several schemas are combined, those of all of them.
    fn properties(&self, schema: &Schema) -> Vec<Property> {
        match schema {
            Schema::Object(properties) => properties.clone(),
            Schema::Ref(_) => self.properties(self.resolve(schema)),
            Schema::Nullable(inner) => self.properties(inner),
            Schema::AllOf(parts) => {
                let mut all: Vec<Property> = Vec::new();
                for property in parts.iter().flat_map(|part| self.properties(part)) {
                    match all.iter_mut().find(|known| known.name == property.name) {
                        Some(known) => {
                            known.required |= property.required;
                            known.facts.join(&property.facts);
                            known.schema = self.narrower(&known.schema, &property.schema);
                        }
                        None => all.push(property),
                    }
                }
                all
            }
            _ => Vec::new(),
        }
    }

    /// The stricter of two schemas for one property.
    fn narrower(&self, a: &Schema, b: &Schema) -> Schema {
        fn width(schema: &Schema) -> usize {
            match schema {
                Schema::Const(_) => 0,
                Schema::Enum(values) => values.len(),
                Schema::Object(_) | Schema::AllOf(_) => 1_000,
                Schema::Union(variants) => 2_000 + variants.len(),
                Schema::Any => usize::MAX,
                _ => 3_000,
            }
        }
        let (width_a, width_b) = (width(self.resolve(a)), width(self.resolve(b)));
        if width_a < width_b {
            a.clone()
        } else {
            b.clone()
        }
    }

    fn fields(&mut self, side: Side, model: &str, properties: &[Property]) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for property in properties {
            let place = Place {
                side,
                owner: model,
                name: &property.name,
            };
            let ty = self.type_of(&property.schema, place);
            let name = names::of_field(&property.name, property.code_name.as_deref());
            let taken = |name: &str| name == "extra" || fields.iter().any(|f| f.name == name);
            fields.push(Field {
                json: property.name.clone(),
                name: names::unique(name, taken),
                ty: if property.required { ty } else { ty.optional() },
                required: property.required,
                wanted: property.required && side == Side::Sent,
                read_only: side == Side::Received,
                boxed: None,
                null_if_unset: property.null_if_unset,
                facts: match &property.schema {
                    Schema::Nullable(_) => property.facts.clone().nullable(),
                    _ => property.facts.clone(),
                },
                constant: match self.resolve(&property.schema) {
                    Schema::Const(value) => Some(value.clone()),
                    _ => None,
                },
            });
        }
        fields
    }

    fn union(&mut self, side: Side, name: &str, schemas: &[Schema]) -> Shape {
        let mut variants: Vec<Variant> = Vec::new();
        let mut kept: Vec<&Schema> = Vec::new();
        for (index, schema) in schemas.iter().enumerate() {
            let place_name = format!("variant{index}");
            let place = Place {
                side,
                owner: name,
                name: &place_name,
            };
            let ty = match self.type_of(schema, place) {
                // Null needs no variant: a nullable field is optional.
                Type::Optional(inner) => *inner,
                ty => ty,
            };
            if variants.iter().all(|variant| variant.ty != ty) {
                let name = self.variant_name(&ty);
                let taken = |name: &str| variants.iter().any(|v| v.name == name) || name == "Other";
                let name = names::unique(name, taken);
                variants.push(Variant {
                    name,
                    ty,
                    boxed: None,
                });
                kept.push(schema);
            }
        }
        let tag = self.tag(&kept);
        Shape::Union(Union { variants, tag })
    }

    /// The name of a variant: the last part of its type's name.
    fn variant_name(&self, ty: &Type) -> String {
        match ty {
            Type::Any => "Any".to_owned(),
            Type::Bool => "Bool".to_owned(),
            Type::Int => "Integer".to_owned(),
            Type::Float => "Number".to_owned(),
            Type::Text | Type::Id(_) => "Text".to_owned(),
            Type::Date | Type::DateTime => "Date".to_owned(),
            Type::Blob => "Bytes".to_owned(),
            Type::List(inner) => format!("{}List", self.variant_name(inner)),
            Type::Map(inner) => format!("{}Map", self.variant_name(inner)),
            Type::Optional(inner) => self.variant_name(inner),
            Type::Item(item) => {
                let schema = &self.items[*item].spot.name;
                let last = schema.rsplit('.').next().unwrap_or(schema);
                names::type_name(last)
            }
        }
    }

    /// The property whose constant values distinguish the most variants.
    fn tag(&self, variants: &[&Schema]) -> Option<Tag> {
        let constants: Vec<Vec<(String, Vec<String>)>> = variants
            .iter()
            .map(|schema| {
                let properties = self.properties(self.resolve(schema)).into_iter();
                properties
                    .filter_map(|property| match self.resolve(&property.schema) {
                        Schema::Const(value) => Some((property.name, vec![value.clone()])),
                        Schema::Enum(values) => Some((property.name, values.clone())),
                        _ => None,
                    })
                    .collect()
            })
            .collect();
        let mut best: Option<Tag> = None;
        let names = constants.iter().flatten().map(|(name, _)| name);
        for name in names {
            let values = tag_values(&constants, name);
            let told = |values: &[(String, usize)]| {
                let mut variants: Vec<usize> = values.iter().map(|(_, index)| *index).collect();
                variants.dedup();
                variants.len()
            };
            let better = best
                .as_ref()
                .is_none_or(|best| told(&values) > told(&best.values));
            if told(&values) > 1 && better {
                let name = name.clone();
                best = Some(Tag { name, values });
            }
        }
        best
    }
}

/// The values of property `name` that only one variant has.
fn tag_values(constants: &[Vec<(String, Vec<String>)>], name: &str) -> Vec<(String, usize)> {
    let mut all: Vec<(String, usize)> = Vec::new();
    for (index, properties) in constants.iter().enumerate() {
        for (_, values) in properties.iter().filter(|(known, _)| known == name) {
            all.extend(distinct(values).into_iter().map(|value| (value, index)));
        }
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (value, _) in &all {
        *counts.entry(value.clone()).or_default() += 1;
    }
    all.retain(|(value, _)| counts[value] == 1);
    all
}

fn distinct(values: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for value in values {
        if !distinct.contains(value) {
            distinct.push(value.clone());
        }
    }
    distinct
}

fn spot(side: Side, name: &str) -> Spot {
    Spot {
        side,
        name: name.to_owned(),
    }
}
