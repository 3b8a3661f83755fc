//! Reading bodies: bounded in size, in time and in number.

use super::Server;
use super::refusal::Refusal;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// What is read before a place is taken: clients that are slow to send their first bytes keep nobody from being served.
const FREE: usize = 64 << 10;
/// What is read of a body that is refused, so that the client comes to read the answer.
const DRAINED: usize = 64 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A body, and the place it takes up until it is scored.
pub struct Received {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// To be dropped with them.
    pub place: OwnedSemaphorePermit,
}

/// Reads a body.
///
/// # Errors
/// 413 where it is too large, 408 where it does not arrive in time, 503 where too many requests wait, 400 where it breaks off.
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
    let (limit, deadline) = (server.settings.max_body, Instant::now() + server.settings.timeout);
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(FREE.min(announced as usize));
    let mut place = None;
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow(server.settings.timeout))? {
        let frame = frame.map_err(|error| Refusal::bad_request(format!("the body ended early: {error}")))?;
        let Some(data) = frame.data_ref() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(too_large(limit));
        }
        if place.is_none() && bytes.len() + data.len() > FREE {
            place = Some(take_place(server)?);
            bytes.reserve(announced as usize - bytes.len().min(announced as usize));
        }
        bytes.extend_from_slice(data);
    }
    Ok(Received { bytes, place: place.map_or_else(|| take_place(server), Ok)? })
}

fn take_place(server: &Server) -> Result<OwnedSemaphorePermit, Refusal> {
    server
        .places
        .clone()
        .try_acquire_owned()
        .map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting; try again, or add instances"))
}

async fn drain(mut body: Body) {
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
