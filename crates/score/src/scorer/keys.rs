//! Rows as walks read them: every value an integer whose order is that of the values, and twice, for splits that send missing values left
//! and for those that send them right.
//!
//! A comparison of integers costs a walk one instruction; one of floats that may be NaN takes several. The conversion is paid
//! once a value, the comparison once a value and tree. It also settles what is no code of a level, where the schema is at hand.

use crate::meaning::Meaning;
use crate::tree::is_near_zero;
use std::cell::Cell;

/// Walks that go on at the same time.
pub(super) const LANES: usize = 8;

/// Keys of a value: the first with [`MISSING_LEFT`], the second with [`MISSING_RIGHT`].
pub(super) const KEYS: usize = 2;

/// Stands for a missing value where these go left; less than every other key.
const MISSING_LEFT: u64 = 0;

/// Stands for a missing value where these go right; greater than every other key.
const MISSING_RIGHT: u64 = u64::MAX;

/// Stands for a number that is no level, where that is something else than missing; greater than the keys of all codes.
const UNSEEN: u64 = MISSING_RIGHT - 1;

/// The key of a number: keys of numbers compare as the numbers do, zeros of either sign are equal, infinities are numbers.
#[inline(always)]
pub(super) fn of_number(x: f64) -> u64 {
    // −0 + 0 is +0.
    let bits = (x + 0.0).to_bits();
    // Negative numbers count backwards: all their bits flip. Of the others only the sign does.
    let key = bits ^ (((bits as i64 >> 63) as u64) | 1 << 63);
    if x.is_nan() { MISSING_LEFT } else { key }
}

/// The key of a level's code: one more than the code; [`MISSING_LEFT`] for what is no code of one of `levels` levels.
#[inline(always)]
fn of_code(x: f64, levels: u32) -> u64 {
    // The cast saturates; what it changes was no level's code.
    let code = x as u32;
    if f64::from(code) == x && code < levels { u64::from(code) + 1 } else { MISSING_LEFT }
}

/// The key of a value.
fn of_meaning(x: f64, meaning: Meaning) -> u64 {
    match meaning {
        Meaning::Numbers => of_number(x),
        Meaning::NotZero => {
            if is_near_zero(x) {
                MISSING_LEFT
            } else {
                of_number(x)
            }
        }
        Meaning::Levels(levels) => of_code(x, levels),
        Meaning::Cut(_) if x.is_nan() => MISSING_LEFT,
        Meaning::Cut(cut) => cut.code(x).map_or(UNSEEN, |code| u64::from(code) + 1),
    }
}

/// Whether a key stands for a missing value.
#[inline]
pub(super) fn is_missing(key: u64) -> bool {
    key == MISSING_LEFT || key == MISSING_RIGHT
}

/// The keys of some rows.
#[derive(Clone, Copy)]
pub(super) enum Keys<'a> {
    /// Of one row, one feature after the other, [`KEYS`] each.
    Row(&'a [[u64; 1]]),
    /// Of groups of rows, feature by feature within a group. Rows that fill the last group up are of missing values.
    Groups(&'a [[u64; LANES]]),
}

/// Converts the rows of one schema.
pub(super) struct Encoder {
    features: usize,
    /// What features mean that are not just numbers.
    others: Vec<(usize, Meaning)>,
}

thread_local! {
    /// Room for the keys of a tile, so that scoring row by row allocates nothing but once a thread.
    static ROOM: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

impl Encoder {
    /// An encoder for rows whose values have these meanings.
    pub fn new(meanings: &[Meaning]) -> Self {
        let others = meanings.iter().copied().enumerate().filter(|(_, meaning)| *meaning != Meaning::Numbers);
        Self { features: meanings.len(), others: others.collect() }
    }

    /// Calls `then` with the keys of `count` rows, which lie row by row.
    pub fn with_keys(&self, rows: &[f64], count: usize, then: impl FnOnce(Keys<'_>)) {
        if count != 1 {
            return self.with_groups(rows, count, |groups| then(Keys::Groups(groups)));
        }
        let mut room = ROOM.take();
        room.clear();
        room.resize(KEYS * self.features, MISSING_LEFT);
        self.encode(rows, &mut room, 1);
        then(Keys::Row(room.as_chunks().0));
        ROOM.set(room);
    }

    /// Calls `then` with the keys of `count` rows, which lie row by row, as those of [`Keys::Groups`].
    pub fn with_groups(&self, rows: &[f64], count: usize, then: impl FnOnce(&[[u64; LANES]])) {
        let mut room = ROOM.take();
        room.clear();
        room.resize(count.next_multiple_of(LANES) * KEYS * self.features, MISSING_LEFT);
        let groups = room.chunks_mut((LANES * KEYS * self.features).max(1));
        for (rows, group) in rows.chunks((LANES * self.features).max(1)).zip(groups) {
            let rows = rows.chunks(self.features);
            rows.enumerate().for_each(|(lane, row)| self.encode(row, &mut group[lane..], LANES));
        }
        then(room.as_chunks().0);
        ROOM.set(room);
    }

    /// Writes the keys of a row to every `stride`-th place.
    fn encode(&self, row: &[f64], places: &mut [u64], stride: usize) {
        let mut put = |feature: usize, key: u64| {
            places[KEYS * feature * stride] = key;
            places[(KEYS * feature + 1) * stride] = if key == MISSING_LEFT { MISSING_RIGHT } else { key };
        };
        row.iter().enumerate().for_each(|(feature, &x)| put(feature, of_number(x)));
        for &(feature, meaning) in &self.others {
            put(feature, of_meaning(row[feature], meaning));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_as_the_numbers_do() {
        let ascending = [f64::NEG_INFINITY, f64::MIN, -1.5, -5e-324, 0.0, 5e-324, 1.0, 1.0 + f64::EPSILON, f64::MAX, f64::INFINITY];
        for (i, &x) in ascending.iter().enumerate() {
            for (j, &y) in ascending.iter().enumerate() {
                assert_eq!(of_number(x).cmp(&of_number(y)), i.cmp(&j), "{x} and {y}");
            }
            assert!(of_number(x) > MISSING_LEFT && of_number(x) < MISSING_RIGHT);
        }
        assert_eq!(of_number(-0.0), of_number(0.0));
        assert_eq!((of_number(f64::NAN), of_number(-f64::NAN)), (MISSING_LEFT, MISSING_LEFT));
    }

    #[test]
    fn what_is_no_code_is_missing() {
        assert_eq!([0.0, -0.0, 1.0, 2.0].map(|x| of_code(x, 3)), [1, 1, 2, 3]);
        let none = [3.0, -1.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 4_294_967_296.0];
        assert_eq!(none.map(|x| of_code(x, 3)), [MISSING_LEFT; 7]);
    }
}
