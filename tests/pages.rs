//! The commands of the pages that newcomers begin with: each block of a page is run as it stands, one after the other.

use crate::util::{Tree, command, run, sapwood};
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The blocks of shell commands of a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    // Blocks in lists are indented.
    for line in text.lines() {
        match (&mut block, line.trim_start()) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(lines), _) => *lines += &format!("{line}\n"),
            (None, _) => {}
        }
    }
    blocks
}

/// A directory with what of a checkout the pages speak of, and with models of other libraries.
fn checkout() -> Tree {
    let tree = Tree::new();
    for name in ["datasets", "container"] {
        std::os::unix::fs::symlink(root().canonicalize().unwrap().join(name), tree.path(name)).unwrap();
    }
    let (data, model) = (tree.text("datasets/adult/train.csv.gz"), tree.text("other.sapwood"));
    let words = [
        "objective=binary:logistic",
        "num_round=3",
        "ignore_columns=workclass,education,marital_status,occupation,relationship,race,sex,native_country",
    ];
    sapwood([&["train", "--quiet", "--train", &data, "--label", "income", "--model-out", &model][..], &words].concat()).ok();
    for name in ["model.json", "model.txt", "model.onnx"] {
        sapwood(["convert", "--allow-rounding", &model, &tree.text(name)]).ok();
    }
    tree
}

#[test]
fn the_commands_of_first_pages_work_as_they_stand() {
    for page in ["start/shell.md", "start/sagemaker.md", "migrate/xgboost.md", "migrate/lightgbm.md", "migrate/catboost.md"] {
        let tree = checkout();
        let executable = PathBuf::from(command(["--version"]).get_program());
        let blocks = blocks(page);
        assert!(blocks.len() > 1, "{page} has no commands");
        for block in blocks {
            let mut shell = std::process::Command::new("bash");
            let places = std::env::var("PATH").unwrap_or_default();
            let places = format!("{}:{places}", executable.parent().unwrap().display());
            shell.args(["-euo", "pipefail", "-c", &block]).current_dir(tree.path("")).env("PATH", places);
            let run = run(shell);
            assert_eq!(run.code, Some(0), "{page}:\n{block}\n{run:?}");
        }
    }
}

#[test]
fn parameters_of_other_libraries_are_what_the_table_says() {
    for library in ["xgboost", "lightgbm", "catboost"] {
        let committed = fs::read_to_string(root().join(format!("docs/migrate/{library}-parameters.md"))).unwrap();
        let generated = sapwood(["builtin", "--of", library, "--markdown"]).ok().stdout;
        assert!(committed == generated, "run `sapwood builtin --of {library} --markdown > docs/migrate/{library}-parameters.md`");
    }
}
