//! `sapwood serve`: the hosting contract of docs/SERVING.md, on the real executable.

pub mod client;
pub mod forms;
mod hostile;
mod life;
mod metrics;
pub mod models;
mod parity;
mod several;
mod slow;
mod statuses;
mod unread;
