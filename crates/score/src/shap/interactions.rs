//! SHAP interaction values: what pairs of features contribute beyond what each does alone.

use super::room::LANES;
use super::walks::Found;
use super::{Explainer, tile_rows};
use crate::Error;
use ndarray::{Array4, ArrayView2, Axis};

/// Players of a tree up to which several rows go side by side: pairs of more would need much room.
const FEW_PLAYERS: usize = 512;

impl Explainer {
    /// The number of interactions of a row: outputs × (columns + 1)².
    pub fn num_interactions(&self) -> usize {
        self.num_contributions().saturating_mul(self.width())
    }

    /// The interactions for each row, as an array of shape (rows, outputs, columns + 1, columns + 1), as of XGBoost's `pred_interactions`:
    /// a pair's Shapley interaction is halved between its two cells, and a diagonal cell holds what is left of its column's contribution. So
    /// rows of a matrix sum up to contributions. The bias is in the last corner, beside it are zeros.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use sapwood_score::{Condition, Error, Explainer, FeatureSchema, Leaf, Model, Node, Objective, Split, Tree};
    /// // 4 where both are above 0, else 0.
    /// let split = |feature, children| Node::Split(Split::new(feature, Condition::Threshold(0.0), false, children, 1.0, 1.0));
    /// let leaf = |value, cover| Node::Leaf(Leaf::new(value, cover));
    /// let trees = vec![Tree::new(vec![split(0, (1, 2)), leaf(0.0, 2.0), split(1, (3, 4)), leaf(0.0, 1.0), leaf(4.0, 1.0)])];
    /// # let trees = { let mut trees = trees; let Node::Split(s) = &mut trees[0].nodes[2] else { panic!() }; s.cover = 2.0; trees };
    /// let model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![0.0], trees);
    /// let interactions = Explainer::new(&model)?.interactions(array![[1.0, 1.0]].view())?;
    /// assert_eq!(interactions, array![[[[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]]]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Rows of another length than the model has columns, or a model whose rows need base margins: for those there is
    /// [`Explainer::interactions_of_tile`].
    pub fn interactions(&self, rows: ArrayView2<'_, f64>) -> Result<Array4<f64>, Error> {
        let width = self.width();
        let mut found = Array4::zeros((rows.nrows(), self.base.len(), width, width));
        let tile = self.interaction_tile_rows();
        for (rows, mut found) in rows.axis_chunks_iter(Axis(0), tile).zip(found.axis_chunks_iter_mut(Axis(0), tile)) {
            let (values, count) = (rows.as_standard_layout(), rows.nrows());
            let places = (values.as_slice(), found.as_slice_mut());
            let (Some(values), Some(found)) = places else { unreachable!("rows in standard layout are slices") };
            self.interactions_of_tile(values, count, None, found)?;
        }
        Ok(found)
    }

    /// As [`Explainer::contributions_of_tile`], with room for [`Explainer::num_interactions`] a row.
    ///
    /// # Errors
    /// As there.
    pub fn interactions_of_tile(
        &self,
        rows: &[f64],
        count: usize,
        base_margins: Option<&[f64]>,
        out: &mut [f64],
    ) -> Result<(), Error> {
        self.check(rows, count, base_margins, (out.len(), self.num_interactions()))?;
        out.fill(0.0);
        match count == 1 || self.walks.most_players() > FEW_PLAYERS {
            true => self.walks.each::<1, true>(rows, count, |found| self.add_interactions(&found, count, out)),
            false => self.walks.each::<LANES, true>(rows, count, |found| self.add_interactions(&found, count, out)),
        }
        let (outputs, width) = (self.base.len(), self.width());
        for (at, matrix) in out.chunks_exact_mut(width * width).enumerate() {
            matrix[width * width - 1] = self.bias(at % outputs, base_margins.map(|margins| margins[at]));
        }
        Ok(())
    }

    /// The number of rows that are best given to [`Explainer::interactions_of_tile`].
    pub fn interaction_tile_rows(&self) -> usize {
        tile_rows(self.walks.view.features().saturating_add(self.num_interactions()))
    }

    /// Adds what a walk found.
    fn add_interactions<const W: usize>(&self, walked: &Found<'_, W>, count: usize, out: &mut [f64]) {
        let (width, each, slots) = (self.width(), self.num_interactions(), walked.players.len());
        for lane in 0..W.min(count - walked.first_row) {
            let matrix = &mut out[(walked.first_row + lane) * each + walked.output * width * width..][..width * width];
            let mut add = |a: u32, b: u32, value: f64| {
                self.players.share(a, |row, share| {
                    self.players.share(b, |column, part| matrix[row * width + column] += share * part * value);
                });
            };
            for (at, &player) in walked.players.iter().enumerate() {
                let mut alone = walked.contributions[at][lane];
                for (other_at, &other) in walked.players.iter().enumerate().filter(|(other, _)| *other != at) {
                    let both = walked.pairs[at * slots + other_at][lane] + walked.pairs[other_at * slots + at][lane];
                    add(player, other, 0.5 * both);
                    alone -= 0.5 * both;
                }
                add(player, player, alone);
            }
        }
    }
}
