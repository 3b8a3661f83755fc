//! What a command line that cannot be parsed probably meant: a tip in the place of the parser's own.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use sapwood::params::spec;
use std::ffi::OsString;
use std::path::Path;

/// Commands, what people try there as flags, and the flags that there are.
const MEANT: [(&[&str], &[&str], &str); 12] = [
    (&["train"], &["data", "train-data", "training-data", "train-file", "input"], "training data are given as --train PATH"),
    (
        &["train"],
        &["valid", "val", "eval", "test", "dev", "valid-data", "validation-data", "test-data"],
        "data to evaluate on are given as --validation PATH, or as --eval-set NAME=PATH if they must not decide early stopping",
    ),
    (&["train"], &["model", "out", "output", "save", "save-model", "model-file"], "the model's file is given as --model-out FILE"),
    (&["train", "evaluate", "predict"], &["target", "y"], "the label's column is given as --label COL"),
    (&["train", "evaluate", "predict"], &["categorical", "cat"], "categories are named by categorical_features=COL,..."),
    (&["predict", "evaluate", "explain"], &["input", "test", "train", "file", "test-data", "x"], "data are given as --data PATH"),
    (&["predict"], &["output-file", "predictions", "model-out", "o"], "the file to write is given as --out FILE"),
    (&["evaluate"], &["metrics", "eval-metric", "eval_metric"], "metrics are given as --metric NAME,..."),
    (&["evaluate"], &["out", "output"], "the file to write is given as --json FILE"),
    (
        &["predict", "evaluate", "serve"],
        &["config"],
        "only train takes a file of settings; here parameters about reading data are written KEY=VALUE, without hyphens",
    ),
    (&["serve"], &["address", "bind", "ip"], "the address is given as --host ADDRESS"),
    (&["serve"], &["workers", "num-workers"], "the number of threads is given as --threads N"),
];

/// The same error, with a tip about what was meant where that can be told.
pub fn explained(mut error: Error, line: &[OsString]) -> Error {
    let words: Vec<&str> = line.iter().skip(1).filter_map(|word| word.to_str()).collect();
    if let Some(tip) = tip(&error, &words) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn tip(error: &Error, words: &[&str]) -> Option<String> {
    let command = *words.first()?;
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(given))) if given.starts_with('-') => {
            let is_near_another = error.get(ContextKind::SuggestedArg).is_some();
            of_flag(command, given, words)
                .or_else(|| (!is_near_another).then(|| format!("`sapwood help {command}` lists all flags")))
        }
        (ErrorKind::UnknownArgument, Some(ContextValue::String(given))) => Some(of_word(given)),
        // Where required flags are missing, their values may stand alone.
        (ErrorKind::MissingRequiredArgument, _) => {
            let follows_flag = |at: usize| words[at - 1].starts_with("--") && !words[at - 1].contains('=');
            let is_alone = |at: &usize| !words[*at].starts_with('-') && !words[*at].contains('=') && !follows_flag(*at);
            (1..words.len()).find(is_alone).map(|at| of_word(words[at]))
        }
        _ => None,
    }
}

/// What a flag that does not exist stands for: another one, or a parameter.
fn of_flag(command: &str, given: &str, words: &[&str]) -> Option<String> {
    let (name, value) = given.trim_start_matches('-').split_once('=').unwrap_or((given.trim_start_matches('-'), ""));
    let is_it = |(commands, names, _): &&(&[&str], &[&str], &str)| commands.contains(&command) && names.contains(&name);
    if let Some((_, _, meant)) = MEANT.iter().find(is_it) {
        return Some(meant.to_string());
    }
    let parameter = name.replace('-', "_");
    spec::find(&parameter)?;
    let at = words.iter().position(|word| word.split('=').next() == Some(given.split('=').next().unwrap_or(given)));
    let next = at.and_then(|at| words.get(at + 1)).filter(|next| !next.starts_with("--") && !next.contains('='));
    // The parser says the flag alone, and the value stands in the line.
    let written = at.and_then(|at| words.get(at)?.split_once('=')).map(|(_, value)| value).filter(|value| !value.is_empty());
    let value = written.or_else(|| Some(value).filter(|value| !value.is_empty())).or(next.copied()).unwrap_or("VALUE");
    Some(format!("parameters are written without hyphens: {parameter}={value}"))
}

/// What a word that is neither a flag nor a parameter may be.
pub fn of_word(word: &str) -> String {
    let path = Path::new(word);
    if path.extension().is_some_and(|extension| extension == "sapwood") {
        return format!("a model is given as --model {word} (by train as --model-out)");
    }
    if path.exists() || path.extension().is_some_and(|extension| extension.len() > 1) {
        return format!("data are given as --data {word} (to train as --train)");
    }
    "write key=value, for example eta=0.1".to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn mistakes_are_told_what_to_write() {
        for (line, tip) in [
            ("train --eta 0.1", "parameters are written without hyphens: eta=0.1"),
            ("train --num_round=4", "without hyphens: num_round=4"),
            ("train --num-round 4", "without hyphens: num_round=4"),
            ("train --learning-rate 0.1 --train a", "without hyphens: learning_rate=0.1"),
            ("train --data a.csv", "as --train PATH"),
            ("train --train a --valid b", "as --validation PATH"),
            ("train --model m", "as --model-out FILE"),
            ("predict --config c.toml", "only train takes a file of settings"),
            ("predict --model m --data d --header=false", "KEY=VALUE"),
            ("predict c.sapwood x.csv", "as --model c.sapwood"),
            ("predict --model c.sapwood x.csv", "as --data x.csv"),
            ("evaluate --model m --test t.csv", "as --data PATH"),
            ("evaluate --model m --data d --metrics auc", "as --metric NAME"),
            ("inspect m.sapwood", "as --model m.sapwood"),
            ("serve --missing-values -999", "missing_values=-999"),
            ("predict --zzz", "`sapwood help predict` lists all flags"),
        ] {
            let line: Vec<_> = std::iter::once("sapwood").chain(line.split(' ')).map(OsString::from).collect();
            let text = explained(Cli::try_parse_from(&line).unwrap_err(), &line).render().to_string();
            assert!(text.contains(tip) && !text.contains("as a value"), "{line:?}: {text}");
        }
    }

    #[test]
    fn flags_that_are_nearly_right_are_still_suggested() {
        let line = ["sapwood", "train", "--validaton", "a"].map(OsString::from);
        let text = explained(Cli::try_parse_from(&line).unwrap_err(), &line).render().to_string();
        assert!(text.contains("'--validation'"), "{text}");
    }

    #[test]
    fn every_command_says_its_version() {
        for command in ["train", "predict", "serve", "doctor"] {
            let error = Cli::try_parse_from(["sapwood", command, "--version"]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DisplayVersion, "{command}");
        }
    }
}
