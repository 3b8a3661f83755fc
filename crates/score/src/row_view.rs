//! A row as trees see it: what is no level marked, derived features behind the columns, rounded where trees compare singles.

use crate::derived::UNSEEN;
use crate::{DerivedFeature, Model, Precision};

/// Turns rows of the schema's columns into rows of the features that trees see.
pub(crate) struct RowView {
    /// The number of levels of each column that is categorical.
    levels: Vec<Option<usize>>,
    derived: Vec<DerivedFeature>,
    precision: Precision,
}

impl RowView {
    pub fn new(model: &Model) -> Self {
        let levels = (0..model.schema.len()).map(|feature| model.levels_of(feature)).collect();
        Self { levels, derived: model.derived.clone(), precision: model.precision }
    }

    /// The number of columns of the schema.
    pub fn columns(&self) -> usize {
        self.levels.len()
    }

    /// The number of features that trees see.
    pub fn features(&self) -> usize {
        self.levels.len() + self.derived.len()
    }

    /// Makes `row` of one value for each column.
    pub fn fill(&self, values: &[f64], row: &mut Vec<f64>) {
        row.clear();
        row.extend_from_slice(values);
        self.mark_unseen(row);
        for feature in &self.derived {
            row.push(feature.derivation.value(|position| row[position as usize]));
        }
        if self.precision == Precision::Single {
            row.iter_mut().for_each(|x| *x = f64::from(*x as f32));
        }
    }

    fn mark_unseen(&self, row: &mut [f64]) {
        for (x, levels) in row.iter_mut().zip(&self.levels) {
            let Some(levels) = levels else { continue };
            // A fraction counts as a level or not by the rule of the split.
            if !x.is_nan() && !(0.0..*levels as f64).contains(&x.trunc()) {
                *x = UNSEEN;
            }
        }
    }
}
