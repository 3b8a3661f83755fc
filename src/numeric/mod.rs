//! Numerical tools whose results do not depend on the order of rows, the number of threads, or the machine.

mod discount;
mod failure_time;
mod gamma;
mod log_sum_exp;
mod quantile;
mod reorder;
mod risk_sets;
mod short;
mod sum;
mod total;

pub(crate) use discount::discount;
pub(crate) use failure_time::Noise;
pub use gamma::ln_gamma;
pub(crate) use log_sum_exp::log_sum_exp;
pub(crate) use quantile::{Weighted, quantile_of, weighted, weighted_quantile};
pub(crate) use reorder::{gather, reorder};
pub(crate) use risk_sets::{LogSum, RiskSets};
pub(crate) use short::Short;
pub(crate) use sum::weighted_mean;
pub use sum::{Grid, sum};
pub(crate) use total::Total;
