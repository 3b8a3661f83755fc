//! The image, and how it is started.

use super::context::RuleContext;
use crate::yaml::Yaml;

/// Repositories of the built-in algorithm that jobs come from.
const BUILT_IN: [&str; 2] = ["xgboost", "sagemaker-xgboost"];
/// Names by which the executable may be started.
const EXECUTABLES: [&str; 2] = ["sapwood", "train"];

/// Checks which image runs, and with which arguments.
pub fn check(job: &Yaml, context: &mut RuleContext<'_>) {
    let Some(algorithm) = job.get("AlgorithmSpecification") else {
        let name = context.spell("AlgorithmSpecification");
        return context.report.error(job.at, format!("{name} is missing"), format!("add {name} with the image"));
    };
    let (image, name) = (algorithm.get("TrainingImage"), algorithm.get("AlgorithmName"));
    let field = context.spell("TrainingImage");
    match (image, name) {
        (None, None) => {
            context.report.error(algorithm.at, format!("{field} is missing"), format!("add {field}: where Sapwood's image is"));
        }
        (Some(_), Some(name)) => {
            context.report.error(name.at, format!("{field} is given, too, but only one of them may be"), "remove it");
        }
        (None, Some(name)) => {
            context.report.note(
                name.at,
                "an algorithm is named instead of an image; the rest is checked as if it were Sapwood's",
                "",
            );
        }
        (Some(image), None) => built_in(image, context),
    }
    started(algorithm, context);
}

fn built_in(image: &Yaml, context: &mut RuleContext<'_>) {
    let repository = image.text().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let repository = repository.split([':', '@']).next().unwrap_or_default();
    if BUILT_IN.contains(&repository) {
        context.report.note(
            image.at,
            "this is the image of the built-in XGBoost; the rest is checked as if it were Sapwood's",
            "for a job with Sapwood, name its image in your registry",
        );
    }
}

/// An entry point replaces the image's; arguments replace the word `train`.
fn started(algorithm: &Yaml, context: &mut RuleContext<'_>) {
    let (entrypoint, arguments) = (algorithm.get("ContainerEntrypoint"), algorithm.get("ContainerArguments"));
    let first = |node: Option<&Yaml>| node.and_then(|node| node.items().first()?.text().map(String::from));
    let program = first(entrypoint);
    let executable = program.as_deref().map(|path| path.rsplit('/').next().unwrap_or_default());
    if let Some(entrypoint) = entrypoint
        && !executable.is_some_and(|name| EXECUTABLES.contains(&name))
    {
        context.report.warning(
            entrypoint.at,
            format!(
                "{} starts a program other than the image's; the image has no shell and no Python",
                context.spell("ContainerEntrypoint")
            ),
            "remove it",
        );
    }
    let subcommand = entrypoint.and_then(|node| node.items().get(1)?.text().map(String::from));
    if let Some(arguments) = arguments
        && executable.is_none_or(|name| name == "sapwood")
        && subcommand.is_none()
        && first(Some(arguments)).as_deref() != Some("train")
    {
        context.report.error(
            arguments.at,
            format!("{} replaces the word train, but does not begin with it", context.spell("ContainerArguments")),
            "let it begin with train; hyperparameters as name=value may follow",
        );
    }
}
