//! Permutation importance: how much worse a metric becomes when the values of one column change places among the rows.

use super::columns::columns_of;
use crate::data::BaseMargins;
use crate::metric::{Evaluation, Metric};
use crate::sampling::{self, Purpose, mix};
use crate::{Dataset, Error, Model, Result, objective};
use rayon::prelude::*;
use sapwood_score::{Node, Output, Scorer};
use std::collections::BTreeSet;

/// How much a metric depends on each column.
#[derive(Clone, Debug, PartialEq)]
pub struct PermutationImportance {
    /// The metric on the data as they are.
    pub metric: f64,
    /// Of each column in the model's order, how much worse the metric becomes, once for each repetition; negative where it becomes better.
    pub losses: Vec<Vec<f64>>,
}

/// The permutation importance of every column (Breiman 2001, as scikit-learn's `permutation_importance`): its values change places among
/// all rows, `repeats` times, in an order that `seed`, column and repetition decide. The same bits for any number of threads. Runs on the current
/// thread pool and holds all values in memory.
///
/// # Errors
/// Data that do not fit the model, have no labels, or do not fit into memory; a model of an objective that Sapwood does not train.
pub fn permutation_importance(
    scorer: &Scorer,
    data: &Dataset,
    metric: &dyn Metric,
    repeats: u32,
    seed: i64,
) -> Result<PermutationImportance> {
    let model = scorer.model();
    model.schema.check(data.schema())?;
    let targets = objective::check_labels(model.objective.clone(), model.num_outputs(), data)?;
    let columns = columns_of(data)?;
    let zeros = vec![0.0; model.num_outputs()];
    let base = data.base_margin().map(|_| BaseMargins::of(data.targets(), &zeros)).transpose()?;
    let evaluate = |replaced: Option<(usize, &[f64])>| {
        let margins = margins(scorer, data, &columns, base.as_ref(), replaced)?;
        Ok::<_, Error>(metric.evaluate(&Evaluation::new(model.trained_objective()?, &margins, targets)?))
    };
    let whole = evaluate(None)?;
    let used = used_columns(model);
    let losses = (0..columns.len()).map(|column| {
        if !used.contains(&column) {
            return Ok(vec![0.0; repeats as usize]);
        }
        let loss = |repeat| {
            let order = order(data.rows(), seed, (column as u64) << 32 | u64::from(repeat));
            let shuffled: Vec<f64> = order.iter().map(|&row| columns[column][row]).collect();
            let value = evaluate(Some((column, &shuffled)))?;
            Ok(if metric.higher_is_better() { whole - value } else { value - whole })
        };
        (0..repeats).map(loss).collect::<Result<Vec<_>>>()
    });
    Ok(PermutationImportance { metric: whole, losses: losses.collect::<Result<_>>()? })
}

/// The columns that some split looks at, itself or through a derived feature.
fn used_columns(model: &Model) -> BTreeSet<usize> {
    let splits = model.trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| match node {
        Node::Split(split) => Some(split.feature as usize),
        Node::Leaf(_) => None,
    });
    splits.collect::<BTreeSet<_>>().into_iter().flat_map(|feature| model.source_columns(feature)).collect()
}

/// The margins of all rows, output by output, where one column may have other values.
fn margins(
    scorer: &Scorer,
    data: &Dataset,
    columns: &[Vec<f64>],
    base: Option<&BaseMargins<'_>>,
    replaced: Option<(usize, &[f64])>,
) -> Result<Vec<f64>> {
    let (rows, outputs, tile_rows) = (data.rows(), scorer.num_outputs(), scorer.tile_rows());
    let column = |index: usize| match replaced {
        Some((column, values)) if column == index => values,
        _ => &columns[index],
    };
    let tiles = (0..rows.div_ceil(tile_rows)).into_par_iter().map(|tile| {
        data.cancellation.check()?;
        let range = tile * tile_rows..rows.min((tile + 1) * tile_rows);
        let values: Vec<f64> = range.clone().flat_map(|row| (0..columns.len()).map(move |index| column(index)[row])).collect();
        let base = base.map(|base| base.of_rows(range.start, range.len()));
        Ok(scorer.score_tile(Output::Margin, &values, range.len(), base)?)
    });
    let by_row = tiles.collect::<Result<Vec<_>>>()?.concat();
    Ok((0..outputs).flat_map(|output| by_row.iter().skip(output).step_by(outputs).copied()).collect())
}

/// An order of the rows that a seed and a place decide.
fn order(rows: usize, seed: i64, place: u64) -> Vec<usize> {
    let key = sampling::key(seed, Purpose::Permutation, place);
    let mut order: Vec<(u64, usize)> = (0..rows).map(|row| (mix(key ^ row as u64), row)).collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::metrics;
    use crate::{Objective, Params, Trainer};
    use ndarray::Array2;

    #[test]
    fn columns_that_matter_are_told_from_others() {
        let value = |row: usize, column: usize| (mix((row * 3 + column) as u64) % 1_000) as f64;
        let x = Array2::from_shape_fn((2_003, 3), |(row, column)| if column == 2 { 1.0 } else { value(row, column) });
        let labels = x.rows().into_iter().map(|row| 0.01 * row[0] + 0.001 * row[1]).collect();
        let data = Dataset::from_array(x.view(), labels, None).unwrap();
        let params = Params::builder().objective(Objective::SquaredError).num_round(40).build().unwrap();
        let scorer = Scorer::new(Trainer::new(params).fit(&data).unwrap()).unwrap();
        for (name, whole) in [("rmse", 0.0), ("r2", 1.0)] {
            let metric = metrics(&[name.to_string()], Objective::SquaredError).unwrap().remove(0);
            let importance = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| permutation_importance(&scorer, &data, &*metric, 3, 7)).unwrap()
            };
            let found = importance(1);
            assert_eq!(importance(3), found);
            assert!((found.metric - whole).abs() < 0.2, "{found:?}");
            let least = |column: usize| found.losses[column].iter().copied().fold(f64::INFINITY, f64::min);
            assert!(least(0) > 2.0 * least(1) && least(1) > 0.0, "{found:?}");
            assert_eq!(found.losses[2], [0.0; 3]);
            assert_ne!(found.losses[0][0], found.losses[0][1]);
        }
    }

    #[test]
    fn every_row_has_one_place() {
        let order = order(1_000, 1, 2);
        assert_eq!(order.iter().copied().collect::<BTreeSet<_>>().len(), 1_000);
        assert!(!order.is_sorted());
    }
}
