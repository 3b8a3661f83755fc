//! ConfigMaps that hold a job's configuration files.

use super::finding::Report;
use super::job_files;
use super::json;
use super::node::{Node, Value};

/// Checks the files that the trainer reads. In a YAML block (`|`) places are those of the block's lines, else that of its key.
pub fn check(node: &Node, report: &mut Report) {
    for entry in
        node.get("data").map_or(&[][..], Node::entries).iter().filter(|entry| job_files::NAMES.contains(&entry.key.as_str()))
    {
        let Value::Text(text) = &entry.value.value else {
            report.error(
                entry.value.at,
                format!("{} is {}, where a string must be", entry.key, entry.value.value.sort()),
                "write a block: |",
            );
            continue;
        };
        let key = entry.value.at;
        let place = |at| text.block.map_or(key, |block| block.plus(at));
        match json::document(&text.content) {
            Ok(content) => drop(job_files::check(&entry.key, &content.placed(&place), report)),
            Err(malformed) => report.error(place(malformed.at), format!("{} is no JSON: {}", entry.key, malformed.cause), ""),
        }
    }
}
