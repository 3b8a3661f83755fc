//! [`Histogram`]: exact integer sums of gradients and hessians per bin.

use super::kernel::PACKED_ROWS;
use crate::profile::{Phase, Profiler};
use rayon::prelude::*;
use std::ops::Range;

/// Slots that one task subtracts.
const SLOTS_PER_TASK: usize = 16_384;

/// Sums of quantised gradients and hessians.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub grad: i64,
    pub hess: i64,
}

impl Sums {
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    #[inline(always)]
    pub fn unpack(word: u64) -> Self {
        Self { grad: word as i64 >> 32, hess: (word & 0xffff_ffff) as i64 }
    }

    fn pack(self) -> u64 {
        ((self.grad << 32) | self.hess) as u64
    }
}

impl std::ops::Add for Sums {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { grad: self.grad + other.grad, hess: self.hess + other.hess }
    }
}

impl std::ops::Sub for Sums {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { grad: self.grad - other.grad, hess: self.hess - other.hess }
    }
}

/// How a histogram's slots are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotForm {
    /// One word a slot: narrow codes of at most [`PACKED_ROWS`] rows.
    Packed,
    /// Two words a slot.
    Wide,
}

impl SlotForm {
    /// Words a slot takes.
    pub fn words(self) -> usize {
        match self {
            Self::Packed => 1,
            Self::Wide => 2,
        }
    }
}

/// The histogram of a node over all features, in a buffer of two words a slot.
#[derive(Debug)]
pub(crate) struct Histogram {
    pub form: SlotForm,
    pub words: Vec<u64>,
}

impl Histogram {
    #[inline(always)]
    pub fn get(&self, slot: usize) -> Sums {
        match self.form {
            SlotForm::Packed => Sums::unpack(self.words[slot]),
            SlotForm::Wide => Sums { grad: self.words[2 * slot] as i64, hess: self.words[2 * slot + 1] as i64 },
        }
    }

    /// The sums of each of `stride` outputs over all rows, read off one feature, whose bins begin at `slot`.
    pub fn totals(&self, slot: usize, value_bins: usize, stride: usize) -> Vec<Sums> {
        let mut totals = vec![Sums::default(); stride];
        for slot in slot..=slot + value_bins {
            totals.iter_mut().zip(slot * stride..).for_each(|(total, at)| *total = *total + self.get(at));
        }
        totals
    }

    /// Turns the histogram of a parent into that of the child that `sibling` is not, in some ranges of slots (ascending), of several outputs as many
    /// for each. `rows` are that child's.
    pub fn subtract(&mut self, sibling: &Self, slots: &[Range<usize>], rows: u64, narrow: bool, profiler: &Profiler) {
        let (per_slot, child_per_slot) = (self.form.words(), sibling.form.words());
        // Packed halves would borrow from each other only if a hessian's difference were negative.
        let forms = (self.form, sibling.form);
        for Range { start, end } in slots {
            let parent = self.words[per_slot * start..per_slot * end].par_chunks_mut(per_slot * SLOTS_PER_TASK);
            let child = sibling.words[child_per_slot * start..child_per_slot * end].par_chunks(child_per_slot * SLOTS_PER_TASK);
            parent.zip(child).for_each(|(parent, child)| profiler.task(Phase::Histograms, || subtract(forms, parent, child)));
        }
        if narrow && self.form == SlotForm::Wide && rows <= PACKED_ROWS as u64 {
            profiler.task(Phase::Histograms, || self.pack(slots));
        }
    }

    /// Moves wide slots together; their sums must fit.
    fn pack(&mut self, slots: &[Range<usize>]) {
        for slot in slots.iter().cloned().flatten() {
            self.words[slot] = self.get(slot).pack();
        }
        self.form = SlotForm::Packed;
    }
}

fn subtract(forms: (SlotForm, SlotForm), parent: &mut [u64], child: &[u64]) {
    match forms {
        (SlotForm::Wide, SlotForm::Packed) => {
            for (parent, &child) in parent.chunks_exact_mut(2).zip(child) {
                let child = Sums::unpack(child);
                parent[0] = parent[0].wrapping_sub(child.grad as u64);
                parent[1] = parent[1].wrapping_sub(child.hess as u64);
            }
        }
        _ => parent.iter_mut().zip(child).for_each(|(parent, child)| *parent = parent.wrapping_sub(*child)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_is_lossless(grad in -2_147_418_112i64..2_147_418_112, hess in 0i64..4_294_901_761) {
            let sums = Sums { grad, hess };
            prop_assert_eq!(Sums::unpack(sums.pack()), sums);
        }
    }
}
