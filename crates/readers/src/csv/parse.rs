//! One block of CSV text → columns.
//!
//! polars reads the block with one explicit schema. It neither reports lines nor short rows (those it fills with nulls), so its result
//! counts only if the number of delimiters proves that every row is complete. Any doubt — a quote, a failure, a value that needs a
//! closer look — hands the block to the careful path, which goes through the `csv` crate cell by cell, decides, and knows line and column.

use super::escapes::escaped_quote;
use super::{NOT_UTF8, Table};
use crate::blocks::TextBlock;
use crate::cells::{AMONG_NUMBERS, Cell, EXACT, MissingTexts, make_missing};
use crate::column::{Builder, ColumnPlan, Counts, Types, finish_texts, is_bound, is_group};
use crate::frame;
use crate::levels::{Raw, TextBuilder};
use crate::number_text::{Dress, dress_under};
use crate::params::Decimal;
use crate::roles::ColumnRole;
use crate::row_end::{count, count_rows};
use crate::source::display;
use crate::{Error, Result};
use polars::prelude::{CsvParseOptions, CsvReadOptions, DataFrame, DataType, NullValues, Schema, SerReader};
use sapwood::text::counted;
use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

/// What all blocks of a table are read by.
pub(super) struct Plan {
    pub table: Table,
    pub columns: Vec<ColumnPlan>,
    pub missing: MissingTexts,
    /// The same for columns whose levels are among them.
    pub exceptions: HashMap<usize, MissingTexts>,
    /// While they are guessed, texts among numbers are counted, and the whole data set decides what a column is.
    pub types: Types,
    /// Blocks up to this size take the careful path at once, as those of few rows do.
    pub careful_bytes: usize,
}

/// The columns of a block, by their position in the file; unused ones are `None`.
pub(super) struct Parsed {
    pub rows: usize,
    pub columns: Vec<Option<Raw>>,
    pub counts: Vec<Counts>,
}

/// Up to so many rows, polars takes longer to begin than the careful path to end, and a kilobyte for each column.
const FEW_ROWS: usize = 16;

impl Plan {
    /// Reads a block of a file.
    pub fn parse(&self, file: usize, block: &TextBlock) -> Result<Parsed> {
        let squeezed = self.squeezed(block);
        let block = squeezed.as_ref().unwrap_or(block);
        let has_few_rows = block.bytes.iter().filter(|&&byte| byte == b'\n').nth(FEW_ROWS).is_none();
        let fast = if has_few_rows || block.bytes.len() <= self.careful_bytes { None } else { self.parse_fast(block) };
        fast.map_or_else(|| self.parse_carefully(file, block), Ok)
    }

    /// The block with one delimiter between cells, where several stand for one.
    fn squeezed(&self, block: &TextBlock) -> Option<TextBlock> {
        let TextBlock { ref bytes, first_line, offset } = *block;
        self.table.dialect.aligned.then(|| TextBlock { bytes: self.table.dialect.text(bytes).into_owned(), first_line, offset })
    }

    /// Reads a block through polars; `None` if its result is not beyond doubt.
    fn parse_fast(&self, block: &TextBlock) -> Option<Parsed> {
        let width = self.table.width;
        // In a file of one column a blank line cannot be told from an empty cell by counting delimiters.
        if width < 2 || block.bytes.contains(&b'"') {
            return None;
        }
        // polars takes numbers with a point also where the decimal mark is a comma.
        if self.missing.decimal_comma() && (self.table.dialect.delimiter == b',' || block.bytes.contains(&b'.')) {
            return None;
        }
        let frame = frame::guarded(|| self.read_frame(&block.bytes)).ok()?;
        if count(&block.bytes, self.table.dialect.delimiter) != frame.height() * (width - 1) {
            return None;
        }
        let (mut columns, mut counts) = (Vec::with_capacity(width), Vec::with_capacity(width));
        for (at, column) in frame.columns().iter().enumerate() {
            let (raw, count) = self.convert_fast(column.as_materialized_series(), at)?;
            columns.push(raw);
            counts.push(count);
        }
        Some(Parsed { rows: frame.height(), columns, counts })
    }

    fn read_frame(&self, bytes: &[u8]) -> polars::prelude::PolarsResult<DataFrame> {
        let dtype =
            |plan: &ColumnPlan| if plan.texts || plan.role == ColumnRole::Unused { DataType::String } else { DataType::Float64 };
        let schema: Schema = self.columns.iter().enumerate().map(|(i, plan)| (i.to_string().into(), dtype(plan))).collect();
        let missing = self.missing_in(bytes).into_iter().map(Into::into).collect();
        let parse = CsvParseOptions::default()
            .with_separator(self.table.dialect.delimiter)
            .with_quote_char(None)
            .with_decimal_comma(self.missing.decimal_comma())
            .with_null_values(Some(NullValues::AllColumns(missing)));
        CsvReadOptions::default()
            .with_has_header(false)
            .with_raise_if_empty(false)
            .with_infer_schema_length(Some(0))
            .with_n_threads(Some(1))
            .with_schema(Some(Arc::new(schema)))
            .with_parse_options(parse)
            .into_reader_with_file_handle(Cursor::new(bytes))
            .finish()
    }

    /// The texts that polars is to take for missing in these bytes. It compares every cell with all of them, so that there are none which
    /// cannot occur.
    fn missing_in(&self, bytes: &[u8]) -> Vec<&str> {
        if !self.exceptions.is_empty() {
            return Vec::new();
        }
        let mut occurs = [false; 256];
        bytes.iter().for_each(|&byte| occurs[usize::from(byte)] = true);
        let among_numbers = AMONG_NUMBERS.iter().copied().filter(|_| !self.columns.iter().any(|plan| plan.texts));
        let texts = self.missing.texts().iter().map(String::as_str).chain(among_numbers);
        texts.filter(|text| text.bytes().all(|byte| occurs[usize::from(byte)])).collect()
    }

    /// What stands for a missing value in a column.
    fn missing_of(&self, column: usize) -> &MissingTexts {
        self.exceptions.get(&column).unwrap_or(&self.missing)
    }

    /// `None` if a value needs a closer look: infinite, or from 2^53; a missing attribute.
    fn convert_fast(&self, series: &polars::prelude::Series, at: usize) -> Option<(Option<Raw>, Counts)> {
        let (plan, missing) = (self.columns[at], self.missing_of(at));
        if plan.role == ColumnRole::Unused {
            return Some((None, Counts::default()));
        }
        let attribute = !matches!(plan.role, ColumnRole::Feature(_));
        if attribute && series.null_count() > 0 {
            return None;
        }
        if plan.texts {
            let texts = series.str().ok()?;
            let mut builder = TextBuilder::with_capacity(texts.len());
            for text in texts.iter() {
                let text = text.unwrap_or("");
                let cell = missing.cell(text);
                if attribute && cell == Cell::Missing {
                    return None;
                }
                builder.push(cell, text);
            }
            return Some(finish_texts(builder));
        }
        let mut values = frame::floats(series.f64().ok()?);
        let may_be_negative = plan.role != ColumnRole::Weight;
        let is_common = |x: f64| x.abs() < EXACT && (may_be_negative || x >= 0.0);
        // Most rows may have no upper bound, which is infinite then.
        let plain =
            |&x: &f64| x.is_nan() || (is_common(x) || (plan.infinite && x.is_infinite())) && is_bound(plan.role, x) != Some(false);
        // polars also reads the word "nan": then there are more of them than nulls.
        let nulls = values.iter().filter(|x| x.is_nan()).count();
        make_missing(&mut values, missing.numbers());
        let missing = values.iter().filter(|x| x.is_nan()).count();
        if nulls != series.null_count()
            || (attribute && missing > 0)
            || !values.iter().all(plain)
            || (plan.role == ColumnRole::Group && !values.iter().all(is_group))
        {
            return None;
        }
        let counts = Counts { numbers: (values.len() - missing) as u64, words: 0 };
        Some((Some(Raw::numbers(values)), counts))
    }

    fn parse_carefully(&self, file: usize, block: &TextBlock) -> Result<Parsed> {
        if let Some(line) = escaped_quote(&block.bytes, self.table.dialect.delimiter) {
            let place = format!("{}:{}", display(&self.table.files[file].path), block.first_line + line as u64);
            return Err(Error::data(format!("a backslash in front of a quote inside quotes: {place}"))
                .with_remedy("write a quote inside quotes twice (\"\"): in CSV a backslash escapes nothing"));
        }
        self.table.check_quotes(file, block)?;
        let mut builders: Vec<_> = self.columns.iter().map(|plan| Builder::new(*plan)).collect();
        let mut rows = 0;
        self.for_each_record(block, |line, record| {
            if record.len() != self.table.width {
                return Err(self.ragged(file, line, record.len()));
            }
            for (at, (bytes, builder)) in record.iter().zip(&mut builders).enumerate() {
                let text = std::str::from_utf8(bytes).map_err(|_| self.not_utf8(file, line, at, bytes))?;
                let cell = self.columns[at].cell(self.types, self.missing_of(at), text);
                if let Some((what, remedy)) = self.columns[at].fault(self.types, cell, text) {
                    let remedy = if matches!(cell, Cell::Text(_)) { self.remedy(file, line, text, remedy) } else { remedy };
                    return Err(self.error((what, remedy), file, line, at, text));
                }
                builder.push(cell, text);
            }
            rows += 1;
            Ok(true)
        })?;
        let counted = count_rows(&block.bytes, self.table.dialect.delimiter, self.table.width == 1);
        if rows != counted {
            let place = format!("{}:{}", display(&self.table.files[file].path), block.first_line);
            return Err(Error::internal(format!("{rows} rows were read and {counted} are there, from {place} on")));
        }
        let (columns, counts) = builders.into_iter().map(Builder::finish).unzip();
        Ok(Parsed { rows, columns, counts })
    }

    /// Calls `visit` with line and cells of every row, until it returns `false`. Blank lines are rows where there is one column, up to
    /// the last row that is not blank: a cell without content looks like that.
    fn for_each_record(&self, block: &TextBlock, mut visit: impl FnMut(u64, &::csv::ByteRecord) -> Result<bool>) -> Result<()> {
        let delimiter = self.table.dialect.delimiter;
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(::csv::Terminator::Any(b'\n'))
            .from_reader(&*block.bytes);
        let mut record = ::csv::ByteRecord::new();
        let empty = ::csv::ByteRecord::from(vec![""]);
        // The line behind the last row.
        let mut next = block.first_line;
        loop {
            // The reader passes over empty lines, but gives the position in front of them.
            let begin = reader.position().byte() as usize;
            let blank = block.bytes[begin..].iter().take_while(|&&b| b == b'\n').count();
            let line = block.first_line + reader.position().line() - 1 + blank as u64;
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(Error::internal(format!("the csv reader failed on bytes in memory: {error}"))),
            }
            let raw = &block.bytes[begin + blank..reader.position().byte() as usize];
            if raw.iter().all(|&byte| byte.is_ascii_whitespace() && byte != delimiter) {
                continue;
            }
            let blank_rows = if self.table.width == 1 { next..line } else { line..line };
            for line in blank_rows {
                if !visit(line, &empty)? {
                    return Ok(());
                }
            }
            if !visit(line, &record)? {
                return Ok(());
            }
            next = block.first_line + reader.position().line() - 1;
        }
    }

    /// Calls `visit` with line and cells of every row of a block as it stands in the file, until it returns `false`.
    pub fn for_each_row(&self, block: &TextBlock, visit: impl FnMut(u64, &::csv::ByteRecord) -> Result<bool>) -> Result<()> {
        self.for_each_record(self.squeezed(block).as_ref().unwrap_or(block), visit)
    }

    /// Calls `visit` with line, column and text of every cell that is UTF-8.
    pub fn for_each_cell(&self, block: &TextBlock, mut visit: impl FnMut(u64, usize, &str)) -> Result<()> {
        self.for_each_row(block, |line, record| {
            record
                .iter()
                .enumerate()
                .filter_map(|(at, bytes)| Some((at, std::str::from_utf8(bytes).ok()?)))
                .for_each(|(at, text)| visit(line, at, text));
            Ok(true)
        })
    }

    /// The line of a row of a block.
    pub fn line(&self, block: &TextBlock, row: usize) -> Option<u64> {
        let (mut at, mut found) = (0, None);
        let _: Result<()> = self.for_each_row(block, |line, _| {
            found = (at == row).then_some(line);
            at += 1;
            Ok(found.is_none())
        });
        found
    }

    /// What to do about a text where a number is expected; `remedy` where nothing better is known.
    pub fn remedy(&self, file: usize, line: u64, text: &str, remedy: &'static str) -> &'static str {
        match self.dress(text) {
            Some(dress) if self.types == Types::Requested => dress.remedy_for_client(self.decimal()),
            Some(dress) => dress.remedy(self.decimal()),
            None if self.types == Types::Requested => remedy,
            None if self.table.judged && self.table.names.is_none() && line == self.table.files[file].skip_lines + 1 => {
                "say header=true if the first line holds column names; else correct it, or list it in missing_values"
            }
            None => remedy,
        }
    }

    /// The decimal mark of numbers.
    pub fn decimal(&self) -> Decimal {
        if self.missing.decimal_comma() { Decimal::Comma } else { Decimal::Point }
    }

    /// What keeps a text that is meant as a number from being one.
    pub fn dress(&self, text: &str) -> Option<Dress> {
        dress_under(text, self.decimal())
    }

    /// An error about a cell: the fault, the place, the text, the remedy.
    pub fn error(&self, (what, remedy): (&str, &str), file: usize, line: u64, column: usize, text: &str) -> Error {
        let mut text = text.trim().to_string();
        if text.chars().count() > 60 {
            text = text.chars().take(60).chain(['…']).collect();
        }
        let error = Error::data(format!("{what}: {}: {text:?}", self.place(file, line, column))).with_remedy(remedy);
        let error = error.with_path(&*self.table.files[file].path).with_line(line).with_column(column as u64 + 1);
        match self.table.names.as_ref().and_then(|names| names.get(column)) {
            Some(name) => error.with_column_name(name),
            None => error,
        }
    }

    /// `train.csv:17:4 (column age)`: file, line and column, both counted from 1.
    fn place(&self, file: usize, line: u64, column: usize) -> String {
        let path = display(&self.table.files[file].path);
        format!("{path}:{line}:{} ({})", column + 1, self.table.layout().describe(column))
    }

    pub fn ragged(&self, file: usize, line: u64, found: usize) -> Error {
        let path = &self.table.files[file].path;
        let error = Error::schema(format!(
            "ragged row: {}:{line}: expected {}, found {found} (delimiter {:?})",
            display(path),
            counted(self.table.width, "cell"),
            self.table.dialect.delimiter as char
        ));
        let remedy = match &self.table.names {
            Some(_) if found == self.table.width + 1 => {
                "correct the row, or quote cells that hold the delimiter; if row names have no name in the first line, as R writes them, \
                 write it with col.names=NA or without row names"
            }
            _ if self.table.width == 1 || found == 1 => {
                "leave delimiter out to have it detected, or give the one that stands between the cells; where this is it, correct the row"
            }
            _ => "correct the row, or quote cells that hold the delimiter",
        };
        error.with_path(&**path).with_line(line).with_remedy(remedy)
    }

    pub fn not_utf8(&self, file: usize, line: u64, column: usize, bytes: &[u8]) -> Error {
        self.error(NOT_UTF8, file, line, column, &bytes.escape_ascii().to_string())
    }
}
