//! Which pairs of places of a ranked group are compared.

use crate::sampling::mix;

/// Compares each row with `count` others of other grades, which are drawn by `key`. `grades` are those of the places.
pub(super) fn drawn(grades: &[f64], count: usize, key: u64, mut compare: impl FnMut(usize, usize)) {
    let mut places: Vec<usize> = (0..grades.len()).collect();
    places.sort_by(|&a, &b| grades[b].total_cmp(&grades[a]));
    let mut begin = 0;
    let mut draws = 0;
    for alike in places.chunk_by(|&a, &b| grades[a] == grades[b]) {
        let others = places.len() - alike.len();
        for _ in 0..if others > 0 { count } else { 0 } {
            for &place in alike {
                // A number of 64 bits, as one below `others`.
                let number = ((u128::from(mix(key ^ draws)) * others as u128) >> 64) as usize;
                draws += 1;
                compare(place, places[if number < begin { number } else { number + alike.len() }]);
            }
        }
        begin += alike.len();
    }
}

/// Compares all pairs of which one is among the first.
pub(super) fn with_first(grades: &[f64], first: usize, mut compare: impl FnMut(usize, usize)) {
    for above in 0..first.min(grades.len()) {
        for below in above + 1..grades.len() {
            if grades[above] != grades[below] {
                compare(above, below);
            }
        }
    }
}
