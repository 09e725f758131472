//! No secret of any operation gets into a cassette: bodies and replies for the whole description are generated, with
//! random secrets where secrets belong, recorded, and searched for in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use cf_transport::cassette::{Recorder, Scrub};
use cf_transport::{Body, Transport, transport_fn};
use http::{Request, Response};
use serde_json::{Map, Value, json};

/// The maximum depth of bodies: some schemas are recursive.
const DEPTH: usize = 9;

/// Names that sound secret, without case, dashes and underscores. Each is secret, unless `public.txt` says otherwise.
const SOUNDS_SECRET: &[&str] = &[
    "accesskey",
    "apikey",
    "authkey",
    "credential",
    "jwk",
    "jwt",
    "passphrase",
    "passw",
    "pem",
    "privatekey",
    "privkey",
    "psk",
    "secret",
    "sharedkey",
    "token",
];

/// The description in this repository.
struct Description {
    operations: Vec<Operation>,
    schemas: BTreeMap<String, Value>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    media_type: String,
    body: Option<Value>,
    reply: Option<Value>,
}

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn description() -> Description {
    let mut found = Description {
        operations: Vec::new(),
        schemas: BTreeMap::new(),
    };
    for entry in fs::read_dir(home().join("api")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for (name, schema) in document["components"]["schemas"]
            .as_object()
            .into_iter()
            .flatten()
        {
            found.schemas.insert(name.clone(), schema.clone());
        }
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().unwrap() {
                let content = operation["requestBody"]["content"].as_object();
                let body = content.and_then(|content| content.iter().next());
                let replies = operation["responses"].as_object().into_iter().flatten();
                let reply = replies
                    .filter_map(|(_, reply)| reply["content"].as_object()?.get("application/json"));
                found.operations.push(Operation {
                    id: operation["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    media_type: body
                        .map(|(media_type, _)| media_type.clone())
                        .unwrap_or_default(),
                    body: body.map(|(_, content)| content["schema"].clone()),
                    reply: reply.map(|content| content["schema"].clone()).next(),
                });
            }
        }
    }
    found
}

/// The lines of a file next to this one.
fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(home().join("tests/secrets").join(name)).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

/// What is known to be secret, from other sources than the list that is tested.
struct Known {
    /// Operation, part and field, as Cloudflare's own description marks them.
    official: BTreeSet<String>,
    /// Names that sound secret and are not.
    public: BTreeSet<String>,
}

impl Known {
    fn load() -> Self {
        let public = lines("public.txt");
        let public = public
            .iter()
            .map(|line| plain(line.split_whitespace().next().unwrap()));
        Self {
            official: lines("official.txt")
                .iter()
                .map(|line| line.replace("[]", ""))
                .collect(),
            public: public.collect(),
        }
    }

    fn sounds_secret(&self, name: &str) -> bool {
        let name = plain(name);
        let sounds = SOUNDS_SECRET.iter().any(|sound| name.contains(sound))
            || name.ends_with("key") && name != "key";
        sounds && !self.public.contains(&name)
    }
}

/// Generates bodies.
struct Maker<'d> {
    schemas: &'d BTreeMap<String, Value>,
    known: &'d Known,
    /// `zones.list reply`
    place: String,
    /// Which variant of unions is generated.
    variant: usize,
    variants: usize,
    random: u64,
    secrets: Vec<(String, String)>,
    /// What is not secret, with its pointer.
    others: Vec<(String, String)>,
}

impl Maker<'_> {
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn secret(&mut self) -> String {
        const SORTS: [&str; 4] = [
            "abcdefghijklmnopqrstuvwxyz",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "0123456789abcdef",
            "abcXYZ0189+/=&%?#@:;,.!~_-(){}[]<>\"'\\ é",
        ];
        let sort: Vec<char> = SORTS[(self.next() % 4) as usize].chars().collect();
        let len = 20 + self.next() % 30;
        let random = (0..len).map(|_| sort[(self.next() % sort.len() as u64) as usize]);
        // A single word in failures, and not a word of the API.
        format!("hush{}", random.collect::<String>())
    }

    fn make(&mut self, schema: &Value, pointer: &str, name: &str, depth: usize) -> Value {
        if let Some(target) = schema["$ref"].as_str() {
            let target = target.rsplit('/').next().unwrap();
            let schemas = self.schemas;
            return self.make(&schemas[target], pointer, name, depth);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(variants) = schema[key].as_array() {
                self.variants = self.variants.max(variants.len());
                let variant = &variants[self.variant % variants.len()];
                return self.make(variant, pointer, name, depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(members) = self.make(part, pointer, name, depth) {
                    whole.extend(members);
                }
            }
            return whole.into();
        }
        let kinds = schema["type"].as_array();
        let kind = kinds
            .and_then(|kinds| kinds.first())
            .unwrap_or(&schema["type"])
            .as_str();
        match kind {
            _ if depth == 0 => Value::Null,
            Some("string") => match (schema["const"].as_str(), schema["enum"][0].as_str()) {
                (Some(constant), _) | (None, Some(constant)) => constant.into(),
                (None, None) => self.text(pointer, name).into(),
            },
            Some("boolean") => false.into(),
            Some("integer" | "number") => 1.into(),
            Some("array") => json!([self.make(&schema["items"], pointer, name, depth - 1)]),
            Some("object") => {
                let mut members = Map::new();
                for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                    let pointer = format!("{pointer}.{name}");
                    members.insert(name.clone(), self.make(schema, &pointer, name, depth - 1));
                }
                if schema["additionalProperties"].is_object() {
                    let value =
                        self.make(&schema["additionalProperties"], pointer, name, depth - 1);
                    members.insert("any".to_owned(), value);
                }
                members.into()
            }
            _ => self.text(pointer, name).into(),
        }
    }

    fn text(&mut self, pointer: &str, name: &str) -> String {
        let field = pointer.trim_start_matches('.');
        let field = field
            .strip_prefix("result.")
            .filter(|_| self.place.ends_with("reply"))
            .unwrap_or(field);
        let place = format!("{} {field}", self.place);
        if self.known.official.contains(&place) || self.known.sounds_secret(name) {
            let secret = self.secret();
            self.secrets
                .push((format!("{}{pointer}", self.place), secret.clone()));
            return secret;
        }
        let text = format!("plain-{:05}", self.others.len());
        self.others
            .push((format!("{}{pointer}", self.place), text.clone()));
        text
    }
}

/// A secret in all its encodings.
fn spellings(secret: &str) -> Vec<String> {
    let percent = |format: fn(u8) -> String| {
        let bytes = secret.bytes();
        let escaped = bytes.map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format(byte),
        });
        escaped.collect::<String>()
    };
    let json = serde_json::to_string(secret).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let mut spellings = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        twice.trim_matches(['"', '\\']).to_owned(),
        percent(|byte| format!("%{byte:02X}")),
        percent(|byte| format!("%{byte:02x}")),
    ];
    for engine in [STANDARD, URL_SAFE] {
        for before in 0..3 {
            let bytes = [&[0; 3][..before], secret.as_bytes()].concat();
            let encoded = engine.encode(bytes);
            // Without the digits that its neighbours affect.
            spellings.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    spellings
}

/// A form with a part for each member.
fn form(body: &Value) -> String {
    let mut form = String::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        form +=
            &format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    form + "--XX--\r\n"
}

/// The cassette's file with this exchange.
async fn recorded(file: &Path, request: Request<Body>, reply: String) -> String {
    let recorder = Recorder::new(transport_fn(move |_| {
        let reply = Response::builder()
            .header("content-type", "application/json")
            .body(reply.clone().into())
            .unwrap();
        async { Ok(reply) }
    }));
    let recorder = recorder.scrub(Scrub::default().keep_identifiers());
    recorder.send(request).await.unwrap();
    recorder.save(file).unwrap();
    fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn no_secret_of_any_operation_gets_into_a_cassette() {
    let (description, known) = (description(), Known::load());
    assert!(description.operations.len() > 2000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cassette.json");
    let seed = RandomState::new().hash_one(0_u8) | 1;
    let (mut kept, mut lost, mut planted) = (Vec::new(), Vec::new(), 0);
    for operation in &description.operations {
        let mut maker = Maker {
            schemas: &description.schemas,
            known: &known,
            place: String::new(),
            variant: 0,
            variants: 1,
            random: seed,
            secrets: Vec::new(),
            others: Vec::new(),
        };
        while maker.variant < maker.variants.min(20) {
            maker.place = format!("{} body", operation.id);
            let body = operation
                .body
                .as_ref()
                .map(|schema| maker.make(schema, "", "", DEPTH));
            maker.place = format!("{} reply", operation.id);
            let reply = operation
                .reply
                .as_ref()
                .map(|schema| maker.make(schema, "", "", DEPTH));
            maker.variant += 1;
            if maker.variant > 1 && maker.secrets.is_empty() {
                maker.others.clear();
                continue;
            }

            let sent = body
                .iter()
                .chain(&reply)
                .map(Value::to_string)
                .collect::<String>();
            let path = operation.path.replace(['{', '}'], "");
            let request = Request::builder()
                .method(&*operation.method)
                .uri(format!("https://api.example.com/client/v4{path}"));
            let multipart = operation.media_type.starts_with("multipart/");
            let request = match &body {
                Some(body) if multipart => request
                    .header("content-type", "Multipart/Form-Data; boundary=XX")
                    .body(form(body).into()),
                // A streamed body.
                Some(body) => request
                    .header("content-type", "application/json")
                    .body(Body::stream(None, body.to_string())),
                None => request.body(Body::empty()),
            };
            let reply = reply.map_or_else(String::new, |reply| reply.to_string());
            let text = recorded(&file, request.unwrap(), reply).await;
            planted += maker.secrets.len();
            for (pointer, secret) in maker.secrets.drain(..) {
                if spellings(&secret)
                    .iter()
                    .any(|spelling| text.contains(spelling))
                {
                    kept.push(pointer);
                }
            }
            for (pointer, other) in maker.others.drain(..) {
                if sent.contains(&other) && !text.contains(&other) && !multipart {
                    lost.push(pointer);
                }
            }
        }
    }
    kept.dedup();
    lost.dedup();
    assert!(
        kept.is_empty(),
        "seed {seed}, {} of {planted} kept: {kept:#?}",
        kept.len()
    );
    assert!(planted > 500, "{planted}");
    // Nothing else is removed, except within secrets.
    let hidden = lines("hidden.txt");
    let is_hidden = |pointer: &str| {
        hidden
            .iter()
            .any(|end| pointer.ends_with(end.split("  ").next().unwrap()))
    };
    lost.retain(|pointer| {
        let mut words = pointer.split(['.', ' ']);
        !words.any(|word| known.sounds_secret(word)) && !is_hidden(pointer)
    });
    assert!(lost.is_empty(), "{lost:#?}");
}

/// What is marked in Cloudflare's own description must exist here: its operations have our names.
#[test]
fn the_official_marks_are_of_our_operations() {
    let operations: BTreeSet<String> = description()
        .operations
        .into_iter()
        .map(|operation| operation.id)
        .collect();
    let lines = lines("official.txt");
    let unknown: Vec<_> = lines
        .iter()
        .filter(|line| !operations.contains(line.split(' ').next().unwrap()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}
