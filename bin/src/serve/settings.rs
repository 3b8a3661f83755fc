//! What the command line and SageMaker's environment variables say. Everything is checked before a port is opened.

use super::content::{Accept, Wanted};
use crate::cli::ServeArgs;
use crate::model_files;
use crate::open_files;
use crate::reading::ReadingChoices;
use crate::report::Failure;
use clap::ValueEnum;
use sapwood_readers::{ExtraColumns, MissingKeys};
use sapwood_sagemaker::{Paths, default_root};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How to serve.
#[derive(Debug)]
pub struct Settings {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 for any.
    pub port: u16,
    /// Requests scored at a time.
    pub slots: usize,
    /// Requests that may wait while all slots are taken.
    pub queue: usize,
    /// The largest body, bytes.
    pub max_body: usize,
    /// How long a request's head, and then its body, may take to arrive.
    pub timeout: Duration,
    /// How long a request may wait for a thread and be scored.
    pub scoring_timeout: Duration,
    /// Bytes a second that a body must arrive with.
    pub body_rate: u64,
    /// Connections that may be open at a time.
    pub connections: usize,
    /// The form of answers to requests that do not say what they accept; as the request where absent.
    pub default_accept: Option<Wanted>,
    /// `SAGEMAKER_INFERENCE_OUTPUT`.
    pub selection: Option<String>,
    /// How SageMaker should fill requests of a batch transform.
    pub batch_strategy: &'static str,
    /// Whether models come and go.
    pub multi_model: bool,
    /// What models may take together, bytes.
    pub model_memory: u64,
    /// What bodies may take together, bytes.
    pub body_memory: u64,
    /// What answers may take together, bytes.
    pub answer_memory: u64,
    /// How cells are read, where not as in training.
    pub reading: ReadingChoices,
    /// What becomes of columns that the model does not have.
    pub extra_columns: ExtraColumns,
    /// What becomes of keys that a row lacks.
    pub missing_keys: MissingKeys,
    model: Option<PathBuf>,
    root: PathBuf,
}

/// What SageMaker sends at most if nothing is set; also the built-in XGBoost's limit.
const DEFAULT_MAX_BODY: u64 = 6 << 20;
/// Requests that may wait; also the built-in's number.
const DEFAULT_QUEUE: usize = 100;
/// Bytes a second of the slowest body.
const DEFAULT_BODY_RATE: u64 = 1 << 10;
/// Connections that may be open at a time, where as many files may be.
const DEFAULT_CONNECTIONS: u64 = 900;
/// Files that the server has open besides: models that are loaded, the log, what the runtime needs.
const OTHER_FILES: u64 = 40;

impl Settings {
    /// Reads the environment; flags win.
    ///
    /// # Errors
    /// A value that is none.
    pub fn new(args: &ServeArgs) -> Result<Self, Failure> {
        let slots = match (args.threads, number::<u32>("SAGEMAKER_NUM_MODEL_WORKERS", 1..=4096)?) {
            (Some(threads), _) | (None, Some(threads)) => threads as usize,
            (None, None) => sapwood::boost::threads(0),
        };
        let memory = sapwood::memory::limit().unwrap_or(UNKNOWN_MEMORY);
        let max_body = max_body(memory)?;
        let is_batch = flag("SAGEMAKER_BATCH")?;
        let words = text("SAPWOOD_SERVE_PARAMETERS").unwrap_or_default();
        let words: Vec<_> = words.split_whitespace().map(String::from).chain(args.parameters.iter().cloned()).collect();
        let accept = text("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT");
        Ok(Self {
            host: args.host,
            port: args.port.map_or_else(|| number("SAGEMAKER_BIND_TO_PORT", 0..=u16::MAX), |port| Ok(Some(port)))?.unwrap_or(8080),
            slots,
            queue: number("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", 0..=100_000)?.unwrap_or(DEFAULT_QUEUE),
            max_body: usize::try_from(max_body).unwrap_or(usize::MAX),
            timeout: Duration::from_secs(number("SAPWOOD_REQUEST_TIMEOUT", 1..=3600)?.unwrap_or(60)),
            scoring_timeout: Duration::from_secs(
                number("SAPWOOD_SCORING_TIMEOUT", 1..=86_400)?.unwrap_or(scoring_timeout(is_batch)),
            ),
            body_rate: number("SAPWOOD_MIN_BODY_RATE", 0..=1 << 30)?.unwrap_or(DEFAULT_BODY_RATE),
            connections: connections()?,
            default_accept: accept.map(|text| Wanted::named(&text).ok_or_else(|| unknown_accept(&text))).transpose()?,
            selection: text("SAGEMAKER_INFERENCE_OUTPUT"),
            batch_strategy: batch_strategy()?,
            multi_model: flag("SAGEMAKER_MULTI_MODEL")?,
            model_memory: number::<u64>("SAPWOOD_MAX_MODEL_MEMORY_MB", 0..=u64::MAX >> 20)?.map_or(memory / 2, |mb| mb << 20),
            // All threads can be fed.
            body_memory: number::<u64>("SAPWOOD_MAX_BODY_MEMORY_MB", 1..=u64::MAX >> 20)?
                .map_or(memory / 4, |mb| mb << 20)
                .max(max_body.saturating_mul(slots as u64)),
            answer_memory: number::<u64>("SAPWOOD_MAX_ANSWER_MEMORY_MB", 1..=u64::MAX >> 20)?.map_or(memory / 4, |mb| mb << 20),
            reading: reading_choices(&words)?,
            extra_columns: choice("SAPWOOD_EXTRA_COLUMNS", args.extra_columns)?.map(Into::into).unwrap_or_default(),
            missing_keys: choice("SAPWOOD_MISSING_KEYS", args.missing_keys)?.map(Into::into).unwrap_or_default(),
            model: args.model.clone(),
            root: args.opt_ml.clone().unwrap_or_else(default_root),
        })
    }

    /// The file of the one model to serve, or the directory of a k-fold job's.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn model_file(&self) -> Result<PathBuf, Failure> {
        let found = |directory: &Path| {
            model_files::model_in(directory)
                .map_err(|failure| Failure::user(format!("{}; --model FILE names the model to serve", failure.message())))
        };
        self.model.clone().map_or_else(|| found(&Paths::new(&self.root).models()), Ok)
    }
}

/// How cells are read. Parameters that name columns have no meaning where the columns must be the model's.
fn reading_choices(words: &[String]) -> Result<ReadingChoices, Failure> {
    let choices = ReadingChoices::new(words, &[])?;
    let params = choices.params();
    let bounds = [&params.label_lower_bound_column, &params.label_upper_bound_column];
    let columns = [&params.label_column, &params.weight_column, &params.group_column].into_iter().chain(bounds);
    let columns_named = columns.into_iter().any(Option::is_some);
    if columns_named || !params.ignore_columns.is_empty() || !params.categorical_features.is_empty() || params.csv_weights {
        return Err(Failure::user(
            "requests hold the model's columns; of columns only base_margin_column may be set here, and --extra-columns=ignore passes \
             over those that the model does not have",
        ));
    }
    Ok(choices)
}

/// What a flag says, or else a variable.
fn choice<T: ValueEnum>(name: &str, flag: Option<T>) -> Result<Option<T>, Failure> {
    let Some(text) = text(name).filter(|_| flag.is_none()) else { return Ok(flag) };
    let words = || T::value_variants().iter().filter_map(|choice| Some(choice.to_possible_value()?.get_name().to_string()));
    let known = T::from_str(&text, true);
    let unknown = |_| Failure::user(format!("{name}={text:?} is unknown; set it to {}", words().collect::<Vec<_>>().join(" or ")));
    known.map(Some).map_err(unknown)
}

/// Where nobody tells how much memory there is.
const UNKNOWN_MEMORY: u64 = 1 << 30;

fn max_body(memory: u64) -> Result<u64, Failure> {
    let length = number::<u64>("MAX_CONTENT_LENGTH", 1..=u64::MAX)?;
    let megabytes = number::<u64>("SAGEMAKER_MAX_PAYLOAD_IN_MB", 0..=u64::MAX >> 20)?;
    Ok(match (length, megabytes) {
        (None, None) => DEFAULT_MAX_BODY,
        // Zero announces bodies of any size.
        (_, Some(0)) => memory / 4,
        (length, megabytes) => length.unwrap_or(0).max(megabytes.unwrap_or(0) << 20),
    }
    .max(1))
}

/// How long SageMaker itself waits for an answer, seconds: of an endpoint, and of a batch transform at most.
fn scoring_timeout(is_batch: bool) -> u64 {
    if is_batch { 3600 } else { 60 }
}

fn connections() -> Result<usize, Failure> {
    let wanted = number("SAPWOOD_MAX_CONNECTIONS", 1..=100_000)?.unwrap_or(DEFAULT_CONNECTIONS);
    let allowed = open_files::raise(wanted + OTHER_FILES).map_or(wanted, |files| files.saturating_sub(OTHER_FILES));
    Ok(usize::try_from(wanted.min(allowed.max(1))).unwrap_or(usize::MAX))
}

fn batch_strategy() -> Result<&'static str, Failure> {
    match text("SAGEMAKER_BATCH_STRATEGY").as_deref() {
        None | Some("MULTI_RECORD" | "MultiRecord") => Ok("MULTI_RECORD"),
        Some("SINGLE_RECORD" | "SingleRecord") => Ok("SINGLE_RECORD"),
        Some(other) => {
            Err(Failure::user(format!("SAGEMAKER_BATCH_STRATEGY={other:?} is unknown; set it to MULTI_RECORD or SINGLE_RECORD")))
        }
    }
}

fn unknown_accept(text: &str) -> Failure {
    Failure::user(format!("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT={text:?} is unknown; set it to one of {}", Accept::NAMES))
}

/// A variable that is set to something.
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_string()).filter(|value| !value.is_empty())
}

fn number<T: FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<Option<T>, Failure> {
    let Some(text) = text(name) else { return Ok(None) };
    match text.parse().ok().filter(|value| range.contains(value)) {
        Some(value) => Ok(Some(value)),
        None => Err(Failure::user(format!("{name}={text:?} is not a number from {} to {}", range.start(), range.end()))),
    }
}

fn flag(name: &str) -> Result<bool, Failure> {
    match text(name).map(|value| value.to_ascii_lowercase()).as_deref() {
        Some("true" | "1" | "yes") => Ok(true),
        None | Some("false" | "0" | "no") => Ok(false),
        Some(other) => Err(Failure::user(format!("{name}={other:?} is unknown; set it to true or false"))),
    }
}
