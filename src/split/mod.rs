//! Splits: finding the best one of a node from its histogram.

mod categorical;
mod finder;
mod gain;
mod levels;
mod node;
mod numeric;
mod restraint;
mod rules;
mod vector;
mod vector_levels;
mod vector_scores;

pub(crate) use finder::{BinCondition, Candidate, Candidates, SplitFinder, SplitInfo};
pub(crate) use gain::Regularisation;
pub(crate) use node::{Bounds, NodeContext};
pub(crate) use restraint::Smoothing;
pub(crate) use rules::FeatureRules;

#[cfg(test)]
mod level_tests;
#[cfg(test)]
mod tests;
