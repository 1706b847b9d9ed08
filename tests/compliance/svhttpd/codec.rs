//! What Python's client writes is read, and what is written it reads: the same values both ways; and what it refuses
//! is refused. Needs Python.

use crate::scene::{Scene, skip, theirs};
use keepup::rpc::{Value, decode, encode};

const MOST: usize = 1 << 24;

/// Values that Python knows, a line each as it spells them.
const VALUES: &[&str] = &[
    "0",
    "-1",
    "2147483647",
    "-2147483648",
    "True",
    "False",
    "0.5",
    "-1e300",
    "1e-7",
    "123456789.25",
    "''",
    "'plain'",
    "' blanks  '",
    "'<&>\"'",
    "']]>'",
    "'a\\nb\\tc'",
    "'\\u00fc\\u20ac\\U0001f600'",
    "'&amp;'",
    "[]",
    "[1, 'a', [True, []]]",
    "{}",
    "{'a': 1, 'b': {'c': [0.5]}}",
    "{'<': '&', '': ''}",
    "bytes(range(256))",
    "b''",
    "b'x' * 200",
    "xmlrpc.client.DateTime('20261121T18:00:00')",
    "'x' * 100000",
    "[[[[[[[[[[1]]]]]]]]]]",
    "list(range(1000))",
];

/// Texts that are no calls, or odd ones.
const TEXTS: &[&str] = &[
    "",
    "x",
    "<methodCall>",
    "<methodCall></methodCall>",
    "<methodCall><methodName>a</methodName></methodCall>",
    "<methodCall><methodName>a</methodName><params></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param></param></params></methodCall>x",
    "<?xml version='1.0'?><methodCall><methodName>a</methodName><params/></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value>t</value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><int>1</int></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><int>x</int></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><boolean>2</boolean></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><double>x</double></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><int>1</value></int></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value>&nbsp;</value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value>&#0;</value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value>&#x41;&lt;</value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><string>a<!-- b -->c</string></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><![CDATA[<a>]]></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value> <i4> 7 </i4> </value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><i8>8000000000</i8></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><base64>aGk=</base64></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><nil/></value></param></params></methodCall>",
    "<methodCall><methodName>a</methodName><params><param><value><array><data/></array></value></param></params></methodCall>",
];

/// Reads what Python's marshaller writes of each value, and writes it again for Python to compare.
const WRITER: &str = "import xmlrpc.client, sys
for line in open(sys.argv[1]):
    value = eval(line)
    text = xmlrpc.client.dumps((value,), 'a.b')
    print(text.encode().hex())
";

const READER: &str = "import xmlrpc.client, sys
for line, text in zip(open(sys.argv[1]), open(sys.argv[2])):
    value, (read,) = eval(line), xmlrpc.client.loads(bytes.fromhex(text), use_builtin_types=False)[0]
    if isinstance(read, xmlrpc.client.Binary):
        read = read.data
    print(read == value and type(read) == type(value))
";

const JUDGE: &str = "import xmlrpc.client, sys
for text in open(sys.argv[1]):
    try:
        params, method = xmlrpc.client.loads(bytes.fromhex(text))
        print('call' if method else 'nothing', len(params))
    except Exception as error:
        print('refused')
";

fn python(scene: &Scene, script: &str, files: &[&str]) -> Vec<String> {
    let mut command = scene.command("python3");
    command.arg("-c").arg(script).args(files).current_dir(scene.path(""));
    let done = scene.finish(command);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out.lines().map(str::to_owned).collect()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn values_go_to_python_and_back() {
    if theirs("python3").is_none() {
        return skip("values_go_to_python_and_back", "needs python3");
    }
    let scene = Scene::new();
    scene.file("values", VALUES.join("\n"));
    let written = python(&scene, WRITER, &["values"]);
    assert_eq!(written.len(), VALUES.len());
    let mut back = String::new();
    for (line, spelled) in written.iter().zip(VALUES) {
        let call = decode::call(&bytes(line), MOST).unwrap_or_else(|why| panic!("{spelled}: {why}"));
        assert_eq!(call.method, "a.b");
        let [value] = &call.params[..] else { panic!("{spelled}: {:?}", call.params) };
        assert!(*value != Value::Nil);
        // Written again it is the very text that Python wrote.
        assert_eq!(hexadecimal(&encode::call("a.b", std::slice::from_ref(value))), *line, "{spelled}");
        back.push_str(&hexadecimal(&encode::answer(&Ok(value.clone()))));
        back.push('\n');
    }
    scene.file("back", back);
    let same = python(&scene, READER, &["values", "back"]);
    for (answer, spelled) in same.iter().zip(VALUES) {
        assert_eq!(answer, "True", "{spelled}");
    }
    assert_eq!(same.len(), VALUES.len());
}

#[test]
fn what_python_refuses_is_refused() {
    if theirs("python3").is_none() {
        return skip("what_python_refuses_is_refused", "needs python3");
    }
    let scene = Scene::new();
    scene.file("texts", TEXTS.iter().map(|text| hexadecimal(text) + "\n").collect::<String>());
    let judged = python(&scene, JUDGE, &["texts"]);
    assert_eq!(judged.len(), TEXTS.len());
    for (judged, text) in judged.iter().zip(TEXTS) {
        let ours = match decode::call(text.as_bytes(), MOST) {
            Ok(call) => format!("call {}", call.params.len()),
            Err(_) => "refused".to_owned(),
        };
        // What is no call to Python either need not be refused in the same place.
        let theirs = if judged.starts_with("nothing") { "refused" } else { judged };
        assert_eq!(ours, theirs, "{text}");
    }
}
