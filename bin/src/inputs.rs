//! The data of a training job: which files, whether validation is honest, and reading them.

use crate::initial_model;
use crate::log::Log;
use crate::pipes::{self, Pipe};
use crate::ranks;
use crate::report::Failure;
use crate::s3;
use crate::summary::sha256;
use sapwood::boost::Bins;
use sapwood::collective::Collective;
use sapwood::names::list;
use sapwood::params::SameData;
use sapwood::preset::Plan;
use sapwood::text::counted;
use sapwood::{Dataset, Feature, FeatureKind, Model, Params, objective};
use sapwood_readers::overlap::{self, LearnedFiles};
use sapwood_readers::{self as readers, FirstTouch, Format, RankFiles, ReadOptions, Shares, Source, Spool};
use sapwood_sagemaker::channels::VALIDATION;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// One data set's place.
#[derive(Clone, Debug)]
pub struct Input {
    /// What the user calls it (`--train`, `channel train`), for messages.
    pub origin: String,
    /// Where the data come from.
    pub place: DataPlace,
    /// The format, where it is stated.
    pub format: Option<Format>,
    /// Whether text may come in RecordIO frames.
    pub unwrap_records: bool,
    /// Whether each host of the job has files of its own, of which it may have none.
    pub is_sharded: bool,
}

/// Where data come from.
#[derive(Clone, Debug)]
pub enum DataPlace {
    /// Files and directories.
    Files(Vec<PathBuf>),
    /// Objects of S3.
    Objects(Vec<s3::Object>),
    /// A pipe.
    Pipe(PathBuf),
}

/// The data sets of a training job.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// What to learn from.
    pub train: Input,
    /// What to evaluate every round on, with the sets' names, and nothing else: to stop early by a test set would be to fit it.
    pub evaluated: Vec<(String, Input)>,
    /// The same, but the last of these decides early stopping.
    pub validation: Vec<(String, Input)>,
}

/// The data sets, read.
pub struct Loaded {
    /// What to learn from.
    pub train: Dataset,
    /// What to evaluate every round on; the last decides early stopping.
    pub validation: Vec<(String, Dataset)>,
    /// Their bins, where an earlier job left them.
    pub bins: Option<Bins>,
    /// What each host read of each set, where there are several and each read its part.
    pub shares: Vec<(String, Shares)>,
}

impl Loaded {
    /// Whether all labels are what the objective takes.
    pub fn has_labels_for(&self, params: &Params) -> bool {
        objective::num_outputs(params, &self.train).is_ok_and(|outputs| {
            let mut sets = std::iter::once(&self.train).chain(self.validation.iter().map(|(_, set)| set));
            sets.all(|set| objective::check_labels(params.objective_spec(), outputs, set).is_ok())
        })
    }

    /// Whether training makes features out of values, which binned data do not have.
    pub fn is_crossed(&self, params: &Params) -> bool {
        params.has_preset() && Plan::new(params, &self.train).is_ok_and(|plan| plan.crosses.is_some())
    }
}

impl DataPlace {
    /// Where the paths of a command line lead; S3 is asked for its objects.
    ///
    /// # Errors
    /// Paths beside URIs, or objects that cannot be listed.
    pub fn of(paths: &[PathBuf]) -> Result<Self, Failure> {
        if let Some(stdin) = pipes::standard_input(paths)? {
            return Ok(Self::Pipe(stdin));
        }
        Ok(s3::objects_of(paths)?.map_or_else(|| Self::Files(paths.to_vec()), Self::Objects))
    }

    /// The files, each under its one true name; objects under their URIs. A pipe has none. Texts, because as paths `a//b` and `a/b` would be
    /// equal, which are two objects.
    ///
    /// # Errors
    /// Missing paths, or no file at all.
    pub fn files(&self) -> Result<BTreeSet<OsString>, Failure> {
        Ok(match self {
            Self::Files(paths) => readers::true_files(paths)?.into_iter().map(PathBuf::into_os_string).collect(),
            Self::Objects(objects) => objects.iter().map(|object| object.uri.to_string().into()).collect(),
            Self::Pipe(_) => BTreeSet::new(),
        })
    }

    fn objects(&self) -> &[s3::Object] {
        if let Self::Objects(objects) = self { objects } else { &[] }
    }

    /// What to read: of spools and objects that come, those that are still to be given out.
    fn sources(&self, spools: &mut impl Iterator<Item = Spool>, fetched: &mut impl Iterator<Item = Source>) -> Vec<Source> {
        match self {
            Self::Files(paths) => paths.iter().cloned().map(Source::from).collect(),
            Self::Objects(objects) => fetched.take(objects.len()).collect(),
            Self::Pipe(_) => spools.next().map(Source::from).into_iter().collect(),
        }
    }
}

impl Input {
    /// The files in reading order. Neither pipes nor S3 have any.
    ///
    /// # Errors
    /// Missing paths, or no file at all.
    pub fn listed(&self) -> Result<Vec<PathBuf>, Failure> {
        match &self.place {
            DataPlace::Files(_) if self.has_none() => Ok(Vec::new()),
            DataPlace::Files(paths) => readers::list_files(paths).map_err(|error| Failure::from(error).at(&self.origin)),
            DataPlace::Objects(_) | DataPlace::Pipe(_) => Ok(Vec::new()),
        }
    }

    /// Whether this host has no file of its own among those of all.
    fn has_none(&self) -> bool {
        let DataPlace::Files(paths) = &self.place else { return false };
        let is_empty = |path: &PathBuf| fs::read_dir(path).map_or(!path.exists(), |mut entries| entries.next().is_none());
        self.is_sharded && ranks::all().size() > 1 && paths.iter().all(is_empty)
    }

    fn files(&self) -> Result<BTreeSet<OsString>, Failure> {
        if self.has_none() {
            return Ok(BTreeSet::new());
        }
        self.place.files().map_err(|failure| failure.at(&self.origin))
    }

    fn pipe(&self) -> Option<Pipe> {
        match &self.place {
            DataPlace::Files(_) | DataPlace::Objects(_) => None,
            DataPlace::Pipe(path) => Some(Pipe { origin: self.origin.clone(), path: path.clone() }),
        }
    }

    /// The hosts that read it together, and whose files it has.
    fn ranks<'r>(&self, ranks: &'r dyn Collective) -> readers::Ranks<'r> {
        readers::Ranks::new(ranks, if self.is_sharded { RankFiles::Own } else { RankFiles::Shared })
    }

    fn options(&self, options: &ReadOptions) -> ReadOptions {
        ReadOptions { format: self.format, unwrap_records: self.unwrap_records, ..options.clone() }
    }
}

impl Inputs {
    /// All sets with their names.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Input)> {
        std::iter::once(("train", &self.train)).chain(self.watched().map(|(name, input)| (name.as_str(), input)))
    }

    /// Makes sure that a directory, which need not exist yet, is not searched for data: what is written there would be read as such.
    ///
    /// # Errors
    /// It is.
    pub fn refuse_among_data(&self, directory: &Path) -> Result<(), Failure> {
        let whole = std::path::absolute(directory).map_err(|error| Failure::io(directory, "is not a path", &error))?;
        let exists = whole.ancestors().find_map(|path| fs::canonicalize(path).ok()).unwrap_or_default();
        match self.directories().into_iter().find(|data| exists.starts_with(data)) {
            None => Ok(()),
            Some(data) => Err(Failure::user(format!(
                "{}: is inside the data directory {} and would be read as data; choose another directory",
                directory.display(),
                data.display()
            ))),
        }
    }

    /// The directories that are searched for data, under their true names.
    fn directories(&self) -> Vec<PathBuf> {
        let paths = self.named().filter_map(|(_, input)| match &input.place {
            DataPlace::Files(paths) => Some(paths),
            DataPlace::Objects(_) | DataPlace::Pipe(_) => None,
        });
        paths.flatten().filter_map(|path| fs::canonicalize(path).ok()).filter(|path| path.is_dir()).collect()
    }

    /// All sets but the training data, in the order in which they are read and reported: the one that decides comes last.
    fn watched(&self) -> impl Iterator<Item = &(String, Input)> {
        self.evaluated.iter().chain(&self.validation)
    }

    /// Finds all files and returns them. Looks for validation data that are training data too: their metrics say nothing about new data.
    ///
    /// # Errors
    /// Missing paths, data sets without files, and shared files where `same_data` says so.
    pub fn check(&self, same_data: SameData, log: &mut Log) -> Result<BTreeSet<OsString>, Failure> {
        let is_piped = |(_, input): &(&str, &Input)| matches!(input.place, DataPlace::Pipe(_));
        if let Some((_, piped)) = self.named().find(is_piped).filter(|_| ranks::all().size() > 1) {
            return Err(Failure::user(format!(
                "{}: of several hosts, a pipe such as standard input is read by one of them only; give files",
                piped.origin
            )));
        }
        let mut all = self.train.files()?;
        let learned = LearnedFiles::new(&self.train.origin, all.clone());
        for (name, input) in self.watched() {
            let files = input.files()?;
            if let Some(warning) = learned.shared_with(&input.origin, name, &files, same_data)? {
                log.warning(&warning);
            }
            all.extend(files);
        }
        Ok(all)
    }

    /// Whether each host reads its part of the data only. Objects of S3 are fetched whole.
    pub fn are_read_in_parts(&self) -> bool {
        ranks::all().size() > 1 && self.named().all(|(_, input)| input.place.objects().is_empty())
    }

    /// Reads this host's part of everything, if `ranks` are all hosts: training data under the schema of the model that is trained further, if there is one, validation data under that of
    /// the training data.
    ///
    /// # Errors
    /// What is wrong with the data.
    pub fn load(
        &self,
        options: &ReadOptions,
        params: &Params,
        initial: Option<&Model>,
        ranks: &dyn Collective,
        log: &mut Log,
    ) -> Result<Loaded, Failure> {
        let options = &match initial {
            Some(model) => initial_model::options(options, &params.data, model, log),
            None => options.clone(),
        };
        let same_data = params.data.same_data;
        let all = || std::iter::once(&self.train).chain(self.watched().map(|(_, input)| input));
        let files: Vec<_> = all().map(Input::listed).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let touch = FirstTouch::begin(files, &options.meter);
        let pipes: Vec<_> = all().filter_map(Input::pipe).collect();
        let mut spools = pipes::drain(&pipes, log)?.into_iter();
        let mut fetched = s3::fetch(all().flat_map(|input| input.place.objects()), &options.meter)?.into_iter();
        let train_sources = self.train.place.sources(&mut spools, &mut fetched);
        let train_ranks = self.train.ranks(ranks);
        let (mut train, share) = match initial {
            None => readers::read_training_on(&train_sources, &self.train.options(options), train_ranks)?,
            Some(model) => learn_more(&train_sources, &self.train.options(options), model, train_ranks)?,
        };
        let mut shares = vec![("train".to_string(), share)];
        if let Some(positive) = &params.positive_class {
            train = train.with_positive_class(positive)?;
        }
        let mut validation = Vec::new();
        for (name, input) in self.watched() {
            let sources = input.place.sources(&mut spools, &mut fetched);
            if let ([Source::Spool(learned)], [Source::Spool(watched)]) = (&train_sources[..], &sources[..])
                && learned.is_same(watched)?
            {
                let what = format!("{} and {} are the same data", self.train.origin, input.origin);
                log.warning(&overlap::judge(&what, name, same_data)?);
            }
            let expected = readers::Expected { schema: train.schema(), classes: train.classes(), needs_labels: true };
            let (set, share) = readers::read_matching_on(&sources, &input.options(options), expected, input.ranks(ranks))?;
            validation.push((name.clone(), set));
            shares.push((name.clone(), share));
        }
        // All of them have been read from.
        touch.finish();
        let shares = if ranks.size() > 1 { shares } else { Vec::new() };
        Ok(Loaded { train, validation, bins: None, shares })
    }
}

/// Reads training data for a model that is trained further.
fn learn_more(
    sources: &[Source],
    options: &ReadOptions,
    model: &Model,
    ranks: readers::Ranks<'_>,
) -> Result<(Dataset, Shares), Failure> {
    let expected = readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels: true };
    let (data, shares) = readers::read_extending_on(sources, options, expected, ranks)?;
    let more = data.schema().features.iter().zip(&model.schema.features).filter_map(|(now, then)| new_levels(now, then));
    let notes: Vec<_> = more.collect();
    Ok((data.with_notes(notes).with_reading(options.trained.clone()), shares))
}

/// A sentence about the levels of a feature that a model does not know.
fn new_levels(now: &Feature, then: &Feature) -> Option<String> {
    let (FeatureKind::Categorical { levels: now }, FeatureKind::Categorical { levels: known }) = (&now.kind, &then.kind) else {
        return None;
    };
    let new = now.get(known.len()..).filter(|new| !new.is_empty())?;
    Some(format!("column {} has values that the model learns now: {}", then.name, list(new)))
}

impl Loaded {
    /// The same data, a part of the training rows of `ranks` kept back as validation data, if that is asked for.
    ///
    /// # Errors
    /// Rows that cannot be split so.
    pub fn hold_out(mut self, params: &Params, ranks: &dyn Collective) -> Result<Self, Failure> {
        let Some(parts) = self.train.hold_out_on(params, ranks)? else { return Ok(self) };
        if let Some(column) = &params.split_column {
            self.leave_out_of_validation(column)?;
        }
        self.train = parts.train;
        self.validation.push((VALIDATION.to_string(), parts.validation));
        Ok(self)
    }

    /// Leaves out a column of all sets.
    ///
    /// # Errors
    /// There is none.
    pub fn leave_out(&mut self, column: &str) -> Result<(), Failure> {
        self.train = self.train.without_column(column)?;
        self.leave_out_of_validation(column)
    }

    fn leave_out_of_validation(&mut self, column: &str) -> Result<(), Failure> {
        for (name, set) in &mut self.validation {
            *set = set.without_column(column).map_err(|error| Failure::from(error).at(name))?;
        }
        Ok(())
    }

    /// The rows that this host trains and is evaluated on, of those that every host has read.
    ///
    /// # Errors
    /// The hosts have not read the same.
    pub fn part(mut self, ranks: &dyn Collective) -> Result<Self, Failure> {
        let labels = |set: &Dataset| sha256(bytemuck::cast_slice(set.labels().unwrap_or_default()));
        let sets = std::iter::once(&self.train).chain(self.validation.iter().map(|(_, set)| set));
        let read: String = sets.map(|set| format!("{} rows with labels {}; ", set.rows(), labels(set))).collect();
        if let Some(other) = ranks.all_gather(read.as_bytes()).iter().position(|other| *other != read.as_bytes()) {
            return Err(Failure::user(format!(
                "host {} and host {} have read different data; give all hosts the same files (FullyReplicated, or a shared file system)",
                other + 1,
                ranks.rank() + 1
            )));
        }
        let part = |set: &Dataset| set.part(ranks.rank(), ranks.size());
        self.train = part(&self.train);
        self.validation.iter_mut().for_each(|(_, set)| *set = part(set));
        Ok(self)
    }

    /// Says what was read, in the words that XGBoost's container uses.
    pub fn describe(&self, log: &mut Log) {
        describe("Train", &self.train, log);
        if let Some(column) = self.train.label_column() {
            log.info(&format!("label: {column}"));
        }
        if let Some(classes) = self.train.classes() {
            log.info(&format!("classes: {}", numbered(classes)));
        }
        for (name, shares) in &self.shares {
            log.info(&format!("{name}: {shares}"));
            shares.notes.iter().for_each(|note| log.note(&format!("{name}: {note}")));
        }
        for (name, set) in &self.validation {
            describe(if name == VALIDATION { "Validation" } else { name }, set, log);
        }
    }
}

/// Classes with their numbers: `no = 0, yes = 1`.
fn numbered(classes: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut shown: Vec<_> = classes.iter().take(SHOWN).enumerate().map(|(number, class)| format!("{class} = {number}")).collect();
    if classes.len() > SHOWN {
        shown.push(format!("… ({} classes)", classes.len()));
    }
    shown.join(", ")
}

fn describe(what: &str, data: &Dataset, log: &mut Log) {
    let (rows, columns) = (counted(ranks::sum(data.rows()), "row"), counted(data.schema().len(), "column"));
    log.info(&format!("{what} matrix has {rows} and {columns}"));
    data.notes().iter().for_each(|note| log.note(note));
    data.warnings().iter().for_each(|warning| log.warning(warning));
}
