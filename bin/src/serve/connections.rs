//! Connections: accepted as long as there is room, closed when they are too slow, finished before the process ends.

use super::Server;
use super::followed::FollowedStream;
use super::open::{Connection, OpenConnections, Phase, Place};
use crate::report::Failure;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// Connections that the system keeps until they are accepted, if it keeps as many: who comes too much is made to wait for a second.
const BACKLOG: u32 = 4096;
/// How long requests may take to finish after SIGTERM. SageMaker kills after 30 seconds.
const GRACE: Duration = Duration::from_secs(25);
/// How long connections are accepted after SIGTERM, and then how long requests that were sent before SIGTERM may take to be read.
const ACCEPTED: Duration = Duration::from_millis(50);
const LINGER: Duration = Duration::from_millis(200);
/// How long a head that has begun may take after SIGTERM.
const HEAD_GRACE: Duration = Duration::from_secs(1);
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

/// Opens the port.
///
/// # Errors
/// Another process has it, or the system refuses it.
pub fn listen(place: SocketAddr) -> io::Result<TcpListener> {
    let socket = if place.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(place)?;
    socket.listen(BACKLOG)
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
    let (stopping, stopped) = watch::channel(());
    let mut tasks = JoinSet::new();
    let start = |tasks: &mut JoinSet<()>, stream, place| {
        tasks.spawn(drive(stream, place, router.clone(), server.clone(), stopped.clone()));
    };
    let signal = loop {
        tokio::select! {
            signal = stop.received() => break signal,
            (stream, place) = accept(&listener, &server.connections) => start(&mut tasks, stream, place),
            Some(_) = tasks.join_next() => {}
        }
    };
    server.log.info(&format!("{signal}: finishing open requests"));
    // Clients that the system has accepted already are answered.
    let deadline = Instant::now() + ACCEPTED;
    while let Ok((stream, place)) = timeout_at(deadline, accept(&listener, &server.connections)).await {
        start(&mut tasks, stream, place);
    }
    drop(listener);
    drop(stopping);
    let finished = async { while tasks.join_next().await.is_some() {} };
    if timeout(GRACE, finished).await.is_err() {
        server.log.incident(&format!("requests were not finished {} seconds after {signal}", GRACE.as_secs()));
    }
}

/// The next connection, and a place for it. Whoever stops waiting loses none.
async fn accept(listener: &TcpListener, connections: &Arc<OpenConnections>) -> (TcpStream, Place) {
    loop {
        connections.room().await;
        match listener.accept().await {
            Ok((stream, _)) => return (stream, connections.admit()),
            Err(_) => {
                connections.close_one();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Reads and answers the requests of one connection until it ends, must make room for another, or the process is to end.
async fn drive(stream: TcpStream, place: Place, router: Router, server: Arc<Server>, mut stopped: watch::Receiver<()>) {
    prepare(&stream, server.settings.timeout);
    let connection = place.connection();
    let service = Following { router: TowerToHyperService::new(router), connection: connection.clone() };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(server.settings.timeout);
    let stream = TokioIo::new(FollowedStream::new(stream, connection.clone()));
    let mut http = pin!(http.serve_connection(stream, service));
    let ended_early = |error: hyper::Error| server.log.debug(|| format!("a connection ended early: {error}"));
    tokio::select! {
        outcome = http.as_mut() => return outcome.unwrap_or_else(ended_early),
        () = connection.closed() => return server.log.debug(|| "a silent connection was closed to make room for another".to_string()),
        // The sender says nothing; it goes.
        _ = stopped.changed() => {}
    }
    if let Ok(outcome) = timeout(LINGER, http.as_mut()).await {
        return outcome.unwrap_or_else(ended_early);
    }
    http.as_mut().graceful_shutdown();
    loop {
        match timeout(HEAD_GRACE, http.as_mut()).await {
            Ok(outcome) => return outcome.unwrap_or_else(ended_early),
            Err(_) if connection.phase() == Phase::Waiting => return,
            Err(_) => {}
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

/// The routes, told which connection a request came by.
struct Following {
    router: TowerToHyperService<Router>,
    connection: Arc<Connection>,
}

impl Service<Request<Incoming>> for Following {
    type Response = Response<Body>;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.connection.enter(Phase::Receiving);
        request.extensions_mut().insert(self.connection.clone());
        self.router.call(request)
    }
}
