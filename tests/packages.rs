//! What packages may depend on: whoever scores compiles little, and whoever trains from arrays no polars.

use std::process::Command;

/// Of the scoring library.
const SCORE: &[&str] = &[
    "bincode",
    "cfg-if",
    "crc32fast",
    "equivalent",
    "foldhash",
    "hashbrown",
    "indexmap",
    "itoa",
    "matrixmultiply",
    "memchr",
    "ndarray",
    "num-complex",
    "num-integer",
    "num-traits",
    "proc-macro2",
    "quote",
    "rawpointer",
    "sapwood-score",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "thiserror",
    "thiserror-impl",
    "unicode-ident",
    "unty",
    "zmij",
];

/// What reading models of others has besides: protocol buffers.
const INTEROP: &[&str] = &["anyhow", "bytes", "either", "itertools", "prost", "prost-derive"];

/// What a report has besides the engine.
const REPORT: &[&str] = &["maud", "maud_macros", "proc-macro2-diagnostics", "sapwood-report"];

/// What the engine has besides.
const ENGINE: &[&str] = &[
    "bytemuck",
    "crossbeam-deque",
    "crossbeam-epoch",
    "crossbeam-utils",
    "either",
    "libm",
    "radsort",
    "rayon",
    "rayon-core",
    "sapwood",
    "strsim",
    "xxhash-rust",
];

/// What the Python package has besides.
const PYTHON: &[&str] = &[
    "heck",
    "libc",
    "numpy",
    "once_cell",
    "pyo3",
    "pyo3-ffi",
    "pyo3-macros",
    "pyo3-macros-backend",
    "rustc-hash",
    "sapwood-interop",
    "sapwood-python",
];

/// All packages that a package is built from.
fn dependencies(package: &str) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--offline", "--locked"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

#[test]
fn scoring_has_a_handful_of_dependencies() {
    let found = dependencies("sapwood-score");
    assert!(found.iter().any(|name| name == "ndarray"), "{found:?}");
    for name in found {
        assert!(SCORE.contains(&&*name), "sapwood-score has come to depend on {name}");
    }
}

#[test]
fn reading_models_of_others_takes_scoring_and_protocol_buffers_alone() {
    for name in dependencies("sapwood-interop") {
        let is_known = [SCORE, INTEROP].iter().any(|list| list.contains(&&*name));
        assert!(is_known || name == "sapwood-interop", "sapwood-interop has come to depend on {name}");
    }
}

#[test]
fn the_engine_knows_no_polars_and_no_network() {
    let found = dependencies("sapwood");
    assert!(found.iter().any(|name| name == "rayon"), "{found:?}");
    for name in found {
        assert!(SCORE.contains(&&*name) || ENGINE.contains(&&*name), "sapwood has come to depend on {name}");
    }
}

#[test]
fn a_report_takes_the_engine_and_markup_alone() {
    for name in dependencies("sapwood-report") {
        let is_known = [SCORE, ENGINE, REPORT].iter().any(|list| list.contains(&&*name));
        assert!(is_known, "sapwood-report has come to depend on {name}");
    }
}

#[test]
fn the_c_interface_brings_what_scores_and_reads_models_alone() {
    for name in dependencies("sapwood-c") {
        let is_ours = ["sapwood-c", "sapwood-interop"].contains(&&*name);
        let is_known = [SCORE, INTEROP].iter().any(|list| list.contains(&&*name));
        assert!(is_known || is_ours, "sapwood-c has come to depend on {name}");
    }
}

#[test]
fn the_python_package_is_small() {
    let found = dependencies("sapwood-python");
    assert!(found.iter().any(|name| name == "pyo3"), "{found:?}");
    for name in found {
        let is_known = [SCORE, ENGINE, INTEROP, PYTHON].iter().any(|list| list.contains(&&*name));
        assert!(is_known, "sapwood-python has come to depend on {name}");
    }
}

/// Cargo wants to see every package of the workspace, whichever of them is compiled.
#[test]
fn the_image_is_built_from_a_whole_workspace() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let shown = read(".dockerignore");
    let shown: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        let parts = ["Cargo.toml", "src"].map(|part| if member == "." { part.to_string() } else { format!("{member}/{part}") });
        for part in parts {
            let is_shown = shown.iter().any(|shown| part == *shown || part.starts_with(&format!("{shown}/")));
            assert!(is_shown, ".dockerignore hides {part}");
        }
    }
}
