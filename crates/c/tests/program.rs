//! A C program, compiled with all warnings and AddressSanitizer, scores models through the static and the shared library.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use sapwood_score::ndarray::Array2;
use sapwood_score::{FeatureKind, Model, Scorer};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROWS: usize = 300;

/// Models of every kind that can be explained, of XGBoost and LightGBM, too.
fn models() -> Vec<PathBuf> {
    let own =
        ["regression", "binary-categorical", "softprob-parallel", "vector-leaves-targets", "ensemble", "quantiles", "imported"];
    let own = own.map(|name| format!("../../tests/golden/v1-{name}.sapwood"));
    let others = ["xgboost-softprob-3.2.0", "xgboost-categories_ubj-3.2.0", "lightgbm-multiclass-4.7.0"];
    let others = others.map(|name| format!("../interop/tests/golden/{name}.model"));
    own.iter().chain(&others).map(|name| package().join(name)).collect()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where cargo put the libraries: beside this test.
fn libraries() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_path_buf()
}

/// Numbers that are floats by their values, codes of levels, zeros, NaN.
fn rows(model: &Model) -> Array2<f64> {
    let mut state = 7u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    Array2::from_shape_fn((ROWS, model.schema.len()), |(_, feature)| match (next() % 8, &model.schema.features[feature].kind) {
        (0, _) => f64::NAN,
        (1, _) => 0.0,
        (_, FeatureKind::Categorical { levels }) => (next() % levels.len() as u64) as f64,
        _ => (next() % 4096) as f64 / 64.0 - 32.0,
    })
}

fn bytes(values: &Array2<f64>) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// Compiles `source` against a library; AddressSanitizer is left out, loudly, where the compiler has none.
fn compile(source: &Path, library: &Path, to: &Path, flags: &[&str]) {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let run = Command::new(&compiler)
        .args(["-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-g", "-O1"])
        .args(flags)
        .arg("-I")
        .arg(package().join("include"))
        .arg(source)
        .arg(library)
        .arg("-o")
        .arg(to)
        .args(["-lpthread", "-ldl", "-lm"])
        .arg(format!("-Wl,-rpath,{}", library.parent().unwrap().display()))
        .output()
        .unwrap();
    assert!(run.status.success(), "{compiler}: {}", String::from_utf8_lossy(&run.stderr));
}

fn has_address_sanitizer(directory: &Path) -> bool {
    let source = directory.join("empty.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let to = directory.join("empty");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let compiled = Command::new(compiler).arg("-fsanitize=address").arg(&source).arg("-o").arg(&to).output().unwrap();
    compiled.status.success() && Command::new(&to).output().unwrap().status.success()
}

#[test]
fn a_c_program_scores_every_kind_of_model() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let sanitizer: &[&str] = if has_address_sanitizer(directory.path()) { &["-fsanitize=address"] } else { &[] };
    if sanitizer.is_empty() {
        eprintln!("SKIPPED: the C compiler has no AddressSanitizer; the program runs without it");
    }
    let source = package().join("tests/score.c");
    for library in ["libsapwood_c.a", "libsapwood_c.so"] {
        let program = path(library.trim_start_matches("lib"));
        compile(&source, &libraries().join(library), &program, sanitizer);
        for file in models() {
            let model = sapwood_interop::read(&std::fs::read(&file).unwrap()).unwrap();
            let rows = rows(&model);
            let margins = Scorer::new(model).unwrap().margins(rows.view()).unwrap();
            std::fs::write(path("rows"), bytes(&rows)).unwrap();
            std::fs::write(path("margins"), bytes(&margins)).unwrap();
            let run = Command::new(&program).arg(&file).arg(path("rows")).arg(path("margins")).output().unwrap();
            assert!(run.status.success(), "{library}, {}: {}", file.display(), String::from_utf8_lossy(&run.stderr));
        }
    }
}

#[test]
fn the_example_compiles_and_says_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("example");
    compile(&package().join("example.c"), &libraries().join("libsapwood_c.so"), &program, &[]);
    let run = Command::new(&program).current_dir(&directory).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("model.sapwood"), "{run:?}");
}
