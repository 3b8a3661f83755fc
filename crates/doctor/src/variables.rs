//! The environment variables that Sapwood reads, and what they may be set to.

use crate::finding::{Position, Report};
use crate::yaml::Yaml;
use sapwood::names::{nearest, nearly};
use sapwood::params::DataParams;

/// What a variable may be set to. Nothing is always the same as not to set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Any text: a path, for example.
    Any,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// True or false.
    Truth,
    /// Parameters about reading data.
    Parameters,
}

/// What every variable begins with that is Sapwood's own.
const PREFIX: &str = "SAPWOOD_";
const MIB: u64 = u64::MAX >> 20;
const TRUTHS: [&str; 6] = ["true", "1", "yes", "false", "0", "no"];

/// Sapwood's own variables, and those of the hosting contract.
pub const VARIABLES: [(&str, Values); 33] = [
    ("SAPWOOD_LOG", Values::Words(&["info", "debug"])),
    ("SAPWOOD_CACHE", Values::Any),
    ("SAPWOOD_SIMD", Values::Words(&["scalar", "avx2", "avx512"])),
    ("SAPWOOD_CHECKPOINT_LOCK_TIMEOUT", Values::Number(1, 1_000_000)),
    ("SAPWOOD_PIPE_TIMEOUT", Values::Number(1, 1_000_000)),
    ("SAPWOOD_ON_SIGTERM", Values::Words(&["fail"])),
    ("SAPWOOD_HOSTS", Values::Number(1, 100_000)),
    ("SAPWOOD_LEADER", Values::Any),
    ("SAPWOOD_RANK", Values::Number(0, 99_999)),
    ("SAPWOOD_HOSTS_TIMEOUT", Values::Number(1, 1_000_000)),
    // Between the start on several hosts and the training processes.
    ("SAPWOOD_LEASH", Values::Any),
    ("SAPWOOD_HOST_NAMES", Values::Any),
    ("SAPWOOD_MPI_LIBRARY", Values::Any),
    ("SAPWOOD_HOST_SILENCE", Values::Number(1, 86_400)),
    ("SAPWOOD_HOST_START", Values::Number(1, 86_400)),
    ("SAPWOOD_SERVE_PARAMETERS", Values::Parameters),
    ("SAPWOOD_EXTRA_COLUMNS", Values::Words(&["error", "ignore"])),
    ("SAPWOOD_REQUEST_TIMEOUT", Values::Number(1, 3600)),
    ("SAPWOOD_SCORING_TIMEOUT", Values::Number(1, 86_400)),
    ("SAPWOOD_MIN_BODY_RATE", Values::Number(0, 1 << 30)),
    ("SAPWOOD_MAX_CONNECTIONS", Values::Number(1, 100_000)),
    ("SAPWOOD_MAX_MODEL_MEMORY_MB", Values::Number(0, MIB)),
    ("SAPWOOD_MAX_BODY_MEMORY_MB", Values::Number(1, MIB)),
    ("SAPWOOD_MAX_ANSWER_MEMORY_MB", Values::Number(1, MIB)),
    ("SAGEMAKER_BIND_TO_PORT", Values::Number(0, u16::MAX as u64)),
    ("SAGEMAKER_NUM_MODEL_WORKERS", Values::Number(1, 4096)),
    ("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", Values::Number(0, 100_000)),
    ("SAGEMAKER_MAX_PAYLOAD_IN_MB", Values::Number(0, MIB)),
    ("MAX_CONTENT_LENGTH", Values::Number(1, u64::MAX)),
    ("SAGEMAKER_BATCH_STRATEGY", Values::Words(&["MULTI_RECORD", "MultiRecord", "SINGLE_RECORD", "SingleRecord"])),
    ("SAGEMAKER_BATCH", Values::Truth),
    ("SAGEMAKER_MULTI_MODEL", Values::Truth),
    ("SAGEMAKER_BASE_DIR", Values::Any),
];

/// What to say of a variable that looks like Sapwood's and is none.
pub fn unknown(name: &str) -> Option<String> {
    if !name.to_ascii_uppercase().starts_with(PREFIX) || VARIABLES.iter().any(|(known, _)| *known == name) {
        return None;
    }
    let own = VARIABLES.iter().map(|(known, _)| *known).filter(|known| known.starts_with(PREFIX));
    let hint = nearest(name, own).map_or_else(String::new, |known| format!("; did you mean {known}?"));
    Some(format!("the environment variable {name} is none that Sapwood reads{hint}"))
}

/// The same of one that is hardly anything but a slip of the pen. A cluster makes up variables of its own after the name of a service.
pub fn misspelt(name: &str) -> Option<String> {
    let known = VARIABLES.iter().map(|(known, _)| *known).filter(|known| known.starts_with(PREFIX));
    nearly(name, known).and_then(|_| unknown(name))
}

/// What is wrong with the value of a variable.
fn wrong_value(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    let (_, values) = VARIABLES.iter().find(|(known, _)| *known == name)?;
    let is_right = match values {
        _ if value.is_empty() => true,
        Values::Any => true,
        Values::Words(words) => words.contains(&value),
        Values::Number(least, most) => value.parse::<u64>().is_ok_and(|number| (*least..=*most).contains(&number)),
        Values::Truth => TRUTHS.contains(&&*value.to_ascii_lowercase()),
        Values::Parameters => {
            let pairs = value.split_whitespace().map(|word| word.split_once('=').unwrap_or((word, "")));
            return DataParams::from_pairs(pairs).err().map(|error| format!("{name}: {error}"));
        }
    };
    let expected = match values {
        Values::Any | Values::Parameters => String::new(),
        Values::Words(words) => words.join(" or "),
        Values::Number(least, u64::MAX) => format!("a whole number from {least} on"),
        Values::Number(least, most) => format!("a whole number from {least} to {most}"),
        Values::Truth => "true or false".to_string(),
    };
    (!is_right).then(|| format!("{name}={value:?} is not a value that the variable may have: it must be {expected}"))
}

/// Reports variables of a container that are misspelt or set to what they may not be.
pub fn check<'n>(variables: impl Iterator<Item = (&'n str, Position, Option<&'n Yaml>)>, report: &mut Report) {
    for (name, at, value) in variables {
        if let Some(message) = unknown(name) {
            report.warning(at, message, "correct the name, or remove it");
        }
        if let Some((text, at)) = value.and_then(|value| Some((value.text()?, value.at)))
            && let Some(message) = wrong_value(name, text)
        {
            report.error(at, message, "correct the value, or remove it");
        }
    }
}

/// Reports those of a request's `Environment`.
pub fn check_map(environment: Option<&Yaml>, report: &mut Report) {
    let entries = environment.map_or(&[][..], Yaml::entries);
    check(entries.iter().map(|entry| (entry.key.as_str(), entry.value.at, Some(&entry.value))), report);
}

/// Reports those of a pod's container, whose values may also stand elsewhere.
pub fn check_list(environment: Option<&Yaml>, report: &mut Report) {
    let items = environment.map_or(&[][..], Yaml::items);
    check(items.iter().filter_map(|item| Some((item.text_of("name")?, item.get("name")?.at, item.get("value")))), report);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_and_wrong_values_are_told() {
        assert!(unknown("SAPWOOD_CASHE").is_some_and(|text| text.ends_with("did you mean SAPWOOD_CACHE?")));
        assert!(unknown("SAPWOOD_CACHE").is_none() && unknown("PATH").is_none() && unknown("SAGEMAKER_PROGRAM").is_none());
        assert!(misspelt("SAPWOOD_CASHE").is_some() && misspelt("SAPWOOD_PORT").is_none() && misspelt("SAPWOOD_LOG").is_none());
        for (name, wrong, right) in [
            ("SAPWOOD_LOG", "trace", "debug"),
            ("SAPWOOD_SIMD", "sse", "avx2"),
            ("SAPWOOD_REQUEST_TIMEOUT", "0", "30"),
            ("SAPWOOD_ON_SIGTERM", "exit", "fail"),
            ("SAPWOOD_SERVE_PARAMETERS", "eta=1", "missing_values=-999 header=false"),
            ("SAGEMAKER_MULTI_MODEL", "maybe", "True"),
            ("SAGEMAKER_NUM_MODEL_WORKERS", "many", "2"),
        ] {
            assert!(wrong_value(name, wrong).is_some_and(|text| text.starts_with(name)), "{name}");
            assert_eq!((wrong_value(name, right), wrong_value(name, "")), (None, None), "{name}");
        }
    }
}
