//! Calls and answers out of texts that somebody else wrote.

use super::fault::Fault;
use super::markup::{Markup, Piece};
use super::{Answer, Call, Value, base64};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How deep values may stand in each other. Nobody's methods need ten.
pub const DEPTH: usize = 64;

/// Why a text is no call, or no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is longer than the reader wants.
    Long,
    /// It is not UTF-8.
    Encoding,
    /// It has a document type, which could make a short text a very long one.
    Doctype,
    /// It ends too early.
    Early,
    /// A tag is none, or does not stand where it may.
    Markup,
    /// A reference is to no character.
    Reference,
    /// A value is not of its type.
    Value,
    /// Values stand in each other too deeply.
    Deep,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Broken::Long => "document too long",
            Broken::Encoding => "unknown encoding",
            Broken::Doctype => "document type refused",
            Broken::Early => "no element found",
            Broken::Markup => "syntax error",
            Broken::Reference => "undefined entity",
            Broken::Value => "bad value",
            Broken::Deep => "values nested too deeply",
        })
    }
}

/// Reads a call of at most so many bytes.
pub fn call(bytes: &[u8], most: usize) -> Result<Call, Broken> {
    let mut reader = Reader::new(bytes, most)?;
    reader.start("methodCall")?;
    reader.start("methodName")?;
    let method = String::from(reader.text("methodName")?.trim());
    let mut params = Vec::new();
    if reader.one_of(&["params"], "methodCall")?.is_some() {
        reader.params(&mut params)?;
        reader.end("methodCall")?;
    }
    reader.nothing()?;
    if method.is_empty() { Err(Broken::Value) } else { Ok(Call { method, params }) }
}

/// Reads an answer of at most so many bytes.
pub fn answer(bytes: &[u8], most: usize) -> Result<Answer, Broken> {
    let mut reader = Reader::new(bytes, most)?;
    reader.start("methodResponse")?;
    let answer = match reader.one_of(&["params", "fault"], "methodResponse")? {
        Some("fault") => {
            reader.start("value")?;
            let value = reader.value(0)?;
            reader.end("fault")?;
            Err(fault(&value)?)
        }
        Some(_) => {
            let mut params = Vec::new();
            reader.params(&mut params)?;
            let one = params.pop().filter(|_| params.is_empty());
            Ok(one.ok_or(Broken::Value)?)
        }
        None => return Err(Broken::Value),
    };
    reader.end("methodResponse")?;
    reader.nothing()?;
    Ok(answer)
}

fn fault(value: &Value) -> Result<Fault, Broken> {
    let code = value.get("faultCode").and_then(Value::as_int);
    let text = value.get("faultString").and_then(Value::as_text);
    code.zip(text).map(|(code, text)| Fault { code, text: text.into() }).ok_or(Broken::Value)
}

struct Reader<'t> {
    markup: Markup<'t>,
}

impl<'t> Reader<'t> {
    fn new(bytes: &'t [u8], most: usize) -> Result<Reader<'t>, Broken> {
        if bytes.len() > most {
            return Err(Broken::Long);
        }
        let text = core::str::from_utf8(bytes).map_err(|_| Broken::Encoding)?;
        Ok(Reader { markup: Markup::new(text)? })
    }

    fn piece(&mut self) -> Result<Piece<'t>, Broken> {
        self.markup.next()?.ok_or(Broken::Early)
    }

    /// The next tag; between tags there is white space only.
    fn tag(&mut self) -> Result<Piece<'t>, Broken> {
        loop {
            match self.piece()? {
                Piece::Text(text) if text.trim().is_empty() => {}
                Piece::Text(_) => return Err(Broken::Markup),
                tag => return Ok(tag),
            }
        }
    }

    fn start(&mut self, name: &str) -> Result<(), Broken> {
        if self.tag()? == Piece::Start(name) { Ok(()) } else { Err(Broken::Markup) }
    }

    fn end(&mut self, name: &str) -> Result<(), Broken> {
        if self.tag()? == Piece::End(name) { Ok(()) } else { Err(Broken::Markup) }
    }

    /// Which of these elements begins; nothing if the one around them ends.
    fn one_of(&mut self, names: &[&'static str], around: &str) -> Result<Option<&'static str>, Broken> {
        match self.tag()? {
            Piece::Start(name) => {
                names.iter().find(|known| **known == name).map(|name| Some(*name)).ok_or(Broken::Markup)
            }
            Piece::End(name) if name == around => Ok(None),
            _ => Err(Broken::Markup),
        }
    }

    /// The document is over.
    fn nothing(&mut self) -> Result<(), Broken> {
        match self.markup.next()? {
            None => Ok(()),
            Some(Piece::Text(text)) if text.trim().is_empty() => self.nothing(),
            Some(_) => Err(Broken::Markup),
        }
    }

    /// The text of an element up to its end.
    fn text(&mut self, name: &str) -> Result<String, Broken> {
        let mut found = String::new();
        loop {
            match self.piece()? {
                Piece::Text(text) => found.push_str(&text),
                Piece::End(end) if end == name => return Ok(found),
                _ => return Err(Broken::Markup),
            }
        }
    }

    fn params(&mut self, into: &mut Vec<Value>) -> Result<(), Broken> {
        while self.one_of(&["param"], "params")?.is_some() {
            self.start("value")?;
            into.push(self.value(0)?);
            self.end("param")?;
        }
        Ok(())
    }

    /// What is in a `<value>` that has begun, with its end. A bare text is a string.
    fn value(&mut self, depth: usize) -> Result<Value, Broken> {
        let mut bare = String::new();
        loop {
            match self.piece()? {
                Piece::Text(text) => bare.push_str(&text),
                Piece::End("value") => return Ok(Value::Text(bare)),
                Piece::End(_) => return Err(Broken::Markup),
                Piece::Start(kind) if bare.trim().is_empty() => {
                    let value = self.typed(kind, depth)?;
                    self.end("value")?;
                    return Ok(value);
                }
                Piece::Start(_) => return Err(Broken::Markup),
            }
        }
    }

    fn typed(&mut self, kind: &str, depth: usize) -> Result<Value, Broken> {
        if depth >= DEPTH {
            return Err(Broken::Deep);
        }
        match kind {
            "array" => return self.array(depth),
            "struct" => return self.structure(depth),
            _ => {}
        }
        let text = self.text(kind)?;
        let value = match kind.rsplit(':').next().unwrap_or(kind) {
            "string" => Some(Value::Text(text)),
            "int" | "i1" | "i2" | "i4" | "i8" | "biginteger" => text.trim().parse().ok().map(Value::Int),
            "boolean" => boolean(text.trim()),
            "double" | "float" | "bigdecimal" => text.trim().parse().ok().map(Value::Double),
            "base64" => base64::decode(&text).map(Value::Bytes),
            "dateTime.iso8601" => Some(Value::Time(text.trim().into())),
            "nil" => Some(Value::Nil),
            _ => None,
        };
        value.ok_or(Broken::Value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, Broken> {
        let mut values = Vec::new();
        self.start("data")?;
        while self.one_of(&["value"], "data")?.is_some() {
            values.push(self.value(depth + 1)?);
        }
        self.end("array")?;
        Ok(Value::List(values))
    }

    fn structure(&mut self, depth: usize) -> Result<Value, Broken> {
        let mut members = Vec::new();
        while self.one_of(&["member"], "struct")?.is_some() {
            self.start("name")?;
            let name = self.text("name")?;
            self.start("value")?;
            let value = self.value(depth + 1)?;
            self.end("member")?;
            members.push((name, value));
        }
        Ok(Value::Struct(members))
    }
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "0" => Some(Value::Bool(false)),
        "1" => Some(Value::Bool(true)),
        _ => None,
    }
}
