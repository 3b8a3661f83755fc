//! Predictions as a table: kept columns, then the predictions' own, each with a name.

use crate::prediction_form::{Form, Packed};
use crate::report::Failure;
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::ThreadPool;
use rayon::prelude::*;
use sapwood::Model;
use sapwood::predict::{Output, Predictions};
use sapwood_readers::{KeptCell, KeptColumns, Values};
use sapwood_score::{Outputs, Prediction, push_text, write_number};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Rows that one task makes text of.
const ROWS_PER_TASK: usize = 4_096;

/// Tasks whose texts are kept until all are written, for each thread.
const TASKS_PER_THREAD: usize = 8;

/// Predictions of all rows, with what goes beside them.
pub struct PredictionTable {
    kept: KeptColumns,
    kept_cells: Vec<Vec<KeptCell>>,
    predictions: Predictions,
    /// Of the predictions' columns.
    names: Vec<String>,
    /// Whether values are positions: of classes, of leaves.
    are_indices: bool,
    /// Whether NaN stands for no prediction.
    has_gaps: bool,
}

impl PredictionTable {
    /// A table of predictions of one kind.
    ///
    /// # Errors
    /// Kept columns of another number of rows, or with the name of another column.
    pub fn new(model: &Model, output: Output, kept: KeptColumns, predictions: Predictions) -> Result<Self, Failure> {
        if let Some(rows) = kept.rows().filter(|&rows| rows != predictions.rows()) {
            return Err(Failure::algorithm(format!("{} predictions for {rows} rows of kept columns", predictions.rows())));
        }
        let names = names(model, output, predictions.columns());
        let mut seen = BTreeSet::new();
        if let Some(twice) = kept.names().chain(names.iter().map(String::as_str)).find(|name| !seen.insert(*name)) {
            return Err(Failure::user(format!(
                "two columns of the result are called {twice:?}; keep each column once, or rename it"
            )));
        }
        let are_indices =
            matches!(output, Output::Class | Output::Leaf) || (output == Output::Value && model.prediction == Prediction::Class);
        Ok(Self { kept_cells: kept.cells()?, kept, predictions, names, are_indices, has_gaps: false })
    }

    /// The same table, in which NaN stands for no prediction.
    #[must_use]
    pub fn with_gaps(self) -> Self {
        Self { has_gaps: true, ..self }
    }

    /// Writes the table; `header` begins CSV with a line of names, which the other forms have anyway. Rows become text on the threads of
    /// `pool`.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, pool: &ThreadPool, packed: Packed, header: bool, out: &mut dyn Write) -> io::Result<()> {
        if packed.gzip {
            let mut packer = GzEncoder::new(out, Compression::default());
            self.write_form(pool, packed.form, header, &mut packer)?;
            return packer.finish().map(drop);
        }
        self.write_form(pool, packed.form, header, out)
    }

    fn write_form(&self, pool: &ThreadPool, form: Form, header: bool, out: &mut dyn Write) -> io::Result<()> {
        match form {
            Form::Csv => self.write_csv(pool, header, out),
            Form::Json => self.write_json(pool, ("[\n", ",\n", "\n]\n"), out),
            Form::JsonLines => self.write_json(pool, ("", "\n", "\n"), out),
            Form::Parquet => self.kept.write_parquet(self.columns(), out),
        }
    }

    /// Writes what `push` makes of each row.
    fn write_rows(&self, pool: &ThreadPool, out: &mut dyn Write, push: impl Fn(usize, &mut String) + Sync) -> io::Result<()> {
        let rows = self.predictions.rows();
        let text_of = |first: usize| {
            let mut text = String::new();
            (first..rows.min(first + ROWS_PER_TASK)).for_each(|row| push(row, &mut text));
            text
        };
        let tasks: Vec<usize> = (0..rows).step_by(ROWS_PER_TASK).collect();
        for tasks in tasks.chunks(TASKS_PER_THREAD * pool.current_num_threads()) {
            let texts: Vec<String> = pool.install(|| tasks.par_iter().map(|&first| text_of(first)).collect());
            texts.iter().try_for_each(|text| out.write_all(text.as_bytes()))?;
        }
        Ok(())
    }

    fn write_csv(&self, pool: &ThreadPool, header: bool, out: &mut dyn Write) -> io::Result<()> {
        if header {
            let mut line = String::new();
            for name in self.kept.names().chain(self.names.iter().map(String::as_str)) {
                separate(&mut line, ",");
                push_text(&mut line, name);
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
        }
        self.write_rows(pool, out, |row, text| {
            for (at, cells) in self.kept_cells.iter().enumerate() {
                text.push_str(if at > 0 { "," } else { "" });
                match &cells[row] {
                    KeptCell::Null => {}
                    KeptCell::Plain(plain) => text.push_str(plain),
                    KeptCell::Text(cell) => push_text(text, cell),
                }
            }
            text.push_str(if self.kept_cells.is_empty() { "" } else { "," });
            match self.has_gaps && self.predictions.row(row).iter().all(|value| value.is_nan()) {
                true => text.push_str(&",".repeat(self.names.len() - 1)),
                false => self.predictions.write_row(row, text),
            }
            text.push('\n');
        })
    }

    fn write_json(&self, pool: &ThreadPool, (begin, between, end): (&str, &str, &str), out: &mut dyn Write) -> io::Result<()> {
        let keys: Vec<_> = self.kept.names().chain(self.names.iter().map(String::as_str)).map(json_text).collect();
        out.write_all(begin.as_bytes())?;
        self.write_rows(pool, out, |row, text| {
            text.push_str(if row > 0 { between } else { "" });
            let mut keys = keys.iter();
            let mut member = |text: &mut String, value: &dyn Fn(&mut String)| {
                text.push_str(if text.ends_with('{') { "" } else { ", " });
                text.push_str(keys.next().map_or("", String::as_str));
                text.push_str(": ");
                value(text);
            };
            text.push('{');
            for cells in &self.kept_cells {
                member(text, &|text| match &cells[row] {
                    KeptCell::Null => text.push_str("null"),
                    KeptCell::Plain(plain) => text.push_str(plain),
                    KeptCell::Text(cell) => text.push_str(&json_text(cell)),
                });
            }
            for &value in self.predictions.row(row) {
                member(text, &|text| match self.predictions.class(value) {
                    Some(class) => text.push_str(&json_text(class)),
                    None if value.is_finite() => write_number(value, text),
                    // JSON has no infinities.
                    None => text.push_str("null"),
                });
            }
            text.push('}');
        })?;
        out.write_all(end.as_bytes())
    }

    /// The predictions column by column.
    fn columns(&self) -> Vec<(String, Values)> {
        let column = |(at, name): (usize, &String)| {
            let values = self.predictions.values().iter().skip(at).step_by(self.predictions.columns()).copied();
            let text = |value: f64| self.predictions.class(value).unwrap_or_default().to_string();
            let values = match () {
                () if self.predictions.classes().is_some() => Values::Texts(values.map(text).collect()),
                () if self.are_indices => Values::Indices(values.map(|value| value as u32).collect()),
                () => Values::Numbers(values.collect()),
            };
            (name.clone(), values)
        };
        self.names.iter().enumerate().map(column).collect()
    }
}

fn separate(line: &mut String, separator: &str) {
    if !line.is_empty() {
        line.push_str(separator);
    }
}

fn json_text(text: &str) -> String {
    Value::from(text).to_string()
}

/// What the columns of an output are called: `prediction`, or for several `probability_cat`, `margin_price`, `leaf_7`.
fn names(model: &Model, output: Output, columns: usize) -> Vec<String> {
    if output.explains() {
        return explained_names(model, output);
    }
    let stem = match output {
        Output::Value if model.prediction == Prediction::Mean && matches!(model.outputs, Outputs::Classes) => "probability",
        Output::Value => "prediction",
        other => other.name(),
    };
    if output == Output::Leaf {
        return (0..columns).map(|tree| format!("{stem}_{tree}")).collect();
    }
    if columns == 1 && !(output == Output::Probability && matches!(model.outputs, Outputs::Binary)) {
        return vec![stem.to_string()];
    }
    // The one probability of two classes is that of the second.
    let first = if matches!(model.outputs, Outputs::Binary) { 1 } else { 0 };
    (first..first + columns).map(|at| format!("{stem}_{}", part(model, at))).collect()
}

/// What the columns of contributions are called: `age`, of interactions `age*job`; in front of it one of several outputs, `cat:age`.
fn explained_names(model: &Model, output: Output) -> Vec<String> {
    let columns = explained_columns(model);
    let of_output = |stem: &str| match output {
        Output::Interactions => {
            columns.iter().flat_map(|one| columns.iter().map(move |other| format!("{stem}{one}*{other}"))).collect()
        }
        _ => columns.iter().map(|column| format!("{stem}{column}")).collect::<Vec<_>>(),
    };
    match model.num_outputs() {
        1 => of_output(""),
        outputs => (0..outputs).flat_map(|at| of_output(&format!("{}:", part(model, at)))).collect(),
    }
}

/// The columns of the schema, and `bias`; with as many underscores as it takes where a column has that name.
pub fn explained_columns(model: &Model) -> Vec<String> {
    let mut columns: Vec<String> = model.schema.features.iter().map(|feature| feature.name.clone()).collect();
    let mut bias = "bias".to_string();
    while columns.contains(&bias) {
        bias.push('_');
    }
    columns.push(bias);
    columns
}

/// What one of several outputs is called.
pub fn part(model: &Model, at: usize) -> String {
    let class = model.classes.as_ref().and_then(|classes| classes.get(at)).cloned();
    let named = match &model.outputs {
        Outputs::Targets(names) => names.get(at).cloned(),
        Outputs::Quantiles(levels) | Outputs::Expectiles(levels) => levels.get(at).map(ToString::to_string),
        _ => class,
    };
    named.unwrap_or_else(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sapwood::{FeatureSchema, Objective};

    #[test]
    fn columns_are_called_after_classes() {
        let mut model = Model::new(FeatureSchema::numeric(1), Objective::Softprob, vec![0.0; 3], Vec::new());
        assert_eq!(names(&model, Output::Value, 3), ["probability_0", "probability_1", "probability_2"]);
        model.classes = Some(["ant", "bee", "cat"].map(String::from).into());
        assert_eq!(names(&model, Output::Probability, 3)[2], "probability_cat");
        assert_eq!(names(&model, Output::Margin, 3)[0], "margin_ant");
        assert_eq!(names(&model, Output::Class, 1), ["class"]);
        assert_eq!(names(&model, Output::Leaf, 2), ["leaf_0", "leaf_1"]);
        assert_eq!(names(&model, Output::Contributions, 6)[2..5], ["bee:f0", "bee:bias", "cat:f0"]);
        assert_eq!(names(&model, Output::Interactions, 12)[..4], ["ant:f0*f0", "ant:f0*bias", "ant:bias*f0", "ant:bias*bias"]);
        let mut model = Model::new(FeatureSchema::numeric(1), Objective::BinaryLogistic, vec![0.0], Vec::new());
        assert_eq!(names(&model, Output::Value, 1), ["prediction"]);
        model.classes = Some(["no", "yes"].map(String::from).into());
        assert_eq!(names(&model, Output::Probability, 1), ["probability_yes"]);
        model.schema.features[0].name = "bias".to_string();
        assert_eq!(names(&model, Output::Contributions, 2), ["bias", "bias_"]);
    }
}
