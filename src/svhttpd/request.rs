//! Who answers a request, by its path; and whether it is answered at all.

use super::connection::Pace;
use super::content::{Content, refusal, stream, xml};
use super::follow::Follow;
use super::rpc;
use super::world::World;
use crate::rpc::{Call, Value, basic, decode, encode};
use crate::supervisor::compile::Stream;
use crate::supervisor::methods::Named;
use crate::tai64::Label;
use core::pin::Pin;
use hyper::body::{Body, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue, LAST_MODIFIED, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use std::future::poll_fn;
use std::rc::Rc;

/// No call is longer.
pub(super) const LONGEST: usize = 8 << 20;

/// Tells a server between us and the client that it is not to gather what is sent.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where a client has come in.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) world: Rc<World>,
    /// Who may ask there; nothing for everybody.
    pub(super) credentials: Option<(String, String)>,
}

/// Answers a request.
pub(super) async fn answer(request: Request<Incoming>, visit: &Visit, pace: Rc<Pace>) -> Response<Content> {
    let response = match is_let_in(request.headers(), visit) {
        true => {
            pace.trust();
            route(request, &visit.world, &pace).await.unwrap_or_else(refusal)
        }
        false => refusal(StatusCode::UNAUTHORIZED),
    };
    pace.asked();
    response.map(|content| content.paced(pace))
}

fn is_let_in(headers: &HeaderMap, visit: &Visit) -> bool {
    let Some((name, password)) = &visit.credentials else { return true };
    let given = headers.get(AUTHORIZATION).and_then(|header| basic::credentials(header.as_bytes()));
    given.is_some_and(|given| basic::is_right(&given, name, password))
}

async fn route(request: Request<Incoming>, world: &World, pace: &Pace) -> Result<Response<Content>, StatusCode> {
    let path = request.uri().path().to_owned();
    if path.starts_with("/RPC2") {
        return call(request, world, pace).await;
    }
    let log = path.strip_prefix("/logtail");
    let main = path.strip_prefix("/mainlogtail");
    // There are no pages yet; they could be asked for by their heads, too.
    match (request.method(), log.or(main)) {
        (&Method::GET, Some(_)) => {}
        (&Method::GET | &Method::HEAD, None) => return Err(StatusCode::NOT_FOUND),
        _ => return Err(StatusCode::BAD_REQUEST),
    }
    pace.asked();
    let file = match log {
        Some(rest) => process_log(rest, world),
        None => world.main_log().await.ok().flatten(),
    };
    let follow = file.and_then(|path| Follow::new(&path).ok()).ok_or(StatusCode::NOT_FOUND)?;
    let modified = date(follow.modified());
    let mut response = stream(follow);
    response.headers_mut().extend(modified.map(|date| (LAST_MODIFIED, date)));
    if log.is_some() {
        response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    }
    Ok(response)
}

async fn call(request: Request<Incoming>, world: &World, pace: &Pace) -> Result<Response<Content>, StatusCode> {
    if request.method() != Method::POST {
        return Err(StatusCode::BAD_REQUEST);
    }
    let has_length = request.headers().contains_key(CONTENT_LENGTH);
    if !has_length && !request.headers().contains_key(TRANSFER_ENCODING) {
        return Err(StatusCode::LENGTH_REQUIRED);
    }
    let body = body(request.into_body()).await?;
    pace.asked();
    let Call { method, params } = decode::call(&body, LONGEST).map_err(|_| StatusCode::BAD_REQUEST)?;
    drop(body);
    let params = params.into_iter().map(plain).collect::<Option<_>>().ok_or(StatusCode::BAD_REQUEST)?;
    Ok(xml(encode::answer(&rpc::call(world, Call { method, params }).await)))
}

/// All of it, unless that is too much.
async fn body(mut incoming: Incoming) -> Result<Vec<u8>, StatusCode> {
    if incoming.size_hint().lower() > LONGEST as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if bytes.len() > LONGEST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
    Ok(bytes)
}

/// Bytes are taken for text, as the original does it; nothing if they are none.
fn plain(value: Value) -> Option<Value> {
    Some(match value {
        Value::Bytes(bytes) => Value::Text(String::from_utf8(bytes).ok()?),
        Value::List(values) => Value::List(values.into_iter().map(plain).collect::<Option<_>>()?),
        Value::Struct(members) => {
            let member = |(name, value)| plain(value).map(|value| (name, value));
            Value::Struct(members.into_iter().map(member).collect::<Option<_>>()?)
        }
        value => value,
    })
}

/// `/NAME`, `/NAME/stdout` or `/NAME/stderr`: the log that is meant, if there is one.
fn process_log(rest: &str, world: &World) -> Option<String> {
    let mut parts = rest.split('/').skip(1);
    let name = unescaped(parts.next()?)?;
    let stream = match parts.next() {
        None | Some("" | "stdout") => Stream::Stdout,
        Some("stderr") => Stream::Stderr,
        Some(_) => return None,
    };
    let process = world.processes.find(&Named::parse(&name)).ok().flatten()?;
    rpc::file(&world.processes, &process, stream)
}

/// `%20` is a blank.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind.first_chunk::<2>().filter(|_| *first == b'%').and_then(|digits| {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(digits[0])? << 4 | digit(digits[1])?)
        });
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8(bytes).ok()
}

/// `Sat, 21 Nov 2026 18:00:00 GMT`
fn date(unix: i64) -> Option<HeaderValue> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = Label { unix, nanos: 0 }.civil();
    let day = DAYS.get(usize::try_from(unix.div_euclid(86400).rem_euclid(7)).ok()?)?;
    let month = MONTHS.get(usize::from(at.month).checked_sub(1)?)?;
    let (hour, minute, second) = (at.hour, at.minute, at.second);
    let text = format!("{day}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT", at.day, at.year);
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_paths() {
        assert_eq!(unescaped("a%3Ab%20%C3%A9").as_deref(), Some("a:b é"));
        assert_eq!(unescaped("100%").as_deref(), Some("100%"));
        assert_eq!(unescaped("%zz%4").as_deref(), Some("%zz%4"));
        assert_eq!(unescaped("%ff"), None);
    }

    #[test]
    fn dates() {
        let shown = |unix| date(unix).unwrap().to_str().unwrap().to_owned();
        assert_eq!(shown(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(shown(1_795_284_000), "Sat, 21 Nov 2026 18:00:00 GMT");
        assert_eq!(shown(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
    }

    #[test]
    fn bytes_are_taken_for_text() {
        let call = Value::List(vec![Value::Struct(vec![("a".into(), Value::Bytes(b"x".to_vec()))])]);
        assert_eq!(plain(call), Some(Value::List(vec![Value::Struct(vec![("a".into(), Value::text("x"))])])));
        assert_eq!(plain(Value::List(vec![Value::Bytes(vec![255])])), None);
    }
}
