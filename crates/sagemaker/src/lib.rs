//! What SageMaker promises a training container: where things lie under `/opt/ml`, what the files of configuration say, and where the reason
//! of a failure goes. Whoever runs a job, and whoever judges one beforehand, reads the contract here.

pub mod channels;
pub mod config;
pub mod failure;
pub mod hyperparameters;
mod paths;

pub use channels::{Channel, Channels, InputMode};
pub use paths::{Paths, default_root, is_configured};
