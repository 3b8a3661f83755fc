//! Rows as sets of rows read them: of each value a byte, its rank among the thresholds of its feature.

use super::kernel::{self, Avx512};
use super::set_layout::{BLOCK, Column, LevelBits, ROWS};
use crate::{Condition, FeatureKind, Model, Node, Split, Tree};

/// Which ranks go left.
#[derive(Clone, Copy)]
pub(super) enum Test {
    /// Those up to this one.
    UpTo(u8),
    /// Those levels.
    Levels(LevelBits),
}

/// Stands for a missing number where these go left.
const MISSING_LEFT: u8 = 0;
/// Stands for a missing number where these go right, and for what is no level.
const MISSING: u8 = u8::MAX;

/// The most thresholds of a feature, as ranks go from 0 to their number.
const MAX_CUTS: usize = MISSING as usize - 1;
/// The most levels of a feature.
const MAX_LEVELS: usize = MISSING as usize;

/// How the values of a feature become ranks.
enum Scale {
    /// No split needs it, or too many do.
    None,
    Cuts(Cuts),
    Levels {
        levels: usize,
        column: u16,
    },
}

/// The thresholds of a feature.
struct Cuts {
    /// Ascending; infinity fills the last block up, and is in it.
    blocks: Vec<[f64; BLOCK]>,
    /// The last of each block.
    last: [f64; BLOCK],
    /// The columns where missing values go left, and where they go right.
    columns: [Option<u16>; 2],
}

const _: () = assert!(MAX_CUTS < BLOCK * BLOCK);

/// The ranks that the trees of a model need.
pub(super) struct Ranks {
    scales: Vec<Scale>,
    columns: usize,
}

impl Ranks {
    /// Ranks for every split of `trees` whose feature has few enough thresholds or levels.
    pub fn new<'a>(model: &Model, trees: impl Iterator<Item = &'a Tree>) -> Self {
        let mut thresholds = vec![Vec::new(); model.schema.len()];
        let mut needed = vec![[false; 2]; model.schema.len()];
        let nodes = trees.flat_map(|tree| &tree.nodes);
        for split in nodes.filter_map(|node| if let Node::Split(split) = node { Some(split) } else { None }) {
            let feature = split.feature as usize;
            needed[feature][usize::from(!split.default_left)] = true;
            if let Condition::Threshold(threshold) = split.condition {
                thresholds[feature].push(threshold);
            }
        }
        let mut this = Self { scales: Vec::with_capacity(thresholds.len()), columns: 0 };
        for ((feature, thresholds), needed) in model.schema.features.iter().zip(thresholds).zip(needed) {
            let scale = match &feature.kind {
                _ if needed == [false; 2] => Scale::None,
                FeatureKind::Categorical { levels } if levels.len() > MAX_LEVELS => Scale::None,
                FeatureKind::Categorical { levels } => Scale::Levels { levels: levels.len(), column: this.column() },
                _ => Cuts::new(thresholds).map_or(Scale::None, |mut cuts| {
                    cuts.columns = needed.map(|needed| needed.then(|| this.column()));
                    Scale::Cuts(cuts)
                }),
            };
            this.scales.push(scale);
        }
        this
    }

    fn column(&mut self) -> u16 {
        self.columns += 1;
        (self.columns - 1) as u16
    }

    /// The number of features that have ranks.
    pub fn features(&self) -> usize {
        self.scales.iter().filter(|scale| !matches!(scale, Scale::None)).count()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The column that a split reads and what it asks, if there is one.
    pub fn test(&self, split: &Split) -> Option<(u16, Test)> {
        match (&self.scales[split.feature as usize], &split.condition) {
            (Scale::Cuts(cuts), Condition::Threshold(threshold)) => {
                let column = cuts.columns[usize::from(!split.default_left)]?;
                Some((column, Test::UpTo(cuts.rank(*threshold))))
            }
            (Scale::Levels { column, .. }, Condition::Levels(_)) => Some((*column, Test::Levels(level_bits(split)))),
            _ => None,
        }
    }

    /// Writes the ranks of at most [`ROWS`] rows, which lie row by row. What comes after their ranks in each column is arbitrary.
    pub fn fill(&self, avx512: Avx512, rows: &[f64], columns: &mut [Column]) {
        for (feature, scale) in self.scales.iter().enumerate() {
            let values = rows.iter().skip(feature).step_by(self.scales.len()).take(ROWS);
            match scale {
                Scale::None => {}
                Scale::Cuts(cuts) => cuts.fill(avx512, values, columns),
                Scale::Levels { levels, column } => {
                    let places = columns[usize::from(*column)].iter_mut();
                    places.zip(values).for_each(|(place, &x)| *place = rank_of_code(x, *levels));
                }
            }
        }
    }
}

/// The rank of a level's code.
fn rank_of_code(x: f64, levels: usize) -> u8 {
    // The cast saturates; what it changes was no level's code.
    let code = x as u8;
    if f64::from(code) == x && usize::from(code) < levels { code } else { MISSING }
}

fn level_bits(split: &Split) -> LevelBits {
    let mut bits = [0; 32];
    for code in 0..=MISSING {
        let value = if code == MISSING { f64::NAN } else { f64::from(code) };
        let (high, low) = (code / 16, code % 16);
        bits[usize::from(low + 16 * (high / 8))] |= u8::from(split.goes_left(value)) << (high % 8);
    }
    bits
}

impl Cuts {
    /// The scale of some thresholds, unless there are too many.
    fn new(mut thresholds: Vec<f64>) -> Option<Self> {
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let count = thresholds.len();
        if count > MAX_CUTS {
            return None;
        }
        thresholds.resize((count / BLOCK + 1) * BLOCK, f64::INFINITY);
        let blocks = thresholds.as_chunks().0.to_vec();
        let mut last = [f64::INFINITY; BLOCK];
        last.iter_mut().zip(&blocks).for_each(|(last, block): (_, &[f64; BLOCK])| *last = block[BLOCK - 1]);
        Some(Self { blocks, last, columns: [None; 2] })
    }

    /// The number of thresholds that are less than `x`: `x <= threshold` just if its rank is not above the threshold's.
    fn rank(&self, x: f64) -> u8 {
        self.blocks.as_flattened().iter().filter(|&&cut| cut < x).count() as u8
    }

    fn fill<'a>(&self, avx512: Avx512, values: impl Iterator<Item = &'a f64> + Clone, columns: &mut [Column]) {
        let mut ranks = [MISSING_LEFT; ROWS];
        // NaN is greater than nothing.
        kernel::count_less(avx512, &self.blocks, &self.last, values.clone(), &mut ranks);
        let [left, right] = self.columns;
        if let Some(column) = left {
            columns[usize::from(column)] = ranks;
        }
        if let Some(column) = right {
            ranks.iter_mut().zip(values).filter(|(_, x)| x.is_nan()).for_each(|(rank, _)| *rank = MISSING);
            columns[usize::from(column)] = ranks;
        }
    }
}
