//! `sapwood predict`: one line per row, in row order, or a table in another form.

use crate::cli::PredictArgs;
use crate::listed::listed;
use crate::log::Log;
use crate::model_files;
use crate::prediction_form::Packed;
use crate::prediction_table::PredictionTable;
use crate::reading::ReadingChoices;
use crate::report::Failure;
use crate::{output, reading, streams, threads};
use sapwood::explain::background_contributions;
use sapwood::predict::{Output, Scorer, predict};
use sapwood_readers as readers;
use std::io::Write;
use std::time::Instant;

/// Scores the data and writes the predictions.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or a place that cannot be written.
pub fn run(args: &PredictArgs) -> Result<(), Failure> {
    let log = Log::from_env()?;
    let mut model = model_files::load(&args.model)?;
    // Rows to compare with need less of a model.
    if args.background.is_empty() {
        args.output.check(&model)?;
    }
    if let Some(threshold) = args.threshold {
        if args.output != Output::Class {
            return Err(Failure::user("--threshold decides between classes; add --output class"));
        }
        threshold.check(&model)?;
    }
    if !args.background.is_empty() && args.output != Output::Contributions {
        return Err(Failure::user("--background is what contributions are told against; add --output contributions"));
    }
    let options = ReadingChoices::of(&args.reading, &[("label_column", args.label.as_deref())])?.for_model(&mut model)?;
    let scorer = Scorer::new(model)?;
    let out = args.out.as_deref().filter(|path| path.as_os_str() != "-");
    let packed = Packed::of(out)?;
    if let Some(path) = out {
        output::check_writable(path)?;
    }
    let (sources, mut inputs) = reading::sources(&args.data, &options.meter)?;
    if let Some(path) = out {
        inputs.insert(output::true_name(&args.model).into_os_string());
        output::refuse_input(path, &inputs)?;
    }
    let pool = threads::pool(args.reading.threads)?;
    let table = pool.install(|| {
        let model = scorer.model();
        let expected = || readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels: false };
        let data = readers::read_matching(&sources, &options, expected())?;
        reading::print_notes(&data, args.reading.quiet);
        let start = Instant::now();
        let predictions = match args.threshold {
            Some(threshold) => threshold.classes(&scorer, &data)?,
            None if !args.background.is_empty() => {
                let (sources, _) = reading::sources(&args.background, &options.meter)?;
                background_contributions(model, &data, &readers::read_matching(&sources, &options, expected())?)?
            }
            None => predict(&scorer, &data, args.output)?,
        };
        let seconds = start.elapsed().as_secs_f64();
        log.debug(|| format!("{} rows read and scored in {seconds:.4} s", predictions.rows()));
        reading::print_unknown_levels(&data);
        let kept = readers::keep(&sources, &options, &model.schema, &kept_columns(&args.keep)?)?;
        PredictionTable::new(model, args.output, kept, predictions)
    })?;
    let write = |out: &mut dyn Write| table.write(&pool, packed, args.header, out);
    match out {
        Some(path) => output::write_whole(path, write),
        None => streams::write_result(write),
    }
}

/// The columns that `--keep` names.
///
/// # Errors
/// A text that is no list.
pub fn kept_columns(keep: &[String]) -> Result<Vec<String>, Failure> {
    listed("--keep", keep, "names or 0-based indices of columns")
}
