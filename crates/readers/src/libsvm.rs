//! libsvm text: `label[:weight] [qid:group] index:value …`. What is absent is missing.
//!
//! Indices count from 1 unless an index 0 occurs anywhere in the data; training decides once, over all files, and the schema keeps it.

use super::blocks::{InFiles, TextBlock, TextFile, for_each_block};
use super::cells::{MissingTexts, inexact_integer, number};
use super::division::Division;
use super::feature_count::{self, MOST_FEATURES};
use super::hive::without_lost_columns;
use super::labels::Attributes;
use super::levels::compact;
use super::options::refuse_column_options;
use super::piece::{Piece, Sparse};
use super::ranks::Ranks;
use super::reader::{Fit, Input, Limits, Reader};
use super::row_end::RowEnd;
use super::sniff::Probe;
use super::source::display;
use super::text_source::{Harvest, PieceParser, TextSource};
use crate::{Dataset, Error, FeatureSchema, Result, WEIGHT_RULE, is_weight};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const FORMAT: &str = "libsvm data, whose rows are label[:weight] [qid:group] index:value";

/// Reads libsvm files.
pub(super) struct LibsvmReader;

impl Reader for LibsvmReader {
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        training(input, division)
    }

    /// Indices mean what they meant in training.
    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        matching(input, fit, division)
    }
}

fn training(Input { files: probes, options, limits }: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let paths: Vec<_> = probes.iter().map(|probe| &probe.path).collect();
    let options = &without_lost_columns(&paths, None, options)?;
    refuse_column_options(options, FORMAT)?;
    let missing = MissingTexts::new(&options.missing);
    let mut parser = LibsvmParser { files: files(probes), missing, base: 0, width: None, infinite: false, labelled: true };
    let mut first = LibsvmFirstPass::on_all(&mut parser, &probes[0].sample, limits, division)?;
    let base = if first.lowest == Some(0) { 0 } else { 1 };
    let width = first.highest.map_or(0, |highest| highest as usize + 1 - base);
    if width == 0 {
        return Err(Error::data(format!("no feature in any row: {}", display(&probes[0].path))));
    }
    let few = feature_count::check(width, first.highest.unwrap_or(0), first.values, &display(&probes[0].path));
    division.ranks.agree(few)?;
    for piece in first.pieces.iter_mut().flatten() {
        piece.features.iter_mut().for_each(|index| *index -= base as u32);
    }
    let mut schema = FeatureSchema::numeric(width);
    schema.index_base = Some(base as u8);
    first
        .finish(LibsvmParser { base: base as u32, width: Some(width), ..parser }, schema, true, limits, division.ranks)
        .map(|data| data.with_reading(options.reading()))
}

fn matching(Input { files: probes, options, limits }: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let Fit { schema, classes, needs_labels } = fit;
    refuse_column_options(options, FORMAT)?;
    let Some(base) = schema.index_base else {
        return Err(Error::schema(format!(
            "the model was not trained on libsvm data, so its features have no indices: {}; give the data as CSV or Parquet",
            display(&probes[0].path)
        )));
    };
    if classes.is_some() && needs_labels {
        return Err(Error::schema("the model's labels are texts, which libsvm data do not have; give the data as CSV or Parquet"));
    }
    let mut own = probes.iter().filter(|probe| probe.is_own);
    let labelled = needs_labels || options.label.is_some() || !division.ranks.all(own.all(|probe| lacks_labels(&probe.sample)));
    let missing = MissingTexts::new(&options.missing);
    let (base, width, infinite) = (u32::from(base), Some(schema.len()), options.trained.infinite_values);
    let mut parser = LibsvmParser { files: files(probes), missing, base, width, infinite, labelled };
    let first = LibsvmFirstPass::on_all(&mut parser, &probes[0].sample, limits, division)?;
    let note = (!labelled).then(|| "rows are read as having no label, because all begin with index:value".to_string());
    Ok(first.finish(parser, schema.shared(), needs_labels, limits, division.ranks)?.with_notes(note))
}

/// Whether the first item of every row looks like its first feature: an index and a value, with an index below the next one. Rows to
/// predict often come like that; `label:weight` has no use for them.
fn lacks_labels(sample: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sample);
    let mut rows = text.lines().map(|line| content(line).split_ascii_whitespace()).filter(|row| row.clone().next().is_some());
    let index = |item: &str| item.split_once(':').and_then(|(index, _)| index.parse::<u32>().ok());
    let is_feature = |mut row: std::str::SplitAsciiWhitespace<'_>| {
        row.next().and_then(index).is_some_and(|first| row.next().is_none_or(|next| index(next).is_some_and(|next| first < next)))
    };
    // The last line may be cut off.
    rows.all(is_feature)
}

fn files(probes: &[Probe]) -> Vec<TextFile> {
    let file = |p: &Probe| TextFile {
        path: p.path.clone(),
        packing: p.packing,
        skip_bytes: 0,
        skip_lines: 0,
        ends: RowEnd::Line,
        part: None,
        head: p.head(),
    };
    probes.iter().map(file).collect()
}

const TOO_LARGE: &str = "index beyond 8,388,608, the most features there may be";

/// Reads blocks of libsvm text.
struct LibsvmParser {
    files: Vec<TextFile>,
    missing: MissingTexts,
    /// What is taken from an index to get the feature's position.
    base: u32,
    /// The number of features, where it is known.
    width: Option<usize>,
    /// Whether features may be infinite.
    infinite: bool,
    /// Whether rows begin with a label.
    labelled: bool,
}

/// The rows of a block.
#[derive(Default)]
struct LibsvmRows {
    labels: Vec<f64>,
    weights: Vec<f64>,
    groups: Vec<u64>,
    starts: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
    /// Whether any row has a weight.
    weighted: bool,
    /// Whether the rows have groups; nothing before the first row.
    grouped: Option<bool>,
}

impl LibsvmParser {
    fn rows(&self, file: usize, block: &TextBlock) -> Result<LibsvmRows> {
        let mut rows = LibsvmRows { starts: vec![0], ..LibsvmRows::default() };
        let mut blank = None;
        for (line, bytes) in (block.first_line..).zip(block.bytes.split(|&b| b == b'\n')) {
            let text =
                std::str::from_utf8(bytes).map_err(|_| self.error("invalid UTF-8", file, line, "", "write the file as UTF-8"))?;
            let mut tokens = content(text).split_ascii_whitespace().peekable();
            if tokens.peek().is_none() {
                blank = blank.or(bytes.iter().all(u8::is_ascii_whitespace).then_some(line));
                continue;
            }
            if let (Some(line), false) = (blank.take(), self.labelled) {
                let remedy = "remove the line, or begin every row with a label, such as 0";
                return Err(self.error(
                    "a blank line among rows without labels, which may be a row of missing values",
                    file,
                    line,
                    "",
                    remedy,
                ));
            }
            let label = if self.labelled { tokens.next().unwrap_or_default() } else { "0" };
            let groups = rows.groups.len();
            self.row(&mut rows, label, tokens).map_err(|(what, text, remedy)| self.error(what, file, line, text, remedy))?;
            let has_group = rows.groups.len() > groups;
            if *rows.grouped.get_or_insert(has_group) != has_group {
                let what = if has_group { "row with a qid after rows without" } else { "row without a qid after rows with one" };
                return Err(self.error(what, file, line, text.trim(), "give every row a qid, or none"));
            }
        }
        Ok(rows)
    }

    /// Adds a row; an error is what is wrong, the offending text, and the remedy.
    fn row<'a>(
        &self,
        rows: &mut LibsvmRows,
        label: &'a str,
        tokens: impl Iterator<Item = &'a str>,
    ) -> Result<(), (&'static str, &'a str, &'static str)> {
        let (label, weight) = label.split_once(':').map_or((label, None), |(label, weight)| (label, Some(weight)));
        let finite = |text| number(text).filter(|x| x.is_finite());
        let value = finite(label).ok_or((
            "label that is not a finite number",
            label,
            "rows are label[:weight] [qid:group] index:value …",
        ))?;
        rows.labels.push(value);
        rows.weighted |= weight.is_some();
        let weight = weight.map_or(Ok(1.0), |text| number(text).filter(|&w| is_weight(w)).ok_or(("bad weight", text, WEIGHT_RULE)));
        rows.weights.push(weight?);
        let mut last = None;
        for (position, token) in tokens.enumerate() {
            let no_pair = ("no index:value pair", token, "rows are label[:weight] [qid:group] index:value …");
            let (index, value) = token.split_once(':').ok_or(no_pair)?;
            if index == "qid" && position == 0 {
                rows.groups.push(value.parse().map_err(|_| ("bad query group", token, "groups must be integers from 0"))?);
                continue;
            }
            let too_large = (TOO_LARGE, token, "hash the features to fewer");
            let is_long = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let index: u32 = index.parse().map_err(|_| if is_long { too_large } else { no_pair })?;
            let x = number(value).or_else(|| value.eq_ignore_ascii_case("nan").then_some(f64::NAN)).ok_or(no_pair)?;
            let x = if self.missing.is_missing(x) { f64::NAN } else { x };
            if x.is_infinite() && !self.infinite {
                return Err(("infinite value", token, "correct it, or leave it out if it is missing"));
            }
            if inexact_integer(value, x) {
                return Err(("integer beyond 2^53, which a 64-bit float cannot hold", token, "leave it out"));
            }
            if last.is_some_and(|last| index <= last) {
                return Err(("index that does not increase", token, "sort the indices of a row, and give each once"));
            }
            let feature = index.checked_sub(self.base).ok_or(("index 0", token, "the indices of this model count from 1"))?;
            if feature as usize >= MOST_FEATURES {
                return Err(too_large);
            }
            if self.width.is_some_and(|width| feature as usize >= width) {
                return Err(("index beyond the model's features", token, "give the features that training had"));
            }
            last = Some(index);
            rows.indices.push(feature);
            rows.values.push(x);
        }
        rows.starts.push(rows.indices.len());
        Ok(())
    }

    fn error(&self, what: &str, file: usize, line: u64, text: &str, remedy: &str) -> Error {
        let text: String = text.chars().take(60).collect();
        let path = &self.files[file].path;
        let error = Error::data(format!("{what}: {}:{line}: {text:?}", display(path)));
        error.with_path(&**path).with_line(line).with_remedy(remedy)
    }
}

/// The query group of a row, if it has one.
fn group(row: &[u8]) -> Option<String> {
    let row = String::from_utf8_lossy(row);
    let mut tokens = content(&row).split_ascii_whitespace();
    tokens.next()?;
    tokens.next().filter(|token| token.starts_with("qid:")).map(str::to_string)
}

fn content(line: &str) -> &str {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    line.split('#').next().unwrap_or("")
}

impl InFiles for LibsvmParser {
    fn files(&self) -> &[TextFile] {
        &self.files
    }

    fn files_mut(&mut self) -> &mut [TextFile] {
        &mut self.files
    }
}

impl PieceParser for LibsvmParser {
    fn piece(&self, file: usize, block: &TextBlock) -> Result<Piece> {
        let LibsvmRows { starts, indices, values, .. } = self.rows(file, block)?;
        Ok(Piece::Sparse(Sparse { starts, features: indices, values: compact(values) }))
    }

    fn line(&self, block: &TextBlock, row: usize) -> Option<u64> {
        let lines = (block.first_line..).zip(block.bytes.split(|&b| b == b'\n'));
        let mut rows = lines.filter(|(_, bytes)| !content(&String::from_utf8_lossy(bytes)).trim().is_empty());
        rows.nth(row).map(|(line, _)| line)
    }
}

type Gathered = (Vec<super::text_source::BlockPlace>, Option<Vec<Sparse>>, Vec<BlockAttributes>);

/// What the first pass gathers.
struct LibsvmFirstPass {
    places: Vec<super::text_source::BlockPlace>,
    pieces: Option<Vec<Sparse>>,
    attributes: Vec<BlockAttributes>,
    /// The lowest and the highest index of all ranks.
    lowest: Option<u32>,
    highest: Option<u32>,
    /// How many values all ranks have.
    values: usize,
    /// Whether rows have weights on any rank, and whether they have groups.
    weighted: bool,
    grouped: bool,
}

/// What a rank has found out about its rows.
#[derive(Serialize, Deserialize)]
struct Findings {
    blocks: usize,
    grouped: usize,
    weighted: bool,
    lowest: Option<u32>,
    highest: Option<u32>,
    values: usize,
}

struct BlockAttributes {
    labels: Vec<f64>,
    weights: Vec<f64>,
    groups: Vec<u64>,
    weighted: bool,
    /// How many values there are.
    values: usize,
    lowest: Option<u32>,
    highest: Option<u32>,
}

impl LibsvmFirstPass {
    /// The rows of this rank, and what is so on all. `sample` is the beginning of the first file.
    fn on_all(parser: &mut LibsvmParser, sample: &[u8], limits: Limits, division: &mut Division<'_>) -> Result<Self> {
        let is_grouped = sample.split(|&byte| byte == b'\n').any(|row| group(row).is_some());
        division.align(&parser.files, is_grouped.then_some(&group as _))?;
        let (places, pieces, attributes) = division.first_pass(parser, |parser| Self::run(parser, limits))?;
        let first = display(&parser.files[0].path);
        let all = division.ranks.gather(Findings::of(&attributes))?;
        let blocks: usize = all.iter().map(|found| found.blocks).sum();
        let grouped: usize = all.iter().map(|found| found.grouped).sum();
        if blocks == 0 {
            return Err(Error::data(format!("no rows: {first}")));
        }
        if grouped != 0 && grouped != blocks {
            return Err(Error::data(format!("some rows have a qid and others do not: {first}; give every row a qid, or none")));
        }
        Ok(Self {
            places,
            pieces,
            attributes,
            lowest: all.iter().filter_map(|found| found.lowest).min(),
            highest: all.iter().filter_map(|found| found.highest).max(),
            values: all.iter().map(|found| found.values).sum(),
            weighted: all.iter().any(|found| found.weighted),
            grouped: grouped > 0,
        })
    }

    fn run(parser: &LibsvmParser, limits: Limits) -> Result<Gathered> {
        let harvest = Harvest::new(limits.cache_bytes);
        for_each_block(&parser.files, limits.block_bytes, &|file, index, block| {
            let rows = parser.rows(file, block)?;
            let attributes = BlockAttributes {
                weights: rows.weights,
                groups: rows.groups,
                weighted: rows.weighted,
                values: rows.indices.len(),
                lowest: rows.indices.iter().min().copied(),
                highest: rows.indices.iter().max().copied(),
                labels: rows.labels,
            };
            let sparse = Sparse { starts: rows.starts, features: rows.indices, values: compact(rows.values) };
            let bytes = sparse.bytes();
            harvest.add((file, index), attributes.labels.len(), sparse, bytes, attributes)
        })?;
        Ok(harvest.finish())
    }

    /// Puts the data set together; the pieces hold positions of features, as `parser` will give them.
    fn finish(
        self,
        parser: LibsvmParser,
        schema: impl Into<Arc<FeatureSchema>>,
        keep_labels: bool,
        limits: Limits,
        ranks: Ranks<'_>,
    ) -> Result<Dataset> {
        let mut attributes = Attributes::default();
        let (mut labels, mut weights, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for block in self.attributes {
            labels.extend(block.labels);
            weights.extend(block.weights);
            groups.extend(block.groups);
        }
        attributes.labels = keep_labels.then_some(labels);
        attributes.weights = self.weighted.then_some(weights);
        attributes.groups = self.grouped.then_some(groups);
        let cache = self.pieces.map(|pieces| pieces.into_iter().map(Piece::Sparse).collect());
        let schema = schema.into();
        let features = schema.len();
        let source = TextSource { parser, block_bytes: limits.block_bytes, features, places: self.places, cache };
        ranks.agree(attributes.into_dataset(schema, Arc::new(source)))
    }
}

impl Findings {
    fn of(blocks: &[BlockAttributes]) -> Self {
        Self {
            blocks: blocks.len(),
            grouped: blocks.iter().filter(|block| !block.groups.is_empty()).count(),
            weighted: blocks.iter().any(|block| block.weighted),
            lowest: blocks.iter().filter_map(|block| block.lowest).min(),
            highest: blocks.iter().filter_map(|block| block.highest).max(),
            values: blocks.iter().map(|block| block.values).sum(),
        }
    }
}
