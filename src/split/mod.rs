//! Splits: finding the best one of a node from its histogram.

mod categorical;
mod finder;
mod gain;
mod numeric;

pub(crate) use finder::{BinCondition, NodeSums, SplitFinder, SplitInfo};
pub(crate) use gain::Regularisation;

#[cfg(test)]
mod tests;
