//! Boosting: the loop over rounds.

mod agreement;
mod averaged;
mod bins;
mod budget;
mod buffers;
mod checkpoint;
pub mod checkpoint_files;
mod clock;
mod cross_validation;
mod crosses;
#[cfg(test)]
mod crosses_tests;
mod dart;
mod early_stopping;
mod events;
mod fingerprint;
mod in_file;
mod initial;
mod kept;
mod linear;
mod members;
mod merged;
mod outcome;
mod phases;
mod preparation;
mod preset;
mod race;
mod refresh;
mod repeats;
mod replay;
mod report;
mod round_agreement;
mod row_order;
mod row_sampling;
mod scores;
mod shared_bins;
mod side_by_side;
mod sketch;
mod stage;
mod temperature;
mod thread_count;
mod trainer;
mod training;

pub use bins::{Bins, InFile};
pub use checkpoint::Checkpoint;
pub use clock::{Clock, Since};
pub use cross_validation::{CrossValidated, FoldsReport, HELD_OUT, cross_validate, out_of_fold};
pub use early_stopping::{Decision, EarlyStopping};
pub use events::Observer;
pub use fingerprint::Fingerprint;
pub use initial::InitialId;
pub use members::MemberReport;
pub use phases::Phases;
pub use preset::PresetReport;
pub use report::{RoundReport, is_set_name};
pub use shared_bins::SharedBins;
pub(crate) use side_by_side::side_by_side;
pub use thread_count::threads;
pub use trainer::{Trained, Trainer};

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod constraint_tests;
#[cfg(test)]
mod custom_tests;
#[cfg(test)]
mod dart_tests;
#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod in_file_tests;
#[cfg(test)]
mod initial_tests;
#[cfg(test)]
mod linear_tests;
#[cfg(test)]
mod objective_tests;
#[cfg(test)]
mod preset_tests;
#[cfg(test)]
mod quantile_tests;
#[cfg(test)]
mod rank_tests;
#[cfg(test)]
mod refresh_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vector_tests;
#[cfg(test)]
mod weight_tests;
