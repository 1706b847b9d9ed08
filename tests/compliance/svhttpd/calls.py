"""Calls of all kinds to a server on a unix socket, and what it answers: a line for each, `NAME TAB ANSWER`, with what
differs from one run to the next left out. The arguments: the socket of the server, one with a password, the directory
of the configuration."""
import base64, http.client, os, re, socket, sys, time, xmlrpc.client

SOCKET, GUARDED, HERE = sys.argv[1:4]


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return Connection(SOCKET)


def server():
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport())


def steady(value):
    if isinstance(value, dict):
        kept = {}
        # What cannot be executed has a short life with us, and none with the original.
        if re.match("can't|command at", value.get("spawnerr", "")):
            value = dict(value, stop=0)
        for key, inner in value.items():
            if key in ("start", "stop", "now", "pid"):
                inner = type(inner).__name__ + (" set" if inner else " 0")
            elif key == "description" and isinstance(inner, str):
                inner = re.sub(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE", inner)
                inner = re.sub(r"pid \d+, uptime .*", "pid and uptime", inner)
            kept[key] = steady(inner)
        return kept
    if isinstance(value, (list, tuple)):
        return [steady(inner) for inner in value]
    if isinstance(value, str):
        value = value.replace(HERE, "HERE")
        return re.sub(r"HERE/auto/[^ ']*(stdout|stderr)[^ ']*", r"HERE/auto/\1", value)
    return value


def told(name, answer):
    print(name, repr(answer), sep="\t", flush=True)


def answer(method, *params):
    try:
        return steady(getattr(server(), method)(*params))
    except xmlrpc.client.Fault as fault:
        return ("fault", fault.faultCode, steady(fault.faultString))
    except xmlrpc.client.ProtocolError as error:
        return ("http", error.errcode, error.errmsg)


# Those that are done at the same time are told in any order.
def sorted_by_name(statuses):
    return sorted(statuses, key=lambda status: (status["group"], status["name"])) if isinstance(statuses, list) else statuses


counts = {}


def call(method, *params):
    name = re.sub("<.* object at .*>", "BINARY", "%s%r" % (method, params))
    counts[name] = counts.get(name, 0) + 1
    if counts[name] > 1:
        name += " #%d" % counts[name]
    found = answer("supervisor." + method if "." not in method else method, *params)
    told(name, sorted_by_name(found) if method.startswith(("stopProcess", "startProcessGroup")) else found)


def until(what, condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("waited in vain until " + what)
        time.sleep(0.02)


def state(name):
    return server().supervisor.getProcessInfo(name)["statename"]


def until_state(name, wanted):
    until("%s is %s" % (name, wanted), lambda: state(name) == wanted)


def size(name):
    return server().supervisor.tailProcessStdoutLog(name, 0, 0)[1]


# As soon as everything is where it stays.
for name, wanted in (("cat", "RUNNING"), ("nofile", "FATAL"), ("expected", "EXITED"), ("unexpected", "EXITED"),
                     ("killed", "EXITED"), ("talk", "RUNNING"), ("many:many_01", "RUNNING"), ("g:two", "RUNNING"),
                     ("broken", "FATAL"), ("folder", "FATAL"), ("plain", "FATAL"), ("stubborn", "RUNNING")):
    until_state(name, wanted)
until("talk has talked", lambda: size("talk") == 27)

call("getAllProcessInfo")
for name in ("cat", "cat:cat", "many:many_00", "many", "g:one", "g", "g:*", "manual", "nofile", "\xe9", "", ":", "no\tname", "a" * 3000):
    call("getProcessInfo", name)
call("getAllConfigInfo")

for name in ("getAPIVersion", "getVersion", "getSupervisorVersion", "getIdentification", "getState"):
    call(name)
told("getPID", type(server().supervisor.getPID()).__name__)
call("system.listMethods")
for name in server().system.listMethods():
    call("system.methodSignature", name)
told("methodHelp", ["@return" in server().system.methodHelp(name) for name in server().system.listMethods()])

# What is no method, and what no method takes.
for name in ("nope", "_private", "getPID.x", "supervisord"):
    call(name)
for name in ("x.y", "system.nope", "system.", "."):
    call(name)
call("getPID", 1)
call("getProcessInfo")
call("getProcessInfo", "cat", "cat")
call("startProcess")
call("startProcess", "cat", True, 1)
call("system.methodHelp")
call("system.methodHelp", "nope")
call("system.methodHelp", 5)
call("system.methodSignature", "nope")
call("system.listMethods", 1)

# Starting and stopping.
for name in ("nofile", "folder", "plain", "broken", "cat", "nope", "nope:*", "cat:nope", "", "quick"):
    call("startProcess", name)
call("startProcess", "manual")
call("startProcess", "manual")
call("startProcess", "manual:*")
call("stopProcess", "manual:")
call("stopProcess", "manual")
call("getProcessInfo", "manual")
for name in ("nope", "nope:*", "nofile", "expected"):
    call("stopProcess", name)
call("startProcess", "manual", False)
until_state("manual", "RUNNING")
call("stopProcess", "manual", False)
until_state("manual", "STOPPED")
call("startProcess", "manual", 1)
call("stopProcess", "manual", "yes")
call("stopProcess", "stubborn")
call("getProcessInfo", "stubborn")
call("startProcess", "stubborn")
call("stopProcessGroup", "g")
call("stopProcessGroup", "g")
call("startProcessGroup", "g")
call("startProcessGroup", "g")
call("stopProcessGroup", "nope")
call("startProcessGroup", "nope")
call("startProcessGroup", "nofile")
call("startProcessGroup", "many", False)
call("stopProcess", "many:*")
call("startProcess", "many:many_01")
call("startProcessGroup", "many", True)
call("startProcess", "again")
until_state("again", "BACKOFF")
call("startProcess", "again")
call("stopProcess", "again")
call("getProcessInfo", "again")
call("startProcess", "atonce")
until_state("atonce", "EXITED")
call("getProcessInfo", "atonce")

# Several at once, with those that need no time first.
told("stopAllProcesses", sorted_by_name(answer("supervisor.stopAllProcesses")))
told("stopAllProcesses again", answer("supervisor.stopAllProcesses"))
told("getAllProcessInfo stopped", answer("supervisor.getAllProcessInfo"))
told("startAllProcesses", sorted_by_name(answer("supervisor.startAllProcesses")))
for name in ("expected", "unexpected", "killed"):
    until_state(name, "EXITED")

# Signals.
for spelled in ("CONT", "SIGCONT", "cont", 18, "18", 0, "0", "NOPE", "", 99, "99", 35, -1, True):
    call("signalProcess", "cat", spelled)
call("signalProcess", "expected", "CONT")
call("signalProcess", "nope", "CONT")
call("signalProcess", "nope:*", "CONT")
call("signalProcess", "g:*", "CONT")
call("signalProcessGroup", "g", "CONT")
call("signalProcessGroup", "g", "NOPE")
call("signalProcessGroup", "nope", "CONT")
told("signalAllProcesses", sorted_by_name(answer("supervisor.signalAllProcesses", "CONT")))
call("signalProcess", "lasting", "KILL")
until_state("lasting", "EXITED")
call("getProcessInfo", "lasting")

# Logs. What was written before is in them still.
for offset, length in ((0, 0), (0, 5), (6, 0), (6, 3), (100, 0), (100, 5), (-5, 0), (-100, 0), (-5, 5), (0, -1), (-1, -1), (27, 1)):
    call("readProcessStdoutLog", "file", offset, length)
call("readProcessLog", "file", 0, 5)
for offset, length in ((0, 0), (0, 5), (0, 27), (0, 100), (5, 5), (25, 5), (27, 5), (100, 5), (-5, 5), (0, -5), (-100, 200)):
    call("tailProcessStdoutLog", "file", offset, length)
call("tailProcessLog", "file", 0, 5)
for name in ("nope", "file:*", "silent", "never"):
    call("readProcessStdoutLog", name, 0, 10)
    call("tailProcessStdoutLog", name, 0, 10)
call("readProcessStderrLog", "file", 0, 0)
call("tailProcessStderrLog", "file", 0, 10)
call("readProcessStderrLog", "talk", 0, 0)
call("tailProcessStderrLog", "talk", 0, 10)
call("readProcessStdoutLog", "file", 0)
call("clearProcessLogs", "talk")
until("it is empty", lambda: size("talk") == 0)
call("clearProcessLog", "talk")
call("clearProcessLogs", "nope")
call("clearProcessLogs", "talk:*")
call("clearProcessLogs", "silent")
told("clearAllProcessLogs", sorted_by_name(answer("supervisor.clearAllProcessLogs")))
call("readLog", -5, 5)
call("readLog", 0, -1)
told("readLog", type(server().supervisor.readLog(0, 0)).__name__)

# Standard input.
call("sendProcessStdin", "cat", "hello\n")
until("cat has said it", lambda: size("cat") == 6)
call("readProcessStdoutLog", "cat", 0, 0)
call("sendProcessStdin", "cat", "\xfc\u20ac\n")
until("cat has said that too", lambda: size("cat") == 12)
call("readProcessStdoutLog", "cat", 6, 0)
call("sendProcessStdin", "cat", xmlrpc.client.Binary(b"raw\n"))
until("cat has said more", lambda: size("cat") == 16)
call("sendProcessStdin", "cat", 5)
call("sendProcessStdin", "cat", "")
call("sendProcessStdin", "expected", "x")
call("sendProcessStdin", "nope", "x")
call("sendProcessStdin", "cat:*", "x")
call("sendRemoteCommEvent", "type", "data")
call("sendRemoteCommEvent", "type")
call("sendRemoteCommEvent", "\xfc", "\u20ac")

# What is about the daemon.
call("reloadConfig")
call("addProcessGroup", "cat")
call("addProcessGroup", "nope")
call("removeProcessGroup", "cat")
call("removeProcessGroup", "nope")

# Several calls in one.
def one(method, *params):
    return {"methodName": method, "params": list(params)}

call("system.multicall", [])
call("system.multicall", 5)
call("system.multicall", [
    one("supervisor.getVersion"), one("supervisor.nope"), one("supervisor.getProcessInfo", "nope"), one("system.multicall", []),
    {"params": []}, {"methodName": "supervisor.getState"}, {"methodName": ""}, one("supervisor.getVersion", 1),
    {"methodName": "supervisor.getVersion", "params": 5}, one("supervisor.stopProcess", "manual"),
    one("supervisor.startProcess", "manual"), one("supervisor.startProcess", "manual"), one("supervisor.stopProcessGroup", "manual"),
    one("system.methodSignature", "system.multicall"), one("supervisor.signalProcess", "manual", "HUP"),
])
# Waiting calls do not keep others.
def waits():
    started = time.monotonic()
    slow = socket.socket(socket.AF_UNIX)
    slow.connect(SOCKET)
    body = xmlrpc.client.dumps(("stubborn",), "supervisor.stopProcess").encode()
    slow.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    until("it is being stopped", lambda: state("stubborn") == "STOPPING")
    others = [server().supervisor.getVersion() for _ in range(3)]
    # And whoever asks for the same again is told how things are.
    again = answer("supervisor.stopProcess", "stubborn")
    info = answer("supervisor.getProcessInfo", "stubborn")
    reply = slow.recv(65536)
    return others, again, info["statename"], info["description"], b"<boolean>1</boolean>" in reply, time.monotonic() - started < 50
told("waits", waits())


# HTTP itself.
def raw(text, path=SOCKET, half=False, patience=30):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(patience)
    client.connect(path)
    client.sendall(text if isinstance(text, bytes) else text.encode())
    if half:
        client.shutdown(socket.SHUT_WR)
    response = http.client.HTTPResponse(client)
    try:
        response.begin()
    except http.client.HTTPException as error:
        return type(error).__name__
    except TimeoutError:
        return "silence"
    shown = {name: response.getheader(name) for name in ("Content-Type", "WWW-Authenticate", "Content-Length")}
    if shown["Content-Type"] == "text/xml":
        shown["Content-Length"] = shown["Content-Length"] is not None
    return response.status, response.reason, shown, response.read().decode()


BODY = xmlrpc.client.dumps((), "supervisor.getVersion")


def post(body=BODY, path="/RPC2", head="", version="1.1", length=True):
    encoded = body if isinstance(body, bytes) else body.encode()
    size = "Content-Length: %d\r\n" % len(encoded) if length else ""
    return ("POST %s HTTP/%s\r\nHost: x\r\n%s%s\r\n" % (path, version, size, head)).encode() + encoded


told("post", raw(post()))
told("post to a longer path", raw(post(path="/RPC2x/y?z")))
told("post to another path", raw(post(path="/rpc2")))
told("post in HTTP/1.0", raw(post(version="1.0")))
told("post without a length", raw(post(length=False)))
told("post without a length, in pieces", raw(post(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY.encode()), length=False, head="Transfer-Encoding: chunked\r\n"), patience=3))
told("post to a whole URI", raw(post(path="http://x/RPC2")))
told("get", raw("GET /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n"))
told("put", raw("PUT /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
told("get nothing", raw("GET /nope HTTP/1.1\r\nHost: x\r\n\r\n"))
told("get nothing in HTTP/1.0", raw("GET /nope HTTP/1.0\r\n\r\n"))
for name, body in (("no call", "hello"), ("nothing", ""), ("half a call", BODY[:60]), ("no method", "<methodCall><params/></methodCall>"),
                   ("an answer", xmlrpc.client.dumps((5,), methodresponse=True)), ("an unknown type", BODY.replace("<params>", "<params><param><value><x>1</x></value></param>")),
                   ("no bytes of text", xmlrpc.client.dumps(("cat", xmlrpc.client.Binary(b"\xff")), "supervisor.sendProcessStdin")),
                   ("no number", "<methodCall><methodName>supervisor.getVersion</methodName><params><param><value><int>x</int></value></param></params></methodCall>"),
                   ("an empty name", "<methodCall><methodName></methodName></methodCall>"),
                   ("no params", "<methodCall><methodName>supervisor.getVersion</methodName></methodCall>"),
                   ("a bare text", "<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>nope</value></param></params></methodCall>"),
                   ("much", "<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>%s</value></param></params></methodCall>" % ("x" * 1000000))):
    reply = raw(post(body), patience=30 if body else 2)
    told("post " + name, steady(re.sub("x{100,}", "XXX", reply[3])) if reply[0] == 200 else reply)

for name, path in (("an unknown log", "/logtail/nope"), ("an unknown channel", "/logtail/talk/x"), ("no log", "/logtail/silent")):
    told("get " + name, raw("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path))
for path in ("/logtail/talk", "/mainlogtail"):
    told("post to " + path, raw("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % path))

# One connection for several requests.
client = Connection(SOCKET)
answers = []
for _ in range(3):
    client.request("POST", "/RPC2", BODY, {"Content-Type": "text/xml"})
    reply = client.getresponse()
    answers.append((reply.status, xmlrpc.client.loads(reply.read())[0]))
told("three on one connection", answers)
client = socket.socket(socket.AF_UNIX)
client.settimeout(30)
client.connect(SOCKET)
client.sendall(post() * 2 + post(head="Connection: close\r\n"))
heard = b""
while True:
    piece = client.recv(65536)
    if not piece:
        break
    heard += piece
told("three without waiting", (heard.count(b"<string>3.0</string>"), heard.count(b"HTTP/1.1 200")))
told("kept in HTTP/1.0", raw(post(version="1.0", head="Connection: keep-alive\r\n")))

# Who may ask.
def basic(text):
    return "Authorization: Basic %s\r\n" % base64.b64encode(text).decode()

for name, head in (("nobody", ""), ("the right one", basic(b"user:abc")), ("a wrong password", basic(b"user:abd")),
                   ("a wrong name", basic(b"usr:abc")), ("no password", basic(b"user:")), ("another scheme", "Authorization: Bearer x\r\n"),
                   ("the digest", basic(b"user:{SHA}a9993e364706816aba3e25717850c26c9cd0d89d"))):
    told("asked by " + name, raw(post(head=head), GUARDED))
    told("asked for a page by " + name, raw("GET /nope HTTP/1.1\r\nHost: x\r\n%s\r\n" % head, GUARDED))


# Logs that go on.
def follow(path, more, wanted, head="", first=b""):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(SOCKET)
    client.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, head)).encode())
    heard = b""
    while first not in heard:
        heard += client.recv(65536)
    if more:
        more()
    while wanted not in heard:
        heard += client.recv(65536)
    head, _, body = heard.partition(b"\r\n\r\n")
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    kept = sorted(names & {b"content-type", b"transfer-encoding", b"x-accel-buffering", b"last-modified"})
    chunks, rest = b"", body
    while rest:
        length, _, rest = rest.partition(b"\r\n")
        if not length:
            break
        chunks += rest[:int(length, 16)]
        rest = rest[int(length, 16) + 2:]
    kind = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type")]
    return head.split(b"\r\n")[0], [line.lower() for line in kind], kept, chunks[-40:]


def append(name, text):
    with open(os.path.join(HERE, name), "ab") as file:
        file.write(text)


long = b"".join(b"line %04d\n" % number for number in range(1000))
append("logs/file", long)
told("follow from near the end", follow("/logtail/file", None, b"line 0999"))
told("follow what comes", follow("/logtail/file/stdout", lambda: append("logs/file", b"news\n"), b"news"))
told("follow complaints", follow("/logtail/file/stderr", lambda: append("logs/file.err", b"oh\n"), b"oh"))
def rotate():
    os.rename(os.path.join(HERE, "logs/file"), os.path.join(HERE, "logs/file.1"))
    append("logs/file", b"fresh\n")
told("follow through rotation", follow("/logtail/file", rotate, b"fresh", first=b"news")[:2])
told("follow the main log", follow("/mainlogtail", None, b"\n")[:3])

# It is all as before.
call("getState")
