//! What cargo knows about the workspace: packages, and their dependencies.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub target_directory: PathBuf,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub rust_version: Option<String>,
    /// The registries that it may be published to: any if absent.
    publish: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Metadata {
    /// Of all features, for all targets.
    pub fn load(top: &Path) -> Result<Self> {
        let output = Command::new(env!("CARGO"))
            .current_dir(top)
            .args([
                "metadata",
                "--locked",
                "--all-features",
                "--format-version",
                "1",
            ])
            .output()
            .context("cannot run cargo")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "cargo metadata failed: {complaint}"
        );
        serde_json::from_slice(&output.stdout).context("cargo metadata wrote something else")
    }

    /// The crates that are published.
    pub fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| {
            let never = package.publish.as_ref().is_some_and(Vec::is_empty);
            self.workspace_members.contains(&package.id) && !never
        })
    }

    /// A package and all its dependencies, except those of tests and examples.
    pub fn built_from<'a>(&'a self, package: &'a Package) -> Vec<&'a Package> {
        let mut found = BTreeSet::new();
        let mut open = vec![package.id.as_str()];
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.direct(id));
            }
        }
        let packages = self.packages.iter();
        packages
            .filter(|package| found.contains(package.id.as_str()))
            .collect()
    }

    /// A package's direct dependencies.
    fn direct<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let node = self.resolve.nodes.iter().find(|node| node.id == id);
        let deps = node.into_iter().flat_map(|node| &node.deps);
        let counts = |kind: &DependencyKind| kind.kind.as_deref() != Some("dev");
        deps.filter(move |dep| dep.dep_kinds.iter().any(counts))
            .map(|dep| dep.pkg.as_str())
    }
}
