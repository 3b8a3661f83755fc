//! [`Values`]: what a sample's columns hold, and how a value is written.

use crate::text;
use sapwood::data::Dataset;
use sapwood::{FeatureKind, FeatureSchema, Result};
use std::sync::{Mutex, PoisonError};

/// The values of a sample, column by column; codes of levels are numbers, what is missing is NaN.
#[derive(Debug)]
pub struct Values<'a> {
    /// The columns' names and types.
    pub schema: &'a FeatureSchema,
    /// The values.
    pub columns: Vec<Vec<f64>>,
    /// The number of rows.
    pub rows: usize,
}

impl<'a> Values<'a> {
    /// Those of a sample, which are in memory already.
    pub fn of(data: &'a Dataset) -> Result<Self> {
        let columns: Vec<_> = data.schema().features.iter().map(|_| Mutex::new(vec![f64::NAN; data.rows()])).collect();
        data.source().visit(&|block| {
            for (feature, chunk) in &block.columns {
                let mut column = columns[*feature].lock().unwrap_or_else(PoisonError::into_inner);
                (0..block.rows).for_each(|row| column[block.first_row + row] = chunk.get(row));
            }
            Ok(())
        })?;
        let columns = columns.into_iter().map(|column| column.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        Ok(Self { schema: data.schema(), columns, rows: data.rows() })
    }

    /// The rows of some places, one after the other, as the scorer takes them.
    pub fn rows(&self, places: &[usize]) -> Vec<f64> {
        places.iter().flat_map(|&row| self.columns.iter().map(move |column| column[row])).collect()
    }

    /// A value as a reader wants it: a number, a date, a level's text.
    pub fn written(&self, column: usize, x: f64) -> String {
        written(&self.schema.features[column].kind, x)
    }
}

/// A value of a column of some kind.
pub fn written(kind: &FeatureKind, x: f64) -> String {
    match kind {
        _ if x.is_nan() => "missing".to_string(),
        FeatureKind::Categorical { levels } => levels.get(x as usize).map_or_else(|| "?".to_string(), |level| text::name(level)),
        FeatureKind::Boolean if x == 0.0 => "false".to_string(),
        FeatureKind::Boolean if x == 1.0 => "true".to_string(),
        FeatureKind::Date => date(x),
        FeatureKind::Datetime => date((x / 86_400e6).floor()),
        _ => text::number(x),
    }
}

/// Days since 1970 as a date (Hinnant's civil_from_days).
fn date(days: f64) -> String {
    if !(-1e7..1e7).contains(&days) {
        return text::number(days);
    }
    let shifted = days.floor() as i64 + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_their_kind_says() {
        let levels = FeatureKind::Categorical { levels: ["red", "green"].map(String::from).into() };
        assert_eq!((written(&levels, 1.0), written(&levels, f64::NAN)), ("green".into(), "missing".into()));
        assert_eq!((written(&FeatureKind::Boolean, 1.0), written(&FeatureKind::Numeric, 1.5)), ("true".into(), "1.5".into()));
        for (days, text) in [(0.0, "1970-01-01"), (19_782.0, "2024-02-29"), (-1.0, "1969-12-31"), (11_016.0, "2000-02-29")] {
            assert_eq!(written(&FeatureKind::Date, days), text);
        }
        assert_eq!(written(&FeatureKind::Datetime, 86_400e6 * 1.5), "1970-01-02");
    }
}
