//! Each property on its seeds, and on randomly damaged seeds. The environment variable `PROPTEST_CASES` sets how
//! many cases; the fuzz targets go further.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::path::{Path, PathBuf};

use cf_properties::{ALL, Property};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

/// Significant bytes of the formats, put in by [`Damage::Insert`].
const TELLING: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ";",
    "(",
    ")",
    "\n",
    "\r\n",
    "\n\n",
    "\n%%\n",
    "%",
    "%2F",
    "..",
    "/",
    "null",
    "-0",
    "1e999",
    "\\ud800",
    "\\u0000",
    "{\"type\":",
    "\"success\":false",
    "{zone}",
    "{last}",
    "$ORIGIN",
    "é",
    "\0",
    "18446744073709551616",
    "9",
    "=",
    "?",
    "&",
    "@",
    "\t",
    " ",
];

#[derive(Debug, Clone)]
enum Damage {
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Replace(Index, u8),
    /// Copies from one place to another.
    Copy(Index, Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let telling = select(TELLING).prop_map(|text| text.as_bytes().to_vec());
    let piece = prop_oneof![3 => telling, 1 => proptest::collection::vec(any::<u8>(), 1..8)];
    prop_oneof![
        (any::<Index>(), piece).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (any::<Index>(), 1..12_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), any::<Index>(), 1..60_usize)
            .prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
    ]
}

impl Damage {
    fn apply(&self, input: &mut Vec<u8>) {
        let end = input.len() + 1;
        match self {
            Damage::Insert(at, piece) => {
                let at = at.index(end);
                input.splice(at..at, piece.iter().copied());
            }
            Damage::Remove(at, length) => {
                let at = at.index(end);
                input.drain(at..(at + length).min(input.len()));
            }
            Damage::Replace(at, byte) => {
                if let Some(place) = input.get_mut(at.index(end)) {
                    *place = *byte;
                }
            }
            Damage::Copy(from, to, length) => {
                let from = from.index(end);
                let piece = input[from..(from + length).min(input.len())].to_vec();
                let to = to.index(end);
                input.splice(to..to, piece);
            }
        }
    }
}

fn seeds(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../seeds")
        .join(name);
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

fn property(name: &str) -> Property {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| panic!("{name} is not a property"))
        .1
}

fn try_property(name: &str) {
    let property = property(name);
    let seeds = seeds(name);
    assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
    for (path, seed) in &seeds {
        eprintln!("{}", path.display());
        property(seed);
    }
    let config = Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let seeds: Vec<_> = seeds.into_iter().map(|(_, seed)| seed).collect();
    let cases = (select(seeds), proptest::collection::vec(damage(), 1..8));
    let cases = cases.prop_map(|(mut input, damages)| {
        damages.iter().for_each(|damage| damage.apply(&mut input));
        input
    });
    let outcome = TestRunner::new(config).run(&cases, |input| {
        property(&input);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

/// A test for each property, so that they run in parallel and fail on their own.
macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            try_property(stringify!($name));
        })*

        #[test]
        fn every_property_has_a_test_and_a_fuzz_target() {
            let tested = [$(stringify!($name)),*];
            let all: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(tested, *all);
            let manifest = include_str!("../../Cargo.toml");
            for name in all {
                assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} has no fuzz target");
            }
        }
    };
}

tests! { cassette codec emulator form headers path reply zone_file }
