//! Binned data in a file, so that the next job on the same data neither parses nor bins.
//!
//! Whoever writes gives a key, which stands for the data and for everything that decides how they are read and binned; whoever reads gives
//! it again. A file with another key, of another version, damaged or cut off is an error, never data.
//!
//! In the container of Sapwood's own files. The payload holds arrays, little-endian, whose lengths the header states: the cuts of each
//! numeric feature (f64); then for each data set the labels of each target, their lower and upper bounds, weights, base margins (f64), query groups (u64) and the cells of each tile (u8,
//! u16, or for the sparse tile starts as u64, places and usual places as u32).

mod arrays;

use crate::binning::{BinMapper, BinnedMatrix, Cells, FeatureBins, SparseRows};
use crate::boost::Bins;
use crate::data::{Block, BlockSource, CancellationToken, Dataset, Groups, LabelBounds, LabelColumn, Targets};
use crate::{Error, ErrorKind, FeatureSchema, Result};
use arrays::{ArrayReader, ArrayWriter};
use sapwood_score::Reading;
use sapwood_score::container::{FileFormat, Limit, PREFIX_BYTES};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

const FORMAT: FileFormat = FileFormat {
    what: "cache",
    magic: *b"SAPWOODB",
    version: 4,
    // Whoever finds no data in the cache reads the files.
    other: "",
    damaged: "",
    header: Limit { bytes: 1 << 31, remedy: "train without the cache" },
    payload: Limit { bytes: 1 << 50, remedy: "train without the cache" },
};

/// Data sets that were read and binned by an earlier job.
#[derive(Debug)]
pub struct Cached {
    /// The training data, whose raw values cannot be had.
    pub train: Dataset,
    /// The validation sets with their names, likewise.
    pub validation: Vec<(String, Dataset)>,
    /// The bins of all of them.
    pub bins: Bins,
}

#[derive(Serialize, Deserialize)]
struct Header {
    sapwood: String,
    key: String,
    schema: FeatureSchema,
    classes: Option<Vec<String>>,
    features: Vec<Feature>,
    usual: Vec<Option<usize>>,
    /// The training data first.
    sets: Vec<Set>,
}

/// The bins of a feature: how many cuts a numeric one has, how many levels a categorical one.
#[derive(Serialize, Deserialize)]
enum Feature {
    Cuts(usize),
    Levels(usize),
}

#[derive(Serialize, Deserialize)]
struct Set {
    name: String,
    rows: usize,
    notes: Vec<String>,
    warnings: Vec<String>,
    reading: Reading,
    #[serde(default)]
    label_column: Option<LabelColumn>,
    unknown_levels: Vec<(usize, Vec<String>)>,
    labels: Option<usize>,
    /// How many targets there are besides the first.
    more_targets: usize,
    label_bounds: Option<usize>,
    weights: Option<usize>,
    base_margin: Option<usize>,
    groups: Option<usize>,
    tiles: Vec<Tile>,
}

/// The kind of a tile, and the lengths of its arrays.
#[derive(Serialize, Deserialize)]
enum Tile {
    Narrow(usize),
    Wide(usize),
    Sparse { starts: usize, places: usize, usual: usize },
}

/// Writes the data sets of a training run under a key.
///
/// # Errors
/// `out` cannot be written.
pub fn write(out: &mut dyn Write, key: &str, train: &Dataset, validation: &[(&str, &Dataset)], bins: &Bins) -> io::Result<()> {
    if bins.matrices().any(|matrix| matrix.spilled().is_some()) {
        return Err(io::Error::other("the bins are larger than memory, and so would be the cache"));
    }
    let sets: Vec<_> = std::iter::once(("train", train)).chain(validation.iter().copied()).zip(bins.matrices()).collect();
    let header = Header {
        sapwood: env!("CARGO_PKG_VERSION").to_string(),
        key: key.to_string(),
        schema: train.schema().clone(),
        classes: train.classes.clone(),
        features: bins.mapper().features().iter().map(Feature::of).collect(),
        usual: bins.mapper().most_frequent().to_vec(),
        sets: sets.iter().map(|((name, data), matrix)| Set::of(name, data, matrix)).collect(),
    };
    let mut out = ArrayWriter::new(out, &FORMAT, &serde_json::to_vec(&header)?, header.payload_bytes())?;
    for bins in bins.mapper().features() {
        if let FeatureBins::Numeric { cuts } = bins {
            out.write(cuts)?;
        }
    }
    for ((_, data), matrix) in sets {
        let targets = &data.targets;
        let bounds = targets.label_bounds.as_ref();
        let more = targets.more_labels.iter().map(Some);
        let labels = [targets.labels.as_ref()].into_iter().chain(more);
        let bounds = [bounds.map(|bounds| &bounds.lower), bounds.map(|bounds| &bounds.upper)];
        for numbers in labels.chain(bounds).chain([targets.weights.as_ref(), targets.base_margin.as_ref()]) {
            out.write(numbers.map(Vec::as_slice).unwrap_or_default())?;
        }
        out.write(targets.groups.as_ref().map(Groups::ids).unwrap_or_default())?;
        for tile in matrix.tiles() {
            match &tile.cells {
                Cells::Narrow(cells) => out.write(cells)?,
                Cells::Wide(cells) => out.write(cells)?,
                Cells::Sparse(SparseRows { starts, slots: places, most_frequent: usual }) => {
                    out.write(&starts.iter().map(|&start| start as u64).collect::<Vec<_>>())?;
                    out.write(places)?;
                    out.write(usual)?;
                }
            }
        }
    }
    out.finish()
}

/// Reads what [`write()`] wrote under the same key, into memory, of which it may take so many bytes as `limit` says.
///
/// # Errors
/// Anything but a whole file of this version and key, and one that memory has no room for.
pub fn read(path: &Path, key: &str, limit: Option<u64>) -> Result<Cached> {
    let refused = |what: &str| Error::new(ErrorKind::Cache, format!("{}: {what}", path.display()));
    let unreadable = |error: io::Error| Error::io(path, error);
    // To open a pipe would be to wait for whoever writes to it.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(refused("is no regular file"));
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut read = Vec::new();
    (&file).take(PREFIX_BYTES as u64).read_to_end(&mut read).map_err(unreadable)?;
    let lengths = FORMAT.lengths(&read).map_err(|error| refused(&error.to_string()))?;
    let (expected, actual) = (lengths.file(), file.metadata().map_err(unreadable)?.len());
    if actual != expected {
        return Err(refused(&FORMAT.wrong_length(expected, actual).to_string()));
    }
    if let Some(limit) = limit.filter(|&limit| lengths.payload > limit) {
        let (bytes, allowed) = (lengths.payload >> 20, limit >> 20);
        return Err(refused(&format!("the cached data take {bytes} MiB of memory, and this process may use {allowed} MiB")));
    }
    (&file).take(lengths.header).read_to_end(&mut read).map_err(unreadable)?;
    let header: Header = serde_json::from_slice(&read[PREFIX_BYTES..]).map_err(|error| refused(&format!("damaged: {error}")))?;
    if header.sapwood != env!("CARGO_PKG_VERSION") || header.key != key {
        return Err(refused("the cached data were made from other data or parameters, or by another version"));
    }
    if header.payload_bytes() != lengths.payload {
        return Err(refused("the cached data are damaged: the header states other lengths than the file has"));
    }
    let mut input = ArrayReader::new(&file, &read, lengths.payload);
    let parts = Parts::read(&header, &mut input).map_err(unreadable)?;
    if !input.finish().map_err(unreadable)? {
        return Err(refused("the cached data are damaged: the checksum does not match"));
    }
    parts.assemble(header).ok_or_else(|| refused("the cached data are inconsistent"))
}

/// The arrays of a file, which are believed when its checksum has matched.
struct Parts {
    features: Vec<FeatureBins>,
    sets: Vec<SetParts>,
}

struct SetParts {
    labels: Option<Vec<f64>>,
    more_labels: Vec<Vec<f64>>,
    label_bounds: Option<LabelBounds>,
    weights: Option<Vec<f64>>,
    base_margin: Option<Vec<f64>>,
    groups: Option<Vec<u64>>,
    tiles: Vec<Cells>,
}

impl Parts {
    fn read(header: &Header, input: &mut ArrayReader<'_>) -> io::Result<Self> {
        // In one go: there may be tens of thousands of features.
        let counts = header.features.iter().map(Feature::cuts);
        let mut cuts: Vec<f64> = input.read(counts.fold(0, usize::saturating_add))?;
        let mut features = Vec::with_capacity(header.features.len());
        for feature in header.features.iter().rev() {
            features.push(match *feature {
                Feature::Cuts(count) => FeatureBins::Numeric { cuts: cuts.split_off(cuts.len() - count) },
                Feature::Levels(levels) => FeatureBins::Categorical { levels },
            });
        }
        features.reverse();
        let sets = header.sets.iter().map(|set| SetParts::read(set, input)).collect::<io::Result<_>>()?;
        Ok(Self { features, sets })
    }

    fn assemble(self, header: Header) -> Option<Cached> {
        if self.features.len() != header.schema.len() || header.usual.len() != header.schema.len() {
            return None;
        }
        let mapper = BinMapper::of(self.features, header.usual);
        let mut sets = Vec::new();
        let mut matrices = Vec::new();
        for (set, parts) in header.sets.into_iter().zip(self.sets) {
            let bounds = parts.label_bounds.as_ref();
            let lists = [parts.labels.as_ref(), bounds.map(|bounds| &bounds.lower), parts.weights.as_ref()];
            if lists.into_iter().flatten().any(|numbers| numbers.len() != set.rows)
                || parts.groups.as_ref().is_some_and(|groups| groups.len() != set.rows)
            {
                return None;
            }
            matrices.push(BinnedMatrix::from_cells(&mapper, set.rows, parts.tiles)?);
            let data = Dataset {
                schema: header.schema.clone().into(),
                source: Arc::new(Unread { rows: set.rows, unknown_levels: set.unknown_levels }),
                targets: Targets {
                    rows: set.rows,
                    labels: parts.labels,
                    more_labels: parts.more_labels,
                    label_bounds: parts.label_bounds,
                    weights: parts.weights,
                    groups: parts.groups.map(Groups::new),
                    base_margin: parts.base_margin,
                },
                classes: header.classes.clone(),
                notes: set.notes,
                warnings: set.warnings,
                reading: set.reading,
                label_column: set.label_column,
                cancellation: CancellationToken::default(),
            };
            sets.push((set.name, data));
        }
        let mut matrices = matrices.into_iter();
        let train = matrices.next()?;
        let bins = Bins::new(mapper, train, matrices.collect());
        Some(Cached { train: sets.remove(0).1, validation: sets, bins })
    }
}

impl SetParts {
    fn read(set: &Set, input: &mut ArrayReader<'_>) -> io::Result<Self> {
        let mut numbers = |length: Option<usize>| length.map(|length| input.read(length)).transpose();
        let labels = numbers(set.labels)?;
        let more = (0..set.more_targets).map(|_| numbers(Some(set.rows)));
        let more_labels = more.filter_map(io::Result::transpose).collect::<io::Result<_>>()?;
        let label_bounds =
            numbers(set.label_bounds)?.zip(numbers(set.label_bounds)?).map(|(lower, upper)| LabelBounds { lower, upper });
        let (weights, base_margin) = (numbers(set.weights)?, numbers(set.base_margin)?);
        let groups = set.groups.map(|length| input.read(length)).transpose()?;
        let mut tiles = Vec::new();
        for tile in &set.tiles {
            tiles.push(match *tile {
                Tile::Narrow(cells) => Cells::Narrow(input.read(cells)?),
                Tile::Wide(cells) => Cells::Wide(input.read(cells)?),
                Tile::Sparse { starts, places, usual } => Cells::Sparse(SparseRows {
                    starts: input.read::<u64>(starts)?.into_iter().map(|start| start as usize).collect(),
                    slots: input.read(places)?,
                    most_frequent: input.read(usual)?,
                }),
            });
        }
        Ok(Self { labels, more_labels, label_bounds, weights, base_margin, groups, tiles })
    }
}

impl Header {
    /// The length of all arrays.
    fn payload_bytes(&self) -> u64 {
        let cuts = self.features.iter().map(|feature| bytes::<f64>(feature.cuts()));
        cuts.chain(self.sets.iter().map(Set::bytes)).fold(0, u64::saturating_add)
    }
}

/// The length of an array.
fn bytes<T>(count: usize) -> u64 {
    (count as u64).saturating_mul(size_of::<T>() as u64)
}

impl Feature {
    fn cuts(&self) -> usize {
        match *self {
            Self::Cuts(count) => count,
            Self::Levels(_) => 0,
        }
    }

    fn of(bins: &FeatureBins) -> Self {
        match bins {
            FeatureBins::Numeric { cuts } => Self::Cuts(cuts.len()),
            FeatureBins::Categorical { levels } => Self::Levels(*levels),
        }
    }
}

impl Set {
    /// The length of its arrays.
    fn bytes(&self) -> u64 {
        let numbers = [self.labels, self.label_bounds, self.label_bounds, self.weights, self.base_margin]
            .into_iter()
            .flatten()
            .map(bytes::<f64>);
        let tiles = self.tiles.iter().map(|tile| match *tile {
            Tile::Narrow(cells) => bytes::<u8>(cells),
            Tile::Wide(cells) => bytes::<u16>(cells),
            Tile::Sparse { starts, places, usual } => {
                bytes::<u64>(starts).saturating_add(bytes::<u32>(places)).saturating_add(bytes::<u32>(usual))
            }
        });
        let more = std::iter::repeat_n(bytes::<f64>(self.rows), self.more_targets);
        numbers.chain(more).chain(self.groups.map(bytes::<u64>)).chain(tiles).fold(0, u64::saturating_add)
    }

    fn of(name: &str, data: &Dataset, matrix: &BinnedMatrix) -> Self {
        let length = |numbers: &Option<Vec<f64>>| numbers.as_ref().map(Vec::len);
        let tile = |cells: &Cells| match cells {
            Cells::Narrow(cells) => Tile::Narrow(cells.len()),
            Cells::Wide(cells) => Tile::Wide(cells.len()),
            Cells::Sparse(rows) => {
                Tile::Sparse { starts: rows.starts.len(), places: rows.slots.len(), usual: rows.most_frequent.len() }
            }
        };
        Self {
            name: name.to_string(),
            rows: data.rows(),
            notes: data.notes.clone(),
            warnings: data.warnings.clone(),
            reading: data.reading.clone(),
            label_column: data.label_column.clone(),
            unknown_levels: data.source.unknown_levels(),
            labels: length(&data.targets.labels),
            more_targets: data.targets.more_labels.len(),
            label_bounds: data.targets.label_bounds.as_ref().map(|bounds| bounds.lower.len()),
            weights: length(&data.targets.weights),
            base_margin: length(&data.targets.base_margin),
            groups: data.targets.groups.as_ref().map(|groups| groups.ids().len()),
            tiles: matrix.tiles().iter().map(|matrix| tile(&matrix.cells)).collect(),
        }
    }
}

/// Stands for raw values that were not read.
struct Unread {
    rows: usize,
    unknown_levels: Vec<(usize, Vec<String>)>,
}

impl BlockSource for Unread {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, _: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        Err(Error::internal("the raw values of cached data were asked for"))
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.unknown_levels.clone()
    }
}

#[cfg(test)]
mod tests;
