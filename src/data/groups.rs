//! [`Groups`]: which rows belong to one query, and in which order they came.

use rayon::prelude::*;
use std::ops::Range;

/// The query groups of rows. Wherever the rows lie, those of a group are found in the order in which they came.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The group of each row.
    ids: Vec<u64>,
    /// All rows, group by group in the order of their numbers.
    rows: Vec<u32>,
    /// Where each row stands in `rows`.
    places: Vec<u32>,
    /// Where groups begin in `rows`, and where the last one ends.
    bounds: Vec<u32>,
}

impl Groups {
    /// The groups of rows that lie as they came.
    pub fn new(ids: Vec<u64>) -> Self {
        let mut rows: Vec<u32> = (0..ids.len() as u32).collect();
        if !ids.is_sorted() {
            rows.par_sort_by_key(|&row| ids[row as usize]);
        }
        Self::of(ids, rows)
    }

    fn of(ids: Vec<u64>, rows: Vec<u32>) -> Self {
        let mut places = vec![0; rows.len()];
        let mut bounds = vec![0];
        for (place, &row) in rows.iter().enumerate() {
            places[row as usize] = place as u32;
            let is_last = rows.get(place + 1).is_none_or(|&next| ids[next as usize] != ids[row as usize]);
            if is_last {
                bounds.push(place as u32 + 1);
            }
        }
        Self { ids, rows, places, bounds }
    }

    /// The group of each row.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The number that a group bears in the data.
    pub fn id(&self, group: usize) -> u64 {
        self.ids[self.rows_of(group)[0] as usize]
    }

    /// The rows of a group, in the order in which they came.
    pub fn rows_of(&self, group: usize) -> &[u32] {
        &self.rows[self.range(group)]
    }

    /// The places that the rows of a group have when all rows are put group by group.
    pub fn range(&self, group: usize) -> Range<usize> {
        self.bounds[group] as usize..self.bounds[group + 1] as usize
    }

    /// The place of each row when all are put group by group.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// The groups of rows that are laid out anew, or of some of them: at each place lies the row that is at `order[place]` here.
    #[must_use]
    pub fn gather(&self, order: &[u32]) -> Self {
        let ids = order.iter().map(|&row| self.ids[row as usize]).collect();
        let mut ends = vec![0_u32; self.rows.len() + 1];
        order.iter().for_each(|&row| ends[self.places[row as usize] as usize + 1] += 1);
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut rows = vec![0; order.len()];
        for (row, &from) in (0..).zip(order) {
            let next = &mut ends[self.places[from as usize] as usize];
            rows[*next as usize] = row;
            *next += 1;
        }
        Self::of(ids, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(groups: &Groups) -> Vec<(u64, Vec<u32>)> {
        (0..groups.count()).map(|group| (groups.id(group), groups.rows_of(group).to_vec())).collect()
    }

    #[test]
    fn rows_of_a_group_are_found_wherever_they_are() {
        let groups = Groups::new(vec![7, 3, 7, 9, 3, 7]);
        assert_eq!(listed(&groups), [(3, vec![1, 4]), (7, vec![0, 2, 5]), (9, vec![3])]);
        assert_eq!(listed(&Groups::new(Vec::new())), []);
        for (row, &place) in groups.places().iter().enumerate() {
            assert_eq!(groups.rows[place as usize] as usize, row);
        }
    }

    #[test]
    fn rows_keep_the_order_they_came_in_however_often_they_are_moved() {
        let groups = Groups::new(vec![7, 3, 7, 9, 3, 7]);
        // The rows 5 4 3 2 1 0, then 4 3 2 5 0 1.
        let twice = groups.gather(&[5, 4, 3, 2, 1, 0]).gather(&[1, 2, 3, 0, 5, 4]);
        assert_eq!(twice.ids(), [3, 9, 7, 7, 7, 3]);
        assert_eq!(listed(&twice), [(3, vec![5, 0]), (7, vec![4, 2, 3]), (9, vec![1])]);
        assert_eq!(listed(&groups.gather(&[5, 0, 1])), [(3, vec![2]), (7, vec![1, 0])]);
    }
}
