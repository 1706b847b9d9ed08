//! XML-RPC as Supervisor and Python's xmlrpc speak it: values, calls, answers and faults, both ends.
//!
//! What is written is what Python writes, but for characters that XML does not have: they become U+FFFD, where Python
//! would write what nobody can read. What is read is all that Python reads; control characters in a text are read too,
//! since Supervisor's own server sends them as they are.
#![forbid(unsafe_code)]

mod base64;
pub mod basic;
pub mod decode;
pub mod encode;
pub mod fault;
mod markup;
mod sha1;
#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

/// What can be said in a call or an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `<nil/>`, which no method of Supervisor knows.
    Nil,
    /// `<boolean>`
    Bool(bool),
    /// `<int>`; written, it is capped to 32 bits.
    Int(i64),
    /// `<double>`
    Double(f64),
    /// `<string>`
    Text(String),
    /// `<base64>`
    Bytes(Vec<u8>),
    /// `<dateTime.iso8601>`, as it is spelled.
    Time(String),
    /// `<array>`
    List(Vec<Value>),
    /// `<struct>`, in the order of its members. Where a name comes twice the last one counts.
    Struct(Vec<(String, Value)>),
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `namespace.method`
    pub method: String,
    /// What it is given.
    pub params: Vec<Value>,
}

/// What a call was answered with.
pub type Answer = Result<Value, fault::Fault>;

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// The member of a struct.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Value::Struct(members) = self else { return None };
        members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text of a text.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The number of an integer.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self { Some(*number) } else { None }
    }

    /// The values of an array.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(values) = self { Some(values) } else { None }
    }

    /// Whether Python would take it for true.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(yes) => *yes,
            Value::Int(number) => *number != 0,
            Value::Double(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::Time(_) => true,
            Value::List(values) => !values.is_empty(),
            Value::Struct(members) => !members.is_empty(),
        }
    }
}
