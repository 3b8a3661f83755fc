//! Connections: accepted as long as there are not too many, closed when they are too slow, finished before the process ends.

use super::Server;
use crate::report::Failure;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;

/// Connections that may be open at a time; below the number of files that a process may commonly have open.
const MOST_CONNECTIONS: usize = 900;
/// How long requests may take to finish after SIGTERM. SageMaker kills after 30 seconds.
const GRACE: Duration = Duration::from_secs(25);
/// How long to wait when the system refuses a connection, as it does where too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The threads that talk HTTP.
///
/// # Errors
/// The system refuses them.
pub fn runtime(slots: usize) -> Result<Runtime, Failure> {
    let threads = slots.div_ceil(4);
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).thread_name("http").enable_all();
    builder.build().map_err(|error| Failure::user(format!("{threads} threads cannot be started: {error}")))
}

/// The signals that end the process.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Starts to listen. From now on a signal ends the process only where it is asked for.
    ///
    /// # Errors
    /// The system refuses the handlers.
    pub fn listen() -> Result<Self, Failure> {
        let handler = |kind| signal(kind).map_err(|error| Failure::algorithm(format!("signal handlers cannot be set: {error}")));
        Ok(Self { terminate: handler(SignalKind::terminate())?, interrupt: handler(SignalKind::interrupt())? })
    }

    async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Answers requests until a signal comes, then finishes those that have begun.
pub async fn serve(listener: TcpListener, router: Router, server: &Arc<Server>, mut stop: Stop) {
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let signal = loop {
        tokio::select! {
            signal = stop.received() => break signal,
            (stream, permit) = accept(&listener, &free) => {
                prepare(&stream, server.settings.timeout);
                let service = TowerToHyperService::new(router.clone());
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(server.settings.timeout);
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                let server = server.clone();
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        server.log.debug(|| format!("a connection ended early: {error}"));
                    }
                    drop(permit);
                });
            }
        }
    };
    drop(listener);
    server.log.info(&format!("{signal}: finishing open requests"));
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        server.log.incident(&format!("requests were not finished {} seconds after {signal}", GRACE.as_secs()));
    }
}

/// The next connection, when there may be one more.
async fn accept(listener: &TcpListener, free: &Arc<Semaphore>) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = free.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Sets what a connection does where it can; it works without, too.
fn prepare(stream: &TcpStream, timeout: Duration) {
    // Answers are written in one piece; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    // The system closes the connection of a client that does not take its answer.
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(timeout));
}
