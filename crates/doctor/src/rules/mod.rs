//! What a request must be for a job of Sapwood's to do what was meant, beyond what the API checks.
//!
//! Rules see requests in the API's names, whatever was read; messages name fields as the document does.

mod channels;
mod containers;
mod context;
pub mod evaluated;
pub mod hosting;
mod hosts;
pub mod hyperparameters;
mod instances;
mod instances_table;
mod metrics;
mod mounts;
mod overlaps;
mod resources;
mod tuning;

use crate::variables;
use crate::yaml::Yaml;
pub use context::RuleContext;

use channels::RequestChannel;
use sapwood::Params;

/// Checks CreateTrainingJob.
pub fn training(request: &Yaml, context: &mut RuleContext<'_>) {
    let given = request.get("HyperParameters");
    let params = hyperparameters::check(given, request.at, context.report);
    let channels = definition(request, given, params.as_ref(), context);
    metrics::check(request, params.as_ref(), &channels, context);
}

/// Checks CreateHyperParameterTuningJob.
pub fn tuning(request: &Yaml, context: &mut RuleContext<'_>) {
    let configuration = request.get("HyperParameterTuningJobConfig");
    let one = request.get("TrainingJobDefinition");
    let several = request.get("TrainingJobDefinitions").map_or(&[][..], Yaml::items);
    if one.is_none() && several.is_empty() {
        let name = context.spell("TrainingJobDefinition");
        context.report.error(request.at, format!("{name} is missing"), format!("add {name}: what each training job is like"));
    }
    for job in one.into_iter().chain(several) {
        // Several definitions have an objective and ranges of their own.
        let ranges = job.get("HyperParameterRanges").or_else(|| configuration?.get("ParameterRanges"));
        let objective = job.get("TuningObjective").or_else(|| configuration?.get("HyperParameterTuningJobObjective"));
        let params = tuning::ranges(job, ranges, objective, context);
        let channels = definition(job, job.get("StaticHyperParameters"), params.as_ref(), context);
        metrics::check(job, params.as_ref(), &channels, context);
        tuning::objective(job, objective, params.as_ref(), &channels, context);
    }
}

/// What both kinds of jobs have.
fn definition<'n>(
    job: &'n Yaml,
    given: Option<&Yaml>,
    params: Option<&Params>,
    context: &mut RuleContext<'_>,
) -> Vec<RequestChannel<'n>> {
    containers::check(job, context);
    variables::check_map(job.get("Environment"), context.report);
    resources::check(job, context);
    let channels = channels::check(job, context);
    hosts::check(job, context);
    mounts::check(job, &channels, context);
    overlaps::check(&channels, params, context);
    if let Some(params) = params {
        resources::check_time(job, given, params, context);
        hyperparameters::check_classes(given, params, job.at, context.report);
        hyperparameters::check_hosts(given, params, hosts::count(job), job.at, context.report);
        hyperparameters::check_groups(given, params, &channels, job.at, context.report);
        hyperparameters::check_bounds(given, params, &channels, job.at, context.report);
        let names: Vec<&str> = channels.iter().map(|channel| channel.name).collect();
        evaluated::check(given, params, &names, job.at, context.report);
    }
    channels
}
