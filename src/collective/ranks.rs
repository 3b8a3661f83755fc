//! What training asks of a [`Collective`], in terms of its operations. A rank that is alone gets its own values back at once.

use super::operations::Collective;
use crate::{Error, ErrorKind, Result};

impl dyn Collective + '_ {
    /// Whether there is no other rank.
    pub(crate) fn is_alone(&self) -> bool {
        self.size() == 1
    }

    /// The sum of a count over all ranks.
    pub(crate) fn sum(&self, count: u64) -> u64 {
        let mut sum = [count as i64];
        self.all_reduce_sum(&mut sum);
        sum[0] as u64
    }

    /// The sum of the counts of all lower ranks.
    pub(crate) fn sum_below(&self, count: u64) -> u64 {
        let mut counts = vec![0; self.size()];
        counts[self.rank()] = count as i64;
        self.all_reduce_sum(&mut counts);
        counts[..self.rank()].iter().sum::<i64>() as u64
    }

    /// The smallest of a number over all ranks.
    pub(crate) fn min(&self, number: usize) -> usize {
        let mut max = [-i64::try_from(number).unwrap_or(i64::MAX)];
        self.all_reduce_max(&mut max);
        max[0].unsigned_abs() as usize
    }

    /// Whether something holds on any rank.
    pub(crate) fn any(&self, holds: bool) -> bool {
        let mut any = [i64::from(holds)];
        self.all_reduce_max(&mut any);
        any[0] == 1
    }

    /// Replaces numbers that are not negative by the largest of all ranks. Their bits are ordered as they are.
    pub(crate) fn max_magnitudes<const N: usize>(&self, magnitudes: [f64; N]) -> [f64; N] {
        let mut bits = magnitudes.map(|x| x.to_bits() as i64);
        self.all_reduce_max(&mut bits);
        bits.map(|bits| f64::from_bits(bits as u64))
    }

    /// Replaces wide integers by their sums over all ranks.
    pub(crate) fn sum_wide(&self, values: &mut [i128]) {
        if self.is_alone() {
            return;
        }
        // Limbs of 32 bits leave room for the carries of any number of ranks; the highest has the sign.
        let limbs = |value: &i128| [(value & 0xffff_ffff) as i64, (value >> 32 & 0xffff_ffff) as i64, (value >> 64) as i64];
        let mut words: Vec<i64> = values.iter().flat_map(limbs).collect();
        self.all_reduce_sum(&mut words);
        for (value, limbs) in values.iter_mut().zip(words.chunks_exact(3)) {
            *value = i128::from(limbs[0]) + (i128::from(limbs[1]) << 32) + (i128::from(limbs[2]) << 64);
        }
    }

    /// The result of this rank if all ranks succeeded; else an error on every rank: its own, or that of the first rank that failed.
    pub(crate) fn agree<T>(&self, result: Result<T>) -> Result<T> {
        if self.is_alone() {
            return result;
        }
        let failure = result.as_ref().err().map_or_else(Vec::new, encode);
        let failures = self.all_gather(&failure);
        let value = result?;
        let failed = failures.iter().enumerate().find_map(|(rank, bytes)| decode(rank, bytes));
        failed.map_or(Ok(value), Err)
    }
}

/// Words that another rank sent as bytes.
pub(crate) fn words(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks().0.iter().map(|&word| u64::from_ne_bytes(word)).collect()
}

/// Kinds of errors by the byte that stands for them on the way to other ranks.
const KINDS: [ErrorKind; 8] = [
    ErrorKind::Data,
    ErrorKind::Schema,
    ErrorKind::Parameter,
    ErrorKind::Io,
    ErrorKind::Model,
    ErrorKind::Checkpoint,
    ErrorKind::Cache,
    ErrorKind::Internal,
];

fn encode(error: &Error) -> Vec<u8> {
    let kind = KINDS.iter().position(|&kind| kind == error.kind()).unwrap_or(KINDS.len() - 1);
    [&[kind as u8], error.to_string().as_bytes()].concat()
}

fn decode(rank: usize, bytes: &[u8]) -> Option<Error> {
    let (&kind, message) = bytes.split_first()?;
    let kind = KINDS.get(usize::from(kind)).copied().unwrap_or(ErrorKind::Internal);
    Some(Error::new(kind, format!("host {}: {}", rank + 1, String::from_utf8_lossy(message))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Threads;

    #[test]
    fn wide_sums_carry_and_keep_their_signs() {
        let values = [i128::from(i64::MAX) * 5, -3, -(1 << 70), 0xffff_ffff, -1];
        let sums = Threads::run(3, |ranks| {
            let mut sums = values;
            ranks.sum_wide(&mut sums);
            sums
        });
        assert!(sums.iter().all(|sums| *sums == values.map(|value| 3 * value)));
    }

    #[test]
    fn counts_and_magnitudes_are_those_of_all_ranks() {
        let found = Threads::run(3, |ranks| {
            let rank = ranks.rank();
            let counts = (ranks.sum(rank as u64), ranks.sum_below(rank as u64 + 1), ranks.min(rank + 4), ranks.any(rank == 1));
            (counts, ranks.max_magnitudes([rank as f64, 0.5 / (rank + 1) as f64]))
        });
        let expected = |below| ((3, below, 4, true), [2.0, 0.5]);
        assert_eq!(found, [expected(0), expected(1), expected(3)]);
    }

    #[test]
    fn the_error_of_one_rank_is_one_of_all() {
        let found = Threads::run(3, |ranks| {
            let result = if ranks.rank() == 1 { Err(Error::data("no label")) } else { Ok(7) };
            ranks.agree(result).unwrap_err()
        });
        assert!(found.iter().all(|error| error.kind() == ErrorKind::Data));
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["host 2: no label", "no label", "host 2: no label"]);
        assert_eq!(Threads::run(2, |ranks| ranks.agree(Ok(ranks.rank())).unwrap()), [0, 1]);
    }
}
