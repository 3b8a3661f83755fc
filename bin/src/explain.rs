//! `sapwood explain`: how much each feature counts, on average over data or in the model alone.

use crate::cli::{ExplainArgs, ImportanceArg};
use crate::evaluate;
use crate::importance_table::{ImportanceRow, ImportanceTable};
use crate::model_files;
use crate::prediction_form::Packed;
use crate::prediction_table::part;
use crate::reading::ReadingChoices;
use crate::report::Failure;
use crate::{output, reading, streams, threads};
use sapwood::explain::{MeanContributions, PermutationImportance, mean_contributions, permutation_importance};
use sapwood::metric;
use sapwood::predict::{Output, Scorer};
use sapwood::text::counted;
use sapwood::{Dataset, Model, Objective};
use sapwood_readers::{self as readers};
use sapwood_score::Importance;
use std::path::Path;

/// Prints the features, and pairs of them, the most important first.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or a place that cannot be written.
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    check(args)?;
    let to_stdout = args.out.as_deref().is_some_and(|path| path.as_os_str() == "-");
    let out = args.out.as_deref().filter(|_| !to_stdout);
    let packed = Packed::of(out)?;
    if let Some(path) = out {
        output::check_writable(path)?;
    }
    let table = match of_splits(args.importance) {
        None => of_data(args, out)?,
        Some(value) => {
            let model = model_files::load(&args.model)?;
            if let Some(path) = out {
                output::refuse_input(path, &[output::true_name(&args.model).into_os_string()].into())?;
            }
            from_splits(&model, args.importance, value)
        }
    };
    if let Some(path) = out {
        output::write_whole(path, |out| table.write(packed, out))?;
    }
    match to_stdout {
        true => streams::write_result(|out| table.write(packed, out)),
        false => streams::print_result(&table.text(args.top)),
    }
}

/// Checks that the flags make sense together.
fn check(args: &ExplainArgs) -> Result<(), Failure> {
    let needs_data = of_splits(args.importance).is_none();
    let problem = match () {
        () if args.interactions && args.importance != ImportanceArg::Shap => {
            "--interactions are about contributions; leave --importance out"
        }
        () if args.metric.is_some() && args.importance != ImportanceArg::Permutation => {
            "--metric is about permutation; add --importance permutation"
        }
        () if needs_data && args.data.is_empty() => {
            "this importance comes from data; add --data PATH, or ask for --importance gain, which is in the model"
        }
        () if !needs_data && !args.data.is_empty() => {
            "this importance is in the model; leave --data out, or ask for --importance shap"
        }
        () => return Ok(()),
    };
    Err(Failure::user(problem))
}

/// What an importance takes of what the splits on a feature amount to; nothing if it takes data.
fn of_splits(importance: ImportanceArg) -> Option<fn(&Importance) -> f64> {
    match importance {
        ImportanceArg::Shap | ImportanceArg::Permutation => None,
        ImportanceArg::Gain => Some(Importance::gain),
        ImportanceArg::TotalGain => Some(|of| of.total_gain),
        ImportanceArg::Cover => Some(Importance::cover),
        ImportanceArg::TotalCover => Some(|of| of.total_cover),
        ImportanceArg::Weight => Some(|of| of.weight as f64),
    }
}

fn from_splits(model: &Model, importance: ImportanceArg, value: fn(&Importance) -> f64) -> ImportanceTable {
    let (name, what) = match importance {
        ImportanceArg::TotalGain => ("total_gain", "gain of all splits on each feature"),
        ImportanceArg::Cover => ("cover", "mean cover of the splits on each feature"),
        ImportanceArg::TotalCover => ("total_cover", "cover of all splits on each feature"),
        ImportanceArg::Weight => ("weight", "number of splits on each feature"),
        _ => ("gain", "mean gain of the splits on each feature"),
    };
    let row = |(feature, of): (usize, &Importance)| ImportanceRow {
        feature: model.feature_name(feature).unwrap_or_default().to_string(),
        with: None,
        values: vec![value(of)],
    };
    let rows = model.importance().iter().enumerate().map(row).collect();
    ImportanceTable::new(what.to_string(), vec![name.to_string()], rows, Vec::new())
}

/// Reads the data, and tells how much features count there.
fn of_data(args: &ExplainArgs, out: Option<&Path>) -> Result<ImportanceTable, Failure> {
    let mut model = model_files::load(&args.model)?;
    if args.importance == ImportanceArg::Shap {
        Output::Contributions.check(&model)?;
    }
    let options = ReadingChoices::of(&args.reading, &[("label_column", args.label.as_deref())])?.for_model(&mut model)?;
    let scorer = Scorer::new(model)?;
    let (sources, mut inputs) = reading::sources(&args.data, &options.meter)?;
    if let Some(path) = out {
        inputs.insert(output::true_name(&args.model).into_os_string());
        output::refuse_input(path, &inputs)?;
    }
    threads::pool(args.reading.threads)?.install(|| {
        let model = scorer.model();
        let needs_labels = args.importance == ImportanceArg::Permutation;
        let expected = readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels };
        let data = readers::read_matching(&sources, &options, expected)?;
        reading::print_notes(&data, args.reading.quiet);
        let table = match needs_labels {
            true => permuted(args, &scorer, data.clone())?,
            false => from_means(model, &mean_contributions(&scorer, &data, args.interactions)?),
        };
        reading::print_unknown_levels(&data);
        Ok(table)
    })
}

fn permuted(args: &ExplainArgs, scorer: &Scorer, data: Dataset) -> Result<ImportanceTable, Failure> {
    let model = scorer.model();
    let names = args.metric.clone().map_or_else(|| evaluate::metrics_of(model), |name| vec![name]);
    let metrics = metric::metrics(&names, model.objective.clone())?;
    let Some(metric) = metrics.first() else { return Err(Failure::user("the model has no metric; name one with --metric")) };
    let ranks = model.objective.known().is_some_and(Objective::is_ranking);
    let data = if ranks { data } else { data.without_groups() };
    let PermutationImportance { metric: whole, losses } =
        permutation_importance(scorer, &data, &**metric, args.repeats, args.seed)?;
    let row = |(feature, losses): (usize, &Vec<f64>)| {
        let count = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / count;
        let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / count;
        ImportanceRow { feature: model.schema.features[feature].name.clone(), with: None, values: vec![mean, variance.sqrt()] }
    };
    let what = format!(
        "how much worse {} becomes, which is {whole} on {}, where a feature's values change places, mean of {}",
        metric.name(),
        counted(data.rows(), "row"),
        args.repeats
    );
    let names = ["loss", "standard_deviation"].map(String::from).into();
    Ok(ImportanceTable::new(what, names, losses.iter().enumerate().map(row).collect(), Vec::new()))
}

fn from_means(model: &Model, means: &MeanContributions) -> ImportanceTable {
    let name = |column: usize| model.schema.features[column].name.clone();
    // Of several outputs the sum comes first.
    let values = |of: &dyn Fn(usize) -> f64| {
        let each: Vec<f64> = (0..model.num_outputs()).map(of).collect();
        if each.len() == 1 { each } else { [&[each.iter().sum()][..], &each].concat() }
    };
    let features = (0..model.schema.len()).map(|column| ImportanceRow {
        feature: name(column),
        with: None,
        values: values(&|output| means.columns[output][column]),
    });
    let pairs = means.pairs.first().map_or(&[][..], Vec::as_slice).iter().enumerate().map(|(at, pair)| ImportanceRow {
        feature: name(pair.columns.0),
        with: Some(name(pair.columns.1)),
        values: values(&|output| means.pairs[output][at].mean),
    });
    let mut names = vec!["mean_abs_shap".to_string()];
    if model.num_outputs() > 1 {
        names.extend((0..model.num_outputs()).map(|output| format!("mean_abs_shap_{}", part(model, output))));
    }
    let what = format!("mean |SHAP| over {}, in units of the margin", counted(means.rows, "row"));
    ImportanceTable::new(what, names, features.collect(), pairs.collect())
}
