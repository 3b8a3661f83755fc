//! RecordIO files → data sets.

use super::record::{Features, Labels, Placed, Record, RecordFault, RecordPlace};
use crate::blocks::{InFiles, TextBlock, TextFile, for_each_block};
use crate::cells::{MissingTexts, make_missing};
use crate::division::Division;
use crate::feature_count;
use crate::hive::without_lost_columns;
use crate::labels::Attributes;
use crate::levels::compact;
use crate::options::refuse_column_options;
use crate::piece::{Piece, Sparse};
use crate::ranks::Ranks;
use crate::reader::{Fit, Input, Limits, Reader};
use crate::row_end::RowEnd;
use crate::sniff::Probe;
use crate::source::display;
use crate::text_source::{Harvest, PieceParser, TextSource};
use crate::{Dataset, Error, FeatureKind, FeatureSchema, Result};
use std::sync::Arc;

const FORMAT: &str = "recordio data, whose records are features[\"values\"] and label[\"values\"]";

/// Reads RecordIO files.
pub(crate) struct RecordioReader;

impl Reader for RecordioReader {
    /// Data that hold a sparse record anywhere count as sparse, and their keys as indices from 0.
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        training(input, division)
    }

    /// Features are matched by their positions.
    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        matching(input, fit, division)
    }
}

fn training(Input { files: probes, options, limits }: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let paths: Vec<_> = probes.iter().map(|probe| &probe.path).collect();
    let options = &without_lost_columns(&paths, None, options)?;
    refuse_column_options(options, FORMAT)?;
    let missing = MissingTexts::new(&options.missing);
    let mut parser = RecordParser { files: files(probes), missing, width: None, infinite: false, labels: Labels::Required };
    let first = RecordFirstPass::on_all(&mut parser, limits, division)?;
    let found = Findings::on_all(&first, &parser, division.ranks)?;
    let width = division.ranks.agree(found.width(&parser))?;
    let mut schema = FeatureSchema::numeric(width);
    schema.index_base = found.sparse.then_some(0);
    let parser = RecordParser { width: Some(width), ..parser };
    first.finish(parser, schema, limits, division.ranks).map(|data| data.with_reading(options.reading()))
}

fn matching(Input { files: probes, options, limits }: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let Fit { schema, classes, needs_labels } = fit;
    refuse_column_options(options, FORMAT)?;
    if classes.is_some() && needs_labels {
        return Err(Error::schema(
            "the model's labels are texts, which recordio data do not have; give the data as CSV or Parquet",
        ));
    }
    if let Some(feature) =
        schema.features.iter().find(|feature| !matches!(feature.kind, FeatureKind::Numeric | FeatureKind::Boolean))
    {
        return Err(Error::schema(format!(
            "wrong type: feature {} of the model is a {}, which recordio does not have: {}; give the data as CSV or Parquet",
            feature.name,
            feature.kind.word(),
            display(&probes[0].path)
        )));
    }
    let labels = if needs_labels { Labels::Required } else { Labels::Ignored };
    let missing = MissingTexts::new(&options.missing);
    let (width, infinite) = (Some(schema.len()), options.trained.infinite_values);
    let mut parser = RecordParser { files: files(probes), missing, width, infinite, labels };
    let first = RecordFirstPass::on_all(&mut parser, limits, division)?;
    first.finish(parser, schema.shared(), limits, division.ranks)
}

fn files(probes: &[Probe]) -> Vec<TextFile> {
    let file = |p: &Probe| TextFile {
        path: p.path.clone(),
        packing: p.packing,
        skip_bytes: 0,
        skip_lines: 0,
        ends: RowEnd::Record,
        part: None,
        head: p.head(),
    };
    probes.iter().map(file).collect()
}

/// Reads blocks of records.
struct RecordParser {
    files: Vec<TextFile>,
    missing: MissingTexts,
    /// The number of features, where it is known.
    width: Option<usize>,
    /// Whether features may be infinite.
    infinite: bool,
    labels: Labels,
}

/// What a block says about the number of features.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// What the first record that tells a number tells.
    told: Option<(usize, RecordPlace)>,
    highest: Option<u32>,
    sparse: bool,
    /// How many values there are.
    values: usize,
}

/// The rows of a block.
#[derive(Default)]
struct RecordRows {
    labels: Vec<f64>,
    /// Where each row begins, and the end of the last.
    starts: Vec<usize>,
    /// Empty as long as all rows are dense.
    keys: Vec<u32>,
    values: Vec<f64>,
    facts: Facts,
}

impl RecordRows {
    fn push(&mut self, record: Record, place: RecordPlace) -> Result<(), RecordFault> {
        self.labels.extend(record.label);
        let (keys, values, told) = match record.features {
            Features::Dense(values) => {
                if values.is_empty() {
                    return Err(RecordFault::new("record without a feature", "give it values, or a shape if all are missing"));
                }
                let told = Some(values.len());
                let keys = if self.facts.sparse { (0..values.len() as u32).collect() } else { Vec::new() };
                (keys, values, told)
            }
            Features::Sparse { keys, values, width } => {
                self.become_sparse();
                self.facts.highest = self.facts.highest.max(keys.iter().max().copied());
                (keys, values, width)
            }
        };
        match (self.facts.told, told) {
            (Some((first, _)), Some(told)) if first != told => {
                return Err(RecordFault::new(
                    format!("{told} features where earlier records have {first}"),
                    "give all records the same number",
                ));
            }
            (None, Some(told)) => self.facts.told = Some((told, place)),
            _ => {}
        }
        self.keys.extend(keys);
        self.facts.values += values.len();
        self.values.extend(values);
        self.starts.push(self.values.len());
        Ok(())
    }

    /// Gives keys to the dense rows so far.
    fn become_sparse(&mut self) {
        if !std::mem::replace(&mut self.facts.sparse, true) {
            self.keys = self.starts.windows(2).flat_map(|row| 0..(row[1] - row[0]) as u32).collect();
        }
    }

    fn piece(self) -> Piece {
        let rows = self.starts.len() - 1;
        if self.facts.sparse {
            return Piece::Sparse(Sparse { starts: self.starts, features: self.keys, values: compact(self.values) });
        }
        let width = self.values.len().checked_div(rows).unwrap_or(0);
        let column = |at| compact(self.values.iter().skip(at).step_by(width).copied().collect());
        Piece::Dense { rows, columns: (0..width).map(column).collect() }
    }
}

impl RecordParser {
    fn rows(&self, file: usize, block: &TextBlock) -> Result<RecordRows> {
        let mut rows = RecordRows { starts: vec![0], ..RecordRows::default() };
        // Sparse records of a model may tell fewer features than it has, each another number.
        let first = RecordPlace { number: block.first_line, offset: block.offset };
        for (place, record) in Placed::new(&block.bytes, self.labels, first) {
            let pushed = record.and_then(|mut record| {
                make_missing(record.features.values_mut(), self.missing.numbers());
                let record = if self.infinite { record } else { record.finite()? };
                let Some(width) = self.width else { return rows.push(record, place) };
                record.features.check_width(width)?;
                rows.push(untold(record), place)
            });
            pushed.map_err(|fault| self.error(&fault, file, place))?;
        }
        Ok(rows)
    }

    fn error(&self, fault: &RecordFault, file: usize, place: RecordPlace) -> Error {
        fault.error(&format!("{}: ", display(&self.files[file].path)), place)
    }
}

/// The record without its number of features, which was checked.
fn untold(mut record: Record) -> Record {
    if let Features::Sparse { width, .. } = &mut record.features {
        *width = None;
    }
    record
}

impl InFiles for RecordParser {
    fn files(&self) -> &[TextFile] {
        &self.files
    }

    fn files_mut(&mut self) -> &mut [TextFile] {
        &mut self.files
    }
}

impl PieceParser for RecordParser {
    fn piece(&self, file: usize, block: &TextBlock) -> Result<Piece> {
        Ok(self.rows(file, block)?.piece())
    }

    /// Every record is a row.
    fn line(&self, block: &TextBlock, row: usize) -> Option<u64> {
        Some(block.first_line + row as u64)
    }

    fn place(&self, file: usize, line: u64) -> String {
        format!("{}: record {line}", display(&self.files[file].path))
    }
}

/// What the first pass gathers.
struct RecordFirstPass {
    places: Vec<crate::text_source::BlockPlace>,
    pieces: Option<Vec<Piece>>,
    labels: Vec<f64>,
    facts: Vec<Facts>,
}

impl RecordFirstPass {
    /// The rows of this rank; there are some on any.
    fn on_all(parser: &mut RecordParser, limits: Limits, division: &mut Division<'_>) -> Result<Self> {
        division.align(&parser.files, None)?;
        let first = division.first_pass(parser, |parser| Self::run(parser, limits))?;
        if division.ranks.all(first.places.is_empty()) {
            return Err(Error::data(format!("no records: {}", display(&parser.files[0].path))));
        }
        Ok(first)
    }

    fn run(parser: &RecordParser, limits: Limits) -> Result<Self> {
        let harvest = Harvest::new(limits.cache_bytes);
        for_each_block(&parser.files, limits.block_bytes, &|file, index, block| {
            let mut rows = parser.rows(file, block)?;
            let (labels, facts) = (std::mem::take(&mut rows.labels), rows.facts);
            let count = rows.starts.len() - 1;
            let piece = rows.piece();
            let bytes = piece.bytes();
            harvest.add((file, index), count, piece, bytes, (labels, facts))
        })?;
        let (places, pieces, found) = harvest.finish();
        let (labels, facts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Ok(Self { places, pieces, labels: labels.concat(), facts })
    }

    fn finish(
        self,
        parser: RecordParser,
        schema: impl Into<Arc<FeatureSchema>>,
        limits: Limits,
        ranks: Ranks<'_>,
    ) -> Result<Dataset> {
        let labelled = parser.labels == Labels::Required;
        let attributes = Attributes { labels: labelled.then_some(self.labels), ..Attributes::default() };
        let schema = schema.into();
        let features = schema.len();
        let source = TextSource { parser, block_bytes: limits.block_bytes, features, places: self.places, cache: self.pieces };
        ranks.agree(attributes.into_dataset(schema, Arc::new(source)))
    }
}

/// A number of features that a record tells, and where the record is.
type Told = (usize, String);

/// What the records of all ranks say about the number of features.
struct Findings {
    /// The first record that tells a number, and the first that tells another one.
    told: Option<Told>,
    other: Option<Told>,
    highest: Option<u32>,
    sparse: bool,
    values: usize,
}

impl Findings {
    fn on_all(first: &RecordFirstPass, parser: &RecordParser, ranks: Ranks<'_>) -> Result<Self> {
        let told = || {
            let blocks = first.places.iter().zip(&first.facts);
            blocks.filter_map(|(block, facts)| facts.told.map(|(width, place)| (width, block.file, place.number)))
        };
        // Records were counted from the beginning of the part of the file that this rank reads.
        let before = |file: usize| parser.files[file].part.as_ref().map_or(0, |part| part.lines_before);
        let placed = |(width, file, number): (usize, usize, u64)| (width, parser.place(file, number + before(file)));
        let width = ranks.first(told().next().map(placed))?;
        let other = width.as_ref().and_then(|(width, _)| told().find(|(other, ..)| other != width));
        let facts = &first.facts;
        let highest = facts.iter().filter_map(|facts| facts.highest).max();
        let highest = ranks.gather(highest)?.into_iter().flatten().max();
        Ok(Self {
            told: width,
            other: ranks.first(other.map(placed))?,
            highest,
            sparse: !ranks.all(facts.iter().all(|facts| !facts.sparse)),
            values: ranks.sum(facts.iter().map(|facts| facts.values as u64).sum()) as usize,
        })
    }

    /// The number of features: what records tell, which must be the same everywhere, or else what the keys need.
    fn width(&self, parser: &RecordParser) -> Result<usize> {
        let file = display(&parser.files[0].path);
        let Some((width, place)) = &self.told else {
            let Some(highest) = self.highest else { return Err(Error::data(format!("no feature in any record: {file}"))) };
            let width = highest as usize + 1;
            feature_count::check(width, highest, self.values, &file)?;
            return Ok(width);
        };
        if let Some((found, other)) = &self.other {
            return Err(Error::schema(format!(
                "records disagree: {place} has {width} features, {other} has {found}; give all records the same number"
            )));
        }
        feature_count::check_most(*width, &file)?;
        match self.highest {
            Some(key) if key as usize >= *width => Err(Error::schema(format!(
                "records disagree: {place} has {width} features, and elsewhere there is a key {key} (counted from 0); give all records one shape"
            ))),
            _ => Ok(*width),
        }
    }
}
