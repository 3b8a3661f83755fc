//! Contributions against background rows, for every row of a data set.

use super::columns::columns_of;
use crate::predict::of_rows;
use crate::{Dataset, Error, Result};
use ndarray::Array2;
use sapwood_score::{BackgroundExplainer, Model, Output, Predictions};

/// Rows that one task explains: each takes as long as many background rows.
const TILE_ROWS: usize = 8;

/// The contributions to every row's margins against `background` ([`BackgroundExplainer`]), laid out as those of
/// [`Output::Contributions`]. The time that it takes grows with the rows of both. Runs on the current thread pool.
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read; a background without rows; a model that cannot be explained.
pub fn background_contributions(model: &Model, data: &Dataset, background: &Dataset) -> Result<Predictions> {
    model.schema.check(background.schema())?;
    let columns = columns_of(background)?;
    let rows = Array2::from_shape_fn((background.rows(), columns.len()), |(row, column)| columns[column][row]);
    drop(columns);
    let explainer = BackgroundExplainer::new(model, rows.view())?;
    let (each, features, outputs) = (explainer.num_contributions(), model.schema.len(), model.num_outputs());
    of_rows(model, data, Output::Contributions, TILE_ROWS, |rows, count, base| {
        let mut found = vec![0.0; count * each];
        for (row, found) in found.chunks_exact_mut(each).enumerate() {
            let base = base.as_ref().map(|base| &base[row * outputs..][..outputs]);
            explainer.contributions_into(&rows[row * features..][..features], base, found)?;
        }
        Ok::<_, Error>(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Objective, Params, Trainer};

    #[test]
    fn every_row_is_explained_as_alone() {
        let x = Array2::from_shape_fn((301, 3), |(row, column)| ((row * 31 + column * 17) % 97) as f64);
        let labels: Vec<f64> = x.rows().into_iter().map(|row| row[0] * row[1] - row[2]).collect();
        let data = Dataset::from_array(x.view(), labels.clone(), None).unwrap();
        let params = Params::builder().objective(Objective::SquaredError).num_round(5).build().unwrap();
        let model = Trainer::new(params).fit(&data).unwrap();
        let few = x.slice(ndarray::s![..20, ..]);
        let background = Dataset::from_array(few, labels[..20].to_vec(), None).unwrap();
        let expected = BackgroundExplainer::new(&model, few).unwrap().contributions(x.view()).unwrap();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| background_contributions(&model, &data, &background)).unwrap();
            assert!(found.values().iter().eq(&expected));
        }
    }
}
