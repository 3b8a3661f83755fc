//! Whether memory has room for all bins, and what cannot be done if it has not.

use super::training::Training;
use crate::binning::{Room, in_memory};
use crate::memory::{self, TrainingSize};
use crate::params::MonotoneMethod;
use crate::{Error, FeatureKind, FeatureSchema, Params, Result};

/// Bytes of a validation row, and of each of its margins and of the values that are kept.
const VALIDATION_ROW: u64 = 8;
const VALIDATION_NUMBER: u64 = 8;

impl Training<'_> {
    /// The room for the bins of each data set that this rank has, if memory may not hold all of them as a whole.
    pub(super) fn rooms(&self) -> Option<Vec<Room>> {
        let limit = memory::allowed(self.params.memory_limit.map(|given| given.0))?;
        let (schema, outputs) = (self.train.schema(), self.base_score.len() as u64);
        let rows = |set: usize| self.watched[set].round().targets.rows();
        let row_bytes = most_row_bytes(schema, self.params);
        let need = |set: usize| in_memory(rows(set), row_bytes, set > 0 || self.has_columns());
        let needs: Vec<u64> = (0..self.watched.len()).map(need).collect();
        let all = needs.iter().fold(0, |all: u64, need| all.saturating_add(*need));
        let size = TrainingSize::of(self.params, schema, rows(0) as u64, outputs);
        let of_row = VALIDATION_ROW + VALIDATION_NUMBER * (outputs + size.raw_features);
        let validation = (1..self.watched.len()).map(|set| rows(set) as u64 * of_row);
        let beside = size.beside_bins();
        let beside = validation.fold(beside, u64::saturating_add);
        let bytes = limit.saturating_sub(beside);
        let room = |(set, bytes): (usize, u64)| Room {
            bytes,
            beside,
            limit,
            has_columns: set > 0 || self.has_columns(),
            has_histograms: set == 0,
            place: std::env::temp_dir(),
        };
        (all > bytes).then(|| shares(&needs, bytes).into_iter().enumerate().map(room).collect())
    }

    /// Refuses what needs all bins in memory, if they are not, and warns of what takes long without.
    pub(super) fn check_in_file(&mut self) -> Result<()> {
        if !self.any_in_file {
            return Ok(());
        }
        if self.rules.are_monotone() && self.params.monotone_constraints_method == MonotoneMethod::Intermediate {
            self.warnings.push(
                "the bins are larger than memory, and monotone_constraints_method=intermediate reads them again for every leaf; \
                 monotone_constraints_method=basic reads them once a level"
                    .into(),
            );
        }
        if self.outputs_of_tree() == 1 {
            return Ok(());
        }
        let cause = "the bins are larger than memory, and multi_strategy=multi_output_tree needs all of them in memory";
        let remedy = "use multi_strategy=one_output_per_tree, or raise memory_limit or the limit of the container";
        Err(Error::parameter(cause).with_parameter("multi_strategy").with_remedy(remedy))
    }
}

/// What each of several gets of so many bytes: those that need the least get it as long as no other one would get less, the rest by what they need.
fn shares(needs: &[u64], mut bytes: u64) -> Vec<u64> {
    let mut shares = vec![0; needs.len()];
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&set| needs[set]);
    let mut left = &order[..];
    while let [set, rest @ ..] = left
        && needs[*set] <= bytes / left.len() as u64
    {
        shares[*set] = needs[*set];
        bytes -= needs[*set];
        left = rest;
    }
    let all: f64 = left.iter().map(|&set| needs[set] as f64).sum();
    left.iter().for_each(|&set| shares[set] = (bytes as f64 * (needs[set] as f64 / all)) as u64);
    shares
}

/// The most bytes that the bins of a row may take: some features may turn out to have fewer bins, or nearly always the same.
fn most_row_bytes(schema: &FeatureSchema, params: &Params) -> u64 {
    let is_narrow = |kind: &FeatureKind| match kind {
        FeatureKind::Categorical { levels } => levels.len() < 256,
        _ => params.max_bin <= 256,
    };
    schema.features.iter().map(|feature| if is_narrow(&feature.kind) { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sets_stay_in_memory_and_large_ones_share_the_rest() {
        assert_eq!(shares(&[100, 20, 10], 60), [30, 20, 10]);
        assert_eq!(shares(&[60, 40, 10], 60), [30, 20, 10]);
        assert_eq!((shares(&[100], 60), shares(&[100, 7], 0), shares(&[5, 5], 10)), (vec![60], vec![0, 0], vec![5, 5]));
    }
}
