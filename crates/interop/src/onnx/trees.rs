//! From an ensemble's trees to a model's.

use super::column::{Column, Part, Step};
use super::ensemble::{Aggregate, Ensemble, RawNode, RawSplit, Test};
use crate::node_order;
use sapwood_score::{Condition, Derivation, DerivedFeature, FeatureSchema, Leaf, LeafValue, MissingRule, Node, Split, Tree};
use std::collections::BTreeMap;

/// The most numbers in leaves that are vectors.
const MAX_VALUES: usize = 1 << 26;
/// The most words of all sets of whole numbers together.
const MAX_WORDS: usize = 1 << 26;

/// Trees, and the output that each adds to where leaves are no vectors.
pub struct Forest {
    pub trees: Vec<Tree>,
    pub outputs: Vec<u32>,
    /// The features that splits on sets of numbers look at.
    pub derived: Vec<DerivedFeature>,
}

/// Converts the trees of an ensemble that sees these columns of data with this schema.
///
/// # Errors
/// What a model cannot say, and trees that are none; the number of the tree comes first.
pub fn convert(ensemble: Ensemble, columns: &[Column], schema: &FeatureSchema) -> Result<Forest, String> {
    let Ensemble { mut trees, weights, targets, aggregate, is_double, .. } = ensemble;
    let votes = Votes { weights, targets, form: Form::Single };
    for (number, tree) in trees.iter_mut().enumerate() {
        merge_sets(tree).map_err(|what| format!("tree {number}: {what}"))?;
    }
    let form = votes.form(&trees, aggregate)?;
    let votes = Votes { form, ..votes };
    let codes = Codes::of(&trees, columns, schema, is_double)?;
    let mut converter = Converter { columns, schema, codes: &codes, votes: &votes, words_left: MAX_WORDS };
    let (mut converted, mut outputs) = (Vec::with_capacity(trees.len()), Vec::with_capacity(trees.len()));
    for (number, tree) in trees.into_iter().enumerate() {
        outputs.push(votes.output(&tree));
        converted.push(converter.tree(&tree).map_err(|what| format!("tree {number}: {what}"))?);
    }
    Ok(Forest { trees: converted, outputs, derived: codes.derived(columns, is_double) })
}

/// Makes one set of each chain of tests for equality that share their child: converters write sets so.
fn merge_sets(nodes: &mut [RawNode]) -> Result<(), String> {
    let mut is_merged = vec![false; nodes.len()];
    for at in 0..nodes.len() {
        let RawNode::Split(RawSplit { feature, test: Test::Equal(first), is_nan_true, yes, mut no }) = nodes[at] else { continue };
        if is_merged[at] {
            continue;
        }
        let mut members = vec![first];
        while let Some(RawNode::Split(next)) = nodes.get(no)
            && let Test::Equal(member) = next.test
            && (next.feature, next.is_nan_true, next.yes) == (feature, is_nan_true, yes)
        {
            if std::mem::replace(&mut is_merged[no], true) {
                return Err(format!("node {no} has two parents"));
            }
            members.push(member);
            no = next.no;
        }
        if members.len() > 1 {
            nodes[at] = RawNode::Split(RawSplit { feature, test: Test::AnyOf(members), is_nan_true, yes, no });
        }
    }
    Ok(())
}

/// What leaves add.
struct Votes {
    weights: Vec<(usize, f64)>,
    targets: usize,
    form: Form,
}

/// The form of all leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One target: its number.
    Single,
    /// Several targets, of which each tree votes for one.
    One,
    /// Several targets: a number for each.
    Vector,
}

impl Votes {
    fn of<'a>(&'a self, node: &RawNode) -> Option<&'a [(usize, f64)]> {
        match node {
            RawNode::Leaf { weights, .. } => Some(&self.weights[weights.clone()]),
            RawNode::Split(_) => None,
        }
    }

    /// The one target that all leaves of a tree vote for.
    fn common(&self, tree: &[RawNode]) -> Option<usize> {
        let mut targets = tree.iter().filter_map(|node| self.of(node)).map(|votes| match votes {
            [(target, _)] => Some(*target),
            _ => None,
        });
        let first = targets.next()??;
        targets.all(|target| target == Some(first)).then_some(first)
    }

    fn form(&self, trees: &[Vec<RawNode>], aggregate: Aggregate) -> Result<Form, String> {
        let is_one = || trees.iter().all(|tree| self.common(tree).is_some());
        match aggregate {
            _ if self.targets == 1 => return Ok(Form::Single),
            // A mean divides by the number of all trees.
            Aggregate::Sum | Aggregate::Min | Aggregate::Max if is_one() => return Ok(Form::One),
            _ => {}
        }
        let leaves = || trees.iter().flatten().filter_map(|node| self.of(node));
        let is_extreme = matches!(aggregate, Aggregate::Min | Aggregate::Max);
        if is_extreme && leaves().any(|votes| votes.len() != self.targets) {
            return Err("the least or greatest of trees whose leaves do not vote for every target".into());
        }
        match leaves().count().checked_mul(self.targets) {
            Some(values) if values <= MAX_VALUES => Ok(Form::Vector),
            _ => Err(format!("its leaves have more than {MAX_VALUES} numbers")),
        }
    }

    fn output(&self, tree: &[RawNode]) -> u32 {
        if self.form == Form::One { self.common(tree).unwrap_or(0) as u32 } else { 0 }
    }

    fn leaf(&self, votes: &[(usize, f64)], own: f64) -> Result<Leaf, String> {
        let value = match (self.form, votes) {
            (Form::Single, []) => LeafValue::Scalar(own),
            (Form::Single | Form::One, [(_, value)]) => LeafValue::Scalar(*value),
            (Form::Single | Form::One, _) => return Err("a leaf with several weights for one target".into()),
            (Form::Vector, _) => {
                let mut values = vec![None; self.targets];
                for &(target, value) in votes {
                    if values[target].replace(value).is_some() {
                        return Err(format!("a leaf with two weights for target {target}"));
                    }
                }
                LeafValue::Vector(values.into_iter().map(|value| value.unwrap_or(0.0)).collect())
            }
        };
        Ok(Leaf::of(value, 0.0))
    }
}

/// The numbers that splits of each column ask for, which become categories.
struct Codes {
    /// The first feature after the columns.
    first: usize,
    /// By column of the ensemble; ascending numbers.
    values: BTreeMap<u32, Vec<f64>>,
}

impl Codes {
    fn of(trees: &[Vec<RawNode>], columns: &[Column], schema: &FeatureSchema, is_double: bool) -> Result<Self, String> {
        let mut values = BTreeMap::<u32, Vec<f64>>::new();
        let is_category = |split: &RawSplit| columns.get(split.feature as usize).is_some_and(|column| column.is_category(schema));
        for node in trees.iter().flatten() {
            let RawNode::Split(split) = node else { continue };
            if is_category(split) {
                continue;
            }
            match &split.test {
                Test::Equal(value) | Test::NotEqual(value) => values.entry(split.feature).or_default().push(*value),
                Test::AnyOf(members) => values.entry(split.feature).or_default().extend(members),
                _ => {}
            }
        }
        for (feature, values) in &mut values {
            let column = columns.get(*feature as usize).ok_or_else(|| no_feature(*feature, columns))?;
            if !matches!((&column.steps[..], is_double), ([], true) | ([Step::Single], _)) {
                return Err(format!(
                    "feature {feature} is scaled and then compared with single numbers, which Sapwood has no splits for"
                ));
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("feature {feature} is asked whether it equals {value}"));
            }
            values.sort_unstable_by(f64::total_cmp);
            values.dedup_by(|a, b| a == b);
        }
        Ok(Self { first: schema.len(), values })
    }

    /// The feature of the codes of a column, and the set of some of its numbers.
    fn set(&self, column: u32, members: &[f64]) -> Option<(u32, Vec<u64>)> {
        let feature = self.first + self.values.keys().position(|&key| key == column)?;
        let values = self.values.get(&column)?;
        let mut words = vec![0; values.len().div_ceil(64)];
        for member in members {
            let code = values.partition_point(|value| value < member);
            words[code / 64] |= 1 << (code % 64);
        }
        Some((feature as u32, words))
    }

    fn derived(self, columns: &[Column], is_double: bool) -> Vec<DerivedFeature> {
        let feature = |(column, values): (u32, Vec<f64>)| {
            let column = &columns[column as usize];
            let derivation = Derivation::Code { source: column.source, values, is_single: !(is_double && column.steps.is_empty()) };
            DerivedFeature { name: format!("code of {}", column.source), derivation }
        };
        self.values.into_iter().map(feature).collect()
    }
}

fn no_feature(feature: u32, columns: &[Column]) -> String {
    format!("feature {feature}, and there are {}", columns.len())
}

/// What trees are converted with.
struct Converter<'a> {
    columns: &'a [Column],
    schema: &'a FeatureSchema,
    codes: &'a Codes,
    votes: &'a Votes,
    words_left: usize,
}

/// A condition, the rule for what is missing, and which child is the left one.
struct Decision {
    feature: u32,
    condition: Condition,
    missing: MissingRule,
    default_left: bool,
    is_yes_left: bool,
}

impl Converter<'_> {
    fn tree(&mut self, nodes: &[RawNode]) -> Result<Tree, String> {
        let children = |node: usize| match &nodes[node] {
            RawNode::Split(split) => Some([split.yes, split.no]),
            RawNode::Leaf { .. } => None,
        };
        let order = node_order::reachable(nodes.len(), children)?;
        let numbers = node_order::numbers(nodes.len(), &order);
        let node = |&at: &usize| match &nodes[at] {
            RawNode::Leaf { weights, own } => self.votes.leaf(&self.votes.weights[weights.clone()], *own).map(Node::Leaf),
            RawNode::Split(split) => self.split(split, &numbers).map(Node::Split),
        };
        let mut node = node;
        let nodes = order.iter().map(|at| node(at).map_err(|what| format!("node {at}: {what}")));
        Ok(Tree::new(nodes.collect::<Result<_, _>>()?))
    }

    fn split(&mut self, split: &RawSplit, numbers: &[u32]) -> Result<Split, String> {
        let decision = self.decision(split)?;
        let (yes, no) = (numbers[split.yes], numbers[split.no]);
        let children = if decision.is_yes_left { (yes, no) } else { (no, yes) };
        let mut split = Split::new(decision.feature, decision.condition, decision.default_left, children, 0.0, 0.0);
        split.missing = decision.missing;
        Ok(split)
    }

    fn decision(&mut self, split: &RawSplit) -> Result<Decision, String> {
        let column = self.columns.get(split.feature as usize).ok_or_else(|| no_feature(split.feature, self.columns))?;
        if let Test::AtMost(t) | Test::Below(t) | Test::AtLeast(t) | Test::Above(t) = &split.test
            && t.is_nan()
        {
            return Err("the threshold NaN".into());
        }
        // None is less than everything.
        if let (Test::Below(f64::NEG_INFINITY), true) = (&split.test, column.is_category(self.schema)) {
            return self.whole(split, column, &[]);
        }
        // Which values are low, and whether these are those that pass.
        let (part, is_low_yes) = match &split.test {
            Test::AtMost(t) => (column.part(|x| x <= *t), true),
            Test::Above(t) => (column.part(|x| x <= *t), false),
            Test::Below(t) => (column.part(|x| x < *t), true),
            Test::AtLeast(t) => (column.part(|x| x < *t), false),
            Test::Equal(value) if column.is_category(self.schema) => return self.whole(split, column, &[*value]),
            Test::AnyOf(members) if column.is_category(self.schema) => return self.whole(split, column, members),
            Test::Equal(value) => return self.set(split, &[*value], true),
            // NaN is not equal to anything.
            Test::NotEqual(value) => return self.set(split, &[*value], false),
            Test::AnyOf(members) => return self.set(split, members, true),
            Test::Whole(members) => return self.whole(split, column, members),
        };
        let Part { threshold, is_above } = part;
        let is_yes_left = is_low_yes != is_above;
        Ok(Decision {
            feature: column.source,
            condition: Condition::Threshold(threshold),
            missing: MissingRule::Nan,
            default_left: split.is_nan_true == is_yes_left,
            is_yes_left,
        })
    }

    fn set(&self, split: &RawSplit, members: &[f64], is_yes_left: bool) -> Result<Decision, String> {
        let (feature, words) = self.codes.set(split.feature, members).ok_or("a set of numbers that is not known")?;
        Ok(Decision {
            feature,
            condition: Condition::Levels(words),
            missing: MissingRule::UnseenRight,
            default_left: split.is_nan_true && is_yes_left,
            is_yes_left,
        })
    }

    /// Numbers are cut to whole ones before they are looked up, which is what [`MissingRule::UnseenRight`] means.
    fn whole(&mut self, split: &RawSplit, column: &Column, members: &[f64]) -> Result<Decision, String> {
        if !matches!(column.steps[..], [] | [Step::Single]) {
            return Err("a set of numbers is looked up for a feature that is scaled".into());
        }
        let mut words = Vec::new();
        for &member in members {
            let code = member as u32 as usize;
            if code as f64 != member {
                return Err(format!("a set with the member {member}, which Sapwood has no splits for"));
            }
            let word = code / 64;
            if word >= words.len() {
                let more = word + 1 - words.len();
                self.words_left = self.words_left.checked_sub(more).ok_or("sets of numbers of more than 512 MiB")?;
                words.resize(word + 1, 0u64);
            }
            words[word] |= 1 << (code % 64);
        }
        Ok(Decision {
            feature: column.source,
            condition: Condition::Levels(words),
            missing: MissingRule::UnseenRight,
            default_left: split.is_nan_true,
            is_yes_left: true,
        })
    }
}
