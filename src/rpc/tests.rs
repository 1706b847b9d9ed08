//! What is written is read back; what is not XML-RPC is told; nothing panics.

use super::decode::{self, Broken, DEPTH};
use super::encode;
use super::fault::{Fault, Kind};
use super::{Answer, Call, Value};
use crate::random::Random;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

const MOST: usize = 1 << 20;

fn read(value: &str) -> Result<Value, Broken> {
    let text = format!("<methodResponse><params><param><value>{value}</value></param></params></methodResponse>");
    decode::answer(text.as_bytes(), MOST).map(|answer| answer.unwrap())
}

fn round(value: &Value) -> Value {
    decode::answer(encode::answer(&Ok(value.clone())).as_bytes(), MOST).unwrap().unwrap()
}

#[test]
fn a_call_is_written_as_python_writes_it() {
    let text = encode::call("a.b", &[Value::Int(-1), Value::text("<&>\"'")]);
    let expected = "<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n<param>\n\
                    <value><int>-1</int></value>\n</param>\n<param>\n<value><string>&lt;&amp;&gt;\"'</string></value>\n\
                    </param>\n</params>\n</methodCall>\n";
    assert_eq!(text, expected);
    let call = Call { method: "a.b".into(), params: vec![Value::Int(-1), Value::text("<&>\"'")] };
    assert_eq!(decode::call(text.as_bytes(), MOST), Ok(call));
}

#[test]
fn what_is_written_is_read_back() {
    let deep = Value::List(vec![Value::Struct(vec![("x<".into(), Value::List(vec![])), ("".into(), Value::Nil)])]);
    for value in [
        Value::Nil,
        Value::Bool(true),
        Value::Int(i32::MIN.into()),
        Value::Double(-0.5),
        Value::Double(1e300),
        Value::text(""),
        Value::text(" a\r\n\tb\r\u{1f980} "),
        Value::text("]]>"),
        Value::Bytes((0..=255).collect()),
        Value::Bytes(vec![1]),
        Value::Bytes(vec![]),
        Value::Time("20050101T12:00:00".into()),
        Value::Struct(vec![]),
        deep,
    ] {
        assert_eq!(round(&value), value);
    }
}

#[test]
fn what_cannot_be_written_becomes_something_near() {
    assert_eq!(round(&Value::Int(1 << 40)), Value::Int(i32::MAX.into()));
    assert_eq!(round(&Value::Int(i64::MIN)), Value::Int(i32::MIN.into()));
    assert_eq!(round(&Value::text("a\0\x1b\u{ffff}b")), Value::text("a\u{fffd}\u{fffd}\u{fffd}b"));
}

#[test]
fn faults_have_numbers_and_names() {
    let fault = Kind::BAD_NAME.about("x");
    assert_eq!(fault, Fault { code: 10, text: "BAD_NAME: x".into() });
    let text = encode::answer(&Err(fault.clone()));
    assert_eq!(decode::answer(text.as_bytes(), MOST), Ok(Err(fault.clone())));
    assert!(fault.is(Kind::BAD_NAME) && !fault.is(Kind::FAILED));
    let mut codes: Vec<i64> = Kind::ALL.iter().map(|kind| kind.code).collect();
    codes.dedup();
    assert_eq!(codes.len(), 18);
}

#[test]
fn what_others_write_is_read() {
    assert_eq!(read("bare &amp; <![CDATA[<b>\r\n]]>"), Ok(Value::text("bare & <b>\n")));
    assert_eq!(read(""), Ok(Value::text("")));
    assert_eq!(read("\n <i4> 7 </i4>\n"), Ok(Value::Int(7)));
    assert_eq!(read("<i8>-9000000000</i8>"), Ok(Value::Int(-9_000_000_000)));
    assert_eq!(read("<ex:nil/>"), Ok(Value::Nil));
    assert_eq!(read("<string/>"), Ok(Value::text("")));
    assert_eq!(read("<string xml:space='a>b'>&#x41;&#66;<!-- c -->&quot;&apos;</string>"), Ok(Value::text("AB\"'")));
    assert_eq!(read("<string>a\x1b[31m\x01</string>"), Ok(Value::text("a\x1b[31m\x01")), "as Supervisor writes it");
    assert_eq!(read("<base64>SGk</base64>"), Err(Broken::Value));
    assert_eq!(read("<base64> SG\nk= </base64>"), Ok(Value::Bytes(b"Hi".to_vec())));
    let no_params = b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName> a </methodName></methodCall>\n";
    assert_eq!(decode::call(no_params, MOST), Ok(Call { method: "a".into(), params: vec![] }));
    let twice = read(
        "<struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></struct>",
    );
    assert_eq!(twice.unwrap().get("a"), Some(&Value::text("2")));
}

#[test]
fn what_is_broken_is_told() {
    for (value, broken) in [
        ("<int>x</int>", Broken::Value),
        ("<int></int>", Broken::Value),
        ("<boolean>2</boolean>", Broken::Value),
        ("<what>1</what>", Broken::Value),
        ("&nbsp;", Broken::Reference),
        ("&#0;", Broken::Reference),
        ("&#xd800;", Broken::Reference),
        ("&amp", Broken::Reference),
        ("<int>1</i4>", Broken::Markup),
        ("a<int>1</int>", Broken::Markup),
        ("<int>1</int>a", Broken::Markup),
        ("<array><value>1</value></array>", Broken::Markup),
        ("<struct><name>a</name></struct>", Broken::Markup),
        ("<int 1", Broken::Markup),
        ("<!ENTITY a 'b'>", Broken::Doctype),
        ("<string>a", Broken::Markup),
    ] {
        assert_eq!(read(value), Err(broken), "{value}");
    }
    let whole = |text: &str| decode::call(text.as_bytes(), MOST).unwrap_err();
    assert_eq!(whole("<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall/>"), Broken::Doctype);
    assert_eq!(whole("<?xml version='1.0' encoding='latin-1'?><methodCall/>"), Broken::Encoding);
    assert_eq!(whole(""), Broken::Early);
    assert_eq!(whole("<methodCall><methodName></methodName></methodCall>"), Broken::Value);
    assert_eq!(whole("<methodCall><methodName>a</methodName></methodCall>x"), Broken::Markup);
    assert_eq!(whole("<methodCall><methodName>a</methodName><params/></methodCall><a/>"), Broken::Markup);
    assert_eq!(decode::call(b"\xff", MOST), Err(Broken::Encoding));
    assert_eq!(decode::call(b"123", 2), Err(Broken::Long));
    assert_eq!(decode::answer(b"<methodResponse></methodResponse>", MOST), Err(Broken::Value));
}

#[test]
fn nothing_grows_without_end() {
    let nested = |deep: usize| {
        let open = "<array><data><value>".repeat(deep);
        read(&format!("{open}x{}", "</value></data></array>".repeat(deep)))
    };
    assert!(nested(DEPTH).is_ok());
    assert_eq!(nested(DEPTH + 1), Err(Broken::Deep));
    assert_eq!(nested(10_000), Err(Broken::Deep));
}

#[test]
fn a_user_and_a_password_are_one_word() {
    assert_eq!(encode::basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(encode::basic("", ""), "Basic Og==");
}

#[test]
fn arbitrary_texts_never_panic_and_values_stay() {
    const WORDS: [&str; 20] = [
        "<value>",
        "</value>",
        "<array>",
        "<data>",
        "</data>",
        "</array>",
        "<struct>",
        "<member>",
        "<name>",
        "</name>",
        "</member>",
        "</struct>",
        "<int>",
        "</int>",
        "1",
        "a",
        "&amp;",
        "<string/>",
        "&",
        "<",
    ];
    let mut source = Random::new(23);
    for _ in 0..50_000 {
        let text: String = (0..source.below(24)).map(|_| WORDS[source.below(WORDS.len())]).collect();
        let answer: Result<Answer, Broken> = read(&text).map(Ok);
        if let Ok(Ok(value)) = answer {
            assert_eq!(round(&value), value, "{text}");
        }
        let _ = decode::call(&source.bytes(b"<>/&;methodCall! ?-[]\"'", 60), 50);
    }
    assert_eq!(Broken::Early.to_string(), "no element found");
}
