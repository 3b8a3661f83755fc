//! ConfigMaps that hold a job's configuration files.

use crate::finding::Report;
use crate::job_files;
use crate::json;
use crate::yaml::{Yaml, YamlValue};

/// Checks the files that the trainer reads. In a YAML block (`|`) places are those of the block's lines, else that of its key.
pub fn check(node: &Yaml, report: &mut Report) {
    for entry in
        node.get("data").map_or(&[][..], Yaml::entries).iter().filter(|entry| job_files::NAMES.contains(&entry.key.as_str()))
    {
        let YamlValue::Text(text) = &entry.value.value else {
            report.error(
                entry.value.at,
                format!("{} must be a string, but is {}", entry.key, entry.value.value.sort()),
                "write a block: |",
            );
            continue;
        };
        let key = entry.value.at;
        let place = |at| text.block.map_or(key, |block| block.plus(at));
        match json::document(&text.content) {
            Ok(content) => drop(job_files::check(&entry.key, &content.placed(&place), report)),
            Err(malformed) => report.error(place(malformed.at), format!("{} is not JSON: {}", entry.key, malformed.cause), ""),
        }
    }
}
