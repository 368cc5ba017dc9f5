//! A wrapper of a connection that passes only validated heads to hyper and limits the time of each phase of a request.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::head::{self, Framing};
use super::limits::Slot;
use crate::telemetry::once_a_minute::OnceAMinute;

/// Maximum bytes of a head. Zammad's has 500, a browser's with cookies a few thousand.
const LARGEST_HEAD: usize = 16 * 1024;
/// Bytes per read of a head.
const CHUNK: usize = 4 * 1024;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the opening of the connection, or the end of the last request, to the end of the next head.
    pub head: Duration,
    /// From the end of the head to the end of the body. Also the maximum time in which a client accepts no byte of the
    /// response.
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { head: Duration::from_secs(8), body: Duration::from_secs(8) }
    }
}

enum State {
    /// Collecting a head in `ahead`.
    Head,
    /// A request of known length: this many bytes are passed on before the next head begins.
    Pass(u64),
    /// A chunked body: all bytes are passed on. The end of the body is not detected here, so `routes` closes the connection
    /// after this request.
    Open,
    /// A refused request: this many bytes of the response are written.
    Refused(usize),
}

/// The connection, with the state of its current request.
pub(super) struct Framed<IO> {
    io: IO,
    state: State,
    /// Bytes that were read and not yet passed to hyper; in [`State::Head`] the head so far.
    ahead: Vec<u8>,
    /// This many bytes of `ahead` were searched for the end of the head.
    searched: usize,
    /// Number of valid heads so far.
    heads: u64,
    timeouts: Timeouts,
    deadline: Pin<Box<Sleep>>,
    /// The time limit of a client that accepts no byte of the response.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether a part of the response was written since the last head.
    answered: bool,
    /// The task that waits for `answered`.
    reader: Option<Waker>,
    slot: Slot,
}

/// The response to a malformed request, with the headers that `routes` adds to every response.
const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
Content-Type: application/json\r\n\
Content-Length: 23\r\n\
Connection: close\r\n\
Cache-Control: no-store\r\n\
X-Content-Type-Options: nosniff\r\n\
Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
Referrer-Policy: no-referrer\r\n\
\r\n\
{\"error\":\"bad-request\"}";

impl<IO: AsyncRead + AsyncWrite + Unpin> Framed<IO> {
    pub(super) fn new(io: IO, timeouts: Timeouts, slot: Slot) -> Self {
        let deadline = Box::pin(sleep(timeouts.head));
        Self {
            io,
            state: State::Head,
            ahead: Vec::new(),
            searched: 0,
            heads: 0,
            timeouts,
            deadline,
            stalled: None,
            answered: false,
            reader: None,
            slot,
        }
    }

    fn give(&mut self, time: Duration) {
        self.deadline.as_mut().reset(Instant::now() + time);
    }

    /// Validates the head if it is complete. Returns whether the state has changed.
    fn judge(&mut self) -> bool {
        let judged = match self.end_of_head() {
            Ok(None) => return false,
            Ok(Some(length)) => head::judge(&self.ahead[..length]).map(|framing| (length, framing)),
            Err(reason) => Err(reason),
        };
        match judged {
            Ok((length, framing)) => {
                self.heads += 1;
                self.answered = false;
                self.slot.body();
                self.give(self.timeouts.body);
                self.state = match framing {
                    Framing::Length(body) => State::Pass(length as u64 + body),
                    Framing::Chunked => State::Open,
                };
            }
            Err(reason) => self.refuse(reason),
        }
        true
    }

    /// Returns the length of the head at the beginning of `ahead`, or `None` if it is incomplete. A line that does not end
    /// with CRLF is refused at once, since the end of such a head would never be found.
    fn end_of_head(&mut self) -> Result<Option<usize>, head::Reason> {
        let mut found = None;
        while let Some(at) = self.ahead[self.searched..].iter().position(|byte| *byte == b'\n') {
            self.searched += at + 1;
            let lines = &self.ahead[..self.searched];
            if !lines.ends_with(b"\r\n") {
                return Err("bare-line-end");
            }
            if lines.ends_with(b"\r\n\r\n") {
                found = Some(self.searched);
                break;
            }
        }
        if found.unwrap_or(self.ahead.len()) > LARGEST_HEAD {
            return Err("head-too-large");
        }
        if found.is_none() {
            self.searched = self.ahead.len();
        }
        Ok(found)
    }

    /// Records how many bytes of a request of known length are still to be passed on.
    fn passed(&mut self, left: u64) {
        self.state = State::Pass(left);
        if left == 0 {
            self.slot.busy();
        }
    }

    /// Records the result of a write. Fails if the client accepts no byte for too long: no other time limit would end the
    /// connection, since hyper does not read before it has written.
    fn wrote(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            let body = self.timeouts.body;
            ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(body))).as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.stalled = None;
        self.answered = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        written
    }

    fn refuse(&mut self, reason: &'static str) {
        static MALFORMED: OnceAMinute = OnceAMinute::new();
        if MALFORMED.is_due(Instant::now()) {
            // Operator: the sender is broken or attacks; Zammad's requests are well formed. Check the proxy in front if it is yours.
            tracing::warn!(reason, "malformed HTTP request rejected");
        }
        // After an earlier request on this connection, this response could be taken for the response to that request.
        let written = if self.heads == 0 { 0 } else { REFUSAL.len() };
        self.state = State::Refused(written);
    }

    /// Passes bytes of `ahead` to hyper, at most `most`. Returns how many.
    fn hand_on(&mut self, out: &mut ReadBuf<'_>, most: u64) -> u64 {
        let count = self.ahead.len().min(out.remaining()).min(usize::try_from(most).unwrap_or(usize::MAX));
        out.put_slice(&self.ahead[..count]);
        self.ahead.drain(..count);
        count as u64
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framed<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match this.state {
                State::Head => {
                    if this.judge() {
                        continue;
                    }
                    let mut chunk = [0; CHUNK];
                    let mut read = ReadBuf::new(&mut chunk);
                    match Pin::new(&mut this.io).poll_read(cx, &mut read)? {
                        // The client has closed the connection before a complete head, so there is no request to answer.
                        Poll::Ready(()) if read.filled().is_empty() => return Poll::Ready(Ok(())),
                        Poll::Ready(()) => this.ahead.extend_from_slice(read.filled()),
                        Poll::Pending => {
                            ready!(this.deadline.as_mut().poll(cx));
                            return Poll::Ready(Ok(()));
                        }
                    }
                }
                // While a request is processed, hyper reads to detect that the client has disconnected. Nothing is read here
                // before the response has begun: a disconnect or a malformed next request would abort this request, and a
                // connection that waits for a head may be evicted.
                State::Pass(0) if !this.answered => {
                    this.reader = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                State::Pass(0) => {
                    this.state = State::Head;
                    this.searched = 0;
                    this.slot.waiting();
                    this.give(this.timeouts.head);
                }
                State::Pass(left) if !this.ahead.is_empty() => {
                    let handed = this.hand_on(out, left);
                    this.passed(left - handed);
                    return Poll::Ready(Ok(()));
                }
                State::Open if !this.ahead.is_empty() => {
                    this.hand_on(out, u64::MAX);
                    return Poll::Ready(Ok(()));
                }
                State::Pass(_) | State::Open => {
                    let left = if let State::Pass(left) = this.state { left } else { u64::MAX };
                    let most = out.remaining().min(usize::try_from(left).unwrap_or(usize::MAX));
                    let mut limited = ReadBuf::new(out.initialize_unfilled_to(most));
                    if Pin::new(&mut this.io).poll_read(cx, &mut limited)?.is_pending() {
                        ready!(this.deadline.as_mut().poll(cx));
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    let count = limited.filled().len();
                    out.advance(count);
                    if let State::Pass(left) = this.state {
                        this.passed(left - count as u64);
                    }
                    return Poll::Ready(Ok(()));
                }
                State::Refused(written) if written < REFUSAL.len() => {
                    let count = ready!(Pin::new(&mut this.io).poll_write(cx, &REFUSAL[written..]))?;
                    this.state = State::Refused(if count == 0 { REFUSAL.len() } else { written + count });
                }
                State::Refused(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.wrote(cx, written)
    }
}
