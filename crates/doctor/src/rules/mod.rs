//! What a request must be for a job of Sapwood's to do what was meant, beyond what the API checks.
//!
//! Rules see requests in the API's names, whatever was read; messages name fields as the document does.

mod channels;
mod containers;
mod context;
pub mod hosting;
pub mod hyperparameters;
mod instances;
mod instances_table;
mod metrics;
mod mounts;
mod overlaps;
mod resources;
mod tuning;

use crate::yaml::Yaml;
pub use context::RuleContext;

use channels::RequestChannel;
use sapwood::Params;
use sapwood_sagemaker::channels::VALIDATION;

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
    resources::check(job, context);
    let channels = channels::check(job, context);
    mounts::check(job, &channels, context);
    overlaps::check(&channels, params, context);
    if let Some(params) = params
        && params.objective.is_multiclass()
        && params.num_class == 0
    {
        let at = given.and_then(|given| hyperparameters::place(given, "objective")).unwrap_or(job.at);
        context.report.warning(
            at,
            format!(
                "{} without num_class works only where labels are texts; with numbers the trainer refuses it",
                params.objective.name()
            ),
            "add num_class, the number of classes",
        );
    }
    if let Some(params) = params
        && params.early_stopping_rounds.is_some()
        && params.validation_fraction.is_none()
        && !channels.iter().any(|channel| channel.name == VALIDATION)
    {
        let at = given.and_then(|given| hyperparameters::place(given, "early_stopping_rounds")).unwrap_or(job.at);
        context.report.error(
            at,
            "early_stopping_rounds needs a channel called validation: the trainer refuses to stop early by training or test data",
            "add the channel validation or validation_fraction, or remove the parameter",
        );
    }
    channels
}
