//! `sapwood predict`: one line per row, in row order.

use crate::cli::PredictArgs;
use crate::log::Log;
use crate::reading::ReadingChoices;
use crate::report::Failure;
use crate::{output, reading, streams, threads};
use sapwood::predict::{Predictions, Scorer, predict};
use sapwood_readers as readers;
use std::io::{self, Write};
use std::time::Instant;

/// Scores the data and writes the predictions.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or a place that cannot be written.
pub fn run(args: &PredictArgs) -> Result<(), Failure> {
    let log = Log::from_env()?;
    let mut model = reading::load_model(&args.model)?;
    args.output.check(&model)?;
    let options = ReadingChoices::of(&args.reading, &[("label_column", args.label.as_deref())])?.for_model(&mut model)?;
    let scorer = Scorer::new(model)?;
    if let Some(path) = &args.out {
        output::check_writable(path)?;
    }
    let (sources, mut inputs) = reading::sources(&args.data, &options.meter)?;
    if let Some(path) = &args.out {
        inputs.insert(output::true_name(&args.model).into_os_string());
        output::refuse_input(path, &inputs)?;
    }
    let predictions = threads::pool(args.reading.threads)?.install(|| {
        let model = scorer.model();
        let data = readers::read_matching(
            &sources,
            &options,
            readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels: false },
        )?;
        reading::print_notes(&data);
        let start = Instant::now();
        let predictions = predict(&scorer, &data, args.output)?;
        let seconds = start.elapsed().as_secs_f64();
        log.debug(|| format!("{} rows read and scored in {seconds:.4} s", predictions.rows()));
        reading::print_unknown_levels(&data);
        Ok::<_, Failure>(predictions)
    })?;
    match &args.out {
        Some(path) => output::write_whole(path, |out| write_lines(&predictions, out)),
        None => streams::write_result(|out| write_lines(&predictions, out)),
    }
}

/// Writes one line a row.
///
/// # Errors
/// `out` cannot be written.
pub fn write_lines(predictions: &Predictions, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for row in 0..predictions.rows() {
        line.clear();
        predictions.write_row(row, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}
