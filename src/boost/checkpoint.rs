//! [`Checkpoint`]: a training run between two rounds, as bytes. `docs/CHECKPOINT_FORMAT.md` writes the layout down.
//!
//! Trees and metrics are all that a run carries from round to round: scores follow from the trees, samples from the seed and the number
//! of the tree, the layout of rows changes no bit. So a run that goes on from a checkpoint gives the model of one that was never interrupted.

use super::fingerprint::{self, Fingerprint};
use super::initial::InitialId;
use super::report::RoundReport;
use crate::{Error, ErrorKind, Feature, FeatureSchema, Model, Result};
use sapwood_score::container::{FileFormat, Limit};
use sapwood_score::{MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES};
use serde::{Deserialize, Serialize};

const FORMAT: FileFormat = FileFormat {
    what: "checkpoint",
    magic: *b"SAPWOODC",
    version: 3,
    other: "move it elsewhere",
    damaged: "an earlier checkpoint is used if there is one",
    header: Limit { bytes: 1 << 29, remedy: "watch fewer data sets" },
    payload: Limit { bytes: MAX_HEADER_BYTES + MAX_PAYLOAD_BYTES + (1 << 30), remedy: "train fewer rounds or smaller trees" },
};

/// Everything that training needs to go on, besides data and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The trees of all rounds of the run so far, and the parameters that they were grown with.
    pub model: Model,
    /// The metrics of all rounds so far.
    pub history: Vec<RoundReport>,
    /// Checksums of the data sets, the training data's first: whoever goes on must have the same.
    pub data: Vec<Fingerprint>,
    /// The model that the run goes on from, if there is one. Its trees are not in `model`, its rounds not in `history`.
    pub initial: Option<InitialId>,
}

/// The JSON part.
#[derive(Serialize, Deserialize)]
struct Header {
    /// Of the program that wrote it: another one may bin data otherwise.
    sapwood: String,
    data: Vec<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initial: Option<InitialId>,
    rounds: usize,
    /// Data set and metric, in the order of a round's values.
    metrics: Vec<(String, String)>,
}

impl Checkpoint {
    /// The number of rounds that are done.
    pub fn rounds(&self) -> usize {
        self.history.len()
    }

    /// The checkpoint as the bytes of a file.
    ///
    /// # Errors
    /// A model that cannot be saved.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let metrics = self.history.first().map_or(&[][..], |report| &report.values);
        let header = Header {
            sapwood: env!("CARGO_PKG_VERSION").to_string(),
            data: self.data.clone(),
            initial: self.initial,
            rounds: self.rounds(),
            metrics: metrics.iter().map(|(set, metric, _)| (set.clone(), metric.clone())).collect(),
        };
        let header = serde_json::to_vec(&header).map_err(|error| Error::internal(format!("a checkpoint's header: {error}")))?;
        let model = self.model.to_bytes()?;
        let values = self.history.iter().flat_map(|report| &report.values).map(|(_, _, value)| value);
        let mut payload = Vec::with_capacity(8 * self.rounds() * metrics.len() + model.len());
        values.for_each(|value| payload.extend_from_slice(&value.to_le_bytes()));
        payload.extend_from_slice(&model);
        Ok(FORMAT.encode(&header, &payload)?)
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote. Nothing is believed before the checksum has matched.
    ///
    /// # Errors
    /// No checkpoint, a damaged one, or one of another version of the format or the program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (header, payload) = FORMAT.decode(bytes).map_err(|error| refused(error.to_string()))?;
        let header: Header =
            serde_json::from_slice(header).map_err(|error| refused(format!("the checkpoint's header: {error}")))?;
        if header.sapwood != env!("CARGO_PKG_VERSION") {
            return Err(refused(format!(
                "the checkpoint was written by Sapwood {}, this is {}",
                header.sapwood,
                env!("CARGO_PKG_VERSION")
            )));
        }
        let damaged = || refused("the checkpoint is inconsistent");
        let values = header.rounds.checked_mul(header.metrics.len()).and_then(|values| values.checked_mul(8));
        let (values, model) = values.and_then(|values| payload.split_at_checked(values)).ok_or_else(damaged)?;
        let history = history(&header, values).ok_or_else(damaged)?;
        let model = Model::from_bytes(model)?;
        if model.num_rounds() != history.len() {
            return Err(damaged());
        }
        Ok(Self { model, history, data: header.data, initial: header.initial })
    }
}

/// What to do with a checkpoint of another run.
const REMEDY: &str = "train with the data and parameters of the checkpoint, or choose an empty directory for checkpoints";

impl Checkpoint {
    /// Checks that a run whose model begins as `model`, on `data`, may go on from here.
    ///
    /// # Errors
    /// Other parameters, other data.
    pub(super) fn check(&self, model: &Model, data: &[Fingerprint], initial: Option<InitialId>) -> Result<()> {
        self.check_parameters(&model.params)?;
        if initial != self.initial {
            let words = |id: Option<InitialId>| id.map_or_else(|| "none".into(), |id| format!("one of {} rounds", id.rounds));
            let (now, then) = (words(initial), words(self.initial));
            let what = if now == then { "another one of as many rounds".into() } else { format!("{now}, it was {then}") };
            return Err(refused(format!(
                "the checkpoint was made with another model to go on from: the model is {what}; {REMEDY}"
            )));
        }
        match self.other_data(model, data) {
            Some(what) => Err(refused(format!("the checkpoint was made with other data: {what}; {REMEDY}"))),
            None => Ok(()),
        }
    }

    /// What the data do not have in common with those of the checkpoint.
    fn other_data(&self, model: &Model, data: &[Fingerprint]) -> Option<String> {
        if let Some(what) = other_schema(&model.schema, &self.model.schema) {
            return Some(what);
        }
        if self.model.classes != model.classes {
            return Some("the training set has different classes".to_string());
        }
        let differences = fingerprint::differences(data, &self.data);
        // It follows from labels and weights, which have told already, should they differ.
        differences.or_else(|| (self.model.base_score != model.base_score).then(|| "the base score differs".to_string()))
    }

    /// Checks that a run with these parameters ([`Params::model_affecting`](crate::Params::model_affecting)) may go on from here, as far
    /// as parameters decide.
    ///
    /// # Errors
    /// Other parameters.
    pub fn check_parameters(&self, parameters: &[(String, String)]) -> Result<()> {
        // More rounds or models, or fewer, are a reason to go on.
        let is_decisive = |(name, _): &&(String, String)| name != "num_round" && name != "num_models";
        let decisive = |pairs: &[(String, String)]| pairs.iter().filter(is_decisive).cloned().collect::<Vec<_>>();
        let (then, now) = (decisive(&self.model.params), decisive(parameters));
        if let Some((name, value)) = now.iter().find(|pair| !then.contains(pair)) {
            let before = then.iter().find(|(known, _)| known == name).map_or("not given", |(_, value)| value);
            return Err(refused(format!(
                "the checkpoint was made with other parameters: {name} is {value:?}, it was {before:?}; {REMEDY}"
            )));
        }
        if let Some((name, value)) = then.iter().find(|pair| !now.contains(pair)) {
            return Err(refused(format!(
                "the checkpoint was made with other parameters: {name} is not given, it was {value:?}; {REMEDY}"
            )));
        }
        Ok(())
    }
}

/// The first difference between the features of a run and those of an earlier one.
fn other_schema(now: &FeatureSchema, then: &FeatureSchema) -> Option<String> {
    if now.len() != then.len() {
        return Some(format!("the training set has {} features, it had {}", now.len(), then.len()));
    }
    let words = |feature: &Feature| format!("{:?} ({})", feature.name, feature.kind.word());
    let mut features = now.features.iter().zip(&then.features).enumerate();
    match features.find(|(_, (now, then))| now != then) {
        Some((index, (now, then))) if words(now) == words(then) => {
            Some(format!("feature {index} of the training set, {}, has different levels", words(now)))
        }
        Some((index, (now, then))) => {
            Some(format!("feature {index} of the training set is {}, it was {}", words(now), words(then)))
        }
        None => (now != then).then(|| "the training set has a different form (a header, or the first index of libsvm)".to_string()),
    }
}

/// The reports of all rounds from their values; none without metrics.
fn history(header: &Header, values: &[u8]) -> Option<Vec<RoundReport>> {
    if header.metrics.is_empty() {
        return None;
    }
    let first = header.initial.map_or(0, |initial| initial.rounds);
    let report = |(round, values): (usize, &[[u8; 8]])| {
        let metrics = header.metrics.iter().zip(values);
        let values = metrics.map(|((set, metric), value)| (set.clone(), metric.clone(), f64::from_le_bytes(*value)));
        RoundReport { round: first + round, values: values.collect() }
    };
    Some(values.as_chunks().0.chunks(header.metrics.len()).enumerate().map(report).collect())
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Checkpoint, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Objective, Tree};

    fn fingerprint(name: &str) -> Fingerprint {
        Fingerprint {
            name: name.into(),
            rows: 7,
            features: 1,
            labels: 2,
            label_bounds: Some(6),
            weights: 3,
            groups: Some(4),
            base_margins: u64::MAX,
            values: Some(5),
        }
    }

    fn checkpoint(rounds: usize) -> Checkpoint {
        let trees = (0..rounds).map(|round| Tree::leaf(round as f64, 1.0)).collect();
        let mut model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![0.5], trees);
        model.params = vec![("eta".to_string(), "0.3".to_string())];
        let values = |round| vec![("train".to_string(), "rmse".to_string(), round as f64), ("v".into(), "auc".into(), f64::NAN)];
        Checkpoint {
            model,
            history: (0..rounds).map(|round| RoundReport { round, values: values(round) }).collect(),
            data: vec![fingerprint("train"), fingerprint("v")],
            initial: None,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for rounds in [1, 2, 40] {
            let bytes = checkpoint(rounds).to_bytes().unwrap();
            let read = Checkpoint::from_bytes(&bytes).unwrap();
            // NaN is not equal to itself; its bytes are.
            assert_eq!(read.to_bytes().unwrap(), bytes);
            assert_eq!((read.rounds(), read.data), (rounds, vec![fingerprint("train"), fingerprint("v")]));
        }
    }

    #[test]
    fn any_damage_is_an_error() {
        let bytes = checkpoint(3).to_bytes().unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(Checkpoint::from_bytes(&damaged).is_err(), "byte {at}, bit {bit}");
            }
            assert!(Checkpoint::from_bytes(&bytes[..at]).is_err(), "cut off at {at}");
        }
        assert!(Checkpoint::from_bytes(&[&bytes[..], b"x"].concat()).is_err());
    }

    /// Lengths that lie, under a checksum that does not.
    #[test]
    fn no_length_is_believed() {
        let bytes = checkpoint(3).to_bytes().unwrap();
        for at in 8..24 {
            for value in [0, 1, 0x7f, 0xff] {
                let mut lying = bytes[..bytes.len() - 4].to_vec();
                if lying[at] != value {
                    lying[at] = value;
                    lying.extend_from_slice(&crc32fast::hash(&lying).to_le_bytes());
                    assert!(Checkpoint::from_bytes(&lying).is_err(), "byte {at}: {value}");
                }
            }
        }
    }
}
