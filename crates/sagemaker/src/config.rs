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

/// The part of `resourceconfig.json` that matters: the instances of the job, and which of them this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// The names of all hosts.
    pub hosts: Vec<String>,
    /// This host's name.
    pub current_host: String,
    /// The network interface between them.
    pub network_interface_name: Option<String>,
    /// The groups of hosts of a heterogeneous cluster.
    instance_groups: Vec<InstanceGroup>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct InstanceGroup {
    instance_group_name: String,
    hosts: Vec<String>,
}

/// The instances of the job; none where the platform has said nothing about them.
///
/// # Errors
/// A damaged file, or groups of instances with hosts that the list of all lacks.
pub fn cluster(path: &Path) -> Result<Option<Cluster>> {
    let Some(cluster) = read::<Cluster>(path)? else { return Ok(None) };
    for group in &cluster.instance_groups {
        if let Some(host) = group.hosts.iter().find(|host| !cluster.hosts.contains(host)) {
            let (path_shown, name) = (path.display(), &group.instance_group_name);
            let text = format!(
                "{path_shown}: instance group {name} has the host {host}, which hosts lacks; a model is trained by all hosts of a job"
            );
            return Err(Error::configuration(text).with_path(path));
        }
    }
    Ok(Some(cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster_of(text: &str) -> std::result::Result<Option<Cluster>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("resourceconfig.json");
        std::fs::write(&path, text).unwrap();
        cluster(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cluster_is_all_hosts_of_all_groups() {
        let text = r#"{"current_host": "algo-2", "current_instance_type": "ml.m5.xlarge", "current_group_name": "big",
            "hosts": ["algo-1", "algo-2", "algo-3"], "network_interface_name": "eth0",
            "instance_groups": [{"instance_group_name": "small", "instance_type": "ml.m5.large", "hosts": ["algo-3"]},
                                {"instance_group_name": "big", "instance_type": "ml.m5.xlarge", "hosts": ["algo-1", "algo-2"]}]}"#;
        let cluster = cluster_of(text).unwrap().unwrap();
        assert_eq!((cluster.hosts.len(), cluster.current_host.as_str()), (3, "algo-2"));
        assert_eq!(cluster.network_interface_name.as_deref(), Some("eth0"));
        let error = cluster_of(&text.replace(r#"["algo-3"]"#, r#"["algo-4"]"#)).unwrap_err();
        assert!(error.contains("instance group small has the host algo-4, which hosts lacks"), "{error}");
    }

    #[test]
    fn what_is_not_said_is_empty() {
        assert_eq!(cluster(Path::new("/no/such/file")).unwrap(), None);
        assert_eq!(cluster_of("{}").unwrap(), Some(Cluster::default()));
        assert!(cluster_of(r#"{"hosts": "algo-1"}"#).is_err());
    }
}
