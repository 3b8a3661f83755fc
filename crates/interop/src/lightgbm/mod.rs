//! Models of LightGBM: its text format, versions v2 to v4.

mod export;
mod lines;
mod objective;
mod objective_export;
mod schema;
mod sections;
mod tree;
mod tree_export;
mod unseen;

use crate::{Error, Rounding};
use sapwood_score::{Aggregation, Model, Objective};
use sections::Sections;

/// What messages call such a file.
const FORMAT: &str = "the LightGBM model";

/// The most outputs that a file may declare.
const MAX_OUTPUTS: usize = 1 << 20;

fn inconsistent(what: impl Into<String>) -> Error {
    Error::Inconsistent { format: FORMAT, what: what.into() }
}

/// Reads a model from LightGBM's text.
///
/// # Errors
/// A text that is no such model, or one that Sapwood cannot score with.
pub fn from_text(bytes: &[u8]) -> Result<Model, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| inconsistent(format!("it is not UTF-8: {error}")))?;
    let syntax = |(line, what)| Error::Syntax { format: FORMAT, place: format!("line {line}"), what };
    let sections = Sections::of(text).map_err(syntax)?;
    let header = &sections.header;
    if let Some(version) = header.get("version").filter(|version| !matches!(*version, "v2" | "v3" | "v4")) {
        return Err(Error::unsupported(format!("{FORMAT} is of version {version}"), "Sapwood reads v2, v3 and v4"));
    }
    if header.get("version").is_none() {
        return Err(Error::unsupported(
            format!("{FORMAT} does not tell its version, as those before LightGBM 2.1"),
            "load it with LightGBM 2.1 or later and save it again (booster.save_model)",
        ));
    }
    let outputs: usize = header.number("num_tree_per_iteration").map_err(inconsistent)?;
    if outputs == 0 || outputs > MAX_OUTPUTS || !sections.trees.len().is_multiple_of(outputs) {
        return Err(inconsistent(format!("{} trees, {outputs} of them an iteration", sections.trees.len())));
    }
    check_tree_count(&sections)?;
    let schema = schema::read(&sections)?;
    let read = |section| tree::read(section, &schema).map_err(|what| syntax((section.line, what)));
    let trees = sections.trees.iter().map(read).collect::<Result<_, _>>()?;

    let param = |name: &str| sections.params.get(name).map(|value| value.to_string());
    let meaning = objective::meaning(header.get("objective").unwrap_or("custom"), outputs, param);
    let meaning =
        meaning.map_err(|what| Error::unsupported(format!("{FORMAT}: {what}"), "train with an objective of LightGBM's own"))?;
    let mut model = Model::new(schema, Objective::SquaredError, vec![0.0; outputs], trees);
    model.objective = meaning.spec;
    model.link = meaning.link;
    model.outputs = meaning.outputs;
    model.prediction = meaning.prediction;
    model.reading.infinite_values = true;
    if header.get("average_output").is_some() {
        model.aggregation = Aggregation::Mean;
    }
    model.validate()?;
    Ok(model)
}

/// The model as text of version v4, for LightGBM 4.0 and later, and what of it is not what it was.
///
/// # Errors
/// What LightGBM does not have, by name.
pub fn to_text(model: &Model) -> Result<(Vec<u8>, Rounding), Error> {
    export::text(model).map(|(text, rounding)| (text.into_bytes(), rounding))
}

/// The header tells the length of each tree, and so their number.
fn check_tree_count(sections: &Sections<'_>) -> Result<(), Error> {
    let Some(sizes) = sections.header.get("tree_sizes") else { return Ok(()) };
    let (told, found) = (sizes.split_ascii_whitespace().count(), sections.trees.len());
    if told == found { Ok(()) } else { Err(inconsistent(format!("tree_sizes tells of {told} trees, and there are {found}"))) }
}
