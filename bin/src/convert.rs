//! `sapwood convert`: a model in another format.

use crate::cli::{ConvertArgs, ModelFormat};
use crate::report::Failure;
use crate::{model_files, output, streams};
use sapwood::text::counted;
use sapwood_interop::{Format, Rounding};
use std::io::Write;

/// Reads a model of any format and writes it in the one that the flag or the name of the output says.
///
/// # Errors
/// A model that cannot be read, or that the format cannot say; thresholds that would move without leave; a place that cannot be written.
pub fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let format = format(args)?;
    output::check_writable(&args.out)?;
    let inputs = [output::true_name(&args.model).into_os_string()].into();
    output::refuse_input(&args.out, &inputs)?;
    let model = model_files::load(&args.model)?;
    let at_model = |failure: Failure| failure.at(&args.model.display().to_string());
    let (bytes, rounding) = sapwood_interop::write(&model, format).map_err(|error| at_model(error.into()))?;
    if rounding.thresholds > 0 && !args.allow_rounding {
        return Err(at_model(Failure::user(format!(
            "{} would move, because the format has thresholds of four bytes: data of eight bytes may be divided otherwise there; give \
             --allow-rounding if that may be (data of four bytes are divided as before)",
            counted(rounding.thresholds, "threshold")
        ))));
    }
    if rounding.categories > 0 && !args.allow_rounding {
        return Err(at_model(Failure::user(format!(
            "{} would divide fractions otherwise, because the model cuts them to whole numbers and the format does not; give \
             --allow-rounding if the data have none (whole numbers are divided as before)",
            counted(rounding.categories, "categorical split")
        ))));
    }
    output::write_whole(&args.out, |out: &mut dyn Write| out.write_all(&bytes))?;
    tell(rounding);
    Ok(())
}

fn format(args: &ConvertArgs) -> Result<Format, Failure> {
    if let Some(format) = args.to {
        return Ok(match format {
            ModelFormat::Sapwood => Format::Sapwood,
            ModelFormat::XgboostJson => Format::XgboostJson,
            ModelFormat::XgboostUbjson => Format::XgboostUbjson,
            ModelFormat::Onnx => Format::Onnx,
            ModelFormat::OnnxV5 => Format::OnnxV5,
        });
    }
    let format = Format::of_name(&args.out.to_string_lossy()).filter(|format| *format != Format::LightgbmText);
    format.ok_or_else(|| {
        Failure::user(format!(
            "{}: the name says no format that is written; end it with .sapwood, .json or .ubj (XGBoost's) or .onnx, or give --to",
            args.out.display()
        ))
    })
}

/// Says what is not what it was.
fn tell(rounding: Rounding) {
    let moved = (rounding.thresholds > 0).then(|| format!("{} moved", counted(rounding.thresholds, "threshold")));
    let categories =
        (rounding.categories > 0).then(|| format!("{} for whole numbers alone", counted(rounding.categories, "categorical split")));
    let rounded = (rounding.leaves > 0).then(|| format!("{} rounded to four bytes", counted(rounding.leaves, "leaf value")));
    let sums = rounding.sums.then(|| "margins are summed in four bytes there".to_string());
    let outputs = rounding.outputs.then(|| "predictions are told in four bytes there".to_string());
    let changes: Vec<_> = [moved, categories, rounded, sums, outputs].into_iter().flatten().collect();
    if !changes.is_empty() {
        streams::diagnostic(format_args!("note: {}", changes.join("; ")));
    }
}
