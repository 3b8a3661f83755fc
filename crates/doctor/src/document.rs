//! What each document of a file is, and which checks it gets.

use crate::api::{
    CREATE_ENDPOINT_CONFIG_INPUT, CREATE_ENDPOINT_INPUT, CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST, CREATE_MODEL_INPUT,
    CREATE_TRAINING_JOB_REQUEST, CREATE_TRANSFORM_JOB_REQUEST, Structure,
};
use crate::dialect::{ACK, Dialect, OPERATOR, REGION};
use crate::finding::{Finding, Position, Report};
use crate::nearest::remedy;
use crate::rules::{self, RuleContext};
use crate::yaml::{Yaml, YamlEntry, YamlValue};
use crate::yaml_parser::YamlError;
use crate::{config_map, job_files, json, kubeflow, metadata, pods, request, yaml_parser};
use sapwood::names::nearest;
use sapwood::params::spec;

/// A custom resource of one of the operators.
pub struct Resource {
    /// How it is called.
    pub kind: &'static str,
    /// How its fields are called.
    pub dialect: Dialect,
    /// The request that it stands for.
    pub structure: &'static Structure,
}

/// All that are known.
const RESOURCES: [Resource; 4] = [
    Resource { kind: "TrainingJob", dialect: Dialect::Ack, structure: &CREATE_TRAINING_JOB_REQUEST },
    Resource { kind: "HyperParameterTuningJob", dialect: Dialect::Ack, structure: &CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST },
    Resource { kind: "TrainingJob", dialect: Dialect::Operator, structure: &CREATE_TRAINING_JOB_REQUEST },
    Resource { kind: "HyperparameterTuningJob", dialect: Dialect::Operator, structure: &CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST },
];
/// Fields that tell what a request is, and hardly anything else has, in lower case. The first that is there decides.
const TELLING: [(&str, &Structure); 12] = [
    ("hyperparametertuningjobname", &CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST),
    ("hyperparametertuningjobconfig", &CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST),
    ("trainingjobname", &CREATE_TRAINING_JOB_REQUEST),
    ("algorithmspecification", &CREATE_TRAINING_JOB_REQUEST),
    ("inputdataconfig", &CREATE_TRAINING_JOB_REQUEST),
    ("transformjobname", &CREATE_TRANSFORM_JOB_REQUEST),
    ("transforminput", &CREATE_TRANSFORM_JOB_REQUEST),
    ("productionvariants", &CREATE_ENDPOINT_CONFIG_INPUT),
    ("endpointname", &CREATE_ENDPOINT_INPUT),
    ("endpointconfigname", &CREATE_ENDPOINT_CONFIG_INPUT),
    ("primarycontainer", &CREATE_MODEL_INPUT),
    ("modelname", &CREATE_MODEL_INPUT),
];

/// The bytes of memory that training on the data takes, where they are known.
pub type Need = Option<u64>;

/// The documents of a text: JSON, if it begins as JSON does, else YAML.
///
/// # Errors
/// What is neither.
pub fn parse(text: &str) -> Result<Vec<Yaml>, YamlError> {
    if text.trim_start().starts_with(['{', '[']) {
        // A manifest may begin with a brace, too; what is no JSON may still be YAML.
        return match json::document(text) {
            Ok(node) => Ok(vec![node]),
            Err(malformed) => yaml_parser::documents(text).map_err(|_| malformed),
        };
    }
    yaml_parser::documents(text)
}

/// The resource that a manifest of one of the operators is.
///
/// # Errors
/// The operator has no such kind.
pub fn resource(node: &Yaml) -> Option<Result<&'static Resource, String>> {
    let dialect = match node.text_of("apiVersion")? {
        ACK => Dialect::Ack,
        OPERATOR => Dialect::Operator,
        _ => return None,
    };
    let kind = node.text_of("kind").unwrap_or_default();
    let kinds = || RESOURCES.iter().filter(|resource| resource.dialect == dialect);
    if let Some(known) = kinds().find(|resource| resource.kind == kind) {
        return Some(Ok(known));
    }
    let names: Vec<&str> = kinds().map(|resource| resource.kind).collect();
    Some(Err(remedy(kind, &names)))
}

/// All findings about a text, in the order of their places. With the memory that training takes, machines and limits that are too small are
/// found.
pub fn findings(name: &str, text: &str, need: Need) -> Vec<Finding> {
    let mut report = Report::new(name, text);
    match parse(text) {
        Ok(documents) if documents.is_empty() => report.error(None, "the file is empty", "give a request or a manifest"),
        Ok(documents) => documents.iter().for_each(|document| match job_file(name, document) {
            Some(file) => drop(job_files::check(file, document, &mut report)),
            None => check(document, need, &mut report),
        }),
        Err(malformed) => report.error(malformed.at, malformed.cause, "correct the text; nothing else was checked"),
    }
    let mut findings = report.findings();
    findings.sort_by_key(|finding| finding.at);
    findings
}

/// The file of `/opt/ml/input/config` that a document is: by its name, or because it holds hyperparameters and nothing else does so.
fn job_file(name: &str, node: &Yaml) -> Option<&'static str> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let by_name = job_files::NAMES.into_iter().find(|known| base == *known);
    let is_parameter = |entry: &&YamlEntry| spec::find(entry.key.trim()).is_some();
    let entries = node.entries();
    let holds_parameters = || !entries.is_empty() && entries.iter().filter(is_parameter).count() * 2 >= entries.len();
    by_name.or_else(|| holds_parameters().then_some(job_files::NAMES[0]))
}

/// Checks one document.
fn check(node: &Yaml, need: Need, report: &mut Report) {
    if let Some(found) = resource(node) {
        return match found {
            Ok(resource) => manifest(node, resource, need, report),
            Err(fix) => {
                let kind = node.get("kind");
                let text = kind.and_then(Yaml::text).unwrap_or("nothing");
                report.error(
                    kind.map_or(node.at, |kind| kind.at),
                    format!("kind {text}: not a resource of the operator that the doctor knows"),
                    fix,
                );
            }
        };
    }
    match (node.text_of("apiVersion"), node.text_of("kind")) {
        (Some(_), Some("List")) => node.get("items").map_or(&[][..], Yaml::items).iter().for_each(|item| check(item, need, report)),
        (Some(_), Some("Job" | "Deployment")) => pods::check(node, need, report),
        (Some(_), Some("ConfigMap")) => config_map::check(node, report),
        (Some(_), Some("TrainingRuntime" | "ClusterTrainingRuntime")) => kubeflow::runtime(node, need, report),
        (Some(_), Some("MPIJob")) => kubeflow::mpi_job(node, report),
        (Some(version), Some(kind)) => other_manifest(node, version, kind, report),
        _ => request(node, need, report),
    }
}

fn other_manifest(node: &Yaml, version: &str, kind: &str, report: &mut Report) {
    let at = node.get("apiVersion").map_or(node.at, |node| node.at);
    if version.contains("sagemaker") {
        let fix = nearest(version, [ACK, OPERATOR]).map_or_else(|| format!("write {ACK}"), |known| format!("write {known}"));
        report.error(at, format!("apiVersion {version} is unknown"), fix);
    } else {
        report.note(at, format!("the doctor has no checks for {version} {kind}"), "");
        pods::elsewhere(node, kind, report);
    }
}

/// A request in JSON, or in the YAML that the AWS command line takes as well.
fn request(node: &Yaml, need: Need, report: &mut Report) {
    if !matches!(node.value, YamlValue::Map(_)) {
        return report.error(node.at, format!("this is {}, not a request or a manifest", node.value.sort()), "");
    }
    let has = |name: &str| node.entries().iter().any(|entry| entry.key.eq_ignore_ascii_case(name));
    let Some((_, structure)) = TELLING.iter().find(|(name, _)| has(name)) else {
        let what = "neither a request for a job, a model or an endpoint nor a manifest";
        // A manifest lacks one of the two, a request of another sort both.
        if has("apiVersion") || has("kind") || has("spec") {
            return report.error(node.at, format!("this is {what}: apiVersion and kind say what it is"), "add both");
        }
        // Requests of other services have names with capitals.
        if node.entries().iter().all(|entry| entry.key.starts_with(char::is_uppercase)) {
            return report.note(node.at, format!("the doctor has no checks for this: it is {what}"), "");
        }
        let fix = format!("give one of those, or files that are called {}", job_files::NAMES.join(", "));
        return report.warning(node.at, format!("nothing was checked: this is {what}"), fix);
    };
    judge(structure, Dialect::Api, node, need, report);
}

fn manifest(node: &Yaml, resource: &Resource, need: Need, report: &mut Report) {
    let names = ["apiVersion", "kind", "metadata", "spec", "status"];
    for entry in node.entries().iter().filter(|entry| !names.contains(&entry.key.as_str())) {
        report.error(entry.value.at, format!("unknown field {}", entry.key), remedy(&entry.key, &names));
    }
    metadata::check(node, report);
    let Some(spec) = node.get("spec") else { return report.error(node.at, "spec is missing", "add it: it is the job") };
    match resource.dialect {
        Dialect::Ack => ack_region(node, report),
        Dialect::Operator => retired(node, spec, report),
        Dialect::Api => {}
    }
    let own: &[&str] = if resource.dialect == Dialect::Operator { &["region", "sageMakerEndpoint"] } else { &[] };
    let spec = if let YamlValue::Map(entries) = &spec.value {
        let rest = entries.iter().filter(|entry| !own.contains(&entry.key.as_str())).cloned();
        Yaml { at: spec.at, value: YamlValue::Map(rest.collect()) }
    } else {
        spec.clone()
    };
    judge(resource.structure, resource.dialect, &spec, need, report);
}

fn ack_region(node: &Yaml, report: &mut Report) {
    if node.find(&["metadata", "annotations", REGION]).and_then(Yaml::text).is_none_or(str::is_empty) {
        let at = node.get("metadata").map_or(node.at, |metadata| metadata.at);
        report.warning(at, "no region is given, so the controller's own is used", format!("add the annotation {REGION}"));
    }
}

fn retired(node: &Yaml, spec: &Yaml, report: &mut Report) {
    let at: Position = node.get("apiVersion").map_or(node.at, |node| node.at);
    report.warning(
        at,
        "the operator for this resource is retired, and clusters since Kubernetes 1.22 refuse its definitions",
        "sapwood doctor --translate FILE writes the resource for ACK",
    );
    if spec.text_of("region").is_none_or(str::is_empty) {
        report.error(spec.at, "region is missing", "add region, as a string");
    }
}

/// Reads the request, and applies the rules where it is one.
fn judge(structure: &Structure, dialect: Dialect, node: &Yaml, need: Need, report: &mut Report) {
    let request = request::read(structure, dialect, node, report);
    let mut context = RuleContext { dialect, need, report };
    match structure.name {
        name if name == CREATE_TRAINING_JOB_REQUEST.name => rules::training(&request, &mut context),
        name if name == CREATE_HYPER_PARAMETER_TUNING_JOB_REQUEST.name => rules::tuning(&request, &mut context),
        name if name == CREATE_MODEL_INPUT.name => rules::hosting::model(&request, &mut context),
        name if name == CREATE_ENDPOINT_CONFIG_INPUT.name => rules::hosting::endpoint_config(&request, &mut context),
        name if name == CREATE_TRANSFORM_JOB_REQUEST.name => rules::hosting::transform(&request, &mut context),
        // An endpoint has names alone.
        _ => {}
    }
}
