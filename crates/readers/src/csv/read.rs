//! CSV tables → data sets: the first pass, what it decides, and the source that later passes read from.

use super::kinds;
use super::parse::{Parsed, Plan};
use super::{Table, dressed};
use crate::blocks::{InFiles, TextBlock, TextFile, for_each_block};
use crate::cells::MissingTexts;
use crate::column::{ColumnPlan, Counts, Types};
use crate::dates::are_packed_dates;
use crate::decided::{Decided, identifiers, leading_zeros, numbers_among_levels, packed_dates};
use crate::division::Division;
use crate::hive::without_lost_columns;
use crate::kinds::Kind;
use crate::labels::{Attributes, RawAttributes, with_label};
use crate::levels::{LevelSet, Raw};
use crate::names::list;
use crate::piece::{ColumnEncoder, Piece};
use crate::ranks::Ranks;
use crate::reader::{Fit, Input, Limits, Reader};
use crate::roles::{ColumnRole, feature_columns};
use crate::text_source::{BlockPlace, Harvest, PieceParser, TextSource};
use crate::{Dataset, Error, FeatureKind, FeatureSchema, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads CSV files.
pub(crate) struct CsvReader;

impl Reader for CsvReader {
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        training(input, division)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        matching(input, fit, division)
    }
}

fn training(Input { files, options, limits }: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let ranks = division.ranks;
    let missing = MissingTexts::new(&options.missing).with_decimal(options.decimal_mark());
    let mut table = Table::open(files, options, &missing, None, ranks)?;
    let given = options;
    let (options, index) = table.without_index(options, None, true);
    let options = &options;
    let mut warnings = std::mem::take(&mut table.warnings);
    warnings.extend(index);
    let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
    let options = &without_lost_columns(&paths, table.names.as_deref(), options)?;
    let layout = table.layout();
    let roles = ranks.agree(layout.training_roles(options))?;
    warnings.extend(layout.index_warnings(options));
    let categorical = layout.categorical(options, &roles)?;
    let plan = |(at, &role): (usize, &ColumnRole)| {
        let texts = match role {
            ColumnRole::Feature(_) => categorical[at] || table.mostly_text[at],
            ColumnRole::Label | ColumnRole::Group => table.mostly_text[at],
            _ => false,
        };
        ColumnPlan::new(role, texts)
    };
    let columns = roles.iter().enumerate().map(plan).collect();
    let mut parser = CsvParser {
        plan: Plan { table, columns, missing, exceptions: HashMap::new(), types: Types::Guessed, careful_bytes: 0 },
        encoders: Vec::new(),
    };
    parser.align(division)?;
    let first = loop {
        let pass = division.first_pass(&mut parser, |parser| CsvFirstPass::run(parser, limits, true))?.on_all(ranks)?;
        if !kinds::reconsider(&mut parser.plan, &pass.counts, &pass.levels, &categorical) {
            break pass;
        }
    };
    let kinds = kinds::settle(&parser.plan, &first.counts, &first.levels, &categorical, limits, ranks)?;
    let levels: Vec<_> = first.levels.into_iter().map(LevelSet::sorted).collect();
    warnings.extend(dressed::judge(&parser.plan, &levels, &categorical, limits, ranks)?);
    parser.plan.types = Types::Settled;
    let names = parser.plan.table.names.as_deref();
    let found = Decided::new(&parser.plan.columns, names, levels, &kinds, &categorical);
    warnings.extend(found.warnings);
    let zero_led = parser.plan.table.zero_led.iter().enumerate().filter_map(|(at, text)| {
        let ColumnRole::Feature(position) = parser.plan.columns[at].role else { return None };
        let text = text.as_ref().filter(|_| kinds[at] == Kind::Numbers)?;
        Some(leading_zeros(&found.schema.features[position].name, text))
    });
    warnings.extend(zero_led);
    let schema = found.schema;
    let columns = feature_columns(&roles);
    let is_packed = |at: usize| kinds[at] == Kind::Numbers && first.packed_dates[at];
    let packed = schema.features.iter().zip(&columns).filter(|(_, at)| is_packed(**at));
    warnings.extend(packed.map(|(feature, _)| packed_dates(&feature.name)));
    warnings.extend(identifiers(&schema, first.rows, |position| categorical[columns[position]]));
    let (label, warning) = parser.plan.table.layout().label(given, &roles);
    warnings.extend(warning);
    parser.encoders = ColumnEncoder::of(&schema);
    let reading = parser.plan.table.layout().reading(options, &roles);
    let data = finish(parser, schema, first.blocks, None, limits, ranks)?.with_notes(found.note).with_warnings(warnings);
    Ok(with_label(data.with_reading(reading), label))
}

/// Requests up to this size, bytes, are read cell by cell.
const SMALL_REQUEST: usize = 4096;

fn matching(Input { files, options, limits }: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let (ranks, Fit { schema, classes, needs_labels }) = (division.ranks, fit);
    let missing = MissingTexts::new(&options.missing).with_decimal(options.decimal_mark());
    let mut table = Table::open(files, options, &missing, Some(schema), ranks)?;
    let (options, index) = table.without_index(options, Some(schema), needs_labels);
    let options = &options;
    let mut warnings = std::mem::take(&mut table.warnings);
    warnings.extend(index);
    if options.strict {
        table.check_width(&files[0], options, schema)?;
    }
    let judged = |error: Error| match (table.judged, &table.names) {
        (true, Some(_)) => error.with_remedy("if the first line is data, say header=false"),
        _ => error,
    };
    let (roles, notes) = table.layout().matching_roles(options, schema, needs_labels).map_err(judged)?;
    let plan = |(at, &role): (usize, &ColumnRole)| {
        let texts = match role {
            ColumnRole::Feature(position) => schema.features[position].kind != FeatureKind::Numeric,
            ColumnRole::Label => classes.is_some(),
            ColumnRole::Group => table.mostly_text[at],
            _ => false,
        };
        ColumnPlan::of_model(role, texts, options.trained.infinite_values)
    };
    let columns = roles.iter().enumerate().map(plan).collect();
    let encoders = schema.encoders();
    let exception = |(at, &role): (usize, &ColumnRole)| match role {
        ColumnRole::Feature(position) => Some((at, encoders[position].exception(&missing)?)),
        _ => None,
    };
    let exceptions = roles.iter().enumerate().filter_map(exception).collect();
    let careful_bytes = if options.strict { SMALL_REQUEST } else { 0 };
    let types = if options.strict { Types::Requested } else { Types::Given };
    let plan = Plan { table, columns, missing, exceptions, types, careful_bytes };
    let mut parser = CsvParser { plan, encoders };
    parser.align(division)?;
    let first = division.first_pass(&mut parser, |parser| CsvFirstPass::run(parser, limits, false))?.on_all(ranks)?;
    if parser.plan.table.width == 1 {
        warnings.extend(ranks.first(ranks.agree(blank_end(&parser.plan, limits))?)?);
    }
    warnings.extend(numbers_among_levels(&parser.plan.columns, &first.counts, schema, &parser.plan.table.layout().file));
    Ok(finish(parser, schema.shared(), first.blocks, classes, limits, ranks)?.with_notes(notes).with_warnings(warnings))
}

/// A warning about files of one column with blank lines at the end: they may be text that ends so, or rows without a value.
fn blank_end(plan: &Plan, limits: Limits) -> Result<Option<String>> {
    let files = Mutex::new(BTreeSet::new());
    for_each_block(&plan.table.files, limits.block_bytes, &|file, _, block| {
        let end = block.bytes.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).filter(|&&byte| byte == b'\n').count();
        if end > 1 {
            files.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
        }
        Ok(())
    })?;
    let files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
    let first = files.first().map(|&file| crate::source::display(&plan.table.files[file].path));
    Ok(first.map(|file| format!("blank lines at the end of {file} are taken for no rows; write \"\" where a row has no value")))
}

/// Reads blocks of a CSV table as pieces.
struct CsvParser {
    plan: Plan,
    /// One a feature; empty during the first pass over training data.
    encoders: Vec<ColumnEncoder>,
}

impl CsvParser {
    fn features(&self) -> usize {
        self.plan.columns.iter().filter(|column| matches!(column.role, ColumnRole::Feature(_))).count()
    }

    /// Cuts the files between rows, and between query groups where there are some.
    fn align(&self, division: &mut Division<'_>) -> Result<()> {
        let Plan { table, columns, .. } = &self.plan;
        let column = columns.iter().position(|column| column.role == ColumnRole::Group);
        let group = column.map(|at| move |row: &[u8]| table.dialect.rows(row, true).into_iter().next()?.into_iter().nth(at));
        division.align(&table.files, group.as_ref().map(|group| group as _))
    }

    /// Splits parsed columns into features, in schema order, and attributes.
    fn split(&self, columns: Vec<Option<Raw>>) -> (Vec<Raw>, RawAttributes) {
        let mut features: Vec<_> = (0..self.features()).map(|_| Raw::Numbers(crate::Column::F32(Vec::new()))).collect();
        let mut attributes = RawAttributes::default();
        for (raw, plan) in columns.into_iter().zip(&self.plan.columns) {
            match (plan.role, raw) {
                (ColumnRole::Feature(position), Some(raw)) => features[position] = raw,
                (role, raw) => attributes.set(role, raw),
            }
        }
        (features, attributes)
    }

    /// Encodes features; `place` gives file and line of a row for the error about a text that is no value.
    fn encode(&self, rows: usize, features: Vec<Raw>, place: impl Fn(usize) -> (usize, u64)) -> Result<Piece> {
        let encode = |(position, (raw, encoder)): (usize, (Raw, &ColumnEncoder))| {
            encoder.encode(raw).map_err(|(row, text)| {
                let (file, line) = place(row);
                let column = self.plan.columns.iter().position(|c| c.role == ColumnRole::Feature(position)).unwrap_or(0);
                self.plan.error(encoder.fault(&text, self.plan.types), file, line, column, &text)
            })
        };
        let columns = features.into_iter().zip(&self.encoders).enumerate().map(encode).collect::<Result<_>>()?;
        Ok(Piece::Dense { rows, columns })
    }
}

impl InFiles for CsvParser {
    fn files(&self) -> &[TextFile] {
        &self.plan.table.files
    }

    fn files_mut(&mut self) -> &mut [TextFile] {
        &mut self.plan.table.files
    }
}

impl PieceParser for CsvParser {
    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        ColumnEncoder::unknown_levels(&self.encoders)
    }

    fn piece(&self, file: usize, block: &TextBlock) -> Result<Piece> {
        let parsed = self.plan.parse(file, block)?;
        let (features, _) = self.split(parsed.columns);
        self.encode(parsed.rows, features, |row| (file, self.line(block, row).unwrap_or(block.first_line)))
    }

    fn line(&self, block: &TextBlock, row: usize) -> Option<u64> {
        self.plan.line(block, row)
    }
}

/// What the first pass gathers.
struct CsvFirstPass {
    counts: Vec<Counts>,
    /// For every column, whether all numbers are dates such as 20240105.
    packed_dates: Vec<bool>,
    levels: Vec<LevelSet>,
    rows: usize,
    /// Those of this rank.
    blocks: ParsedBlocks,
}

/// What a rank has found out about all columns.
#[derive(Serialize, Deserialize)]
struct Findings {
    counts: Vec<Counts>,
    packed_dates: Vec<bool>,
    levels: Vec<Vec<String>>,
    rows: usize,
}

type ParsedBlocks = (Vec<BlockPlace>, Option<Vec<Vec<Raw>>>, Vec<RawAttributes>);

impl CsvFirstPass {
    fn run(parser: &CsvParser, limits: Limits, collect_levels: bool) -> Result<Self> {
        let width = parser.plan.table.width;
        let levels: Vec<_> = (0..width).map(|_| LevelSet::default()).collect();
        let packed_dates: Vec<_> = parser.plan.table.packed_dates.iter().map(|&is| AtomicBool::new(is)).collect();
        let harvest = Harvest::new(limits.cache_bytes);
        let total = Mutex::new(vec![Counts::default(); width]);
        for_each_block(&parser.plan.table.files, limits.block_bytes, &|file, index, block| {
            let Parsed { rows, columns, counts } = parser.plan.parse(file, block)?;
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.iter_mut().zip(&counts).for_each(|(total, counts)| total.add(counts));
            drop(total);
            for (raw, packed) in columns.iter().zip(&packed_dates) {
                if let Some(Raw::Numbers(column)) = raw
                    && packed.load(Ordering::Relaxed)
                    && !are_packed_dates(column)
                {
                    packed.store(false, Ordering::Relaxed);
                }
            }
            if collect_levels {
                for (raw, set) in columns.iter().zip(&levels) {
                    if let Some(Raw::Texts(texts)) = raw {
                        set.add(&texts.levels);
                    }
                }
            }
            let (features, attributes) = parser.split(columns);
            let bytes = features.iter().map(|column| column.bytes() + COLUMN_BYTES).sum();
            harvest.add((file, index), rows, features, bytes, attributes)
        })?;
        let counts = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        let packed_dates = packed_dates.into_iter().map(AtomicBool::into_inner).collect();
        let blocks = harvest.finish();
        let rows = blocks.0.last().map_or(0, |place| place.first_row + place.rows);
        Ok(Self { counts, packed_dates, levels, rows, blocks })
    }

    /// What all ranks have found out about all rows.
    fn on_all(mut self, ranks: Ranks<'_>) -> Result<Self> {
        if ranks.is_alone() {
            return Ok(self);
        }
        let Self { counts, packed_dates, rows, .. } = &self;
        let levels = self.levels.iter().map(LevelSet::listed).collect();
        let own = Findings { counts: counts.clone(), packed_dates: packed_dates.clone(), levels, rows: *rows };
        for (_, found) in ranks.gather(own)?.into_iter().enumerate().filter(|(rank, _)| *rank != ranks.rank()) {
            self.counts.iter_mut().zip(&found.counts).for_each(|(counts, other)| counts.add(other));
            self.packed_dates.iter_mut().zip(found.packed_dates).for_each(|(is, other)| *is &= other);
            self.levels.iter().zip(found.levels).for_each(|(levels, other)| levels.add(&other));
            self.rows += found.rows;
        }
        Ok(self)
    }
}

/// What a column of a block takes beside its values, bytes: a row may have millions of columns.
const COLUMN_BYTES: usize = size_of::<Raw>() + 32;

/// Puts the data set together.
fn finish(
    parser: CsvParser,
    schema: impl Into<Arc<FeatureSchema>>,
    blocks: ParsedBlocks,
    classes: Option<&[String]>,
    limits: Limits,
    ranks: Ranks<'_>,
) -> Result<Dataset> {
    let (places, features, attributes) = blocks;
    let schema = schema.into();
    let mut source = TextSource { parser, block_bytes: limits.block_bytes, features: schema.len(), places, cache: None };
    if ranks.all(source.places.is_empty()) {
        let files: Vec<_> = source.parser.files().iter().map(|f| crate::source::display(&f.path)).collect();
        return Err(Error::data(format!("no rows: {} holds nothing but column names", list(&files))));
    }
    let encode = |(features, place): (Vec<Raw>, &BlockPlace)| {
        source.parser.encode(place.rows, features, |row| source.line(place.first_row + row).unwrap_or((place.file, 0)))
    };
    let cache = features.map(|features| features.into_par_iter().zip(&source.places).map(encode).collect::<Result<_>>());
    source.cache = ranks.agree(cache.transpose())?;
    let attributes = RawAttributes::of_plans(&source.parser.plan.columns, attributes);
    let attributes = Attributes::join(attributes, classes, ranks, |row, text| {
        let (file, line) = source.line(row).unwrap_or((0, 0));
        let column = source.parser.plan.columns.iter().position(|c| c.role == ColumnRole::Label).unwrap_or(0);
        let fault = ("unknown class", "training had no such label; correct it");
        source.parser.plan.error(fault, file, line, column, text)
    })?;
    ranks.agree(attributes.into_dataset(schema, Arc::new(source)))
}
