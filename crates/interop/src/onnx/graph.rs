//! The graph around the ensemble: what happens to the columns before it, and to its scores after it. Each operator is one whose effect
//! is known exactly, or the model is refused.

use super::attributes::{Node, numbers};
use super::column::{Column, Step};
use super::operator::{self, Operator};
use super::proto::{Dimension, GraphProto, TensorProto, TypeProto, ValueInfo, element};
use prost::Message;
use std::collections::{HashMap, HashSet};

/// The most nodes of a graph that is looked at.
const MAX_NODES: usize = 1 << 16;
/// The most columns of all inputs together.
const MAX_COLUMNS: usize = 1 << 22;

/// What a graph computes.
pub struct Graph {
    /// The names of the columns of the data, where there are several inputs.
    pub names: Option<Vec<String>>,
    pub features: usize,
    /// What the ensemble sees.
    pub columns: Vec<Column>,
    pub operator: Operator,
    /// What becomes of the scores.
    pub after: After,
}

/// What operators after the ensemble's make of its scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    /// Nothing.
    Scores,
    /// `factor · e^score`.
    Exp { factor: f32 },
    /// The logistic function.
    Sigmoid,
    /// Probabilities that sum to one.
    Softmax,
    /// The labels alone are told.
    Labels,
}

/// What a name in the graph stands for.
enum Value {
    Columns(Vec<Column>, i32),
    Numbers(Vec<f64>),
    Labels,
    Scores(After),
}

/// Reads a graph.
///
/// # Errors
/// Messages that are none, and operators whose effect is not known, by name.
pub fn read(graph: GraphProto) -> Result<Graph, String> {
    if graph.node.len() > MAX_NODES {
        return Err(format!("{} nodes in the graph, more than {MAX_NODES}", graph.node.len()));
    }
    if !graph.sparse_initializer.is_empty() {
        return Err("sparse constants, which are not read".into());
    }
    let mut reader = Reader { values: HashMap::new(), ensemble: None };
    for bytes in graph.initializer {
        let tensor = TensorProto::decode(bytes).map_err(|error| format!("a constant: {error}"))?;
        let name = tensor.name.clone().unwrap_or_default();
        // What is no number is of no account, unless an operator asks for it.
        if let Ok(numbers) = numbers(&tensor) {
            reader.values.insert(name, Value::Numbers(numbers));
        }
    }
    let nodes = graph.node.into_iter().map(Node::decode).collect::<Result<Vec<_>, _>>()?;
    let decode = |bytes| ValueInfo::decode(bytes).map_err(|error| format!("an input or output: {error}"));
    let inputs = graph.input.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let (names, features) = reader.add_inputs(&inputs, operator::least_features(&nodes))?;
    for node in nodes {
        reader.add(node)?;
    }
    let (operator, columns) = reader.ensemble.take().ok_or("no tree ensemble")?;
    let outputs = graph.output.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let after = reader.after(&outputs)?;
    Ok(Graph { names, features, columns, operator, after })
}

struct Reader {
    values: HashMap<String, Value>,
    ensemble: Option<(Operator, Vec<Column>)>,
}

impl Reader {
    /// Gives a column to each column of each input that is no constant. An input of unknown width has as many as the ensemble asks for.
    fn add_inputs(&mut self, inputs: &[ValueInfo], least: usize) -> Result<(Option<Vec<String>>, usize), String> {
        let inputs: Vec<_> = inputs.iter().filter(|input| !self.values.contains_key(name_of(input))).collect();
        let mut names = Vec::new();
        for input in &inputs {
            let at_input = |what: String| format!("the input {:?} {what}", name_of(input));
            let (kind, width) = matrix(input.value_type.as_ref()).map_err(at_input)?;
            let width = match width {
                Some(width) => width,
                None if inputs.len() == 1 => least,
                None => return Err(at_input("has a width that is not told, beside other inputs".into())),
            };
            if width > MAX_COLUMNS - names.len() {
                return Err(at_input(format!("makes more than {MAX_COLUMNS} columns")));
            }
            let first = names.len();
            let columns = (first..first + width).map(|source| Column::new(source as u32)).collect();
            names.extend((0..width).map(|at| if width == 1 { name_of(input).into() } else { format!("{}_{at}", name_of(input)) }));
            let mut columns: Vec<Column> = columns;
            if kind == element::FLOAT {
                columns.iter_mut().for_each(Column::round);
            }
            self.values.insert(name_of(input).into(), Value::Columns(columns, kind));
        }
        let count = names.len();
        let mut seen = HashSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(format!("two columns called {name:?}"));
        }
        Ok(((inputs.len() > 1).then_some(names), count))
    }

    /// What an operator makes of what it takes.
    fn add(&mut self, node: Node) -> Result<(), String> {
        let label = node.label.clone();
        let at_node = |what: String| format!("{label}: {what}");
        if let Some(is_double) = operator::is_ensemble(&node).then(|| self.input_is_double(&node)) {
            return self.add_ensemble(node, is_double.map_err(at_node)?);
        }
        let value = self.computed(&node).map_err(at_node)?;
        let output = node.outputs.first().cloned().unwrap_or_default();
        self.values.insert(output, value);
        Ok(())
    }

    fn input_is_double(&self, node: &Node) -> Result<bool, String> {
        match self.input(node, 0)? {
            Value::Columns(_, kind) => Ok(*kind == element::DOUBLE),
            _ => Err("its input is none of the columns".into()),
        }
    }

    fn add_ensemble(&mut self, node: Node, is_double: bool) -> Result<(), String> {
        if self.ensemble.is_some() {
            return Err(format!("{}: a second tree ensemble; Sapwood reads graphs with one", node.label));
        }
        let Value::Columns(mut columns, _) = self.input(&node, 0).map(copy)? else {
            return Err("its input is none of the columns".into());
        };
        if !is_double {
            columns.iter_mut().for_each(Column::round);
        }
        let outputs = node.outputs.clone();
        let label = node.label.clone();
        let operator = Operator::read(node, is_double).map_err(|what| format!("{label}: {what}"))?;
        let mut names = outputs.into_iter();
        if operator.classes.is_some() {
            self.values.insert(names.next().unwrap_or_default(), Value::Labels);
        }
        self.values.insert(names.next().unwrap_or_default(), Value::Scores(After::Scores));
        self.ensemble = Some((operator, columns));
        Ok(())
    }

    fn input(&self, node: &Node, number: usize) -> Result<&Value, String> {
        let name = node.inputs.get(number).ok_or_else(|| format!("it has no input {number}"))?;
        self.values.get(name).ok_or_else(|| format!("its input {name:?} is not known"))
    }

    /// The numbers of a constant.
    fn constant(&self, node: &Node, number: usize) -> Result<&[f64], String> {
        match self.input(node, number)? {
            Value::Numbers(numbers) => Ok(numbers),
            _ => Err(format!("its input {number} is no constant")),
        }
    }

    fn computed(&self, node: &Node) -> Result<Value, String> {
        let unknown = || Err("an operator around the trees whose effect is not read; save the model without it".to_string());
        match &node.operator[..] {
            "Constant" => return constant(node),
            "Concat" => return self.joined(node),
            _ => {}
        }
        let input = self.input(node, 0)?;
        match (&node.operator[..], input) {
            ("Identity", input) => Ok(copy(input)),
            ("Cast", input) => self.cast(input, node.attributes.int("to").and_then(|to| i32::try_from(to).ok()).unwrap_or(0)),
            ("ZipMap", Value::Scores(after)) => self.check_zip_map(node).map(|()| Value::Scores(*after)),
            ("Mul", Value::Scores(after)) => scaled(*after, self.constant(node, 1)?),
            ("Exp", Value::Scores(After::Scores)) => Ok(Value::Scores(After::Exp { factor: 1.0 })),
            ("Sigmoid", Value::Scores(After::Scores)) => Ok(Value::Scores(After::Sigmoid)),
            ("Softmax", Value::Scores(After::Scores)) if matches!(node.attributes.int("axis"), Some(1 | -1)) => {
                Ok(Value::Scores(After::Softmax))
            }
            ("Scaler", Value::Columns(columns, kind)) => scaler(node, columns, *kind),
            ("ArrayFeatureExtractor", Value::Columns(columns, kind)) => chosen(columns, *kind, self.constant(node, 1)?),
            ("Gather", Value::Columns(columns, kind)) if node.attributes.int("axis") == Some(1) => {
                chosen(columns, *kind, self.constant(node, 1)?)
            }
            _ => unknown(),
        }
    }

    fn cast(&self, input: &Value, to: i32) -> Result<Value, String> {
        let refused = || Err(format!("a cast to the type {to}, whose effect is not read"));
        match (input, to) {
            (Value::Columns(columns, _), element::FLOAT) => {
                let mut columns = columns.clone();
                columns.iter_mut().for_each(Column::round);
                Ok(Value::Columns(columns, to))
            }
            // Scaled numbers are f32, which are doubles as they are.
            (Value::Columns(columns, _), element::DOUBLE) => Ok(Value::Columns(columns.clone(), to)),
            (Value::Labels, element::INT64 | element::STRING) => Ok(Value::Labels),
            (Value::Scores(after), element::FLOAT) if !self.scores_are_double() => Ok(Value::Scores(*after)),
            (Value::Scores(after), element::DOUBLE) => Ok(Value::Scores(*after)),
            _ => refused(),
        }
    }

    /// Whether scores are told as doubles.
    fn scores_are_double(&self) -> bool {
        self.ensemble.as_ref().is_some_and(|(operator, _)| operator.tells_doubles)
    }

    /// Columns side by side.
    fn joined(&self, node: &Node) -> Result<Value, String> {
        let mut joined = Vec::new();
        let mut kinds = Vec::new();
        for number in 0..node.inputs.len() {
            let Value::Columns(columns, kind) = self.input(node, number)? else {
                return Err("it joins what are no columns of the data, which is not read".into());
            };
            joined.extend_from_slice(columns);
            kinds.push(*kind);
            if joined.len() > MAX_COLUMNS {
                return Err(format!("more than {MAX_COLUMNS} columns"));
            }
        }
        match (node.attributes.int("axis"), &kinds[..]) {
            (Some(1 | -1), [first, rest @ ..]) if rest.iter().all(|kind| kind == first) => Ok(Value::Columns(joined, *first)),
            _ => Err("it does not join columns of one type side by side".into()),
        }
    }

    /// Checks that the labels that scores get are those of the classifier.
    fn check_zip_map(&self, node: &Node) -> Result<(), String> {
        let labels = operator::labels(node)?;
        match self.ensemble.as_ref().and_then(|(operator, _)| operator.classes.as_ref()) {
            Some(classes) if *classes == labels => Ok(()),
            _ => Err("its labels are not those of the classifier".into()),
        }
    }

    /// What the outputs of the graph are, of which one must be the scores if any is.
    fn after(&self, outputs: &[ValueInfo]) -> Result<After, String> {
        let mut found = Vec::new();
        for output in outputs {
            match self.values.get(name_of(output)) {
                Some(Value::Scores(after)) => found.push(*after),
                Some(Value::Labels) => {}
                _ => return Err(format!("the output {:?} is neither scores nor labels", name_of(output))),
            }
        }
        match &found[..] {
            [] if outputs.is_empty() => Err("the graph has no outputs".into()),
            [] => Ok(After::Labels),
            [first, rest @ ..] if rest.iter().all(|after| after == first) => Ok(*first),
            _ => Err("several outputs tell scores in different ways".into()),
        }
    }
}

fn copy(value: &Value) -> Value {
    match value {
        Value::Columns(columns, kind) => Value::Columns(columns.clone(), *kind),
        Value::Numbers(numbers) => Value::Numbers(numbers.clone()),
        Value::Labels => Value::Labels,
        Value::Scores(after) => Value::Scores(*after),
    }
}

fn name_of(value: &ValueInfo) -> &str {
    value.name.as_deref().unwrap_or_default()
}

/// The type of a matrix of numbers and its width, if it is told.
fn matrix(value_type: Option<&TypeProto>) -> Result<(i32, Option<usize>), String> {
    let tensor = value_type.and_then(|value_type| value_type.tensor_type.as_ref()).ok_or("is no tensor")?;
    let kind = tensor.elem_type.unwrap_or(0);
    if !matches!(kind, element::FLOAT | element::DOUBLE | element::INT64 | element::INT32 | element::BOOL) {
        return Err(format!("has elements of type {kind}; Sapwood reads numbers"));
    }
    let Some(shape) = &tensor.shape else { return Ok((kind, None)) };
    match &shape.dim[..] {
        [_, Dimension { dim_value: Some(width), .. }] if *width > 0 => Ok((kind, usize::try_from(*width).ok())),
        [_, _] => Ok((kind, None)),
        dims => Err(format!("has {} dimensions in place of 2", dims.len())),
    }
}

fn constant(node: &Node) -> Result<Value, String> {
    let tensor = node.attributes.tensor("value").ok_or("a constant that is no tensor")?;
    numbers(tensor).map(Value::Numbers)
}

/// Scores times a constant: nothing where it is 1, a factor of exponentials else.
fn scaled(after: After, factors: &[f64]) -> Result<Value, String> {
    match (after, factors) {
        (after, factors) if factors.iter().all(|&factor| factor == 1.0) => Ok(Value::Scores(after)),
        (After::Exp { factor: 1.0 }, [factor]) => Ok(Value::Scores(After::Exp { factor: *factor as f32 })),
        _ => Err("it multiplies scores, which is not read".into()),
    }
}

fn scaler(node: &Node, columns: &[Column], kind: i32) -> Result<Value, String> {
    if kind != element::FLOAT {
        return Err("it scales numbers that are not of four bytes, which is not read".into());
    }
    let (offsets, scales) = (node.attributes.floats("offset"), node.attributes.floats("scale"));
    let of_column = |list: &[f32], at: usize, other: f32| match list {
        [] => Some(other),
        [one] => Some(*one),
        _ => list.get(at).copied().filter(|_| list.len() == columns.len()),
    };
    let scaled = columns.iter().enumerate().map(|(at, column)| {
        let (offset, scale) = (of_column(offsets, at, 0.0)?, of_column(scales, at, 1.0)?);
        let mut column = column.clone();
        column.steps.push(Step::Scale { offset, scale });
        (offset.is_finite() && scale.is_finite() && scale != 0.0).then_some(column)
    });
    let scaled = scaled.collect::<Option<Vec<_>>>().ok_or("offsets or scales that do not fit the columns, or that are 0")?;
    Ok(Value::Columns(scaled, kind))
}

fn chosen(columns: &[Column], kind: i32, positions: &[f64]) -> Result<Value, String> {
    let column = |&position: &f64| columns.get(position as usize).filter(|_| position >= 0.0).cloned();
    let chosen = positions.iter().map(column).collect::<Option<Vec<_>>>().ok_or("it chooses a column that does not exist")?;
    Ok(Value::Columns(chosen, kind))
}
