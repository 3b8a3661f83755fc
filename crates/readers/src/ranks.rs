//! [`Ranks`]: the hosts that read a data set together, and what readers tell each other through them.
//!
//! A result that depends on the rows of one rank alone, or on its memory, goes through [`Ranks::agree`] before anybody acts on it: otherwise one rank would
//! return an error, and the others would wait for it for ever.

use crate::{Error, Result};
use sapwood::ErrorKind;
use sapwood::collective::{Collective, Solo};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which files the ranks of a job see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankFiles {
    /// All see the same ones, and each reads a part of them.
    Shared,
    /// Each has files of its own, of which it may have none. Rows follow each other in the order of ranks.
    Own,
}

/// The ranks that read a data set together. All must read the same data sets, in the same order and with the same options.
#[derive(Clone, Copy, Debug)]
pub struct Ranks<'a> {
    collective: &'a dyn Collective,
    files: RankFiles,
}

impl<'a> Ranks<'a> {
    /// The ranks of `collective`.
    pub fn new(collective: &'a dyn Collective, files: RankFiles) -> Self {
        Self { collective, files }
    }

    /// One rank, which reads everything.
    pub fn alone() -> Ranks<'static> {
        Ranks { collective: &Solo, files: RankFiles::Shared }
    }

    pub(super) fn is_alone(self) -> bool {
        self.collective.size() == 1
    }

    pub(super) fn rank(self) -> usize {
        self.collective.rank()
    }

    pub(super) fn size(self) -> usize {
        self.collective.size()
    }

    pub(super) fn files(self) -> RankFiles {
        self.files
    }

    /// What every rank says, in the order of ranks.
    ///
    /// # Errors
    /// What another rank said cannot be understood. Then no rank understands it.
    pub(super) fn gather<T: Serialize + DeserializeOwned>(self, own: T) -> Result<Vec<T>> {
        if self.is_alone() {
            return Ok(vec![own]);
        }
        let garbled = |error: serde_json::Error| Error::internal(format!("what hosts told each other is garbled: {error}"));
        let said = self.collective.all_gather(&serde_json::to_vec(&own).map_err(garbled)?);
        said.iter().map(|bytes| serde_json::from_slice(bytes).map_err(garbled)).collect()
    }

    /// The bytes of one rank.
    pub(super) fn broadcast(self, rank: usize, mut bytes: Vec<u8>) -> Vec<u8> {
        self.collective.broadcast(rank, &mut bytes);
        bytes
    }

    /// The words of every rank, in the order of ranks.
    pub(super) fn gather_words(self, own: &[u64]) -> Vec<Vec<u64>> {
        let bytes: Vec<u8> = own.iter().flat_map(|word| word.to_le_bytes()).collect();
        let words = |bytes: Vec<u8>| bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect();
        self.collective.all_gather(&bytes).into_iter().map(words).collect()
    }

    /// What the first rank says that says anything.
    ///
    /// # Errors
    /// As [`Ranks::gather`].
    pub(super) fn first<T: Serialize + DeserializeOwned>(self, own: Option<T>) -> Result<Option<T>> {
        Ok(self.gather(own)?.into_iter().flatten().next())
    }

    /// The sum of a count over all ranks.
    pub(super) fn sum(self, count: u64) -> u64 {
        let mut sum = [count as i64];
        self.collective.all_reduce_sum(&mut sum);
        sum[0] as u64
    }

    /// Whether something holds on all ranks.
    pub(super) fn all(self, holds: bool) -> bool {
        self.sum(u64::from(!holds)) == 0
    }

    /// The numbers that all ranks say, of each rank's ascending ones.
    ///
    /// # Errors
    /// As [`Ranks::gather`].
    pub(super) fn common(self, own: Vec<usize>) -> Result<Vec<usize>> {
        let mut common = own.clone();
        for other in self.gather(own)? {
            common.retain(|number| other.binary_search(number).is_ok());
        }
        Ok(common)
    }

    /// The result of this rank if all ranks succeeded, else on every rank the error of the first rank that failed: ranks hold consecutive
    /// rows, so that this is the first error in the data.
    pub(super) fn agree<T>(self, result: Result<T>) -> Result<T> {
        if self.is_alone() {
            return result;
        }
        let failure = result.as_ref().err().map(Failure::of);
        let failures = self.gather(failure)?;
        let first = failures.into_iter().enumerate().find_map(|(rank, failure)| Some((rank, failure?)));
        match first {
            None => result,
            Some((rank, failure)) if self.files == RankFiles::Own => Err(failure.error().within(&format!("host {rank}"))),
            Some((_, failure)) => Err(failure.error()),
        }
    }
}

/// An error on its way to other ranks.
#[derive(Serialize, Deserialize)]
struct Failure {
    kind: u8,
    message: String,
    remedy: Option<String>,
    path: Option<PathBuf>,
    line: Option<u64>,
    row: Option<u64>,
    column: Option<u64>,
    column_name: Option<String>,
    parameter: Option<String>,
}

/// Kinds of errors by the number that stands for them.
const KINDS: [ErrorKind; 7] = [
    ErrorKind::Data,
    ErrorKind::Schema,
    ErrorKind::Parameter,
    ErrorKind::Configuration,
    ErrorKind::Io,
    ErrorKind::Cancelled,
    ErrorKind::Internal,
];

impl Failure {
    fn of(error: &Error) -> Self {
        let details = error.details().clone();
        let whole = error.to_string();
        let message = match &details.remedy {
            Some(remedy) => whole.strip_suffix(&format!("; {remedy}")).unwrap_or(&whole).to_string(),
            None => whole,
        };
        Self {
            kind: KINDS.iter().position(|&kind| kind == error.kind()).unwrap_or(KINDS.len() - 1) as u8,
            message,
            remedy: details.remedy,
            path: details.path,
            line: details.line,
            row: details.row,
            column: details.column,
            column_name: details.column_name,
            parameter: details.parameter,
        }
    }

    fn error(self) -> Error {
        let kind = KINDS.get(usize::from(self.kind)).copied().unwrap_or(ErrorKind::Internal);
        let mut error = Error::new(kind, self.message);
        if let Some(remedy) = self.remedy {
            error = error.with_remedy(remedy);
        }
        if let Some(path) = self.path {
            error = error.with_path(path);
        }
        if let Some(line) = self.line {
            error = error.with_line(line);
        }
        if let Some(row) = self.row {
            error = error.with_row(row);
        }
        if let Some(column) = self.column {
            error = error.with_column(column);
        }
        if let Some(name) = self.column_name {
            error = error.with_column_name(name);
        }
        match self.parameter {
            Some(parameter) => error.with_parameter(parameter),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sapwood::collective::Threads;

    #[test]
    fn all_ranks_have_the_error_of_the_first_that_failed() {
        let failed = |rank: usize| {
            let error = Error::data(format!("bad cell {rank}")).with_path("a.csv").with_line(7).with_column_name("x");
            error.with_remedy("correct it")
        };
        let run = |files| {
            Threads::run(3, |collective| {
                let ranks = Ranks::new(collective, files);
                let result = if ranks.rank() > 0 { Err(failed(ranks.rank())) } else { Ok(()) };
                ranks.agree(result).unwrap_err()
            })
        };
        for error in run(RankFiles::Shared) {
            assert_eq!((error.to_string(), error.details()), (failed(1).to_string(), failed(1).details()));
        }
        assert!(run(RankFiles::Own).iter().all(|error| error.to_string() == "host 1: bad cell 1; correct it"));
        let sums = Threads::run(3, |collective| {
            let ranks = Ranks::new(collective, RankFiles::Shared);
            (
                ranks.agree(Ok(ranks.rank())).unwrap(),
                ranks.sum(2),
                ranks.all(ranks.rank() < 2),
                ranks.first(Some(ranks.rank())).unwrap(),
            )
        });
        assert_eq!(sums, [0, 1, 2].map(|rank| (rank, 6, false, Some(0))));
    }
}
