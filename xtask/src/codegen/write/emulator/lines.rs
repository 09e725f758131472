//! The lines of schemas: equal ones share one, and each has a key made of its content.

use std::collections::{BTreeMap, HashMap, HashSet};

use md5::{Digest, Md5};

use super::schema::render;
use crate::codegen::items::partition;
use crate::description::json::Json;

/// Length of a schema's key in digits, unless another begins with the same ones.
const KEY: usize = 8;

/// The schemas in use, each written once.
pub struct Lines<'a> {
    /// For every name, its class of equal schemas.
    class: HashMap<&'a str, usize>,
    /// For every class, one schema, its own text, and the classes that it refers to.
    classes: Vec<(&'a Json, String, Vec<usize>)>,
    /// The keys of the classes in use.
    keys: HashMap<usize, String>,
    taken: HashSet<String>,
    pub text: BTreeMap<String, String>,
}

impl<'a> Lines<'a> {
    pub fn new(documents: &'a [Json]) -> Self {
        let mut schemas = BTreeMap::new();
        for document in documents {
            let all = document.get("components").and_then(|c| c.get("schemas"));
            for (name, schema) in all.map(Json::members).unwrap_or_default() {
                schemas.insert(name.as_str(), schema);
            }
        }
        let index: HashMap<&str, usize> = schemas.keys().copied().zip(0..).collect();
        let structures: Vec<(String, Vec<usize>)> = schemas
            .values()
            .map(|schema| {
                let mut references = Vec::new();
                let text = render(schema, &mut |target| match index.get(target) {
                    Some(to) => {
                        references.push(*to);
                        "#".to_owned()
                    }
                    None => format!("#{target}"),
                });
                (text, references)
            })
            .collect();
        let of = partition::classes(&structures);
        let mut classes = Vec::new();
        for ((schema, (text, references)), class) in schemas.values().zip(structures).zip(&of) {
            // Classes are numbered in order of appearance.
            if *class == classes.len() {
                let references = references.iter().map(|to| of[*to]).collect();
                classes.push((*schema, text, references));
            }
        }
        Self {
            class: schemas.into_keys().zip(of).collect(),
            classes,
            keys: HashMap::new(),
            taken: HashSet::new(),
            text: BTreeMap::new(),
        }
    }

    /// A schema as text; adds lines for what it refers to.
    pub fn schema(&mut self, schema: &Json) -> String {
        render(schema, &mut |target| self.reference(target))
    }

    fn reference(&mut self, target: &str) -> String {
        let Some(&class) = self.class.get(target) else {
            return "*".to_owned();
        };
        let key = self.key(class);
        if !self.text.contains_key(&key) {
            // Insert the key first: schemas can be recursive.
            self.text.insert(key.clone(), String::new());
            let line = self.schema(self.classes[class].0);
            self.text.insert(key.clone(), line);
        }
        format!("#{key}")
    }

    /// The key of a class, which depends on no other schemas.
    fn key(&mut self, class: usize) -> String {
        if let Some(key) = self.keys.get(&class) {
            return key.clone();
        }
        let mut said = String::new();
        self.say(class, &mut HashMap::new(), &mut said);
        let digest = Md5::digest(said)
            .iter()
            .fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
        let free = |length: &usize| !self.taken.contains(&digest[..*length]);
        let length = (KEY..digest.len()).find(free).unwrap_or(digest.len());
        let key = digest[..length].to_owned();
        self.taken.insert(key.clone());
        self.keys.insert(class, key.clone());
        key
    }

    /// The whole content of a class, references included; what has been written before is referred to by number.
    fn say(&self, class: usize, before: &mut HashMap<usize, usize>, said: &mut String) {
        let number = before.len();
        if let Some(known) = before.get(&class) {
            *said += &format!("@{known};");
            return;
        }
        before.insert(class, number);
        let (_, text, references) = &self.classes[class];
        said.push_str(text);
        said.push(';');
        for reference in references {
            self.say(*reference, before, said);
        }
    }
}
