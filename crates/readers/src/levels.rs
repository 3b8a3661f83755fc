//! Dictionaries: the texts of one column of one piece, and the sorted list of levels they are merged into.

use super::cells::{Cell, canonical, level, number, truth};
use super::ranks::Ranks;
use super::{Column, MISSING_CODE};
use crate::Result;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The cells of a column as codes of their own small dictionary, in the order in which levels appeared.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
    /// Whether their type says that they are texts. A number is then no other way to write another.
    pub typed: bool,
}

/// Builds [`Texts`] cell by cell, and counts what the cells are.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    texts: Texts,
    index: HashMap<String, u32>,
    /// Cells that are numbers.
    pub numbers: u64,
    /// Cells that are text.
    pub words: u64,
}

impl TextBuilder {
    pub fn with_capacity(rows: usize) -> Self {
        Self { texts: Texts { codes: Vec::with_capacity(rows), ..Texts::default() }, ..Self::default() }
    }

    /// The same for cells whose type says that they are texts.
    pub fn typed(mut self) -> Self {
        self.texts.typed = true;
        self
    }

    /// Adds a cell, and gives its code; `text` is its text as it stands.
    pub fn push(&mut self, cell: Cell<'_>, text: &str) -> u32 {
        let level = match cell {
            Cell::Missing => return self.repeat(MISSING_CODE),
            Cell::Number(_) if self.texts.typed => text.trim(),
            Cell::Number(x) => {
                self.numbers += 1;
                level(text.trim(), x)
            }
            Cell::Text(text) => {
                self.words += 1;
                text
            }
        };
        let code = match self.index.get(level) {
            Some(&code) => code,
            None => {
                let code = self.texts.levels.len() as u32;
                self.texts.levels.push(level.to_string());
                self.index.insert(level.to_string(), code);
                code
            }
        };
        self.repeat(code)
    }

    /// Adds a cell that has the text of an earlier one, by the code of that one. It is not counted.
    pub fn repeat(&mut self, code: u32) -> u32 {
        self.texts.codes.push(code);
        code
    }

    pub fn finish(self) -> Texts {
        self.texts
    }
}

impl Texts {
    /// The codes under `levels`; a text that is not among them is missing.
    pub fn encode(&self, levels: &LevelCodes) -> Vec<u32> {
        let code = |level: &String| if self.typed { levels.exactly(level) } else { levels.code(level) };
        let map: Vec<u32> = self.levels.iter().map(|level| code(level).unwrap_or_else(|| levels.note_unknown(level))).collect();
        self.codes.iter().map(|&code| map.get(code as usize).copied().unwrap_or(MISSING_CODE)).collect()
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }
}

/// Levels and the way back from a text to its code. Remembers some of the texts that were none.
#[derive(Debug)]
pub(super) struct LevelCodes {
    codes: Arc<HashMap<String, u32>>,
    /// The codes of numbers by the shortest text of their values, if it is not their own; none where several levels have one value.
    values: Arc<HashMap<String, Option<u32>>>,
    /// The first few in sorted order, whatever the order in which they came; all of them, if they are `collected`.
    unknown: Mutex<BTreeSet<String>>,
    collected: bool,
}

/// Unknown texts that are remembered.
const UNKNOWN_KEPT: usize = 5;
/// What is remembered of each.
const UNKNOWN_BYTES: usize = 200;

impl LevelCodes {
    pub fn new(levels: &[String]) -> Self {
        let mut values = HashMap::new();
        for (code, level) in (0..).zip(levels) {
            if let Some(value) = number(level).and_then(canonical).filter(|value| value != level) {
                values.entry(value).and_modify(|known| *known = None).or_insert(Some(code));
            }
        }
        let codes = Arc::new(levels.iter().cloned().zip(0..).collect());
        Self { codes, values: Arc::new(values), unknown: Mutex::default(), collected: false }
    }

    /// Remembers every text that is no level.
    pub fn collecting(self) -> Self {
        Self { collected: true, ..self }
    }

    /// The same levels for another data set, which has unknown texts of its own.
    pub fn for_another(&self) -> Self {
        let Self { collected, .. } = *self;
        Self { codes: self.codes.clone(), values: self.values.clone(), unknown: Mutex::default(), collected }
    }

    /// The code of a level that is written like this.
    pub fn exactly(&self, level: &str) -> Option<u32> {
        self.codes.get(level).copied()
    }

    /// The code of a level that is written like this, or means the same: a truth value in whatever case, `true` in Parquet and `True` in
    /// CSV files that pandas wrote; a number in another form, if no two levels are forms of it.
    fn code(&self, level: &str) -> Option<u32> {
        let spellings: &[&str] = match truth(level) {
            Some(true) => &["true", "True", "TRUE"],
            Some(false) => &["false", "False", "FALSE"],
            None => &[],
        };
        let by_truth = || spellings.iter().find_map(|spelling| self.exactly(spelling));
        let by_value = || {
            let text = number(level).and_then(canonical)?;
            self.exactly(&text).or_else(|| self.values.get(&text).copied().flatten())
        };
        self.exactly(level).or_else(by_truth).or_else(by_value)
    }

    /// Remembers a text that is no level; its code is that of missing values.
    fn note_unknown(&self, level: &str) -> u32 {
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if self.collected {
            if !unknown.contains(level) {
                unknown.insert(level.to_string());
            }
            return MISSING_CODE;
        }
        let shown = &level[..level.floor_char_boundary(UNKNOWN_BYTES)];
        unknown.insert(if shown.len() < level.len() { format!("{shown}…") } else { shown.to_string() });
        if unknown.len() > UNKNOWN_KEPT {
            unknown.pop_last();
        }
        MISSING_CODE
    }

    /// Texts that were looked up and are no level.
    pub fn unknown(&self) -> Vec<String> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Collects the levels of one column from many pieces, in any order.
#[derive(Debug, Default)]
pub(super) struct LevelSet(Mutex<HashSet<String>>);

impl LevelSet {
    pub fn add(&self, levels: &[String]) {
        // A set is sound after any panic between two insertions.
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for level in levels {
            if !set.contains(level) {
                set.insert(level.clone());
            }
        }
    }

    /// Shows every level, in no order.
    pub fn visit(&self, visit: impl FnMut(&str)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(String::as_str).for_each(visit);
    }

    /// The levels of all ranks.
    pub fn on_all(self, ranks: Ranks<'_>) -> Result<Self> {
        if !ranks.is_alone() {
            ranks.gather(self.listed())?.iter().for_each(|others| self.add(others));
        }
        Ok(self)
    }

    /// Every level, in no order.
    pub fn listed(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The levels in code order.
    pub fn sorted(self) -> Vec<String> {
        in_code_order(self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect())
    }
}

/// Levels in code order: numbers by value, then texts by their bytes.
pub(super) fn in_code_order(mut levels: Vec<String>) -> Vec<String> {
    levels.sort_unstable_by(|a, b| compare(a, b));
    levels
}

fn compare(a: &str, b: &str) -> Ordering {
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// One column of a piece as it was read: numbers, or texts under a dictionary of the piece's own.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Numbers(Column),
    Texts(Texts),
}

impl Raw {
    /// Numbers, as `f32` where that loses nothing.
    pub fn numbers(values: Vec<f64>) -> Self {
        Self::Numbers(compact(values))
    }

    /// Bytes that keeping it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Numbers(column) => column.bytes(),
            Self::Texts(texts) => texts.codes.len() * 4 + texts.levels.iter().map(|l| l.len() + 24).sum::<usize>(),
        }
    }
}

/// The values as `f32` where that loses nothing.
pub(super) fn compact(values: Vec<f64>) -> Column {
    let exact = |&x: &f64| f64::from(x as f32) == x || x.is_nan();
    if values.iter().all(exact) { Column::F32(values.iter().map(|&x| x as f32).collect()) } else { Column::F64(values) }
}

#[cfg(test)]
mod tests {
    use super::super::cells::MissingTexts;
    use super::*;

    fn texts(cells: &[&str]) -> TextBuilder {
        let missing = MissingTexts::new(&["NA".into()]);
        let mut builder = TextBuilder::default();
        for text in cells {
            builder.push(missing.cell(text), text);
        }
        builder
    }

    #[test]
    fn pieces_merge_into_one_sorted_list() {
        let set = LevelSet::default();
        let first = texts(&["b", " 10", "NA", "9"]);
        assert_eq!((first.numbers, first.words), (2, 1));
        let (first, second) = (first.finish(), texts(&["a", "10.0", "", "b"]).finish());
        set.add(&first.levels);
        set.add(&second.levels);
        let levels = set.sorted();
        assert_eq!(levels, ["9", "10", "a", "b"]);
        let index = LevelCodes::new(&levels);
        assert_eq!(first.encode(&index), [3, 1, MISSING_CODE, 0]);
        assert_eq!(second.encode(&index), [2, 1, MISSING_CODE, 3]);
        assert_eq!(second.encode(&LevelCodes::new(&levels[..1])), [MISSING_CODE; 4]);
    }

    #[test]
    fn numbers_are_found_by_their_values_and_typed_texts_are_not() {
        let index = LevelCodes::new(&["1".into(), "01234".into(), "1234".into(), "1.50".into(), "007".into(), "07".into()]);
        let cells = ["1.0", "01234", "1234.0", "1.5", "7", "2"];
        assert_eq!(texts(&cells).finish().encode(&index), [0, 1, 2, 3, MISSING_CODE, MISSING_CODE]);
        let mut builder = TextBuilder::default().typed();
        for text in cells {
            builder.push(MissingTexts::default().cell(text), text);
        }
        assert_eq!(builder.finish().encode(&index), [MISSING_CODE, 1, MISSING_CODE, MISSING_CODE, MISSING_CODE, MISSING_CODE]);
        assert_eq!(index.unknown(), ["1.0", "1.5", "1234.0", "2", "7"]);
    }

    #[test]
    fn long_numbers_stay_different_levels() {
        assert_eq!(texts(&["12345678901234567890", "12345678901234567891"]).finish().levels.len(), 2);
    }

    #[test]
    fn numbers_are_narrowed_only_where_exact() {
        assert!(matches!(compact(vec![1.5, f64::NAN, 16_777_216.0]), Column::F32(_)));
        assert!(matches!(compact(vec![16_777_217.0]), Column::F64(_)));
        assert!(matches!(compact(vec![0.1]), Column::F64(_)));
    }
}
