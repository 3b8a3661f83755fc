//! Streams and bodies that tell their connection what it is doing.

use super::framing::Head;
use super::open::{Connection, Phase};
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket whose movements show when its connection is idle.
pub struct FollowedStream {
    stream: TcpStream,
    head: Head,
    connection: Arc<Connection>,
}

impl FollowedStream {
    /// The stream of `connection`.
    pub fn new(stream: TcpStream, connection: Arc<Connection>) -> Self {
        Self { stream, head: Head::default(), connection }
    }
}

impl AsyncRead for FollowedStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.connection.moved() {
            self.head.add(&buffer.filled()[before..]);
            self.connection.set_clear(self.head.is_clear());
        } else {
            self.head.clear();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FollowedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The HTTP library flushes when it has no bytes left.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.connection.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body whose end is the beginning of its connection's next phase.
pub struct FollowedBody {
    body: Body,
    next: Phase,
    connection: Arc<Connection>,
}

impl FollowedBody {
    /// `body`, after which its connection enters `next`.
    pub fn wrap(body: Body, next: Phase, connection: &Arc<Connection>) -> Body {
        Body::new(Self { body, next, connection: connection.clone() })
    }
}

impl hyper::body::Body for FollowedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for FollowedBody {
    fn drop(&mut self) {
        self.connection.enter(self.next);
    }
}
