//! A tree ensemble as its operator says it, whichever version: trees of numbered nodes, and what is voted for at leaves.

use std::ops::Range;

/// A tree ensemble.
pub struct Ensemble {
    /// Of each tree its nodes; the first is the root.
    pub trees: Vec<Vec<RawNode>>,
    /// What leaves add, and to which target.
    pub weights: Vec<(usize, f64)>,
    /// Targets, or classes.
    pub targets: usize,
    /// What is added last, one number a target; empty where nothing is.
    pub base: Vec<f64>,
    pub aggregate: Aggregate,
    pub transform: Transform,
    /// Whether thresholds, weights and sums are f64; else they are f32.
    pub is_double: bool,
}

/// A node of a tree.
pub enum RawNode {
    /// A terminal node.
    Leaf {
        /// Where in [`Ensemble::weights`] what it adds is.
        weights: Range<usize>,
        /// What it adds where that is nothing and there is one target.
        own: f64,
    },
    /// An inner node.
    Split(RawSplit),
}

/// The decision of an inner node.
pub struct RawSplit {
    pub feature: u32,
    pub test: Test,
    /// Whether NaN passes the test, too.
    pub is_nan_true: bool,
    /// The child of rows that pass.
    pub yes: usize,
    /// The child of the others.
    pub no: usize,
}

/// What a value is asked. Of NaN all but [`Test::NotEqual`] are false.
#[derive(Clone, Debug)]
pub enum Test {
    AtMost(f64),
    Below(f64),
    AtLeast(f64),
    Above(f64),
    Equal(f64),
    NotEqual(f64),
    /// One of some numbers.
    AnyOf(Vec<f64>),
    /// One of some numbers, after both were cut to whole ones.
    Whole(Vec<f64>),
}

/// What becomes of the leaves of all trees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    Average,
    Sum,
    Min,
    Max,
}

/// The post-transform.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transform {
    None,
    Softmax,
    Logistic,
    SoftmaxZero,
    Probit,
}

impl Aggregate {
    /// The function called so.
    ///
    /// # Errors
    /// There is none.
    pub fn of(name: &str) -> Result<Self, String> {
        Ok(match name {
            "AVERAGE" => Self::Average,
            "SUM" => Self::Sum,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            _ => return Err(format!("aggregate_function is {name:?}")),
        })
    }
}

impl Transform {
    /// The post-transform called so.
    ///
    /// # Errors
    /// There is none.
    pub fn of(name: &str) -> Result<Self, String> {
        Ok(match name {
            "NONE" => Self::None,
            "SOFTMAX" => Self::Softmax,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            _ => return Err(format!("post_transform is {name:?}")),
        })
    }
}

impl Test {
    /// The test of a node that is no leaf, by the name of its mode.
    ///
    /// # Errors
    /// There is no such mode.
    pub fn of(mode: &[u8], value: f64) -> Result<Self, String> {
        Ok(match mode {
            b"BRANCH_LEQ" => Self::AtMost(value),
            b"BRANCH_LT" => Self::Below(value),
            b"BRANCH_GTE" => Self::AtLeast(value),
            b"BRANCH_GT" => Self::Above(value),
            b"BRANCH_EQ" => Self::Equal(value),
            b"BRANCH_NEQ" => Self::NotEqual(value),
            _ => return Err(format!("the mode {:?}", String::from_utf8_lossy(mode))),
        })
    }
}

/// Checks that lists have the length of the first.
///
/// # Errors
/// Another length.
pub fn check_lengths(expected: usize, lists: &[(&str, usize)]) -> Result<(), String> {
    match lists.iter().find(|(_, length)| *length != expected) {
        Some((name, length)) => Err(format!("{name} has {length} entries in place of {expected}")),
        None => Ok(()),
    }
}

/// A whole number of the file as the position of something.
///
/// # Errors
/// A negative one.
pub fn position(name: &str, number: i64) -> Result<usize, String> {
    usize::try_from(number).map_err(|_| format!("{name} has {number}"))
}

/// A whole number of the file as a feature.
///
/// # Errors
/// A negative one, or one that is too large.
pub fn feature(number: i64) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("nodes_featureids has {number}"))
}
