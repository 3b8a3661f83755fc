//! Rows as sets of rows read them: of each value a byte, its rank among the thresholds of its feature.

use super::kernel::{self, Avx512};
use super::set_layout::{BLOCK, Column, LevelBits, ROWS};
use crate::meaning::{Cut, Meaning};
use crate::tree::is_near_zero;
use crate::{Condition, MissingRule, Node, Split, Tree};

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

/// The most thresholds of a piece, as ranks go from 0 to their number. The greatest may be [`MISSING`]: beyond all thresholds, values
/// and missing ones go right alike.
const MAX_CUTS: usize = MISSING as usize;
/// The most pieces of a feature's thresholds: each costs about as much as it saves in one tree.
const MAX_PIECES: usize = 16;
/// The most levels of a feature.
const MAX_LEVELS: usize = MISSING as usize;

/// Stands for a number that is no level to any split, where numbers are cut to levels.
const UNSEEN: u8 = MISSING - 1;
/// The most codes there.
const MAX_CODES: usize = UNSEEN as usize;

/// How the values of a feature become ranks.
enum Scale {
    /// No split needs it, or too many do.
    None,
    /// The pieces that its thresholds are cut into, ascending. Each ranks all values among its own thresholds. And whether zeros are missing.
    Cuts(Vec<Cuts>, bool),
    Levels {
        meaning: Meaning,
        column: u16,
    },
}

/// At most [`MAX_CUTS`] neighbouring thresholds of a feature.
struct Cuts {
    /// The greatest threshold.
    most: f64,
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
    /// Ranks for every split of `trees` whose feature, of one of these meanings, has few enough thresholds or levels.
    pub fn new<'a>(meanings: &[Meaning], trees: impl Iterator<Item = &'a Tree>) -> Self {
        let mut thresholds = vec![Vec::new(); meanings.len()];
        let mut needed = vec![[false; 2]; meanings.len()];
        // Codes that are levels to some split.
        let mut known = vec![0; meanings.len()];
        let nodes = trees.flat_map(|tree| &tree.nodes);
        for split in nodes.filter_map(|node| if let Node::Split(split) = node { Some(split) } else { None }) {
            let feature = split.feature as usize;
            needed[feature][usize::from(!split.default_left)] = true;
            match &split.condition {
                Condition::Threshold(threshold) => thresholds[feature].push(*threshold),
                Condition::Levels(words) => known[feature] = known[feature].max(known_codes(split, words)),
            }
        }
        let mut this = Self { scales: Vec::with_capacity(thresholds.len()), columns: 0 };
        for (((&meaning, thresholds), needed), known) in meanings.iter().zip(thresholds).zip(needed).zip(known) {
            let scale = match meaning {
                _ if needed == [false; 2] => Scale::None,
                Meaning::Levels(levels) if levels as usize > MAX_LEVELS => Scale::None,
                Meaning::Cut(_) if known > MAX_CODES => Scale::None,
                Meaning::Levels(_) | Meaning::Cut(_) => Scale::Levels { meaning, column: this.column() },
                Meaning::Numbers | Meaning::NotZero => {
                    Scale::of(thresholds, meaning == Meaning::NotZero, || needed.map(|needed| needed.then(|| this.column())))
                }
            };
            this.scales.push(scale);
        }
        this
    }

    fn column(&mut self) -> u16 {
        self.columns += 1;
        (self.columns - 1) as u16
    }

    /// How often a value of a row is ranked.
    pub fn rankings(&self) -> usize {
        let of = |scale: &Scale| match scale {
            Scale::None => 0,
            Scale::Levels { .. } => 1,
            Scale::Cuts(pieces, _) => pieces.len(),
        };
        self.scales.iter().map(of).sum()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The column that a split reads and what it asks, if there is one.
    pub fn test(&self, split: &Split) -> Option<(u16, Test)> {
        match (&self.scales[split.feature as usize], &split.condition) {
            (Scale::Cuts(pieces, _), Condition::Threshold(threshold)) => {
                let cuts = pieces.iter().find(|cuts| *threshold <= cuts.most)?;
                let column = cuts.columns[usize::from(!split.default_left)]?;
                Some((column, Test::UpTo(cuts.rank(*threshold))))
            }
            (Scale::Levels { column, meaning }, Condition::Levels(_)) => Some((*column, Test::Levels(level_bits(split, *meaning)))),
            _ => None,
        }
    }

    /// Writes the ranks of at most [`ROWS`] rows, which lie row by row. What comes after their ranks in each column is arbitrary.
    pub fn fill(&self, avx512: Avx512, rows: &[f64], columns: &mut [Column]) {
        for (feature, scale) in self.scales.iter().enumerate() {
            let values = rows.iter().skip(feature).step_by(self.scales.len()).take(ROWS);
            match scale {
                Scale::None => {}
                Scale::Cuts(pieces, false) => pieces.iter().for_each(|cuts| cuts.fill(avx512, values.clone(), columns)),
                Scale::Cuts(pieces, true) => {
                    let mut others = [0.0; ROWS];
                    let count = values.len();
                    others.iter_mut().zip(values).for_each(|(other, &x)| *other = if is_near_zero(x) { f64::NAN } else { x });
                    pieces.iter().for_each(|cuts| cuts.fill(avx512, others[..count].iter(), columns));
                }
                Scale::Levels { meaning, column } => {
                    let places = columns[usize::from(*column)].iter_mut();
                    places.zip(values).for_each(|(place, &x)| *place = rank_of_level(x, *meaning));
                }
            }
        }
    }
}

/// The rank of a value that is, or is cut to, a level's code.
fn rank_of_level(x: f64, meaning: Meaning) -> u8 {
    match meaning {
        Meaning::Cut(_) if x.is_nan() => MISSING,
        Meaning::Cut(cut) => cut.code(x).map_or(UNSEEN, |code| code.min(u32::from(UNSEEN)) as u8),
        Meaning::Levels(levels) => {
            // The cast saturates; what it changes was no level's code.
            let code = x as u8;
            if f64::from(code) == x && u32::from(code) < levels { code } else { MISSING }
        }
        Meaning::Numbers | Meaning::NotZero => MISSING,
    }
}

/// Codes from this one on are to the split as if they were no level to any.
fn known_codes(split: &Split, words: &[u64]) -> usize {
    match split.missing {
        // What is not in the set goes right, whether it is a level or not.
        MissingRule::UnseenRight => {
            words.iter().rposition(|&word| word != 0).map_or(0, |at| 64 * at + 64 - words[at].leading_zeros() as usize)
        }
        _ => 64 * words.len(),
    }
}

fn level_bits(split: &Split, meaning: Meaning) -> LevelBits {
    let mut bits = [0; 32];
    for code in 0..=MISSING {
        let value = match (code, meaning) {
            (MISSING, _) => f64::NAN,
            (UNSEEN, Meaning::Cut(_)) => Cut::NONE,
            _ => f64::from(code),
        };
        let (high, low) = (code / 16, code % 16);
        bits[usize::from(low + 16 * (high / 8))] |= u8::from(split.goes_left(value)) << (high % 8);
    }
    bits
}

impl Scale {
    /// The scale of some thresholds, unless there are too many; `columns` makes those of a piece.
    fn of(mut thresholds: Vec<f64>, zero_is_missing: bool, mut columns: impl FnMut() -> [Option<u16>; 2]) -> Self {
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let pieces = thresholds.chunks(MAX_CUTS);
        match pieces.len() > MAX_PIECES {
            true => Self::None,
            false => Self::Cuts(pieces.map(|piece| Cuts::new(piece, columns())).collect(), zero_is_missing),
        }
    }
}

impl Cuts {
    /// Thresholds that ascend, at least one and at most [`MAX_CUTS`], and the columns for their ranks.
    fn new(thresholds: &[f64], columns: [Option<u16>; 2]) -> Self {
        let mut blocks = vec![[f64::INFINITY; BLOCK]; thresholds.len() / BLOCK + 1];
        blocks.as_flattened_mut()[..thresholds.len()].copy_from_slice(thresholds);
        let mut last = [f64::INFINITY; BLOCK];
        last.iter_mut().zip(&blocks).for_each(|(last, block)| *last = block[BLOCK - 1]);
        Self { most: thresholds[thresholds.len() - 1], blocks, last, columns }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Leaf;

    /// A tree for each threshold, and whether missing values go left in it.
    fn stumps(thresholds: &[f64], default_left: impl Fn(usize) -> bool) -> Vec<Tree> {
        let leaf = || Node::Leaf(Leaf::new(0.0, 1.0));
        let split = |(index, &at)| Split::new(0, Condition::Threshold(at), default_left(index), (1, 2), 1.0, 2.0);
        thresholds.iter().enumerate().map(split).map(|split| Tree::new(vec![Node::Split(split), leaf(), leaf()])).collect()
    }

    #[test]
    fn ranks_divide_as_the_thresholds_do_however_many_there_are() {
        let Some(avx512) = Avx512::detect() else { return eprintln!("SKIPPED: this CPU has no AVX-512") };
        for count in [1, 15, 16, 17, 254, 255, 256, 257, 510, 511, 1000, MAX_PIECES * MAX_CUTS] {
            let thresholds: Vec<f64> = (0..count).map(|i| if i + 1 == count { f64::INFINITY } else { i as f64 - 7.0 }).collect();
            let trees = stumps(&thresholds, |index| index % 3 == 0);
            let ranks = Ranks::new(&[Meaning::Numbers], trees.iter());
            assert_eq!(ranks.rankings(), count.div_ceil(MAX_CUTS));
            let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 0.0, -0.0];
            let near = thresholds.iter().flat_map(|&x| [x.next_down(), x, x.next_up()]).chain(special);
            let values: Vec<f64> = near.collect();
            for rows in values.chunks(ROWS) {
                let mut columns = vec![[0; ROWS]; ranks.columns()];
                ranks.fill(avx512, rows, &mut columns);
                for tree in &trees {
                    let Node::Split(split) = &tree.nodes[0] else { unreachable!() };
                    let (column, Test::UpTo(last)) = ranks.test(split).unwrap() else { unreachable!() };
                    for (&x, &rank) in rows.iter().zip(&columns[usize::from(column)]) {
                        assert_eq!(rank <= last, split.goes_left(x), "{count} thresholds, {x} at {:?}", split.condition);
                    }
                }
            }
        }
    }

    #[test]
    fn more_thresholds_than_pay_have_no_ranks() {
        let thresholds: Vec<f64> = (0..=MAX_PIECES * MAX_CUTS).map(|i| i as f64).collect();
        let trees = stumps(&thresholds, |_| true);
        let ranks = Ranks::new(&[Meaning::Numbers], trees.iter());
        assert_eq!((ranks.rankings(), ranks.columns()), (0, 0));
    }
}
