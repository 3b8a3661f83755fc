//! The walks compiled once for each instruction set; which of them runs is found out once, or forced by `SAPWOOD_SIMD`.
//!
//! Every level gives the same bits: no operation is reordered or fused.

use super::kernel::Walk;

/// An instruction set that this CPU has: only [`Simd::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Simd(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Scalar,
    Avx2,
    Avx512,
}

impl Simd {
    /// The best level of this CPU, unless `SAPWOOD_SIMD` asks for a lesser one.
    pub fn detect() -> Self {
        let wanted = match std::env::var("SAPWOOD_SIMD").as_deref() {
            Ok("scalar") => Level::Scalar,
            Ok("avx2") => Level::Avx2,
            _ => Level::Avx512,
        };
        Self(best().min(wanted))
    }

    /// Every level that this CPU has.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|level| *level <= best()).map(Self).collect()
    }
}

#[cfg(target_arch = "x86_64")]
fn best() -> Level {
    let avx2 = is_x86_feature_detected!("avx2");
    let avx512 = avx2 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
    match (avx2, avx512 && is_x86_feature_detected!("avx512dq")) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        _ => Level::Scalar,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn best() -> Level {
    Level::Scalar
}

/// Runs a walk.
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calls code for an instruction set that was detected"))]
pub(super) fn run<const W: usize, const PAIRS: bool>(simd: Simd, walk: &mut Walk<'_, W, PAIRS>) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2<const W: usize, const PAIRS: bool>(walk: &mut Walk<'_, W, PAIRS>) {
            walk.run();
        }
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2")]
        fn avx512<const W: usize, const PAIRS: bool>(walk: &mut Walk<'_, W, PAIRS>) {
            walk.run();
        }
        match simd.0 {
            // SAFETY: a `Simd` of this level is only made after the CPU was asked for these features.
            Level::Avx512 => return unsafe { avx512(walk) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(walk) },
            Level::Scalar => {}
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = simd;
    walk.run();
}
