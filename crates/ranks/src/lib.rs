//! Several processes that train one model, over MPI: whether there are several, how they meet, what they tell each other, and how they end when one
//! of them fails.

mod crash;
mod environment;
mod library;
mod progress;
mod pulse;
mod ranks;
mod settings;
mod traffic;

pub use environment::Place;
pub use pulse::{OnEnd, Word};
pub use ranks::Ranks;
pub use settings::Settings;
pub use traffic::Use;
