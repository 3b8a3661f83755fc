//! Reading the platform's JSON files: absent ones are no error, damaged ones name their line.

use crate::paths::Paths;
use sapwood::{Error, Result};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The content of a JSON file, or `None` where there is no file.
///
/// # Errors
/// The file cannot be read, or is not what it should be.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, format!("cannot be read: {error}"))),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let cause = error.to_string();
        let cause = cause.split(" at line ").next().unwrap_or(&cause);
        let remedy = if cause.ends_with(TWICE) { "give it once" } else { "expected the JSON that SageMaker writes" };
        let (line, column) = (error.line(), error.column());
        let error = Error::configuration(format!("{}:{line}:{column}: {cause}", path.display())).with_path(path);
        error.with_line(line as u64).with_column(column as u64).with_remedy(remedy)
    })
}

/// The largest file that is read, bytes. The platform's are a few thousand long.
const LONGEST: u64 = 16 << 20;

fn text(path: &Path) -> io::Result<String> {
    // To open a pipe would be to wait for whoever writes to it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST { Err(io::Error::other(format!("it has more than {LONGEST} bytes"))) } else { Ok(text) }
}

/// How the error about a key ends that is there twice.
const TWICE: &str = " is given twice";

/// A JSON object in which no key is there twice. JSON permits it, and most readers take the last one.
#[derive(Debug, Default)]
pub struct UniqueNames(pub Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = UniqueNames;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<UniqueNames, A::Error> {
                let mut object = Map::new();
                while let Some(name) = entries.next_key::<String>()? {
                    // Asked before the value is read, so that the error's place is that of the name.
                    if object.contains_key(&name) {
                        return Err(A::Error::custom(format!("{name}{TWICE}")));
                    }
                    object.insert(name, entries.next_value()?);
                }
                Ok(UniqueNames(object))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The part of `checkpointconfig.json` that matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CheckpointConfig {
    local_path: Option<PathBuf>,
}

/// Where the job's checkpoints are kept: where `checkpointconfig.json` says, else in the directory made for them, if there is one.
///
/// # Errors
/// A damaged file.
pub fn checkpoints(paths: &Paths) -> Result<Option<PathBuf>> {
    let usual = paths.checkpoints();
    match read::<CheckpointConfig>(&paths.config("checkpointconfig.json"))? {
        Some(CheckpointConfig { local_path }) => {
            let named = local_path.filter(|path| !path.as_os_str().is_empty());
            Ok(Some(named.map_or(usual, |path| paths.under_root(&path))))
        }
        None => Ok(usual.is_dir().then_some(usual)),
    }
}

/// The part of `resourceconfig.json` that matters.
#[derive(Deserialize)]
struct Resources {
    #[serde(default)]
    hosts: Vec<String>,
}

/// Makes sure that the job has one host only: several would each train on their own and overwrite each other's model.
///
/// # Errors
/// More than one host, or a damaged file.
pub fn refuse_several_hosts(path: &Path) -> Result<()> {
    match read::<Resources>(path)? {
        Some(Resources { hosts }) if hosts.len() > 1 => Err(Error::configuration(format!(
            "training on {} instances is not supported yet; set InstanceCount to 1 ({} lists {})",
            hosts.len(),
            path.display(),
            hosts.join(", ")
        ))
        .with_path(path)),
        _ => Ok(()),
    }
}
