//! The retired operator's manifests → ACK's. What is mechanical is done; what a person must decide is reported.

use crate::api::{Shape, Structure};
use crate::dialect::{ACK, Dialect, REGION};
use crate::document::{self, Resource};
use crate::finding::{Finding, Position, Report};
use crate::yaml::{Yaml, YamlEntry, YamlValue};
use crate::{emit, request};
use sapwood::{Error, Result};

/// What ACK takes of an object's metadata; the rest is a cluster's own.
const METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];

/// A file of manifests, translated.
#[derive(Clone, Debug)]
pub struct Translation {
    /// The manifests; none where the retired operator itself would not have taken one.
    pub yaml: Option<String>,
    /// What is wrong with the original if there are none, else what the doctor says of the result.
    pub findings: Vec<Finding>,
}

/// The retired operator's manifests in `text` as ACK's; all others stay as they are. `name` is what messages call the text.
///
/// # Errors
/// The text cannot be parsed, or has nothing to translate.
pub fn translate(name: &str, text: &str) -> Result<Translation> {
    let documents = document::parse(text).map_err(|malformed| {
        let Position { line, column } = malformed.at;
        let error = Error::configuration(format!("{name}:{line}:{column}: {}", malformed.cause)).with_path(name);
        error.with_line(line as u64).with_column(column as u64)
    })?;
    let mut report = Report::new(name, text);
    let mut translated = Vec::new();
    let mut count = 0;
    for node in &documents {
        match document::resource(node) {
            Some(Ok(resource)) if resource.dialect == Dialect::Operator => {
                count += 1;
                translated.push(emit::document(&manifest(node, resource, &mut report)));
            }
            Some(Err(fix)) => report.error(node.at, "not a resource of the operator that the doctor knows", fix),
            _ => translated.push(emit::document(node)),
        }
    }
    if report.has_errors() {
        return Ok(Translation { yaml: None, findings: report.findings() });
    }
    if count == 0 {
        let error = Error::configuration(format!("{name}: holds no manifest of the retired operator")).with_path(name);
        return Err(error.with_remedy("there is nothing to translate"));
    }
    let yaml = translated.join("---\n");
    Ok(Translation { findings: document::findings("<translated>", &yaml, None), yaml: Some(yaml) })
}

fn entry(key: &str, value: YamlValue, at: Position) -> YamlEntry {
    YamlEntry { key: key.to_string(), value: Yaml { at, value } }
}

/// ACK's resource for what the operator had.
fn manifest(node: &Yaml, resource: &Resource, report: &mut Report) -> Yaml {
    let at = node.at;
    let empty = Yaml { at, value: YamlValue::Map(Vec::new()) };
    let (metadata, spec) = (node.get("metadata").unwrap_or(&empty), node.get("spec").unwrap_or(&empty));
    let rest = spec.entries().iter().filter(|entry| !["region", "sageMakerEndpoint"].contains(&entry.key.as_str())).cloned();
    let rest = Yaml { at: spec.at, value: YamlValue::Map(rest.collect()) };
    let request = request::read(resource.structure, Dialect::Operator, &rest, report);
    let fields = named(&request, resource, metadata, report);
    let kind = if resource.kind == "TrainingJob" { "TrainingJob" } else { "HyperParameterTuningJob" };
    let entries = vec![
        entry("apiVersion", YamlValue::text(ACK), at),
        entry("kind", YamlValue::text(kind), at),
        entry("metadata", YamlValue::Map(annotated(metadata, spec, report)), at),
        entry("spec", written(&Shape::Structure(resource.structure), &fields), at),
    ];
    Yaml { at, value: YamlValue::Map(entries) }
}

/// The request with its job's name, which the operator made up where there was none.
fn named(request: &Yaml, resource: &Resource, metadata: &Yaml, report: &mut Report) -> Yaml {
    let field = resource.structure.fields.iter().find(|field| field.required && field.name.ends_with("JobName"));
    let Some(field) = field.filter(|field| request.get(field.name).is_none()) else { return request.clone() };
    let Some(name) = metadata.get("name").filter(|name| name.text().is_some()) else {
        report.error(metadata.at, "metadata.name is missing", "add it: the job's name comes from it");
        return request.clone();
    };
    let own = Structure { name: "", fields: std::slice::from_ref(field) };
    let spelt =
        Yaml { at: name.at, value: YamlValue::Map(vec![entry(&Dialect::Ack.spell(field.name), name.value.clone(), name.at)]) };
    // Reported, if it cannot be a job's name.
    let mut entries = request::read(&own, Dialect::Ack, &spelt, report).entries().to_vec();
    entries.extend_from_slice(request.entries());
    Yaml { at: request.at, value: YamlValue::Map(entries) }
}

/// The metadata with the region.
fn annotated(metadata: &Yaml, spec: &Yaml, report: &mut Report) -> Vec<YamlEntry> {
    let mut entries: Vec<YamlEntry> =
        metadata.entries().iter().filter(|entry| METADATA.contains(&entry.key.as_str())).cloned().collect();
    let Some(region) = spec.get("region").filter(|region| region.text().is_some_and(|text| !text.is_empty())) else {
        report.error(spec.at, "region is missing", "add region, as a string");
        return entries;
    };
    let mut annotations = metadata.get("annotations").map_or(&[][..], Yaml::entries).to_vec();
    annotations.retain(|entry| entry.key != REGION);
    annotations.push(entry(REGION, region.value.clone(), region.at));
    entries.retain(|entry| entry.key != "annotations");
    entries.push(entry("annotations", YamlValue::Map(annotations), metadata.at));
    entries
}

/// A request's value with ACK's names.
fn written(shape: &Shape, node: &Yaml) -> YamlValue {
    match shape {
        Shape::Structure(structure) => {
            let field = |entry: &YamlEntry| {
                let field = structure.fields.iter().find(|field| field.name == entry.key)?;
                Some(YamlEntry {
                    key: Dialect::Ack.spell(field.name),
                    value: Yaml { at: entry.value.at, value: written(&field.shape, &entry.value) },
                })
            };
            YamlValue::Map(node.entries().iter().filter_map(field).collect())
        }
        Shape::List { of, .. } => {
            YamlValue::List(node.items().iter().map(|item| Yaml { at: item.at, value: written(of, item) }).collect())
        }
        _ => node.value.clone(),
    }
}
