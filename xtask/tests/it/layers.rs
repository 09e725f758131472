//! `cargo xtask layers`: which imports between the layers of a crate it finds.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What the command says about a repository, and whether it succeeds.
fn layers(top: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["layers", "--top"])
        .arg(top)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// A small crate with the emulator's layers, and some files added or replaced.
fn planted(files: &[(&str, &str)]) -> (bool, String) {
    let sound = [
        (
            "lib.rs",
            "mod http; mod products; mod store;\npub use store::Store;",
        ),
        ("http/mod.rs", "pub(crate) mod body; pub(crate) mod error;"),
        (
            "http/body.rs",
            "use super::error::{self, ApiError};\n/// See `crate::store`.\nconst NO: &str = \"crate::store\";",
        ),
        ("http/error.rs", "pub(crate) struct ApiError;"),
        (
            "store/mod.rs",
            "use crate::http::body;\npub(crate) use crate::http::error::ApiError;",
        ),
        (
            "products/mod.rs",
            "mod dns; mod zones;\nstatic ALL: &[&dyn Product] = &[&dns::Dns, &zones::Zones];",
        ),
        (
            "products/dns/mod.rs",
            "use super::zones;\nuse crate::{http::body, store::Store};",
        ),
        ("products/zones/mod.rs", "pub(super) struct Zones;"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for other in [
        "crates/cf-auth",
        "crates/cf-bench",
        "crates/cf-client",
        "crates/cf-ratelimit-redis",
        "crates/cf-redact",
        "crates/cf-transport",
        "crates/cf-types",
        "xtask",
    ] {
        let sources = folder.path().join(other).join("src");
        fs::create_dir_all(&sources).unwrap();
        let top = if other == "xtask" {
            "main.rs"
        } else {
            "lib.rs"
        };
        fs::write(sources.join(top), "//! Nothing yet.").unwrap();
    }
    for (path, text) in sound.iter().chain(files) {
        let path = folder.path().join("crates/cf-emulator/src").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    layers(folder.path())
}

#[test]
fn this_repository_is_sound() {
    let (sound, said) = layers(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    assert!(sound, "{said}");
}

#[test]
fn imports_from_below_and_beside_are_sound() {
    let (sound, said) = planted(&[]);
    assert!(sound, "{said}");
    assert!(said.contains("cf-emulator: 8 imports"), "{said}");
}

#[test]
fn imports_from_above_are_found_however_they_are_written() {
    for upward in [
        "\nuse crate::store::Store;",
        "\npub(crate) use crate::{store::{Store}};",
        "\nuse super::super::store::Store;",
        "\nfn f() { super::super::store::open() }",
        "\nfn f() -> Vec<u8> { vec![crate::store::open()] }",
        // A crate's exports are on its top layer.
        "\nuse crate::Store;",
    ] {
        let (sound, said) = planted(&[("http/body.rs", upward)]);
        assert!(!sound, "{upward}");
        assert!(
            said.contains("http/body.rs:2 imports from "),
            "{upward}: {said}"
        );
    }
}

#[test]
fn a_folder_without_a_floor_is_found() {
    let (sound, said) = planted(&[
        ("cellar/mod.rs", ""),
        ("http/error.rs", "use crate::cellar;"),
    ]);
    assert!(!sound);
    assert!(
        said.contains("http/error.rs:1 imports from cellar/mod.rs"),
        "{said}"
    );
}

#[test]
fn circles_of_folders_are_found_on_one_floor() {
    let (sound, said) = planted(&[
        ("products/zones/mod.rs", "mod seed;"),
        ("products/zones/seed.rs", "use crate::products::dns;"),
    ]);
    assert!(!sound);
    assert!(
        said.contains("products/dns/mod.rs:1 imports from products/zones/mod.rs"),
        "{said}"
    );
    assert!(
        said.contains("products/zones/seed.rs:1 imports from products/dns/mod.rs"),
        "{said}"
    );
}

#[test]
fn circles_of_files_are_found_in_one_folder() {
    let below = ("http/body.rs", "use super::error;");
    let (sound, said) = planted(&[below, ("http/error.rs", "use super::body;")]);
    assert!(!sound);
    assert!(
        said.contains("http/body.rs:1 imports from http/error.rs")
            && said.contains("http/error.rs:1 imports from http/body.rs"),
        "{said}"
    );
    // A module and what is below it are one thing.
    let module = (
        "http/mod.rs",
        "pub(crate) mod body; pub(crate) mod error;\nuse body::Body;\npub(crate) struct Bytes;",
    );
    let child = (
        "http/body.rs",
        "use super::Bytes;\nuse crate::http::Bytes as B;",
    );
    let (sound, said) = planted(&[module, child]);
    assert!(sound, "{said}");
}

#[test]
fn paths_to_the_top_of_a_program_lead_to_no_file() {
    let tool = "fn run() {}\nmod tests { use super::run; use crate::Arguments; }";
    let (sound, said) = planted(&[("../../../xtask/src/tool.rs", tool)]);
    assert!(sound, "{said}");
    assert!(said.contains("xtask: 0 imports"), "{said}");
}
