//! `sapwood serve`: the hosting contract of docs/SERVING.md, on the real executable.

pub mod client;
pub mod forms;
mod hostile;
mod life;
pub mod models;
mod parity;
mod several;
mod statuses;
mod unread;
