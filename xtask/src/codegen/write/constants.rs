//! Writes the error codes for users: one module per product with a constant per code, and the table by which errors
//! are told apart.

use std::collections::{BTreeMap, BTreeSet};

use super::output::Output;
use super::template::{escaped, template};
use crate::codegen::codes::{Code, Codes, GENERAL, Kind};
use crate::codegen::words::names;

const FOLDER: &str = "crates/cf-types/src/generated/codes";

/// How many operations the docs of a code name.
const SHOWN: usize = 8;

template! {
    Root { products, arms } = r#"
//! The error codes of the API, by product.
//!
//! A number means different things in different products, and sometimes in one, so every product has its own
//! names. What is known comes from observation, and is not complete: an error can have a code that is not here.
//! [`general`] has the codes that any operation can answer.
//!
//! To ask whether something exists already or is missing, whatever the code, use `is_conflict` and
//! `is_not_found` of cf-client's `Error`, or [`ApiFailure::meaning`](crate::ApiFailure::meaning).
//!
//! ```
//! use cf_types::codes;
//!
//! assert_eq!(codes::general::NO_ROUTE, 7003);
//! ```

$products

use crate::meaning::Known;

/// What is known of the codes of a product.
pub(crate) fn known(product: &str) -> &'static [Known] {
    match product {
        $arms
        _ => &[],
    }
}
"#
}

template! {
    Module { product, module } = r#"
#[cfg(feature = "$?product")]
pub mod $module;
"#
}

template! {
    Arm { product, module } = r#"
#[cfg(feature = "$product")]
"$product" => $module::KNOWN,
"#
}

template! {
    OfProduct { product, imports, constants, rows } = r#"
//! Error codes of `$product`.

use crate::meaning::$imports;

$constants

pub(crate) static KNOWN: &[Known] = &[
    $rows
];
"#
}

template! {
    General { constants } = r#"
//! Error codes that any operation can answer.

$constants
"#
}

template! {
    Constant { doc, name, number } = r#"
$doc
pub const $name: i64 = $number;
"#
}

template! {
    Row { code, status, says, meaning, operations } = r#"
Known { code: $code, status: $status, says: "$says", meaning: $meaning, operations: &$operations },
"#
}

pub fn write(codes: &Codes, output: &mut Output) {
    output.rust(format!("{FOLDER}/mod.rs"), &root(codes));
    let shared = shared(codes);
    for (product, all) in &codes.products {
        let file = format!("{FOLDER}/{}.rs", names::snake(product));
        output.rust(file, &module(product, all, &shared));
    }
}

fn root(codes: &Codes) -> String {
    let products = codes.products.keys().map(|product| {
        let module = Module {
            product: if product == GENERAL { "" } else { product },
            module: &names::snake(product),
        };
        module.fill()
    });
    let known = codes.products.keys().filter(|product| *product != GENERAL);
    let arms = known.map(|product| {
        let module = &names::snake(product);
        Arm { product, module }.fill()
    });
    let root = Root {
        products: &products.collect::<String>(),
        arms: &arms.collect::<String>(),
    };
    root.fill()
}

/// The codes that mean different things, here or in another product: with these, the operation has to be known.
fn shared(codes: &Codes) -> BTreeSet<Option<i64>> {
    let mut kinds: BTreeMap<Option<i64>, BTreeSet<Kind>> = BTreeMap::new();
    for (_, _, code) in codes.all() {
        kinds.entry(code.code).or_default().insert(code.kind);
    }
    let several = kinds.into_iter().filter(|(_, kinds)| kinds.len() > 1);
    several.map(|(code, _)| code).collect()
}

fn module(product: &str, codes: &BTreeMap<String, Code>, shared: &BTreeSet<Option<i64>>) -> String {
    let constants = codes.iter().filter_map(|(name, code)| {
        let number = &grouped(code.constant()?);
        let others = codes.iter().filter(|(other, known)| {
            *other != name && known.when == code.when && known.constant().is_some()
        });
        let others: Vec<&str> = others.map(|(other, _)| other.as_str()).collect();
        let doc = &doc(code, &others);
        Some(Constant { doc, name, number }.fill())
    });
    let constants = &constants.collect::<String>();
    if product == GENERAL {
        return General { constants }.fill();
    }
    let has_meaning = codes.values().any(|code| code.kind != Kind::Other);
    let rows = codes.values().map(|code| row(code, shared));
    let module = OfProduct {
        product,
        imports: if has_meaning {
            "{Known, Meaning}"
        } else {
            "Known"
        },
        constants,
        rows: &rows.collect::<String>(),
    };
    module.fill()
}

/// The row by which errors with a code are told apart.
fn row(code: &Code, shared: &BTreeSet<Option<i64>>) -> String {
    let meaning = match code.kind {
        Kind::NotFound => "Some(Meaning::NotFound)",
        Kind::Reference => "Some(Meaning::MissingReference)",
        Kind::Exists => "Some(Meaning::AlreadyExists)",
        Kind::InUse => "Some(Meaning::InUse)",
        Kind::Limit => "Some(Meaning::LimitReached)",
        Kind::Invalid => "Some(Meaning::Invalid)",
        Kind::Denied => "Some(Meaning::Denied)",
        Kind::Other => "None",
    };
    let operations: &[String] = match shared.contains(&code.code) || code.code.is_none() {
        true => &code.operations,
        false => &[],
    };
    // Without a code, it takes status and message together.
    let (number, status) = match code.code {
        Some(number) => (format!("Some({})", grouped(number)), None),
        None => ("None".to_owned(), code.status),
    };
    let row = Row {
        code: &number,
        status: &format!("{status:?}"),
        says: &escaped(code.says.as_deref().unwrap_or_default()),
        meaning,
        operations: &format!("{operations:?}"),
    };
    row.fill()
}

/// What is known of a code, and of others for the same.
fn doc(code: &Code, others: &[&str]) -> String {
    let mut text = format!("/// {}.", code.sentence());
    if let Some(status) = code.status {
        text += &format!(" The status is {status}.");
    }
    if let Some(says) = &code.says {
        text += &format!(" The message says `{}`.", says.replace('`', "'"));
    }
    if !others.is_empty() {
        let links = others.iter().map(|other| format!("[`{other}`]"));
        let links: Vec<String> = links.collect();
        text += &format!(" The API also answers {} then.", links.join(" or "));
    }
    if let Some((last, others)) = code.operations.split_last() {
        let quoted = |ids: &[String]| {
            let ids = ids.iter().map(|id| format!("`{id}`"));
            ids.collect::<Vec<_>>().join(", ")
        };
        let shown = match code.operations.len() {
            1 => quoted(std::slice::from_ref(last)),
            many if many <= SHOWN => format!("{} and `{last}`", quoted(others)),
            many => format!(
                "{} and {} more",
                quoted(&code.operations[..SHOWN]),
                many - SHOWN
            ),
        };
        text += &format!("\n///\n/// Seen with {shown}.");
    }
    text + "\n"
}

/// A number with a sign between each three digits, as Rust has it.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{grouped, module, shared};
    use crate::codegen::codes::Codes;
    use crate::description;

    #[test]
    fn a_code_is_a_constant_and_a_row() {
        let codes = Codes::load(&description::home()).unwrap();
        let text = module("workflows", &codes.products["workflows"], &shared(&codes));
        assert!(text.contains("pub const WORKFLOW_NOT_FOUND: i64 = 10_200;"));
        // No other product has it for something else, so all operations of this one may answer it.
        assert!(text.contains(
            "code: Some(10_200), status: None, says: \"\", meaning: Some(Meaning::NotFound), operations: &[] }"
        ));
        // 1003 means several things, so the operation counts.
        let text = module("user", &codes.products["user"], &shared(&codes));
        let row = text.lines().find(|line| line.contains("code: Some(1003)"));
        assert!(
            row.unwrap().contains("operations: &[\"user.tokens."),
            "{row:?}"
        );
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (7003, "7003"),
            (10_200, "10_200"),
            (8_000_007, "8_000_007"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
