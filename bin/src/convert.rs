//! `sapwood convert`: a model in another format.

use crate::cli::{ConvertArgs, ModelFormat};
use crate::report::Failure;
use crate::{classes, model_files, output, streams};
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
    let mut model = model_files::load(&args.model)?;
    classes::name(&mut model, &args.classes)?;
    let at_model = |failure: Failure| failure.at(&args.model.display().to_string());
    let (bytes, rounding) = sapwood_interop::write(&model, format).map_err(|error| at_model(error.into()))?;
    let changes = changes(rounding, format);
    if rounding.changes_predictions() && !args.allow_rounding {
        let reasons: Vec<_> =
            changes.iter().map(|change| format!("{} {}, because {}", change.what, change.would, change.why)).collect();
        return Err(at_model(Failure::user(format!("{}; give --allow-rounding if that may be", reasons.join("; ")))));
    }
    output::write_whole(&args.out, |out: &mut dyn Write| out.write_all(&bytes))?;
    let told = changes.iter().map(|change| format!("{} {}", change.what, change.did)).chain(roundings(rounding, format));
    let told: Vec<_> = told.collect();
    if !told.is_empty() {
        streams::diagnostic(format_args!("note: {}", told.join("; ")));
    }
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
            ModelFormat::LightgbmText => Format::LightgbmText,
        });
    }
    Format::of_name(&args.out.to_string_lossy()).ok_or_else(|| {
        Failure::user(format!(
            "{}: the name says no format that is written; end it with .sapwood, .json or .ubj (XGBoost's), .txt (LightGBM's) or .onnx, or give --to",
            args.out.display()
        ))
    })
}

/// A change after which some rows are predicted otherwise.
struct Change {
    what: String,
    would: &'static str,
    did: &'static str,
    why: &'static str,
}

fn changes(rounding: Rounding, format: Format) -> Vec<Change> {
    let is_lightgbm = format == Format::LightgbmText;
    let thresholds = Change {
        what: counted(rounding.thresholds, "threshold"),
        would: "would move",
        did: "moved",
        why: match is_lightgbm {
            true => "LightGBM takes numbers up to 1e-35 for 0: numbers this near to 0 may be divided otherwise there",
            false => {
                "the format has thresholds of four bytes: data of eight bytes may be divided otherwise there (data of four bytes are \
                 divided as before)"
            }
        },
    };
    let limits = Change {
        what: counted(rounding.limits, "linear function"),
        would: "would lose the limits of its values",
        did: "without limits of values",
        why: "the format has no such limits: rows beyond the values of training are predicted otherwise there",
    };
    let fractions = Change {
        what: counted(rounding.fractions, "split") + " on categories without texts",
        would: "would divide fractions otherwise",
        did: "divide fractions otherwise",
        why: match is_lightgbm {
            true => {
                "LightGBM cuts them to whole numbers, also those between -1 and 0: numbers that are categories are divided as before"
            }
            false => "the model cuts them to whole numbers and the format does not: whole numbers are divided as before",
        },
    };
    let counts = [rounding.thresholds, rounding.limits, rounding.fractions];
    let changes = counts.into_iter().zip([thresholds, limits, fractions]);
    changes.filter(|(count, _)| *count > 0).map(|(_, change)| change).collect()
}

/// What else is not what it was.
fn roundings(rounding: Rounding, format: Format) -> Vec<String> {
    let leaves = (rounding.leaves > 0).then(|| match format {
        Format::LightgbmText => format!("{} multiplied by the weights of their trees", counted(rounding.leaves, "linear function")),
        _ => format!("{} rounded to four bytes", counted(rounding.leaves, "leaf value")),
    });
    let names = (rounding.names > 0).then(|| format!("{} written with _ for spaces", counted(rounding.names, "name")));
    let bytes = if format == Format::LightgbmText { "eight" } else { "four" };
    let sums = rounding.sums.then(|| format!("margins are summed in {bytes} bytes there"));
    let outputs = rounding.outputs.then(|| "predictions are told in four bytes there".to_string());
    [leaves, names, sums, outputs].into_iter().flatten().collect()
}
