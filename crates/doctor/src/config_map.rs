//! ConfigMaps that hold a job's configuration files.

use crate::finding::Report;
use crate::job_files;
use crate::json;
use crate::rules::{evaluated, hyperparameters};
use crate::yaml::{Yaml, YamlValue};

/// Checks the files that the trainer reads. In a YAML block (`|`) places are those of the block's lines, else that of its key.
pub fn check(node: &Yaml, report: &mut Report) {
    let (mut files, mut params) = (Vec::new(), None);
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
            Ok(content) => {
                let content = content.placed(&place);
                params = job_files::check(&entry.key, &content, report).or(params);
                files.push((entry.key.as_str(), content));
            }
            Err(malformed) => report.error(place(malformed.at), format!("{} is not JSON: {}", entry.key, malformed.cause), ""),
        }
    }
    let file = |wanted: &str| files.iter().find(|(name, _)| *name == wanted).map(|(_, content)| content);
    let Some(params) = &params else { return };
    let given = file("hyperparameters.json");
    hyperparameters::check_classes(given, params, node.at, report);
    if let Some(channels) = file("inputdataconfig.json") {
        let names: Vec<&str> = channels.entries().iter().map(|entry| entry.key.as_str()).collect();
        evaluated::check(given, params, &names, node.at, report);
    }
}
