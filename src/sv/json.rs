//! `sv -j status`: one object for each service, on a line of its own. The keys are always there and never change
//! their meaning; new ones may be added.

use super::show::{Known, Normally, reason, uptime, word};
use crate::service::machine::Role;
use crate::service::status::{Status, Want};
use crate::tai64::Label;
use std::fmt::Write as _;

/// The object of a service, its loggers' inside.
pub(super) fn line(into: &mut Vec<u8>, name: &[u8], known: &Known, logs: &[(Role, Known)], now: Label) {
    let mut text = String::with_capacity(256);
    object(&mut text, name, known, now);
    for role in Role::LOGGERS {
        put(&mut text, format_args!(",\"{}\":", role.directory()));
        match logs.iter().find(|(of, _)| *of == role) {
            Some((_, log)) => {
                object(&mut text, role.directory().as_bytes(), log, now);
                text.push('}');
            }
            None => text.push_str("null"),
        }
    }
    text.push('}');
    into.extend_from_slice(text.as_bytes());
}

/// All but the closing brace.
fn object(text: &mut String, name: &[u8], known: &Known, now: Label) {
    text.push_str("{\"name\":");
    string(text, &String::from_utf8_lossy(name));
    if core::str::from_utf8(name).is_err() {
        text.push_str(",\"name_hex\":\"");
        name.iter().for_each(|byte| put(text, format_args!("{byte:02x}")));
        text.push('"');
    }
    let status = known.state.as_ref().ok();
    field(text, "state", status.map(|status| quoted(word(status.phase))));
    field(text, "pid", status.and_then(|status| status.pid));
    field(text, "since", status.and_then(|status| since(status.since)));
    field(text, "uptime", status.map(|status| uptime(status, now)));
    field(text, "want", status.map(|status| quoted(want(status))));
    field(text, "paused", status.map(|status| status.paused));
    field(text, "term", status.map(|status| status.got_term));
    field(text, "normally", known.normally.map(|normally| quoted(normal(normally))));
    text.push_str(",\"error\":");
    match known.state {
        Ok(_) => text.push_str("null"),
        Err(trouble) => string(text, &reason(trouble)),
    }
}

/// RFC 3339, which has years of four digits.
pub(super) fn since(label: Label) -> Option<String> {
    let civil = label.civil();
    (0..=9999).contains(&civil.year).then(|| quoted(String::from_utf8_lossy(&civil.rfc3339())))
}

pub(super) fn want(status: &Status) -> &'static str {
    if status.want == Want::Up { "up" } else { "down" }
}

fn normal(normally: Normally) -> &'static str {
    match normally {
        Normally::Up => "up",
        Normally::Down => "down",
    }
}

/// A value that is already JSON; `null` if there is none.
pub(super) fn field(text: &mut String, key: &str, value: Option<impl core::fmt::Display>) {
    match value {
        Some(value) => put(text, format_args!(",\"{key}\":{value}")),
        None => put(text, format_args!(",\"{key}\":null")),
    }
}

/// A text in which nothing needs to be escaped.
pub(super) fn quoted(text: impl core::fmt::Display) -> String {
    format!("\"{text}\"")
}

pub(super) fn string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            // Also the controls that JSON would allow, and the two that end a line in JavaScript.
            _ if character.is_control() || "\u{2028}\u{2029}".contains(character) => {
                put(text, format_args!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

pub(super) fn put(text: &mut String, what: core::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what); // a string takes all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Pid;
    use crate::service::status::Phase;
    use crate::supervise::client::Trouble;
    use crate::sys::errno::Errno;

    const NOW: Label = Label { unix: 1_795_178_448, nanos: 0 };

    fn running() -> Known {
        let status = Status {
            since: Label { unix: 1_795_178_438, nanos: 983_491_500 },
            pid: Pid::new(54),
            phase: Phase::Run,
            want: Want::Up,
            paused: false,
            got_term: false,
        };
        Known { state: Ok(status), normally: Some(Normally::Down) }
    }

    fn shown(name: &[u8], known: &Known, log: Option<&Known>) -> String {
        let mut line_of = Vec::new();
        let logs: Vec<_> = log.map(|log| (Role::Logger, log.clone())).into_iter().collect();
        line(&mut line_of, name, known, &logs, NOW);
        String::from_utf8(line_of).unwrap()
    }

    #[test]
    fn keys_are_always_there() {
        let missing = Known { state: Err(Trouble::OpenOk(Errno::ENOENT)), normally: None };
        assert_eq!(
            shown(b"web", &running(), Some(&missing)),
            r#"{"name":"web","state":"run","pid":54,"since":"2026-11-20T12:40:38.983491Z","uptime":10,"want":"up","#
                .to_owned()
                + r#""paused":false,"term":false,"normally":"down","error":null,"log":{"name":"log","state":null,"#
                + r#""pid":null,"since":null,"uptime":null,"want":null,"paused":null,"term":null,"normally":null,"#
                + r#""error":"unable to open supervise/ok: file does not exist"},"errlog":null}"#
        );
        assert!(shown(b"web", &running(), None).ends_with(r#","error":null,"log":null,"errlog":null}"#));
    }

    #[test]
    fn a_year_of_five_digits_is_not_shown() {
        assert_eq!(since(Label { unix: 253_402_300_800, nanos: 0 }), None);
        assert_eq!(since(Label { unix: i64::MIN, nanos: 0 }), None);
    }

    #[test]
    fn any_name_is_valid_json() {
        let start = |name: &[u8]| shown(name, &running(), None).split(",\"state\"").next().unwrap().to_owned();
        assert_eq!(start(b"a\"\\\n\x7f\xc3\xa9"), r#"{"name":"a\"\\\u000a\u007fé""#);
        assert_eq!(start(b"a\xff"), "{\"name\":\"a\u{fffd}\",\"name_hex\":\"61ff\"");
    }
}
