//! Batch prediction on all threads.
//!
//! Readers hand over blocks of columns; each is cut into tiles of rows that fit the cache, turned row-major and scored. What a
//! tile gives depends on its rows alone, so that neither threads nor block sizes can change a bit.

use crate::data::{BaseMargins, Block, CancellationToken, Chunk, MISSING_CODE};
use crate::{Dataset, Error, Model, Result, memory};
use rayon::prelude::*;
pub use sapwood_score::{Output, Predictions, Scorer};

use std::sync::{Mutex, PoisonError};

/// Margins of every row, row by row (`rows × outputs`), base margins of the data set counted. Runs on the current thread pool.
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read.
pub fn predict_margins(model: &Model, data: &Dataset) -> Result<Vec<f64>> {
    predict(&Scorer::new(model.clone())?, data, Output::Margin).map(Predictions::into_values)
}

/// Any kind of output for every row. Where the data set has base margins, rows begin with them in place of the base score.
/// Runs on the current thread pool.
///
/// ```
/// use sapwood::predict::{Output, Scorer, predict};
/// use sapwood::{Dataset, FeatureSchema, Model, Objective, Tree};
/// # let trees = vec![Tree::leaf(1.5, 10.0)];
/// # let model = Model::new(FeatureSchema::numeric(1), Objective::BinaryLogistic, vec![0.0], trees);
/// let data = Dataset::from_array(ndarray::array![[0.5], [f64::NAN]].view(), vec![0.0, 1.0], None)?;
/// let classes = predict(&Scorer::new(model)?, &data, Output::Class)?;
/// assert_eq!(classes.values(), [1.0, 1.0]);
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read; base margins in another number than rows or rows × outputs; an
/// output that the model does not have; no base margins where the model was trained with some.
pub fn predict(scorer: &Scorer, data: &Dataset, output: Output) -> Result<Predictions> {
    output.check(scorer.model())?;
    let tile_rows = scorer.tile_rows_of(output)?;
    of_rows(scorer.model(), data, output, tile_rows, |rows, count, base| Ok(scorer.score_tile(output, rows, count, base)?))
}

/// What `score` makes of tiles of rows, given their values row by row, their number, and their base margins if there are any: an output of the
/// model for every row.
pub(crate) fn of_rows(
    model: &Model,
    data: &Dataset,
    output: Output,
    tile_rows: usize,
    score: impl Fn(&[f64], usize, Option<Vec<f64>>) -> Result<Vec<f64>> + Sync,
) -> Result<Predictions> {
    model.schema.check(data.schema())?;
    let zeros = vec![0.0; model.num_outputs()];
    let base = data.base_margin().map(|_| BaseMargins::of(data.targets(), &zeros)).transpose()?;
    let columns = output.columns(model);
    check_memory(output, data.rows(), columns)?;
    let done = Mutex::new((0, vec![0.0; data.rows() * columns]));
    data.source().visit_rows(&|block| {
        let tiles = map_tiles(block, model.schema.len(), tile_rows, &data.cancellation, |first, count, tile| {
            score(tile, count, base.map(|base| base.of_rows(first, count)))
        })?;
        let values = tiles.concat();
        // The lock is held for a copy only; no panic can leave half of one behind that anybody would look at.
        let (rows, all) = &mut *done.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.get_mut(block.first_row * columns..(block.first_row + block.rows) * columns);
        place.ok_or_else(|| Error::internal("a block lies beyond the rows of its data set"))?.copy_from_slice(&values);
        *rows += block.rows;
        Ok(())
    })?;
    let (rows, values) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if rows != data.rows() {
        return Err(Error::internal(format!("{rows} of {} rows were visited", data.rows())));
    }
    Ok(Predictions::new(model, output, rows, values)?)
}

/// Checks that contributions, of which a row may have many, do not take more memory than there is.
fn check_memory(output: Output, rows: usize, columns: usize) -> Result<()> {
    let bytes = (rows as u64).saturating_mul(columns as u64).saturating_mul(size_of::<f64>() as u64);
    match memory::limit() {
        Some(limit) if output.explains() && bytes > limit => Err(Error::data(format!(
            "{} of {rows} rows are {columns} numbers each and take {} MiB, this process may use {} MiB; give fewer rows at a time",
            output.name(),
            bytes >> 20,
            limit >> 20
        ))),
        _ => Ok(()),
    }
}

/// What `map` makes of each tile of a block, in their order: of its first row's position in the data set, the number of its rows, and their
/// values, row by row.
pub(crate) fn map_tiles<T: Send>(
    block: &Block<'_>,
    features: usize,
    tile_rows: usize,
    cancellation: &CancellationToken,
    map: impl Fn(usize, usize, &[f64]) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    check_columns(features, block)?;
    let tiles = (0..block.rows.div_ceil(tile_rows)).into_par_iter().map_init(Vec::new, |tile, index| {
        cancellation.check()?;
        let first = index * tile_rows;
        let count = tile_rows.min(block.rows - first);
        fill_tile(block, first, count, features, tile);
        map(block.first_row + first, count, tile)
    });
    tiles.collect()
}

/// Checks that the block holds every feature once, for all its rows.
fn check_columns(features: usize, block: &Block<'_>) -> Result<()> {
    let mut present = vec![false; features];
    for (feature, chunk) in &block.columns {
        match present.get_mut(*feature) {
            Some(seen) if !*seen && chunk.len() == block.rows => *seen = true,
            _ => return Err(Error::internal(format!("a block's column {feature} is not one of {features} or not whole"))),
        }
    }
    if present.contains(&false) { Err(Error::internal("a block lacks a feature")) } else { Ok(()) }
}

/// Lays rows `first..first + count` of the block out row by row.
fn fill_tile(block: &Block<'_>, first: usize, count: usize, features: usize, tile: &mut Vec<f64>) {
    tile.resize(count * features, f64::NAN);
    let range = first..first + count;
    for &(feature, ref chunk) in &block.columns {
        let places = tile[feature..].iter_mut().step_by(features);
        match chunk {
            Chunk::F64(values) => places.zip(&values[range.clone()]).for_each(|(place, &x)| *place = x),
            Chunk::F32(values) => places.zip(&values[range.clone()]).for_each(|(place, &x)| *place = f64::from(x)),
            Chunk::Sparse { places: present, values, .. } => {
                places.for_each(|place| *place = f64::NAN);
                let from = present.partition_point(|&row| (row as usize) < first);
                let present = present[from..].iter().map(|&row| row as usize).take_while(|row| range.contains(row));
                present.zip(&values[from..]).for_each(|(row, &x)| tile[(row - first) * features + feature] = x);
            }
            Chunk::Codes(codes) => places
                .zip(&codes[range.clone()])
                .for_each(|(place, &code)| *place = if code == MISSING_CODE { f64::NAN } else { f64::from(code) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{BlockSource, Column, Columns};
    use crate::{ErrorKind, Feature, FeatureKind, FeatureSchema, Objective};
    use ndarray::Array2;
    use sapwood_score::{Condition, Leaf, Node, Split, Tree};
    use std::borrow::Cow;
    use std::sync::Arc;

    /// More than two blocks of columns in memory, and no whole number of tiles.
    const ROWS: usize = 140_003;

    fn schema() -> FeatureSchema {
        let mut schema = FeatureSchema::numeric(3);
        let levels = ["a", "b", "c"].map(String::from).into();
        schema.features[1] = Feature { name: "letter".into(), kind: FeatureKind::Categorical { levels } };
        schema
    }

    fn split(feature: u32, condition: Condition, children: (u32, u32)) -> Node {
        Node::Split(Split::new(feature, condition, feature == 1, children, 1.0, 1.0))
    }

    fn model(objective: Objective, outputs: usize) -> Model {
        let leaf = |value| Node::Leaf(Leaf::new(value, 1.0));
        let tree = |k: usize| {
            let scale = 0.1 + k as f64;
            let nodes = vec![
                split(0, Condition::Threshold(40.0 * scale), (1, 2)),
                split(1, Condition::Levels(vec![0b101]), (3, 4)),
                split(2, Condition::Threshold(-0.3), (5, 6)),
                leaf(0.1 * scale),
                leaf(0.7 * scale),
                leaf(-0.3 * scale),
                leaf(0.2 * scale),
            ];
            Tree::new(nodes)
        };
        let base_score = (0..outputs).map(|k| 0.5 - k as f64).collect();
        Model::new(schema(), objective, base_score, (0..4 * outputs).map(tree).collect())
    }

    /// The same values as a matrix and as columns of three types.
    fn rows() -> (Array2<f64>, Dataset) {
        let numbers: Vec<_> = (0..ROWS).map(|r| if r % 11 == 0 { f64::NAN } else { (r % 97) as f64 }).collect();
        let codes: Vec<_> = (0..ROWS).map(|r| if r % 4 == 3 { MISSING_CODE } else { (r % 4) as u32 }).collect();
        let small: Vec<_> = (0..ROWS).map(|r| (r % 13) as f32 / 7.0 - 1.0).collect();
        let matrix = Array2::from_shape_fn((ROWS, 3), |(r, c)| match c {
            0 => numbers[r],
            1 if codes[r] == MISSING_CODE => f64::NAN,
            1 => f64::from(codes[r]),
            _ => f64::from(small[r]),
        });
        let columns = vec![Column::F64(numbers), Column::Codes(codes), Column::F32(small)];
        let columns = Columns::new(&schema(), columns).expect("valid columns");
        (matrix, Dataset::new(schema(), Arc::new(columns)))
    }

    #[test]
    fn blocks_and_threads_give_the_bits_of_the_scorer() {
        let (matrix, data) = rows();
        for (objective, outputs) in [(Objective::BinaryLogistic, 1), (Objective::Softprob, 3)] {
            let scorer = Scorer::new(model(objective, outputs)).unwrap();
            for output in Output::ALL.into_iter().filter(|output| *output != Output::Interactions) {
                let expected = scorer.output(output, matrix.view()).unwrap();
                for threads in [1, 3] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let found = pool.install(|| predict(&scorer, &data, output)).unwrap();
                    assert!(found == expected, "{output:?}, {threads} threads");
                }
            }
        }
    }

    #[test]
    fn margins_stand_for_what_the_scorer_predicts() {
        let (_, data) = rows();
        for (objective, outputs) in [(Objective::BinaryLogistic, 1), (Objective::Softmax, 3), (Objective::Poisson, 1)] {
            let scorer = Scorer::new(model(objective, outputs)).unwrap();
            let margins = predict(&scorer, &data, Output::Margin).unwrap().into_values();
            for output in Output::ALL.into_iter().filter(|output| output.check(scorer.model()).is_ok()) {
                let found = Predictions::of_margins(scorer.model(), output, ROWS, margins.clone());
                match output {
                    Output::Leaf | Output::Contributions | Output::Interactions => assert!(found.is_err(), "{output:?}"),
                    _ => assert!(found.unwrap() == predict(&scorer, &data, output).unwrap(), "{output:?}"),
                }
            }
            assert!(Predictions::of_margins(scorer.model(), Output::Value, ROWS + 1, margins).is_err());
        }
    }

    #[test]
    fn base_margins_take_the_place_of_the_base_score() {
        let (matrix, data) = rows();
        let model = model(Objective::Softprob, 3);
        let mut plain = model.clone();
        plain.base_score = vec![0.25; 3];
        let expected = Scorer::new(plain.clone()).unwrap().margins(matrix.view()).unwrap().into_raw_vec_and_offset().0;
        let one_a_row = data.clone().with_base_margin(vec![0.25; ROWS]).unwrap();
        assert!(predict_margins(&model, &one_a_row).unwrap() == expected);
        let one_an_output = data.clone().with_base_margin(plain.base_score.repeat(ROWS)).unwrap();
        assert!(predict_margins(&model, &one_an_output).unwrap() == expected);
        let mut different = vec![0.25; 3 * ROWS];
        different[3 * ROWS - 2] = 8.25;
        let last = predict_margins(&model, &data.clone().with_base_margin(different).unwrap()).unwrap();
        approx::assert_abs_diff_eq!(last[3 * ROWS - 2], expected[3 * ROWS - 2] + 8.0, epsilon = 1e-12);
        assert_eq!(last[..3 * ROWS - 2], expected[..3 * ROWS - 2]);
        let error = predict_margins(&model, &data.with_base_margin(vec![0.0; 2 * ROWS]).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
    }

    #[test]
    fn data_of_another_schema_are_refused() {
        let model = model(Objective::SquaredError, 1);
        let message = |change: fn(&mut FeatureSchema), columns: usize| {
            let mut schema = schema();
            change(&mut schema);
            let column = |c| if c == 1 { Column::Codes(vec![0]) } else { Column::F64(vec![0.0]) };
            let source = Columns::new(&schema, (0..columns).map(column).collect()).unwrap();
            let error = predict_margins(&model, &Dataset::new(schema, Arc::new(source))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            error.to_string()
        };
        assert!(message(|s| drop(s.features.pop()), 2).contains("2 features"));
        assert!(message(|s| s.features[1].kind = FeatureKind::Boolean, 3).contains("boolean in the data, categorical"));
        let other = |s: &mut FeatureSchema| s.features[1].kind = FeatureKind::Categorical { levels: vec!["b".into(), "a".into()] };
        assert!(message(other, 3).contains("other levels"));
    }

    /// Gives its only block without the last column, or twice.
    struct Faulty {
        columns: usize,
        visits: usize,
    }

    impl BlockSource for Faulty {
        fn rows(&self) -> usize {
            1
        }

        fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
            let chunk = |c| if c == 1 { Chunk::Codes(Cow::Owned(vec![0])) } else { Chunk::F64(Cow::Owned(vec![0.0])) };
            let block = Block { first_row: 0, rows: 1, columns: (0..self.columns).map(|c| (c, chunk(c))).collect() };
            (0..self.visits).try_for_each(|_| visit(&block))
        }
    }

    #[test]
    fn sources_that_break_their_promise_are_our_fault() {
        let model = model(Objective::SquaredError, 1);
        let kind = |columns, visits| {
            let data = Dataset::new(schema(), Arc::new(Faulty { columns, visits }));
            predict_margins(&model, &data).map_err(|e| e.kind())
        };
        assert!(kind(3, 1).is_ok());
        for (columns, visits) in [(2, 1), (4, 1), (3, 0), (3, 2)] {
            assert_eq!(kind(columns, visits), Err(ErrorKind::Internal), "{columns} columns, {visits} visits");
        }
    }
}
