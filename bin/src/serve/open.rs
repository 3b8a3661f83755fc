//! The connections that are open: what each is doing, and which one is closed to make room for another.
//!
//! A connection that waits for a request costs its owner nothing, so it must not keep others out: when all places are taken, the one that has
//! been silent for the longest is closed. One that is slow to send its body goes next. Requests that are being answered stay.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long a body may take to arrive before its connection may be closed for another. Most are here in milliseconds.
const RECEIVING: Duration = Duration::from_secs(1);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// No request: it is idle, or a head is not complete.
    Waiting,
    /// The body is on its way.
    Receiving,
    /// The answer is being made or written.
    Answering,
    /// The last of the answer is with the HTTP library.
    Flushing,
}

impl Phase {
    fn of(number: u8) -> Self {
        [Self::Waiting, Self::Receiving, Self::Answering, Self::Flushing][usize::from(number.min(3))]
    }
}

/// One connection.
pub struct Connection {
    phase: AtomicU8,
    /// When it entered its phase, or bytes moved while it waited: milliseconds since `opened`.
    since: AtomicU64,
    opened: Instant,
    /// Whether the head that has arrived states one length.
    is_clear: AtomicBool,
    close: Notify,
}

impl Connection {
    fn new(opened: Instant) -> Self {
        let connection = Self {
            phase: AtomicU8::new(Phase::Waiting as u8),
            since: AtomicU64::new(0),
            opened,
            is_clear: AtomicBool::new(true),
            close: Notify::new(),
        };
        connection.stir();
        connection
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Ordering::Relaxed))
    }

    /// Begins a phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.stir();
    }

    /// Bytes have arrived; whether they are part of a head.
    pub fn moved(&self) -> bool {
        let is_waiting = self.phase() == Phase::Waiting;
        if is_waiting {
            self.stir();
        }
        is_waiting
    }

    /// Whether the request that has begun states one length.
    pub fn is_clear(&self) -> bool {
        self.is_clear.load(Ordering::Relaxed)
    }

    /// Remembers that for the head that has arrived.
    pub fn set_clear(&self, is_clear: bool) {
        self.is_clear.store(is_clear, Ordering::Relaxed);
    }

    /// All bytes of an answer are with the system.
    pub fn flushed(&self) {
        if self.phase() == Phase::Flushing {
            self.enter(Phase::Waiting);
        }
    }

    /// Waits until it must go.
    pub async fn closed(&self) {
        self.close.notified().await;
    }

    fn stir(&self) {
        self.since.store(self.opened.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether it may be closed for another, and in which order.
    fn rank(&self, now: Duration) -> Option<(Phase, u64)> {
        let (phase, since) = (self.phase(), self.since.load(Ordering::Relaxed));
        let is_slow = now.saturating_sub(Duration::from_millis(since)) >= RECEIVING;
        (phase == Phase::Waiting || phase == Phase::Receiving && is_slow).then_some((phase, since))
    }
}

/// All connections.
pub struct OpenConnections {
    most: usize,
    opened: Instant,
    list: Mutex<Vec<Arc<Connection>>>,
    /// One has gone.
    freed: Notify,
}

/// A connection's place in the list.
pub struct Place {
    connections: Arc<OpenConnections>,
    connection: Arc<Connection>,
}

impl Place {
    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.remove(&self.connection);
        self.connections.freed.notify_one();
    }
}

impl OpenConnections {
    /// None yet, and no more than `most` at a time.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, opened: Instant::now(), list: Mutex::default(), freed: Notify::new() })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Waits until there is room for one more, or a connection that can be spared.
    pub async fn room(&self) {
        while self.is_full() && self.spare().is_none() {
            // Sooner or later a slow body may be closed, too.
            let _ = tokio::time::timeout(RECEIVING, self.freed.notified()).await;
        }
    }

    /// A place for one more; where all are taken, another connection is closed.
    pub fn admit(self: &Arc<Self>) -> Place {
        if self.is_full() {
            self.close_one();
        }
        let connection = Arc::new(Connection::new(self.opened));
        self.lock().push(connection.clone());
        Place { connections: self.clone(), connection }
    }

    /// Closes the connection that can best be spared, if any can.
    pub fn close_one(&self) {
        if let Some(connection) = self.spare() {
            self.remove(&connection);
            connection.close.notify_one();
        }
    }

    /// The connection that can best be spared.
    fn spare(&self) -> Option<Arc<Connection>> {
        let (now, list) = (self.opened.elapsed(), self.lock());
        let ranked = list.iter().filter_map(|connection| Some((connection.rank(now)?, connection)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, connection)| connection.clone())
    }

    fn is_full(&self) -> bool {
        self.lock().len() >= self.most
    }

    fn remove(&self, connection: &Arc<Connection>) {
        self.lock().retain(|known| !Arc::ptr_eq(known, connection));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        // Every change of the list is one insertion or removal.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `wait` ends soon.
    fn ends(wait: impl Future<Output = ()>) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(20), wait).await.is_ok() })
    }

    fn admitted(open: &Arc<OpenConnections>) -> Option<Place> {
        ends(open.room()).then(|| open.admit())
    }

    fn was_told_to_close(place: &Place) -> bool {
        ends(place.connection().closed())
    }

    #[test]
    fn the_connection_that_was_silent_longest_makes_room() {
        let open = OpenConnections::new(2);
        let (first, second) = (admitted(&open).unwrap(), admitted(&open).unwrap());
        std::thread::sleep(Duration::from_millis(5));
        first.connection().moved();
        let third = admitted(&open).unwrap();
        assert_eq!([&first, &second, &third].map(was_told_to_close), [false, true, false]);
        assert_eq!(open.count(), 2);
    }

    #[test]
    fn requests_that_are_answered_are_not_closed() {
        let open = OpenConnections::new(1);
        let first = admitted(&open).unwrap();
        for phase in [Phase::Receiving, Phase::Answering, Phase::Flushing] {
            first.connection().enter(phase);
            assert!(admitted(&open).is_none() && !was_told_to_close(&first), "{phase:?}");
        }
        first.connection().flushed();
        assert!(admitted(&open).is_some() && was_told_to_close(&first));
    }

    #[test]
    fn a_connection_that_ends_makes_room() {
        let open = OpenConnections::new(1);
        let first = admitted(&open).unwrap();
        first.connection().enter(Phase::Answering);
        drop(first);
        assert_eq!(open.count(), 0);
        assert!(admitted(&open).is_some());
    }
}
