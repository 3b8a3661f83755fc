//! Arithmetic whose result does not depend on threads or order.

mod fixed;

pub use fixed::FixedSum;
