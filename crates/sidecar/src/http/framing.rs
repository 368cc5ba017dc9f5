//! A connection that hands hyper only heads that were judged, and gives every phase of a request its time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::head::{self, Framing};
use super::limits::Slot;

/// Largest head. Zammad's has 500 bytes, a browser's with cookies a few thousand.
const LARGEST_HEAD: usize = 16 * 1024;
const CHUNK: usize = 4 * 1024;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the opening of the connection, or the end of the last request, to the end of the next head.
    pub head: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(8), body: Duration::from_secs(8) }
    }
}

enum State {
    /// Collecting a head in `ahead`.
    Head,
    /// So many bytes may pass before the next head begins.
    Pass(u64),
    /// A chunked body: everything passes, and the connection ends with this request (the routes see to it).
    Open,
    /// Refused; so much of the answer is written.
    Refused(usize),
}

/// The connection.
pub(super) struct Framed<IO> {
    io: IO,
    state: State,
    /// Read but not yet handed on; in [`State::Head`] the head so far.
    ahead: Vec<u8>,
    searched: usize,
    heads: u64,
    patience: Patience,
    deadline: Pin<Box<Sleep>>,
    slot: Slot,
}

const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 23\r\nConnection: close\r\n\r\n{\"error\":\"bad-request\"}";

impl<IO: AsyncRead + AsyncWrite + Unpin> Framed<IO> {
    pub(super) fn new(io: IO, patience: Patience, slot: Slot) -> Self {
        let deadline = Box::pin(sleep(patience.head));
        Self { io, state: State::Head, ahead: Vec::new(), searched: 0, heads: 0, patience, deadline, slot }
    }

    fn give(&mut self, time: Duration) {
        self.deadline.as_mut().reset(Instant::now() + time);
    }

    /// Looks for the end of a head in what was read; changes the state if it is there.
    fn judge(&mut self) -> bool {
        let from = self.searched.saturating_sub(3);
        let Some(end) = self.ahead[from..].windows(4).position(|four| four == b"\r\n\r\n") else {
            self.searched = self.ahead.len();
            if self.ahead.len() > LARGEST_HEAD {
                self.refuse("head-too-large");
                return true;
            }
            return false;
        };
        let length = from + end + 4;
        match head::judge(&self.ahead[..length]) {
            Ok(framing) => {
                self.heads += 1;
                self.slot.busy();
                self.give(self.patience.body);
                self.state = match framing {
                    Framing::Length(body) => State::Pass(length as u64 + body),
                    Framing::Chunked => State::Open,
                };
            }
            Err(reason) => self.refuse(reason),
        }
        true
    }

    fn refuse(&mut self, reason: &'static str) {
        tracing::warn!(reason, "request refused: not one unambiguous request");
        // Behind an earlier request of this connection an answer of ours could be taken for that one's.
        let written = if self.heads == 0 { 0 } else { REFUSAL.len() };
        self.state = State::Refused(written);
    }

    /// Hands on what was read ahead, at most `most` bytes.
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
                        // The end, clean or in the middle of a head: nothing was begun that could be answered.
                        Poll::Ready(()) if read.filled().is_empty() => return Poll::Ready(Ok(())),
                        Poll::Ready(()) => this.ahead.extend_from_slice(read.filled()),
                        Poll::Pending => {
                            ready!(this.deadline.as_mut().poll(cx));
                            return Poll::Ready(Ok(()));
                        }
                    }
                }
                State::Pass(0) => {
                    this.state = State::Head;
                    this.searched = 0;
                    this.slot.waiting();
                    this.give(this.patience.head);
                }
                State::Pass(left) if !this.ahead.is_empty() => {
                    let handed = this.hand_on(out, left);
                    this.state = State::Pass(left - handed);
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
                        this.state = State::Pass(left - count as u64);
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

impl<IO: AsyncWrite + Unpin> AsyncWrite for Framed<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
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
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }
}
