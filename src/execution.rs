//! [`Execution`]: how training runs, as opposed to what it computes. Nothing in it changes a bit of the model.

use crate::collective::Collective;
use crate::profile::Profiler;
use crate::simd::Simd;

/// The vector instructions to use, the profiler to report to, and the other ranks. Threads are those of the current rayon pool.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub simd: Simd,
    pub profiler: &'a Profiler,
    pub ranks: &'a dyn Collective,
}

#[cfg(test)]
impl Execution<'static> {
    /// Of one rank, whose profile nobody asks for.
    pub fn solo(simd: Simd) -> Self {
        static PROFILER: std::sync::LazyLock<Profiler> = std::sync::LazyLock::new(|| Profiler::new(1));
        Self { simd, profiler: &PROFILER, ranks: &crate::collective::Solo }
    }
}
