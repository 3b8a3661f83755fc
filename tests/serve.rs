//! `sapwood serve`: the hosting contract of docs/SERVING.md, on the real executable.

mod client;
mod forms;
mod hostile;
mod life;
mod models;
mod parity;
mod several;
mod statuses;
