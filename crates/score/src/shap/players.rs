//! Who contributions belong to: the columns of the schema.
//!
//! A derived feature of one column plays for that column: to know the column is to know the feature. One of several columns plays for all
//! of them together, and they share in equal parts what it contributes.

use crate::Model;

/// The players of a model: its columns, then each set of columns that some derived feature comes from.
pub(super) struct Players {
    columns: usize,
    /// The player of each derived feature.
    derived: Vec<u32>,
    /// The columns of each player that is not a column.
    shared: Vec<Vec<usize>>,
}

impl Players {
    pub fn new(model: &Model) -> Self {
        let columns = model.schema.len();
        let mut players = Self { columns, derived: Vec::with_capacity(model.derived.len()), shared: Vec::new() };
        for feature in columns..model.num_features() {
            let player = players.of_columns(model.source_columns(feature));
            players.derived.push(player as u32);
        }
        players
    }

    fn of_columns(&mut self, columns: Vec<usize>) -> usize {
        if let [column] = columns[..] {
            return column;
        }
        let known = self.shared.iter().position(|known| *known == columns);
        self.columns
            + known.unwrap_or_else(|| {
                self.shared.push(columns);
                self.shared.len() - 1
            })
    }

    /// The player of a feature that trees see.
    pub fn of_feature(&self, feature: u32) -> u32 {
        match (feature as usize).checked_sub(self.columns) {
            None => feature,
            Some(derived) => self.derived[derived],
        }
    }

    /// Calls `take` with each column of a player and the column's share.
    #[inline]
    pub fn share(&self, player: u32, mut take: impl FnMut(usize, f64)) {
        match (player as usize).checked_sub(self.columns) {
            None => take(player as usize, 1.0),
            Some(shared) => {
                let columns = &self.shared[shared];
                columns.iter().for_each(|&column| take(column, 1.0 / columns.len() as f64));
            }
        }
    }
}
