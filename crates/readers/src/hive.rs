//! Hive's layout: `year=2020/month=1/part-0.parquet`. The directories' names hold values of columns that the files do not hold.

use super::dates::{Moment, moment};
use crate::source::{DataFile, display};
use crate::{Error, ReadOptions, Result};
use polars::prelude::{ChunkFull, StringChunked};
use polars::prelude::{DataType, Int32Chunked, Int64Chunked, IntoSeries, PolarsResult, Series};
use std::path::Path;

/// The text that stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column whose values are in the names of directories.
#[derive(Debug)]
pub(super) struct HiveColumn {
    pub name: String,
    pub dtype: DataType,
    /// One a file.
    values: Vec<Option<String>>,
}

impl HiveColumn {
    /// The columns that are told by the names of directories above the files. Files whose directories name other columns are an error.
    pub fn of(files: &[&DataFile]) -> Result<Vec<Self>> {
        let Some((first, rest)) = files.split_first() else { return Ok(Vec::new()) };
        let mut columns: Vec<_> = pairs(first).into_iter().map(|(name, value)| (name, vec![value])).collect();
        for file in rest {
            let pairs = pairs(file);
            if !pairs.iter().map(|(name, _)| name).eq(columns.iter().map(|(name, _)| name)) {
                return Err(Error::schema(format!(
                    "directories disagree about columns: {} and {} do not lie below directories of the same columns (name=value)",
                    display(first),
                    display(file)
                )));
            }
            columns.iter_mut().zip(pairs).for_each(|((_, values), (_, value))| values.push(value));
        }
        Ok(columns.into_iter().map(|(name, values)| Self { dtype: dtype(&values), name, values }).collect())
    }

    /// Whether files have different values.
    pub fn varies(&self) -> bool {
        self.values.iter().any(|value| *value != self.values[0])
    }

    /// The values of some rows of a file.
    pub fn series(&self, file: usize, rows: usize) -> PolarsResult<Series> {
        let name = self.name.as_str().into();
        let Some(value) = self.values.get(file).and_then(Option::as_deref) else {
            return Ok(Series::full_null(name, rows, &self.dtype));
        };
        Ok(match self.dtype {
            DataType::Int64 => match value.parse() {
                Ok(value) => Int64Chunked::full(name, value, rows).into_series(),
                Err(_) => Series::full_null(name, rows, &self.dtype),
            },
            DataType::Date => match moment(value) {
                Some(Moment::Date(days)) => Int32Chunked::full(name, days, rows).into_series().cast(&self.dtype)?,
                _ => Series::full_null(name, rows, &self.dtype),
            },
            _ => StringChunked::full(name, value, rows).into_series(),
        })
    }
}

/// The narrowest type that holds all values.
fn dtype(values: &[Option<String>]) -> DataType {
    let all = |is: fn(&str) -> bool| values.iter().flatten().all(|value| is(value));
    if all(|value| value.parse::<i64>().is_ok()) {
        DataType::Int64
    } else if all(|value| matches!(moment(value), Some(Moment::Date(_)))) {
        DataType::Date
    } else {
        DataType::String
    }
}

/// Names and values in the names of the directories above a file.
fn pairs(path: &Path) -> Vec<(String, Option<String>)> {
    let directories = path.parent().into_iter().flat_map(Path::components);
    let pair = |directory: &str| {
        let (name, value) = directory.split_once('=')?;
        let value = Some(decoded(value)).filter(|value| value != NULL && !value.is_empty());
        (!name.is_empty()).then(|| (decoded(name), value))
    };
    directories.filter_map(|directory| pair(directory.as_os_str().to_str()?)).collect()
}

/// The text without `%3A` and the like, which stand for characters that names of directories cannot hold.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = behind.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let (byte, left) = match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (byte, &behind[2..]),
            None => (first, behind),
        };
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_string())
}

/// Refuses training files without the columns that their directories name, in a format whose reader does not add them. Gives the options
/// without such columns, if they are ignored.
pub(super) fn without_lost_columns(files: &[&DataFile], names: Option<&[String]>, options: &ReadOptions) -> Result<ReadOptions> {
    let mut options = options.clone();
    let is_lost = |column: &HiveColumn| column.varies() && !names.is_some_and(|names| names.contains(&column.name));
    for column in HiveColumn::of(files)?.into_iter().filter(is_lost) {
        if !options.ignore.contains(&column.name) {
            return Err(Error::schema(format!(
                "the column {0} would be lost: its values are in the names of directories alone ({1}); write it into the files, use Parquet, \
                 or leave it out with ignore_columns={0}",
                column.name,
                display(files[0])
            )));
        }
        options.ignore.retain(|name| *name != column.name);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_name_columns_and_values() {
        let some = |name: &str, value: &str| (name.to_string(), Some(value.to_string()));
        assert_eq!(
            pairs(Path::new("/data/year=2020/city=S%C3%A3o%20Paulo/0.parquet")),
            [some("year", "2020"), some("city", "São Paulo")]
        );
        assert_eq!(
            pairs(Path::new("s3://b/x=__HIVE_DEFAULT_PARTITION__/=1/y=1=2/a=b.csv")),
            [("x".into(), None), some("y", "1=2")]
        );
        assert_eq!(decoded("100%"), "100%");
    }

    #[test]
    fn types_hold_all_values() {
        let of =
            |values: &[&str]| dtype(&values.iter().map(|value| (!value.is_empty()).then(|| value.to_string())).collect::<Vec<_>>());
        assert_eq!(of(&["2020", "", "01"]), DataType::Int64);
        assert_eq!(of(&["2024-01-05", ""]), DataType::Date);
        assert_eq!(of(&["2020", "x"]), DataType::String);
    }
}
