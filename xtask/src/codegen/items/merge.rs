//! Merges items into one type: schemas that describe the same thing.

use crate::codegen::items::types::{Field, Item, Shape, Side, Tag, Type, Union, Variant};

/// What a type is to its resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role {
    pub resource: Vec<String>,
    /// Sent: what create, update and edit take. Received: what the resource is.
    pub side: Side,
    /// The variant of a union that has the role.
    pub variant: Option<String>,
}

/// What must hold for the roles of two items to be merged.
#[derive(Clone, Copy, PartialEq)]
enum Roles {
    Equal,
    /// The second has none, and gets the first's.
    Given,
    /// They belong to different resources.
    Alike,
}

/// Items, and which of them have been merged.
pub struct Merger {
    items: Vec<Item>,
    /// The item that each was merged into; itself if it represents its group.
    parent: Vec<usize>,
    members: Vec<Vec<usize>>,
    roles: Vec<Option<Role>>,
    /// Further resources that an item is the type of.
    shared: Vec<(usize, Vec<String>)>,
    /// The paths of the types that items belong to.
    locked: Vec<Option<String>>,
    /// Whether the type that an item belongs to is only for replies, and stays so.
    reply_only: Vec<bool>,
}

impl Merger {
    pub fn new(items: Vec<Item>) -> Merger {
        let count = items.len();
        Merger {
            items,
            parent: (0..count).collect(),
            members: (0..count).map(|index| vec![index]).collect(),
            roles: vec![None; count],
            shared: Vec::new(),
            locked: vec![None; count],
            reply_only: vec![false; count],
        }
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The item that represents the group of `item`.
    pub fn find(&self, item: usize) -> usize {
        let mut at = item;
        while self.parent[at] != at {
            at = self.parent[at];
        }
        at
    }

    /// The items of a group.
    pub fn members(&self, item: usize) -> impl Iterator<Item = &Item> {
        self.members[self.find(item)]
            .iter()
            .map(|member| &self.items[*member])
    }

    pub fn item(&self, item: usize) -> &Item {
        &self.items[item]
    }

    pub fn shape(&self, item: usize) -> &Shape {
        &self.items[self.find(item)].shape
    }

    pub fn role(&self, item: usize) -> Option<&Role> {
        self.roles[self.find(item)].as_ref()
    }

    pub fn set_role(&mut self, item: usize, role: Role) {
        let item = self.find(item);
        self.roles[item] = Some(role);
    }

    /// Notes that an item is the type of another resource, too.
    pub fn also_of(&mut self, item: usize, resource: &[String]) {
        self.shared.push((item, resource.to_owned()));
    }

    /// The resources, besides that of its role, that an item is the type of.
    pub fn shared_by(&self, item: usize) -> impl Iterator<Item = &Vec<String>> {
        let group = self.find(item);
        self.shared
            .iter()
            .filter(move |(item, _)| self.find(*item) == group)
            .map(|(_, resource)| resource)
    }

    pub fn is_on(&self, item: usize, side: Side) -> bool {
        self.members(item).any(|member| member.spot.side == side)
    }

    /// Merges two items if they fit; returns whether they do.
    pub fn unite(&mut self, a: usize, b: usize) -> bool {
        let fit = self.fit(a, b);
        if fit {
            self.join(a, b);
        }
        fit
    }

    /// Like [`unite`](Self::unite) if only the first has a role, which the second then gets. If they are unions, the
    /// same applies to their variants.
    pub fn adopt(&mut self, root: usize, other: usize) -> bool {
        let fit = self.items_fit(root, other, Roles::Given, &mut Vec::new());
        if fit {
            self.want_nothing(other);
            self.hand_on(root, other);
            self.join(root, other);
        }
        fit
    }

    /// Like [`unite`](Self::unite), but both may have a role if it is on the same side: for what two resources share.
    pub fn share(&mut self, a: usize, b: usize) -> bool {
        let fit = self.items_fit(a, b, Roles::Alike, &mut Vec::new());
        if fit {
            self.hand_on(a, b);
            self.join(a, b);
        }
        fit
    }

    /// Like [`unite`](Self::unite), even if the description allows different constants for a field.
    pub fn unite_whatever_constants(&mut self, a: usize, b: usize) {
        for item in [self.find(a), self.find(b)] {
            if let Shape::Model(fields) = &mut self.items[item].shape
                && a != b
            {
                for field in fields {
                    field.constant = None;
                }
            }
        }
        self.unite(a, b);
    }

    /// Gives the second item the role of the first, and its variants those of the first's.
    fn hand_on(&mut self, root: usize, other: usize) {
        let (root, other) = (self.find(root), self.find(other));
        if root == other {
            return;
        }
        if let Some(lost) = self.roles[other].take() {
            self.shared.push((root, lost.resource));
        }
        self.roles[other] = self.roles[root].clone();
        if let (Shape::Union(a), Shape::Union(b)) =
            (&self.items[root].shape, &self.items[other].shape)
        {
            let pairs: Vec<(usize, usize)> = self
                .pairs(a, b)
                .into_iter()
                .enumerate()
                .filter_map(|(of_b, of_a)| {
                    let (a, b) = (&a.variants[of_a?].ty, &b.variants[of_b].ty);
                    Some((self.find(a.embedded()?), self.find(b.embedded()?)))
                })
                .collect();
            for (a, b) in pairs {
                self.roles[b] = self.roles[a].clone();
            }
        }
    }

    /// A new value must have what the root requires, and no more: nothing in a model, or in a union's variants, is
    /// wanted just because another body requires it.
    fn want_nothing(&mut self, item: usize) {
        let mut open = vec![self.find(item)];
        while let Some(item) = open.pop() {
            match &mut self.items[item].shape {
                Shape::Model(fields) => fields.iter_mut().for_each(|field| field.wanted = false),
                Shape::Union(union) => {
                    let variants: Vec<usize> = union
                        .variants
                        .iter()
                        .filter_map(|variant| variant.ty.embedded())
                        .collect();
                    let variants = variants.into_iter().map(|variant| self.find(variant));
                    open.extend(variants.filter(|variant| self.roles[*variant].is_none()));
                }
                Shape::Enum(_) => {}
            }
        }
    }

    fn roles_agree(&self, a: usize, b: usize, roles: Roles) -> bool {
        match (&self.roles[a], &self.roles[b]) {
            (Some(a), Some(b)) if roles == Roles::Alike => {
                a.side == b.side && a.variant.is_some() == b.variant.is_some()
            }
            (Some(role), None) if roles != Roles::Equal => {
                self.members(b).all(|member| member.spot.side == role.side)
            }
            (a, b) => a == b,
        }
    }

    /// Notes the path of the type that an item belongs to.
    pub fn lock(&mut self, item: usize, path: &str) {
        let item = self.find(item);
        self.locked[item] = Some(path.to_owned());
    }

    /// The path of the type that an item belongs to, if settled.
    pub fn locked(&self, item: usize) -> Option<&str> {
        self.locked[self.find(item)].as_deref()
    }

    /// Notes that the type of an item cannot be sent, whatever the description adds.
    pub fn keep_for_replies(&mut self, item: usize) {
        let item = self.find(item);
        self.reply_only[item] = true;
    }

    fn are_two_types(&self, a: usize, b: usize) -> bool {
        let is_kept_from = |a: usize, b: usize| self.reply_only[a] && self.is_on(b, Side::Sent);
        let have_two_paths = match (&self.locked[a], &self.locked[b]) {
            (Some(a), Some(b)) => a != b,
            _ => false,
        };
        have_two_paths || is_kept_from(a, b) || is_kept_from(b, a)
    }

    /// Whether no field of two items prevents merging them.
    pub fn fit(&self, a: usize, b: usize) -> bool {
        self.items_fit(a, b, Roles::Equal, &mut Vec::new())
    }

    fn items_fit(
        &self,
        a: usize,
        b: usize,
        roles: Roles,
        assumed: &mut Vec<(usize, usize)>,
    ) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        if a == b || assumed.contains(&(a, b)) {
            return true;
        }
        if !self.roles_agree(a, b, roles) || self.are_two_types(a, b) {
            return false;
        }
        assumed.push((a, b));
        match (&self.items[a].shape, &self.items[b].shape) {
            (Shape::Enum(_), Shape::Enum(_)) => true,
            (Shape::Model(a), Shape::Model(b)) => a.iter().all(|field| {
                let Some(other) = b.iter().find(|other| other.json == field.json) else {
                    return true;
                };
                let told_apart = field.constant.is_some()
                    && other.constant.is_some()
                    && field.constant != other.constant;
                !told_apart && self.types_fit(&field.ty, &other.ty, Roles::Equal, assumed)
            }),
            (Shape::Union(a), Shape::Union(b)) => {
                let pairs = self.pairs(a, b);
                let some = pairs.iter().flatten().next().is_some();
                let one_tag = match (&a.tag, &b.tag) {
                    (Some(a), Some(b)) => a.name == b.name,
                    _ => true,
                };
                some && one_tag
                    && pairs.iter().enumerate().all(|(of_b, of_a)| {
                        of_a.is_none_or(|of_a| {
                            let (a, b) = (&a.variants[of_a], &b.variants[of_b]);
                            self.types_fit(&a.ty, &b.ty, roles, assumed)
                        })
                    })
            }
            _ => false,
        }
    }

    fn types_fit(
        &self,
        a: &Type,
        b: &Type,
        roles: Roles,
        assumed: &mut Vec<(usize, usize)>,
    ) -> bool {
        match (a.bare(), b.bare()) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::Int, Type::Float) | (Type::Float, Type::Int) => true,
            (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => {
                self.types_fit(a, b, roles, assumed)
            }
            (Type::Map(values), Type::Item(item)) | (Type::Item(item), Type::Map(values)) => {
                **values == Type::Any && matches!(self.shape(*item), Shape::Model(_))
            }
            (Type::Item(a), Type::Item(b)) => self.items_fit(*a, *b, roles, assumed),
            (Type::Item(item), other) | (other, Type::Item(item)) => match self.shape(*item) {
                Shape::Enum(_) => *other == Type::Text,
                Shape::Union(union) => union.variants.iter().any(|known| known.ty == *other),
                Shape::Model(_) => false,
            },
            (a, b) => {
                a == b
                    || (is_text(a)
                        && is_text(b)
                        && (*a == Type::Text || *b == Type::Text || is_date(a) && is_date(b)))
            }
        }
    }

    /// For each variant of `b`, the corresponding one of `a`.
    pub fn pairs(&self, a: &Union, b: &Union) -> Vec<Option<usize>> {
        b.counterparts(a, &|of_b, of_a| self.find(of_b) == self.find(of_a))
    }

    /// Merges two items and their contents, whether they fit or not.
    pub fn join(&mut self, a: usize, b: usize) {
        let mut open = vec![(a, b)];
        while let Some((a, b)) = open.pop() {
            let (a, b) = (self.find(a), self.find(b));
            if a == b || self.roles[a] != self.roles[b] || self.are_two_types(a, b) {
                continue;
            }
            let ours = std::mem::replace(&mut self.items[a].shape, Shape::Enum(Vec::new()));
            let theirs = self.items[b].shape.clone();
            let (merged, fit) = self.shapes(ours, theirs, &mut open);
            self.items[a].shape = merged;
            if fit {
                self.parent[b] = a;
                self.locked[a] = self.locked[a].take().or(self.locked[b].take());
                self.reply_only[a] |= self.reply_only[b];
                let members = std::mem::take(&mut self.members[b]);
                self.members[a].extend(members);
            }
        }
    }

    /// Merges two shapes; returns the first one if they are of different kinds.
    fn shapes(&self, a: Shape, b: Shape, open: &mut Vec<(usize, usize)>) -> (Shape, bool) {
        match (a, b) {
            (Shape::Enum(mut values), Shape::Enum(others)) => {
                for value in others {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                (Shape::Enum(values), true)
            }
            (Shape::Model(fields), Shape::Model(others)) => {
                (Shape::Model(self.fields(fields, others, open)), true)
            }
            (Shape::Union(union), Shape::Union(other)) => {
                (Shape::Union(self.unions(union, other, open)), true)
            }
            (a, _) => (a, false),
        }
    }

    fn fields(
        &self,
        mut fields: Vec<Field>,
        others: Vec<Field>,
        open: &mut Vec<(usize, usize)>,
    ) -> Vec<Field> {
        for field in &mut fields {
            field.required &= others
                .iter()
                .any(|other| other.json == field.json && other.required);
        }
        for other in others {
            match fields.iter_mut().find(|field| field.json == other.json) {
                Some(field) => {
                    field.ty = self.types(&field.ty, &other.ty, open);
                    field.wanted |= other.wanted;
                    field.null_if_unset |= other.null_if_unset;
                    field.facts.join(&other.facts);
                    field.read_only &= other.read_only;
                    if field.constant != other.constant {
                        field.constant = None;
                    }
                }
                None => {
                    let taken = |name: &str| {
                        name == "extra" || fields.iter().any(|field| field.name == name)
                    };
                    let name = crate::codegen::words::names::unique(other.name.clone(), taken);
                    fields.push(Field {
                        name,
                        required: false,
                        ..other
                    });
                }
            }
        }
        fields
    }

    fn unions(&self, mut union: Union, other: Union, open: &mut Vec<(usize, usize)>) -> Union {
        let pairs = self.pairs(&union, &other);
        let mut places = Vec::new();
        for (variant, pair) in other.variants.into_iter().zip(pairs) {
            places.push(pair.unwrap_or(union.variants.len()));
            match pair {
                Some(known) => {
                    let ty = self.types(&union.variants[known].ty, &variant.ty, open);
                    union.variants[known].ty = ty;
                }
                None => {
                    let taken = |name: &str| union.variants.iter().any(|known| known.name == name);
                    let name = crate::codegen::words::names::unique(variant.name, taken);
                    union.variants.push(Variant {
                        name,
                        ty: variant.ty,
                        boxed: None,
                    });
                }
            }
        }
        if let Some(tag) = other.tag {
            let ours = union.tag.get_or_insert_with(|| Tag {
                name: tag.name,
                values: Vec::new(),
            });
            for (value, variant) in tag.values {
                if ours.values.iter().all(|(known, _)| *known != value) {
                    ours.values.push((value, places[variant]));
                }
            }
        }
        union
    }

    fn types(&self, a: &Type, b: &Type, open: &mut Vec<(usize, usize)>) -> Type {
        let optional = matches!(a, Type::Optional(_)) || matches!(b, Type::Optional(_));
        let merged = match (a.bare(), b.bare()) {
            (Type::Any, other) | (other, Type::Any) => other.clone(),
            (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
            (Type::List(a), Type::List(b)) => Type::List(Box::new(self.types(a, b, open))),
            (Type::Map(a), Type::Map(b)) => Type::Map(Box::new(self.types(a, b, open))),
            (Type::Item(a), Type::Item(b)) => {
                open.push((*a, *b));
                Type::Item(*a)
            }
            (item @ Type::Item(_), _) | (_, item @ Type::Item(_)) => item.clone(),
            (Type::Text, other) if is_text(other) => other.clone(),
            (Type::Date, Type::DateTime) => Type::DateTime,
            (a, _) => a.clone(),
        };
        if optional { merged.optional() } else { merged }
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Id(_)) || is_date(ty)
}

fn is_date(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime)
}
