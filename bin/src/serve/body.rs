//! Reading bodies: bounded in size, in time, in speed and in number.

use super::Server;
use super::budget::Share;
use super::refusal::Refusal;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Frame;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// What is read before memory is taken: clients that are slow to send their first bytes keep nobody from being served.
const FREE: usize = 64 << 10;
/// Memory is taken in such steps, while the body arrives: what was announced and does not come costs nothing.
const STEP: usize = 64 << 10;
/// How often a body's speed is looked at.
const WINDOW: Duration = Duration::from_secs(5);
/// What is read of a body that is refused, so that the client comes to read the answer.
const DRAINED: usize = 64 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A body, and what it takes up until it is scored.
pub struct Received {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// To be dropped with them.
    pub place: Place,
}

/// The right to wait for a thread, and the memory of the bytes.
pub struct Place {
    _turn: OwnedSemaphorePermit,
    _memory: Option<Share>,
}

/// Reads a body.
///
/// # Errors
/// 413 where it is too large, 408 where it arrives too slowly, 503 where too many requests wait or their bodies fill the memory, 400 where
/// it breaks off.
pub async fn receive(server: &Server, headers: &HeaderMap, mut body: Body) -> Result<Received, Refusal> {
    let received = read(server, &mut body).await;
    // A client that waits to be asked for its body reads the answer anyway.
    if received.is_err() && !headers.contains_key(header::EXPECT) {
        drain(body).await;
    }
    received
}

/// Reads a body that is no request for predictions, and so needs no place.
///
/// # Errors
/// 408 where it does not arrive in time, 400 where it is too large or breaks off.
pub async fn receive_small(server: &Server, body: Body) -> Result<Bytes, Refusal> {
    let timeout = server.settings.timeout;
    let bytes = tokio::time::timeout(timeout, axum::body::to_bytes(body, FREE)).await.map_err(|_| too_slow(timeout))?;
    bytes.map_err(|error| Refusal::bad_request(format!("the body cannot be read: {error}")))
}

async fn read(server: &Server, body: &mut Body) -> Result<Received, Refusal> {
    let limit = server.settings.max_body;
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(FREE.min(announced as usize));
    let (mut memory, mut covered) = (None, FREE);
    let mut pace = Pace::new(server.settings.timeout, server.settings.body_rate);
    while let Some(frame) = pace.frame(body).await? {
        let frame = frame.map_err(|error| Refusal::bad_request(format!("the body ended early: {error}")))?;
        let Some(data) = frame.data_ref() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(too_large(limit));
        }
        if bytes.len() + data.len() > covered {
            let more = (bytes.len() + data.len() - covered).next_multiple_of(STEP);
            take_memory(server, &mut memory, more)?;
            covered += more;
            bytes.reserve((announced as usize).saturating_sub(bytes.len()));
        }
        bytes.extend_from_slice(data);
    }
    Ok(Received { bytes, place: Place { _turn: take_turn(server)?, _memory: memory } })
}

fn take_memory(server: &Server, memory: &mut Option<Share>, bytes: usize) -> Result<(), Refusal> {
    let full = || {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the bodies of other requests fill the memory; try again, or add instances")
    };
    let more = server.bodies.take(bytes).ok_or_else(full)?;
    match memory {
        Some(share) => share.merge(more),
        None => *memory = Some(more),
    }
    Ok(())
}

fn take_turn(server: &Server) -> Result<OwnedSemaphorePermit, Refusal> {
    server
        .turns
        .clone()
        .try_acquire_owned()
        .map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting; try again, or add instances"))
}

/// How fast a body must arrive: all of it in time, and so many bytes in every window.
struct Pace {
    timeout: Duration,
    deadline: Instant,
    /// Bytes a second.
    rate: u64,
    window: Instant,
    /// Bytes since the window began.
    arrived: u64,
}

impl Pace {
    fn new(timeout: Duration, rate: u64) -> Self {
        let now = Instant::now();
        Self { timeout, deadline: now + timeout, rate, window: now + WINDOW, arrived: 0 }
    }

    /// The next piece of a body; `None` at its end.
    async fn frame(&mut self, body: &mut Body) -> Result<Option<Result<Frame<Bytes>, axum::Error>>, Refusal> {
        loop {
            match timeout_at(self.deadline.min(self.window), body.frame()).await {
                Ok(frame) => {
                    let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                    self.arrived += data.map_or(0, |data| data.len() as u64);
                    return Ok(frame);
                }
                Err(_) if Instant::now() >= self.deadline => return Err(too_slow(self.timeout)),
                Err(_) if self.arrived < self.rate * WINDOW.as_secs() => return Err(below_rate(self.rate)),
                Err(_) => (self.window, self.arrived) = (Instant::now() + WINDOW, 0),
            }
        }
    }
}

/// Reads on for a while, and forgets it.
pub async fn drain(mut body: Body) {
    let (mut drained, deadline) = (0, Instant::now() + DRAIN_TIME);
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        drained += frame.data_ref().map_or(0, |data| data.len());
        if drained > DRAINED {
            return;
        }
    }
}

fn too_large(limit: usize) -> Refusal {
    let message = format!(
        "the body is larger than {limit} bytes; send fewer rows per request, or raise MAX_CONTENT_LENGTH (SAGEMAKER_MAX_PAYLOAD_IN_MB)"
    );
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn too_slow(timeout: Duration) -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, format!("the body did not arrive within {} seconds", timeout.as_secs()))
}

fn below_rate(rate: u64) -> Refusal {
    let message = format!(
        "the body arrived at less than {rate} bytes per second for {} seconds; send it faster, or lower SAPWOOD_MIN_BODY_RATE",
        WINDOW.as_secs()
    );
    Refusal::new(StatusCode::REQUEST_TIMEOUT, message)
}
