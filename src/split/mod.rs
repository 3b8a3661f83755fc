//! Splits: finding the best one of a node from its histogram.

mod categorical;
mod finder;
mod gain;
mod node;
mod numeric;

pub(crate) use finder::{BinCondition, Candidate, Candidates, SplitFinder, SplitInfo};
pub(crate) use gain::Regularisation;
pub(crate) use node::{Bounds, NodeContext};

#[cfg(test)]
mod tests;
