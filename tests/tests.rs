//! The integration tests, in one binary.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking; std's functions are its yardstick"
)]

mod cache;
mod channels;
mod checkpoints;
mod class_texts;
mod cli;
mod config;
mod conformance;
mod constraints;
mod continuing;
mod cross_validation;
mod data;
mod doctor;
mod doctor_hosts;
mod doctor_jobs;
mod explanations;
mod field;
mod first_hour;
mod format;
mod hold_out;
mod host_failures;
mod hostile;
mod hosts;
mod interop;
mod io;
mod larger_than_memory;
mod linear;
mod metrics;
mod naive;
mod packages;
mod pages;
mod predictions;
mod preset;
mod ranking;
mod real_data;
mod recordio;
mod report;
mod s3;
mod sagemaker;
mod score;
mod serve;
mod shell;
mod signals;
mod streams;
mod survival;
mod targets;
mod time_budget;
mod train;
mod tuning;
mod tuning_jobs;
mod util;
