//! What is sent: answers as a whole, and logs that go on.

use super::connection::Pace;
use super::follow::Follow;
use core::convert::Infallible;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, SERVER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A body. When it is over, the client has time again.
#[derive(Debug)]
pub(super) struct Content {
    kind: Kind,
    pace: Option<Rc<Pace>>,
}

#[derive(Debug)]
enum Kind {
    Whole(Bytes),
    Follow(Box<Follow>),
}

const NAME: HeaderValue = HeaderValue::from_static(concat!("keepup/", env!("CARGO_PKG_VERSION")));

impl Content {
    fn whole(bytes: impl Into<Bytes>) -> Content {
        Content { kind: Kind::Whole(bytes.into()), pace: None }
    }

    /// Whoever sends it has this pace.
    pub(super) fn paced(mut self, pace: Rc<Pace>) -> Content {
        self.pace = Some(pace);
        self
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.get_mut().kind {
            Kind::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Kind::Whole(bytes) => core::mem::take(bytes),
            Kind::Follow(follow) => match follow.poll(cx) {
                Poll::Ready(bytes) => bytes,
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.kind, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Follow(_) => SizeHint::default(),
        }
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if let Some(pace) = &self.pace {
            pace.answered();
        }
    }
}

fn response(status: StatusCode, kind: &'static str, content: Content) -> Response<Content> {
    let mut response = Response::new(content);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SERVER, NAME);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer to a call.
pub(super) fn xml(text: String) -> Response<Content> {
    response(StatusCode::OK, "text/xml", Content::whole(text))
}

/// A log that goes on.
pub(super) fn stream(follow: Follow) -> Response<Content> {
    let content = Content { kind: Kind::Follow(Box::new(follow)), pace: None };
    response(StatusCode::OK, "text/plain;charset=utf-8", content)
}

/// What is answered to a request that is none, in the original's words.
pub(super) fn refusal(status: StatusCode) -> Response<Content> {
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let text = format!(
        "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n\
         <p>Error code {}.\r\n<p>Message: {reason}.\r\n</body>\r\n",
        status.as_u16()
    );
    let mut response = response(status, "text/html", Content::whole(text));
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"default\""));
    }
    // What was left unread of the request would be taken for the next one.
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::LENGTH_REQUIRED) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
