//! [`Threads`]: ranks that are threads of one process. They show in tests that any number of ranks trains the same model.

use super::operations::Collective;
use super::ranks::words;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A rank among threads of one process.
#[derive(Debug)]
pub struct Threads {
    rank: usize,
    meeting: Arc<Meeting>,
}

/// Where ranks meet: each operation is an exchange of what all have to say.
#[derive(Debug)]
struct Meeting {
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What the ranks that have come so far say, with the operation that they called.
    said: Vec<Option<(&'static str, Vec<u8>)>>,
    /// Exchanges that are over, and what was said in the last one.
    over: u64,
    last: Arc<Vec<Vec<u8>>>,
    /// Whether a rank has left, so that no exchange can be completed.
    broken: bool,
}

impl Threads {
    /// The ranks of a group.
    pub fn group(size: usize) -> Vec<Self> {
        let state = State { said: (0..size).map(|_| None).collect(), ..State::default() };
        let meeting = Arc::new(Meeting { size, state: Mutex::new(state), changed: Condvar::new() });
        (0..size).map(|rank| Self { rank, meeting: Arc::clone(&meeting) }).collect()
    }

    /// Runs a function on a thread for each of `size` ranks; returns what it returned, by rank.
    ///
    /// # Panics
    /// As the function does on any rank.
    pub fn run<T: Send>(size: usize, function: impl Fn(&dyn Collective) -> T + Sync) -> Vec<T> {
        let function = &function;
        std::thread::scope(|scope| {
            let threads: Vec<_> = Self::group(size).into_iter().map(|rank| scope.spawn(move || function(&rank))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))).collect()
        })
    }

    /// Says something; returns what every rank said, in the order of ranks.
    fn exchange(&self, operation: &'static str, bytes: Vec<u8>) -> Arc<Vec<Vec<u8>>> {
        let mut state = self.meeting.state();
        let over = state.over;
        state.said[self.rank] = Some((operation, bytes));
        if state.said.iter().all(Option::is_some) {
            state.complete();
            self.meeting.changed.notify_all();
        }
        while state.over == over {
            if state.broken {
                drop(state);
                std::panic::resume_unwind(Box::new(format!("rank {} called {operation}, another one did not", self.rank)));
            }
            state = self.meeting.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Arc::clone(&state.last)
    }

    /// Exchanges integers; `combine` adds those of each rank to what becomes the result.
    fn reduce(&self, operation: &'static str, values: &mut [i64], combine: impl Fn(i64, i64) -> i64) {
        let said = self.exchange(operation, bytemuck::cast_slice(values).to_vec());
        for (rank, bytes) in said.iter().enumerate() {
            let others = words(bytes);
            assert_eq!(others.len(), values.len(), "{operation}: the ranks have different numbers of values");
            let both = values.iter_mut().zip(others);
            both.for_each(|(value, other)| *value = if rank == 0 { other as i64 } else { combine(*value, other as i64) });
        }
    }
}

impl Meeting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends an exchange in which all have said something, if they called the same operation.
    fn complete(&mut self) {
        let said: Vec<_> = self.said.iter_mut().filter_map(Option::take).collect();
        self.broken |= said.windows(2).any(|pair| pair[0].0 != pair[1].0);
        if !self.broken {
            self.last = Arc::new(said.into_iter().map(|(_, bytes)| bytes).collect());
            self.over += 1;
        }
    }
}

impl Drop for Threads {
    /// The others must not wait for a rank that is gone.
    fn drop(&mut self) {
        self.meeting.state().broken = true;
        self.meeting.changed.notify_all();
    }
}

impl Collective for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.meeting.size
    }

    fn broadcast(&self, root: usize, bytes: &mut Vec<u8>) {
        let own = if self.rank == root { std::mem::take(bytes) } else { Vec::new() };
        bytes.clone_from(&self.exchange("broadcast", own)[root]);
    }

    fn all_reduce_sum(&self, values: &mut [i64]) {
        self.reduce("all_reduce_sum", values, i64::wrapping_add);
    }

    fn all_reduce_max(&self, values: &mut [i64]) {
        self.reduce("all_reduce_max", values, i64::max);
    }

    fn reduce_scatter_sum(&self, values: &[i64], blocks: &[usize], own: &mut [i64]) {
        let mut sums = values.to_vec();
        self.reduce("reduce_scatter_sum", &mut sums, i64::wrapping_add);
        let begin: usize = blocks[..self.rank].iter().sum();
        own.copy_from_slice(&sums[begin..begin + blocks[self.rank]]);
    }

    fn all_gather(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.exchange("all_gather", bytes.to_vec()).to_vec()
    }

    fn barrier(&self) {
        self.exchange("barrier", Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_do_what_they_promise() {
        let found = Threads::run(3, |ranks| {
            let rank = ranks.rank() as i64;
            let (mut sums, mut largest) = ([rank, i64::MAX], [rank, -rank]);
            ranks.all_reduce_sum(&mut sums);
            ranks.all_reduce_max(&mut largest);
            ranks.barrier();
            let mut own = vec![0; ranks.rank()];
            ranks.reduce_scatter_sum(&[1, 10 * rank, 100], &[0, 1, 2], &mut own);
            let mut bytes = vec![rank as u8];
            ranks.broadcast(2, &mut bytes);
            (sums, largest, own, bytes, ranks.all_gather(&vec![7; ranks.rank()]))
        });
        for (rank, (sums, largest, own, bytes, gathered)) in found.into_iter().enumerate() {
            assert_eq!((sums, largest), ([3, i64::MAX.wrapping_mul(3)], [2, 0]));
            assert_eq!(own, [vec![], vec![3], vec![30, 300]][rank]);
            assert_eq!((bytes, gathered), (vec![2], vec![vec![], vec![7], vec![7, 7]]));
        }
    }

    #[test]
    fn nobody_waits_for_a_rank_that_has_left_or_does_something_else() {
        let left = std::panic::catch_unwind(|| {
            Threads::run(3, |ranks| {
                if ranks.rank() != 1 {
                    ranks.barrier();
                }
            })
        });
        assert!(left.is_err());
        let differs = |ranks: &dyn Collective| match ranks.rank() {
            0 => ranks.barrier(),
            _ => ranks.all_reduce_sum(&mut []),
        };
        assert!(std::panic::catch_unwind(|| Threads::run(2, differs)).is_err());
    }
}
