//! Which crate may name which: the architecture as one table.
//!
//! A new line or a new name in [`EDGES`] is a change of architecture and comes with a decision
//! record in `docs/decisions/`.

use super::Problem;
use crate::tree::{Package, Purpose, Tree};

/// Each crate of ours, and those of ours that it may be built on.
const EDGES: &[(&str, &[&str])] = &[
    ("almanac-model", &[]),
    ("almanac-store", &["almanac-model"]),
    // What pages are made of: held in memory, never written.
    ("almanac-fleet", &["almanac-model", "almanac-store"]),
    ("almanac-psa", &["almanac-model"]),
    ("almanac-psa-halo", &["almanac-model", "almanac-psa"]),
    // A server of its own: with shared types it would share the client's mistakes.
    ("almanac-halo-sim", &[]),
    ("almanac-sync", &["almanac-model", "almanac-store", "almanac-psa"]),
    ("almanac-jobs", &["almanac-model", "almanac-store", "almanac-psa", "almanac-sync"]),
    // Never psa or sync: no page waits for a PSA.
    ("almanac-web", &["almanac-model", "almanac-store", "almanac-fleet"]),
    (
        "almanac-app",
        &[
            "almanac-model",
            "almanac-store",
            "almanac-fleet",
            "almanac-psa",
            "almanac-psa-halo",
            "almanac-halo-sim",
            "almanac-sync",
            "almanac-jobs",
            "almanac-web",
        ],
    ),
    // Measures the program from outside.
    ("almanac-bench", &[]),
    // Worlds for tests; nothing but tests is built on it.
    ("almanac-testkit", &["almanac-model", "almanac-store"]),
    // Tells stories to the engine and the database as they are; nothing is built on it.
    (
        "almanac-worlds",
        &[
            "almanac-model",
            "almanac-store",
            "almanac-psa",
            "almanac-sync",
            "almanac-jobs",
            "almanac-testkit",
        ],
    ),
    ("xtask", &["almanac-model"]),
];

/// Crates that stay free of ours in tests as well.
const PURE: &[&str] = &["almanac-model", "almanac-halo-sim", "almanac-bench"];

/// Outside crates that only some may name, and where else their work belongs.
const OWNED: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["almanac-store", "almanac-bench"], "add a method to almanac-store"),
    ("rusqlite", &[], "use almanac-store"),
    ("tokio-postgres", &[], "use almanac-store"),
    ("reqwest", &["almanac-psa-halo", "almanac-bench"], "add a call to almanac-psa-halo"),
    ("hyper", &[], "use almanac-psa-halo's transport or almanac-web's router"),
    ("axum", &["almanac-web", "almanac-halo-sim"], "add a route to almanac-web"),
    (
        "clap",
        &["almanac-app", "almanac-halo-sim", "almanac-bench"],
        "parse arguments in almanac-app",
    ),
    (
        "anyhow",
        &["almanac-app", "almanac-jobs", "almanac-bench", "xtask"],
        "give the crate an error type of its own",
    ),
];

/// What the domain never needs: it does no I/O, is not asynchronous and draws no chance.
const NOT_IN_MODEL: &[&str] = &[
    "tokio",
    "futures",
    "futures-util",
    "tracing",
    "rustix",
    "getrandom",
    "fastrand",
    "uuid",
    "url",
];

/// Dependencies that cross a line.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Problem> {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package.name) else {
        let message = format!(
            "{} is not in the table of edges. Add it to xtask/src/tidy/edges.rs with a decision record.",
            package.name
        );
        return vec![Problem::new(manifest, 1, message)];
    };
    let messages = package.dependencies.iter().filter_map(|(name, purpose)| {
        let is_ours = EDGES.iter().any(|(ours, _)| ours == name);
        if is_ours {
            ours(&package.name, allowed, name, *purpose)
        } else {
            outside(&package.name, name, *purpose)
        }
    });
    messages.map(|message| Problem::new(manifest.clone(), 1, message)).collect()
}

fn ours(package: &str, allowed: &[&str], name: &str, purpose: Purpose) -> Option<String> {
    let is_free = purpose == Purpose::Dev && !PURE.contains(&package);
    // A crate may name itself in its tests to switch a feature of its own on.
    let is_allowed = is_free || allowed.contains(&name) || package == name;
    (!is_allowed).then(|| {
        format!(
            "{package} may not be built on {name}. Move the code to a crate that may, let the two meet in \
             almanac-model or through the store, or change xtask/src/tidy/edges.rs with a decision record."
        )
    })
}

fn outside(package: &str, name: &str, purpose: Purpose) -> Option<String> {
    if package == "almanac-model" && purpose != Purpose::Dev && NOT_IN_MODEL.contains(&name) {
        return Some(format!(
            "almanac-model does no I/O: it may not name {name}. Pass the value in as a parameter."
        ));
    }
    let (_, owners, remedy) = OWNED.iter().find(|(owned, _, _)| *owned == name)?;
    let is_allowed = purpose == Purpose::Dev || owners.contains(&package);
    (!is_allowed).then(|| {
        let owners = owners.join(", ");
        format!("{package} may not name {name} (only: {owners}). Instead, {remedy}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_edge(package: &str, dependency: &str, purpose: Purpose, is_allowed: bool) {
        let package = Package {
            name: package.into(),
            folder: "crates/x".into(),
            dependencies: vec![(dependency.into(), purpose)],
            roots: Vec::new(),
        };
        let problems = check_package(&package);
        assert_eq!(problems.is_empty(), is_allowed, "{problems:?}");
    }

    #[test]
    fn an_edge_is_in_the_table_or_refused() {
        check_edge("almanac-sync", "almanac-store", Purpose::Normal, true);
        check_edge("almanac-web", "almanac-sync", Purpose::Normal, false);
        check_edge("almanac-sync", "almanac-psa-halo", Purpose::Normal, false);
        check_edge("almanac-sync", "almanac-psa-halo", Purpose::Dev, true);
        check_edge("almanac-halo-sim", "almanac-model", Purpose::Dev, false);
        check_edge("almanac-model", "almanac-store", Purpose::Normal, false);
        check_edge("almanac-new", "serde", Purpose::Normal, false);
    }

    #[test]
    fn outside_crates_have_owners() {
        check_edge("almanac-store", "sqlx", Purpose::Normal, true);
        check_edge("almanac-sync", "sqlx", Purpose::Normal, false);
        check_edge("almanac-app", "reqwest", Purpose::Normal, false);
        check_edge("almanac-halo-sim", "reqwest", Purpose::Dev, true);
        check_edge("almanac-jobs", "axum", Purpose::Build, false);
        check_edge("almanac-model", "tokio", Purpose::Normal, false);
        check_edge("almanac-model", "proptest", Purpose::Dev, true);
    }

    #[test]
    fn every_crate_of_the_table_exists() {
        let tree = Tree::read().expect("the repository can be read");
        for (name, _) in EDGES {
            assert!(
                tree.packages.iter().any(|package| package.name == *name),
                "{name} is gone: take it out of the table"
            );
        }
    }
}
