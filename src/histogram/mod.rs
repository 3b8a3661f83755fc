//! Histograms: quantised gradients summed by bin.

mod batch;
mod builder;
mod kernel;
mod pool;
mod quantise;
mod rows;
mod sums;
mod vector_kernel;
mod vectors;

pub(crate) use batch::NodeOfRows;
pub(crate) use builder::HistogramBuilder;
pub(crate) use pool::Pools;
pub(crate) use quantise::{Quantised, Units, largest_magnitudes, stride};
pub(crate) use sums::{Histogram, SlotForm, Sums};

#[cfg(test)]
mod tests;
