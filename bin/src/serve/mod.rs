//! `sapwood serve`: SageMaker's hosting contract over HTTP, docs/SERVING.md.
//!
//! Two kinds of threads: a few that talk HTTP and never wait for anything else, and one for each request that is scored at a time.

mod answer;
mod body;
mod budget;
mod connections;
mod content;
mod explanation;
mod followed;
mod framing;
mod invocation;
mod json;
mod metrics;
mod model;
mod models;
mod open;
mod outgoing;
mod refusal;
mod routes;
mod selection;
mod settings;
mod workers;

use crate::cli::ServeArgs;
use crate::log::Log;
use crate::memory;
use crate::report::Failure;
use budget::Budget;
use metrics::Metrics;
use model::Served;
use models::Models;
use open::OpenConnections;
use settings::Settings;
use std::sync::Arc;
use tokio::sync::Semaphore;
use workers::Workers;

/// What all requests share.
pub struct Server {
    settings: Settings,
    models: Models,
    workers: Workers,
    connections: Arc<OpenConnections>,
    metrics: Metrics,
    /// One for each request that waits or is scored.
    turns: Arc<Semaphore>,
    /// What bodies take until their rows are scored.
    bodies: Budget,
    /// What answers take until they are written.
    answers: Budget,
    log: Log,
}

/// Loads the model and answers requests until SIGTERM or SIGINT.
///
/// # Errors
/// A setting that makes no sense, no model or several, a model that cannot be read, or a port that cannot be had.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let log = Log::from_env()?;
    let settings = Settings::new(args)?;
    let runtime = connections::runtime(settings.slots)?;
    // A process that is the first of its container ignores SIGTERM unless it asks for it, so ask before the model is loaded.
    let stop = runtime.block_on(async { connections::Stop::listen() })?;
    let models = if settings.multi_model {
        memory::keep_little();
        Models::several(settings.model_memory)
    } else {
        Models::one(Served::load("model", &settings.model_file()?, &settings)?)
    };
    let place = std::net::SocketAddr::new(settings.host, settings.port);
    let refused = |error: std::io::Error| Failure::user(format!("cannot listen on {place}: {error}; choose another port"));
    let listener = runtime.block_on(async { connections::listen(place) }).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    log.info(&format!("{} on {address}, up to {} requests at a time", models.describe(), settings.slots));
    let workers = Workers::start(settings.slots)?;
    let server = Arc::new(Server {
        connections: OpenConnections::new(settings.connections),
        metrics: Metrics::new(),
        turns: Arc::new(Semaphore::new(settings.slots + settings.queue)),
        bodies: Budget::new(settings.body_memory),
        answers: Budget::new(settings.answer_memory),
        settings,
        models,
        workers,
        log,
    });
    runtime.block_on(connections::serve(listener, routes::router(&server), &server, stop));
    // Whoever still computes is cut off: 25 seconds are over.
    runtime.shutdown_background();
    Ok(())
}
