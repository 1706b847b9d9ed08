//! Calls and answers as texts.

use super::fault::Fault;
use super::{Value, base64};
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

const DECLARATION: &str = "<?xml version='1.0'?>\n";

/// A call.
pub fn call(method: &str, params: &[Value]) -> String {
    let mut text = String::from(DECLARATION);
    text.push_str("<methodCall>\n<methodName>");
    escape(method, &mut text);
    text.push_str("</methodName>\n<params>\n");
    for value in params {
        param(value, &mut text);
    }
    text.push_str("</params>\n</methodCall>\n");
    text
}

/// An answer.
pub fn answer(answer: &Result<Value, Fault>) -> String {
    let mut text = String::from(DECLARATION);
    text.push_str("<methodResponse>\n");
    match answer {
        Ok(value) => {
            text.push_str("<params>\n");
            param(value, &mut text);
            text.push_str("</params>\n");
        }
        Err(fault) => {
            let code = (String::from("faultCode"), Value::Int(fault.code));
            let words = (String::from("faultString"), Value::text(fault.text.as_str()));
            text.push_str("<fault>\n");
            whole(&Value::Struct([code, words].into()), &mut text);
            text.push_str("</fault>\n");
        }
    }
    text.push_str("</methodResponse>\n");
    text
}

fn param(value: &Value, into: &mut String) {
    into.push_str("<param>\n");
    whole(value, into);
    into.push_str("</param>\n");
}

fn whole(value: &Value, into: &mut String) {
    into.push_str("<value>");
    inner(value, into);
    into.push_str("</value>\n");
}

fn inner(value: &Value, into: &mut String) {
    match value {
        Value::Nil => into.push_str("<nil/>"),
        Value::Bool(yes) => into.push_str(if *yes { "<boolean>1</boolean>" } else { "<boolean>0</boolean>" }),
        Value::Int(number) => {
            let capped = (*number).clamp(i32::MIN.into(), i32::MAX.into());
            into.push_str(&format!("<int>{capped}</int>"));
        }
        Value::Double(number) => double(*number, into),
        Value::Text(text) => tagged("string", text, into),
        Value::Time(text) => tagged("dateTime.iso8601", text, into),
        Value::Bytes(bytes) => {
            into.push_str("<base64>\n");
            base64::lines(bytes, into);
            into.push_str("</base64>");
        }
        Value::List(values) => {
            into.push_str("<array><data>\n");
            values.iter().for_each(|value| whole(value, into));
            into.push_str("</data></array>");
        }
        Value::Struct(members) => {
            into.push_str("<struct>\n");
            for (name, value) in members {
                into.push_str("<member>\n");
                tagged("name", name, into);
                into.push('\n');
                whole(value, into);
                into.push_str("</member>\n");
            }
            into.push_str("</struct>");
        }
    }
}

/// With a point or an exponent, as Python writes it.
fn double(number: f64, into: &mut String) {
    let text = if number.is_nan() { String::from("nan") } else { format!("{number:?}") };
    into.push_str("<double>");
    let _ = match text.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => write!(into, "{digits}e-{exponent:0>2}"),
            None => write!(into, "{digits}e+{exponent:0>2}"),
        },
        None => write!(into, "{text}"),
    };
    into.push_str("</double>");
}

fn tagged(tag: &str, text: &str, into: &mut String) {
    into.extend(["<", tag, ">"]);
    escape(text, into);
    into.extend(["</", tag, ">"]);
}

/// A carriage return would be read as a newline, unless it is spelled.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '\r' => into.push_str("&#13;"),
            '\t' | '\n' => into.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => into.push('\u{fffd}'),
            _ => into.push(c),
        }
    }
}

/// What follows `Authorization:`, with the scheme.
pub fn basic(user: &str, password: &str) -> String {
    let mut text = String::from("Basic ");
    base64::encode(format!("{user}:{password}").as_bytes(), &mut text);
    text
}
