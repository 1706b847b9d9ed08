//! One connection and its limits of time: for a request to come, for a client to be silent, and for one that takes
//! nothing. There is one deadline at a time, and none while an answer is being waited for.

use super::request::{self, Visit};
use core::convert::Infallible;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};

/// A request that has more than this before its body is refused, unless it ends with what was read last: another so much.
const HEAD: usize = 32 * 1024;

/// What a client is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A request is to come, or is coming.
    Asking,
    /// It is being answered.
    Answering,
    /// It has been answered, and nothing has come since.
    Silent,
}

/// How a connection goes on.
#[derive(Debug)]
pub(super) struct Pace {
    phase: Cell<Phase>,
    since: Cell<Instant>,
    /// Since when it takes nothing of what there is for it.
    stuck: Cell<Option<Instant>>,
    /// Whether one of its requests was let in.
    trusted: Cell<bool>,
    limits: super::options::Limits,
}

impl Pace {
    fn new(limits: super::options::Limits) -> Pace {
        let (phase, since) = (Cell::new(Phase::Asking), Cell::new(Instant::now()));
        Pace { phase, since, stuck: Cell::new(None), trusted: Cell::new(false), limits }
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(Instant::now());
    }

    /// A request has come as a whole.
    pub(super) fn asked(&self) {
        self.enter(Phase::Answering);
    }

    /// It has been answered.
    pub(super) fn answered(&self) {
        self.enter(Phase::Silent);
    }

    /// Whoever asks may.
    pub(super) fn trust(&self) {
        self.trusted.set(true);
    }

    /// Whether nobody would miss it.
    fn is_silent(&self) -> bool {
        self.phase.get() == Phase::Silent
    }

    fn deadline(&self) -> Option<Instant> {
        let patience = match self.phase.get() {
            Phase::Silent if self.trusted.get() => Some(self.limits.idle),
            Phase::Silent | Phase::Asking => Some(self.limits.timeout),
            Phase::Answering => None,
        };
        let silent = patience.map(|patience| self.since.get() + patience);
        let stuck = self.stuck.get().map(|since| since + self.limits.idle);
        [silent, stuck].into_iter().flatten().min()
    }
}

/// A connection that notes what comes and goes.
struct Noted<S> {
    stream: TokioIo<S>,
    pace: Rc<Pace>,
}

impl<S: AsyncRead + Unpin> Read for Noted<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let answer = Pin::new(&mut this.stream).poll_read(cx, into);
        if answer.is_ready() && this.pace.is_silent() {
            this.pace.enter(Phase::Asking);
        }
        answer
    }
}

impl<S: AsyncWrite + Unpin> Noted<S> {
    fn note<T>(&self, answer: Poll<T>) -> Poll<T> {
        let stuck = match answer {
            Poll::Ready(_) => None,
            Poll::Pending => self.pace.stuck.get().or_else(|| Some(Instant::now())),
        };
        self.pace.stuck.set(stuck);
        answer
    }
}

impl<S: AsyncWrite + Unpin> Write for Noted<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let answer = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.note(answer)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let answer = Pin::new(&mut this.stream).poll_write_vectored(cx, pieces);
        this.note(answer)
    }
}

/// Serves one client until it leaves, or has used up its time. `crowded` asks somebody who is silent to make room.
pub(super) async fn serve<S>(stream: S, visit: Visit, crowded: Rc<Notify>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let pace = Rc::new(Pace::new(visit.world.limits));
    let noted = Noted { stream: TokioIo::new(stream), pace: Rc::clone(&pace) };
    let visit = Rc::new(visit);
    let answer = |request| {
        let (visit, pace) = (Rc::clone(&visit), Rc::clone(&pace));
        async move { Ok::<_, Infallible>(request::answer(request, &visit, pace).await) }
    };
    let mut builder = http1::Builder::new();
    builder.title_case_headers(true).max_buf_size(HEAD);
    let mut connection = core::pin::pin!(builder.serve_connection(noted, service_fn(answer)));
    let mut asked_to_leave = Box::pin(crowded.notified());
    let mut sleep: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if pace.is_silent() && asked_to_leave.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        until(&pace, &mut sleep, cx)
    })
    .await;
}

/// Whether its time is over.
fn until(pace: &Pace, sleep: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> Poll<()> {
    let Some(deadline) = pace.deadline() else {
        *sleep = None;
        return Poll::Pending;
    };
    if sleep.as_ref().is_none_or(|sleep| sleep.deadline() != deadline) {
        *sleep = Some(Box::pin(sleep_until(deadline)));
    }
    sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
}
