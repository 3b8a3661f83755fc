//! [`Phases`]: how long the phases of training took.

/// Seconds spent per phase of training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// Finding cuts and filling the binned matrices.
    pub bin: f64,
    /// Growing trees.
    pub train: f64,
    /// Metrics.
    pub evaluate: f64,
}
