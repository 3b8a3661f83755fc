//! The retired operator's manifests → ACK's. What is mechanical is done; what a person must decide is reported.

use super::api::{Shape, Structure};
use super::dialect::{ACK, Dialect, REGION};
use super::document::{self, Resource};
use super::finding::{Position, Report};
use super::node::{Entry, Node, Value};
use super::{check, emit, print, request};
use crate::report::Failure;
use crate::streams;
use std::path::Path;

/// What ACK takes of an object's metadata; the rest is a cluster's own.
const METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];

/// Prints the translation of a file's manifests; those that are not the retired operator's stay as they are. What the doctor says of the
/// result goes to standard error.
///
/// # Errors
/// There is nothing to translate, or a manifest is not what the operator would have taken.
pub fn run(file: &Path) -> Result<(), Failure> {
    let (name, text) = (file.display().to_string(), super::read(file)?);
    let documents = document::parse(&text)
        .map_err(|malformed| Failure::user(format!("{name}:{}:{}: {}", malformed.at.line, malformed.at.column, malformed.cause)))?;
    let mut report = Report::new(&name, &text);
    let mut translated = Vec::new();
    let mut count = 0;
    for node in &documents {
        match document::resource(node) {
            Some(Ok(resource)) if resource.dialect == Dialect::Operator => {
                count += 1;
                translated.push(emit::document(&manifest(node, resource, &mut report)));
            }
            Some(Err(fix)) => report.error(node.at, "the doctor knows no such resource of the operator's", fix),
            _ => translated.push(emit::document(node)),
        }
    }
    if report.has_errors() {
        streams::diagnostics(&print::text(&report.findings()));
        return Err(Failure::user(format!("{name}: is no manifest that the operator would have taken; mend the errors first")));
    }
    if count == 0 {
        return Err(Failure::user(format!("{name}: holds no manifest of the retired operator; there is nothing to translate")));
    }
    let text = translated.join("---\n");
    streams::diagnostics(&print::text(&check("<translated>", &text)));
    streams::print_result(&text)
}

fn entry(key: &str, value: Value, at: Position) -> Entry {
    Entry { key: key.to_string(), value: Node { at, value } }
}

/// ACK's resource for what the operator had.
fn manifest(node: &Node, resource: &Resource, report: &mut Report) -> Node {
    let at = node.at;
    let empty = Node { at, value: Value::Map(Vec::new()) };
    let (metadata, spec) = (node.get("metadata").unwrap_or(&empty), node.get("spec").unwrap_or(&empty));
    let rest = spec.entries().iter().filter(|entry| !["region", "sageMakerEndpoint"].contains(&entry.key.as_str())).cloned();
    let rest = Node { at: spec.at, value: Value::Map(rest.collect()) };
    let request = request::read(resource.structure, Dialect::Operator, &rest, report);
    let fields = named(&request, resource, metadata, report);
    let kind = if resource.kind == "TrainingJob" { "TrainingJob" } else { "HyperParameterTuningJob" };
    let entries = vec![
        entry("apiVersion", Value::text(ACK), at),
        entry("kind", Value::text(kind), at),
        entry("metadata", Value::Map(annotated(metadata, spec, report)), at),
        entry("spec", written(&Shape::Structure(resource.structure), &fields), at),
    ];
    Node { at, value: Value::Map(entries) }
}

/// The request with its job's name, which the operator made up where there was none.
fn named(request: &Node, resource: &Resource, metadata: &Node, report: &mut Report) -> Node {
    let field = resource.structure.fields.iter().find(|field| field.required && field.name.ends_with("JobName"));
    let Some(field) = field.filter(|field| request.get(field.name).is_none()) else { return request.clone() };
    let Some(name) = metadata.get("name").filter(|name| name.text().is_some()) else {
        report.error(metadata.at, "metadata.name is missing", "add it: the job's name comes from it");
        return request.clone();
    };
    let own = Structure { name: "", fields: std::slice::from_ref(field) };
    let spelt = Node { at: name.at, value: Value::Map(vec![entry(&Dialect::Ack.spell(field.name), name.value.clone(), name.at)]) };
    // Reported, if it cannot be a job's name.
    let mut entries = request::read(&own, Dialect::Ack, &spelt, report).entries().to_vec();
    entries.extend_from_slice(request.entries());
    Node { at: request.at, value: Value::Map(entries) }
}

/// The metadata with the region.
fn annotated(metadata: &Node, spec: &Node, report: &mut Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        metadata.entries().iter().filter(|entry| METADATA.contains(&entry.key.as_str())).cloned().collect();
    let Some(region) = spec.get("region").filter(|region| region.text().is_some_and(|text| !text.is_empty())) else {
        report.error(spec.at, "region is missing", "add region, as a string");
        return entries;
    };
    let mut annotations = metadata.get("annotations").map_or(&[][..], Node::entries).to_vec();
    annotations.retain(|entry| entry.key != REGION);
    annotations.push(entry(REGION, region.value.clone(), region.at));
    entries.retain(|entry| entry.key != "annotations");
    entries.push(entry("annotations", Value::Map(annotations), metadata.at));
    entries
}

/// A request's value with ACK's names.
fn written(shape: &Shape, node: &Node) -> Value {
    match shape {
        Shape::Structure(structure) => {
            let field = |entry: &Entry| {
                let field = structure.fields.iter().find(|field| field.name == entry.key)?;
                Some(Entry {
                    key: Dialect::Ack.spell(field.name),
                    value: Node { at: entry.value.at, value: written(&field.shape, &entry.value) },
                })
            };
            Value::Map(node.entries().iter().filter_map(field).collect())
        }
        Shape::List { of, .. } => {
            Value::List(node.items().iter().map(|item| Node { at: item.at, value: written(of, item) }).collect())
        }
        _ => node.value.clone(),
    }
}
