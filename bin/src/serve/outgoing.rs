//! An answer on its way to the client: rendered as the socket takes it, and counted until it has. The last pieces are counted, too, which the
//! HTTP library holds when it has let go of the body.

use super::answer::Answer;
use super::budget::Reservation;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Bytes a second that a client must take in the long run.
const SLOWEST: u64 = 32 << 10;
/// Pieces that are rendered before other connections have their turn.
const TURN: u32 = 16;

/// The body of a response.
pub struct Outgoing {
    answer: Answer,
    reservation: Reservation,
    left: u64,
    sent: u64,
    begun: Instant,
    /// How long the client may take for nothing.
    patience: Duration,
    /// Pieces since others had their turn.
    turn: u32,
}

impl Outgoing {
    /// The body of `answer`, whose memory is `reservation`.
    ///
    /// # Errors
    /// A row's answer is larger than a record can be.
    pub fn new(mut answer: Answer, reservation: Reservation, patience: Duration) -> sapwood::Result<Self> {
        let left = answer.length()?;
        Ok(Self { answer, reservation, left, sent: 0, begun: Instant::now(), patience, turn: 0 })
    }

    /// The answer's content type.
    pub fn media_type(&self) -> &'static str {
        self.answer.media_type()
    }

    /// As axum wants it.
    pub fn into_body(self) -> Body {
        Body::new(self)
    }

    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.begun.elapsed() > self.patience + Duration::from_secs(self.sent / SLOWEST) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("the client read only {} bytes", self.sent)));
        }
        let Some(bytes) = self.answer.piece().map_err(io::Error::other)? else { return Ok(None) };
        self.sent += bytes.len() as u64;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(Some(Bytes::from_owner(Piece { bytes, _reservation: self.reservation.clone() })))
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.turn += 1;
        if self.turn > TURN {
            self.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.piece().transpose().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A part of the answer that keeps the memory of all of it taken.
struct Piece {
    bytes: Vec<u8>,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Content;
    use super::super::budget::Budget;
    use super::super::content::Accept;
    use super::*;
    use hyper::body::Body;
    use sapwood::predict::{Output, Predictions};
    use sapwood::{FeatureSchema, Model, Objective};
    use std::task::Waker;

    const ROWS: usize = 100_000;

    fn outgoing(budget: &Budget, patience: Duration) -> Outgoing {
        let model = Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![0.0], Vec::new());
        let scores = Predictions::new(&model, Output::Value, ROWS, vec![0.5; ROWS]).unwrap();
        let answer = Answer::new(Content::Predictions(scores, Vec::new()), Accept::Json);
        Outgoing::new(answer, budget.reserve(ROWS).unwrap(), patience).unwrap()
    }

    fn poll(body: &mut Outgoing) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn pieces_are_the_answer_and_others_have_their_turn() {
        let (budget, mut text, mut pauses) = (Budget::new(4 << 20), Vec::new(), 0);
        let mut body = outgoing(&budget, Duration::from_secs(60));
        let length = body.size_hint().exact().unwrap();
        while !body.is_end_stream() {
            match poll(&mut body) {
                Poll::Ready(piece) => text.extend_from_slice(piece.unwrap().unwrap().data_ref().unwrap()),
                Poll::Pending => pauses += 1,
            }
        }
        assert!(matches!(poll(&mut body), Poll::Ready(None)));
        assert!(text.len() as u64 == length && pauses > 2, "{length} {} {pauses}", text.len());
        let rows = vec!["{\"score\": 0.5}"; ROWS].join(", ");
        assert!(String::from_utf8(text).unwrap() == format!("{{\"predictions\": [{rows}]}}\n"));
    }

    #[test]
    fn memory_is_taken_until_the_last_piece_is_written() {
        let budget = Budget::new(2 << 20);
        let mut body = outgoing(&budget, Duration::from_secs(60));
        let Poll::Ready(Some(Ok(piece))) = poll(&mut body) else { panic!("no piece") };
        drop(body);
        assert!(budget.reserve(ROWS).is_err());
        drop(piece);
        assert!(budget.reserve(ROWS).is_ok());
    }

    #[test]
    fn a_client_that_takes_nothing_in_its_time_gets_no_more() {
        let mut body = outgoing(&Budget::new(4 << 20), Duration::ZERO);
        let Poll::Ready(Some(Err(error))) = poll(&mut body) else { panic!("no error") };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
