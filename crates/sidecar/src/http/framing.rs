//! A connection that hands hyper only heads that were judged, and gives every phase of a request its time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
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
    /// From the end of the head to the end of the body; also until more of an answer is taken by a client that is slow to
    /// read.
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
    /// Runs while the client takes nothing of what is written.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Something was written since the last head.
    answered: bool,
    /// Who waits for that.
    reader: Option<Waker>,
    slot: Slot,
}

/// With the headers that `routes` gives every answer.
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
    pub(super) fn new(io: IO, patience: Patience, slot: Slot) -> Self {
        let deadline = Box::pin(sleep(patience.head));
        Self {
            io,
            state: State::Head,
            ahead: Vec::new(),
            searched: 0,
            heads: 0,
            patience,
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

    /// Looks for the end of a head in what was read; changes the state if it is there.
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

    /// The length of the head that `ahead` begins with, once it is there. A line that ends otherwise than with CRLF is
    /// refused at once: a head of such lines would never end as ours do.
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

    /// So many bytes of a request of known length are left.
    fn passed(&mut self, left: u64) {
        self.state = State::Pass(left);
        if left == 0 {
            self.slot.busy();
        }
    }

    /// Something was written, or could not be. A client that takes nothing for too long is given up: nothing else would
    /// end its connection, since hyper reads no further before it has written.
    fn wrote(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            let patience = self.patience.body;
            ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx));
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
        // Operator: the sender is broken or attacks; Zammad's requests are well formed. Check the proxy in front if it is yours.
        tracing::warn!(reason, "malformed HTTP request rejected");
        // After an earlier request on this connection, a response could be taken for that request's.
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
                // hyper reads on while a request is worked on, to see whether the client is still there. What comes next is
                // not looked at before: a client that has gone, or a bad request behind this one, would end it unanswered,
                // and a connection that waits for a head may be evicted.
                State::Pass(0) if !this.answered => {
                    this.reader = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                State::Pass(0) => {
                    this.state = State::Head;
                    this.searched = 0;
                    this.slot.waiting();
                    this.give(this.patience.head);
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
