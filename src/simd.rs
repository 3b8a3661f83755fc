//! Which vector instructions the kernels may use: found once, or forced by `SAPWOOD_SIMD=scalar|avx2|avx512`.
//!
//! Every level gives the same bits. The kernels are written once as plain loops and compiled once per level; see [`dispatch`].

use crate::{Error, Result};

/// A vector instruction set that this CPU has: only [`Simd::detect`] makes one, so holding it proves that its code may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simd(Level);

/// The instruction sets that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The target's baseline.
    Scalar,
    /// AVX2, with the bit manipulation instructions that came with it.
    Avx2,
    /// AVX-512 F, VL, BW and DQ.
    Avx512,
}

impl Simd {
    /// The best level of this CPU, or the one that `SAPWOOD_SIMD` asks for.
    ///
    /// # Errors
    /// `SAPWOOD_SIMD` is no level, or one that this CPU does not have.
    pub fn detect() -> Result<Self> {
        let best = best();
        let wanted = match std::env::var("SAPWOOD_SIMD").as_deref() {
            Err(_) | Ok("") => return Ok(Self(best)),
            Ok("scalar") => Level::Scalar,
            Ok("avx2") => Level::Avx2,
            Ok("avx512") => Level::Avx512,
            Ok(other) => {
                return Err(Error::parameter(format!(
                    "SAPWOOD_SIMD={other:?} is not an instruction set; use scalar, avx2 or avx512, or unset it"
                )));
            }
        };
        if wanted > best {
            return Err(Error::parameter(format!(
                "SAPWOOD_SIMD={wanted:?}: this CPU offers {best:?} at most; unset it to use what there is"
            )));
        }
        Ok(Self(wanted))
    }

    /// The plain code, which every CPU runs.
    #[cfg(test)]
    pub fn scalar() -> Self {
        Self(Level::Scalar)
    }

    /// Every level that this CPU has.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        [Level::Scalar, Level::Avx2, Level::Avx512].into_iter().filter(|level| *level <= best()).map(Self).collect()
    }

    pub(crate) fn level(self) -> Level {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
fn best() -> Level {
    // Everything that `dispatch!` enables: a hypervisor may hide any of it.
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        _ => Level::Scalar,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn best() -> Level {
    Level::Scalar
}

/// Defines a function that runs the `#[inline(always)]` function of the same signature, compiled for the level it is given first.
///
/// What that function calls is compiled for the level only where it is inlined. So its loops are `for` loops: the closures of `for_each`
/// and `fold` end up in functions of their own, for the baseline, as soon as they are large.
macro_rules! dispatch {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $body:path) => {
        $(#[$meta])*
        #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calls code for an instruction set that was detected"))]
        $vis fn $name $(<$generic: $bound>)? (simd: $crate::simd::Simd, $($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx2 $(<$generic: $bound>)? ($($arg: $type),*) $(-> $result)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx512 $(<$generic: $bound>)? ($($arg: $type),*) $(-> $result)? {
                    $body($($arg),*)
                }
                match simd.level() {
                    // SAFETY: a `Simd` of this level is only made after the CPU was asked for these features.
                    $crate::simd::Level::Avx512 => return unsafe { avx512 $(::<$generic>)? ($($arg),*) },
                    // SAFETY: as above.
                    $crate::simd::Level::Avx2 => return unsafe { avx2 $(::<$generic>)? ($($arg),*) },
                    $crate::simd::Level::Scalar => {}
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = simd;
            $body($($arg),*)
        }
    };
}
pub(crate) use dispatch;

/// Asks the memory system for an element that will be needed soon.
#[inline(always)]
pub(crate) fn prefetch<T>(data: &[T], index: usize) {
    Ahead::new(data, 0).fetch(index);
}

/// Elements that will be needed soon, numbered as in something that they are a part of.
#[derive(Clone, Copy)]
pub(crate) struct Ahead<T>(*const T);

impl<T> Ahead<T> {
    /// Of these the first one has the number `first`.
    #[inline(always)]
    pub fn new(data: &[T], first: usize) -> Self {
        Self(data.as_ptr().wrapping_sub(first))
    }

    /// Asks the memory system for an element.
    #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the intrinsic is unsafe to call"))]
    #[inline(always)]
    pub fn fetch(self, index: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a prefetch reads nothing and cannot fault, whatever the address.
            unsafe { _mm_prefetch(self.0.wrapping_add(index).cast(), _MM_HINT_T0) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (self.0, index);
    }
}
