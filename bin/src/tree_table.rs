//! `sapwood inspect --trees-table`: the nodes of all trees as a table, with the columns of XGBoost's `trees_to_dataframe`.

use crate::cli::InspectArgs;
use crate::prediction_form::{Form, Packed};
use crate::report::Failure;
use crate::{model_files, output, streams};
use flate2::Compression;
use flate2::write::GzEncoder;
use sapwood::Model;
use sapwood_interop::dump::{Described, describe};
use sapwood_readers::{KeptColumns, Values};
use sapwood_score::{Condition, Node, Split, Tree, push_text, write_number};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::Path;

/// Writes the table to a file, or with `-` to standard output.
///
/// # Errors
/// The model cannot be read, or the table cannot be written.
pub fn write(args: &InspectArgs, path: &Path) -> Result<(), Failure> {
    let out = (path.as_os_str() != "-").then_some(path);
    let packed = Packed::of(out)?;
    if let Some(path) = out {
        output::check_writable(path)?;
        output::refuse_input(path, &[output::true_name(&args.model).into_os_string()].into())?;
    }
    let table = Table::of(&model_files::load(&args.model)?);
    match out {
        Some(path) => output::write_whole(path, |out| table.write(packed, out)),
        None => streams::write_result(|out| table.write(packed, out)),
    }
}

/// A column; NaN and the empty text stand for nothing.
enum Column {
    Indices(Vec<u32>),
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// The columns with their names.
struct Table {
    columns: Vec<(String, Column)>,
    rows: usize,
}

impl Table {
    /// A row for each node, tree by tree.
    fn of(model: &Model) -> Self {
        let nodes: Vec<_> =
            model.trees.iter().enumerate().flat_map(|(n, tree)| (0..tree.nodes.len()).map(move |node| (n, tree, node))).collect();
        let said: Vec<Described> = nodes.iter().map(|(_, tree, node)| describe(model, tree, *node).unwrap_or_default()).collect();
        let indices = |of: fn(&(usize, &Tree, usize)) -> usize| Column::Indices(nodes.iter().map(|row| of(row) as u32).collect());
        let numbers = |of: &dyn Fn(usize, &Node) -> f64| {
            Column::Numbers(nodes.iter().enumerate().map(|(row, (_, tree, node))| of(row, &tree.nodes[*node])).collect())
        };
        let children = |child: &dyn Fn(usize, &Split) -> u32| {
            let text = |(row, (tree, of, node)): (usize, &(usize, &Tree, usize))| match &of.nodes[*node] {
                Node::Split(split) => format!("{tree}-{}", child(row, split)),
                Node::Leaf(_) => String::new(),
            };
            Column::Texts(nodes.iter().enumerate().map(text).collect())
        };
        let sides = |row: usize, split: &Split| said[row].sides.unwrap_or((split.left, split.right));
        let texts = |of: &dyn Fn(&Described) -> String| Column::Texts(said.iter().map(of).collect());

        let outputs = said.iter().map(|said| said.values.len()).max().unwrap_or(0);
        let threshold = |_: usize, node: &Node| match node {
            Node::Split(split) => match split.condition {
                Condition::Threshold(threshold) => threshold,
                _ => f64::NAN,
            },
            Node::Leaf(_) => f64::NAN,
        };
        // XGBoost's column of gains has the values of leaves, too.
        let gain = |row: usize, node: &Node| match (node, &said[row].values[..]) {
            (Node::Split(split), _) => split.gain,
            (Node::Leaf(_), [value]) => *value,
            (Node::Leaf(_), _) => f64::NAN,
        };
        let mut columns = vec![
            ("Tree".to_string(), indices(|row| row.0)),
            ("Node".into(), indices(|row| row.2)),
            ("ID".into(), Column::Texts(nodes.iter().map(|(tree, _, node)| format!("{tree}-{node}")).collect())),
            ("Feature".into(), texts(&|said| said.feature.clone().unwrap_or_else(|| "Leaf".into()))),
            ("Split".into(), numbers(&threshold)),
            ("Yes".into(), children(&|row, split| sides(row, split).0)),
            ("No".into(), children(&|row, split| sides(row, split).1)),
            ("Missing".into(), children(&|_, split| if split.default_left { split.left } else { split.right })),
            ("Gain".into(), numbers(&gain)),
            ("Cover".into(), numbers(&|_, node| node.cover())),
            ("Category".into(), texts(&|said| said.categories.as_ref().map_or(String::new(), |levels| json!(levels).to_string()))),
        ];
        if outputs > 1 {
            let value = |at: usize, row: usize| said[row].values.get(at).copied().unwrap_or(f64::NAN);
            columns.extend((0..outputs).map(|at| (format!("Value_{at}"), numbers(&|row, _| value(at, row)))));
        }
        if said.iter().any(|said| said.linear.is_some()) {
            columns.push(("Linear".into(), texts(&|said| said.linear.clone().unwrap_or_default())));
        }
        Self { columns, rows: nodes.len() }
    }

    fn write(self, packed: Packed, out: &mut dyn Write) -> io::Result<()> {
        if packed.gzip {
            let mut packer = GzEncoder::new(out, Compression::default());
            self.write_form(packed.form, &mut packer)?;
            return packer.finish().map(drop);
        }
        self.write_form(packed.form, out)
    }

    fn write_form(self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        match form {
            Form::Csv => {
                let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
                writeln!(out, "{}", names.join(","))?;
                (0..self.rows).try_for_each(|row| writeln!(out, "{}", self.csv(row)))
            }
            Form::Json => writeln!(out, "{:#}", Value::Array((0..self.rows).map(|row| self.json(row)).collect())),
            Form::JsonLines => (0..self.rows).try_for_each(|row| writeln!(out, "{}", self.json(row))),
            Form::Parquet => {
                let values = |(name, column)| match column {
                    Column::Indices(values) => (name, Values::Indices(values)),
                    Column::Numbers(values) => (name, Values::Numbers(values)),
                    Column::Texts(values) => (name, Values::Texts(values)),
                };
                KeptColumns::default().write_parquet(self.columns.into_iter().map(values).collect(), out)
            }
        }
    }

    fn csv(&self, row: usize) -> String {
        let mut line = String::new();
        for (at, (_, column)) in self.columns.iter().enumerate() {
            line.push_str(if at > 0 { "," } else { "" });
            match column {
                Column::Indices(values) => line.push_str(&values[row].to_string()),
                Column::Numbers(values) if values[row].is_nan() => {}
                Column::Numbers(values) => write_number(values[row], &mut line),
                Column::Texts(values) if values[row].is_empty() => {}
                Column::Texts(values) => push_text(&mut line, &values[row]),
            }
        }
        line
    }

    fn json(&self, row: usize) -> Value {
        let value = |column: &Column| match column {
            Column::Indices(values) => json!(values[row]),
            // Infinite thresholds are no numbers of JSON.
            Column::Numbers(values) if values[row].is_infinite() => json!(values[row].to_string()),
            Column::Numbers(values) => json!(values[row]),
            Column::Texts(values) if values[row].is_empty() => Value::Null,
            Column::Texts(values) => json!(values[row]),
        };
        Value::Object(self.columns.iter().map(|(name, column)| (name.clone(), value(column))).collect::<Map<_, _>>())
    }
}
