#!/usr/bin/env python3
"""Ours beside the original with the same configuration: make bench-supervisord [PROGRAMS=500].

Prints a Markdown table: until all run, status of all, a crash until the next life, stopping all, and the memory of
what lives as long as the services. Each figure is the median of interleaved rounds; the last column is ours to theirs.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from http.client import HTTPConnection
import socket

OURS = os.environ.get("BIN", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "target", "release"))
THEIRS = "/usr/bin"
ROUNDS = 3
CRASHES = 20

CONFIG = """
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
nodaemon=true
silent=true
[unix_http_server]
file=%(here)s/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/socket
[program:sleeper]
command=/bin/sleep 1000000
process_name=%%(program_name)s_%%(process_num)04d
numprocs=%(programs)d
startsecs=1
"""


class Unix(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        return connection


def until(what, condition, limit=300, pause=0.001):
    """Looks often where a look costs little, and seldom where it is a walk over all processes."""
    end = time.monotonic() + limit
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            sys.exit("waited in vain until " + what)
        time.sleep(pause)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def is_service(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().startswith(b"/bin/sleep")
    except FileNotFoundError:
        return False


def memory(pid):
    """Private dirty pages, page tables, and the proportional share, in KiB."""
    figures = {}
    for path in ("smaps_rollup", "status"):
        try:
            with open("/proc/%d/%s" % (pid, path)) as file:
                for line in file:
                    name, _, rest = line.partition(":")
                    if name in ("Private_Dirty", "Pss", "VmPTE"):
                        figures[name] = int(rest.split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return figures.get("Private_Dirty", 0) + figures.get("VmPTE", 0), figures.get("Pss", 0)


class Server:
    def __init__(self, home, programs):
        self.home = home
        self.programs = programs
        self.here = tempfile.mkdtemp(prefix="keepup-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.config = self.here + "/supervisord.conf"
        with open(self.config, "w") as file:
            file.write(CONFIG % {"here": self.here, "programs": programs})

    def start(self):
        environment = {"PATH": "%s:/usr/bin:/bin" % self.home, "XDG_RUNTIME_DIR": self.here}
        began = time.monotonic()
        words = [self.home + "/supervisord", "-c", self.config]
        self.process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("all processes live", lambda: len(self.services()) == self.programs, pause=0.05)
        took = time.monotonic() - began
        self.rpc = xmlrpc.client.ServerProxy("http://localhost", Unix(self.here + "/socket")).supervisor
        until("it answers", lambda: os.path.exists(self.here + "/socket"))
        until("all are RUNNING", lambda: all(info["state"] == 20 for info in self.rpc.getAllProcessInfo()) or time.sleep(0.3))
        return took

    def services(self):
        return [pid for pid in descendants(self.process.pid) if is_service(pid)]

    def status(self):
        began = time.monotonic()
        words = [self.home + "/supervisorctl", "-c", self.config, "status"]
        answer = subprocess.run(words, stdout=subprocess.PIPE, check=False).stdout
        took = time.monotonic() - began
        if answer.count(b"RUNNING") != self.programs:
            sys.exit("status of %s says: %s" % (self.home, answer[:400]))
        return took

    def ask(self):
        """The same client for both."""
        began = time.monotonic()
        self.rpc.getAllProcessInfo()
        return time.monotonic() - began

    def crash(self, at):
        before = set(self.services())
        victim = sorted(before)[at % len(before)]
        parent = int(open("/proc/%d/stat" % victim).read().rsplit(")", 1)[1].split()[1])
        began = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        until("it lives again", lambda: any(pid not in before and is_service(pid) for pid in children(parent)))
        return time.monotonic() - began

    def stop(self):
        self.living = [pid for pid in [self.process.pid] + descendants(self.process.pid) if not is_service(pid)]
        began = time.monotonic()
        self.rpc.stopAllProcesses()
        took = time.monotonic() - began
        return took

    def weigh(self):
        living = [pid for pid in [self.process.pid] + descendants(self.process.pid) if not is_service(pid)]
        figures = [memory(pid) for pid in living]
        return sum(f[0] for f in figures) / self.programs, sum(f[1] for f in figures) / self.programs

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.here, ignore_errors=True)


def main():
    programs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for home in (OURS, THEIRS):
        if not os.path.exists(home + "/supervisord"):
            sys.exit("SKIPPED: no supervisord in " + home)
    rows = {}

    def note(row, who, figure):
        rows.setdefault(row, {}).setdefault(who, []).append(figure)

    for turn in range(ROUNDS):
        for who, home in (("keepup", OURS), ("supervisor", THEIRS)):
            print("round %d of %d: %s" % (turn + 1, ROUNDS, who), file=sys.stderr)
            server = Server(home, programs)
            note("start: until all processes live, s", who, server.start())
            for _ in range(5):
                note("status of all, each with its own client, ms", who, server.status() * 1e3)
                note("status of all, one Python client, ms", who, server.ask() * 1e3)
            private, share = server.weigh()
            note("private dirty and page tables, KiB a program", who, private)
            note("proportional share, KiB a program", who, share)
            for at in range(CRASHES if who == "keepup" else 5):
                note("from kill -9 to the next life, ms", who, server.crash(at) * 1e3)
                time.sleep(1.1)  # one that has lived for startsecs
            note("stop: until all are stopped, s", who, server.stop())
            server.end()

    print("| %d programs | keepup | supervisor | ratio |" % programs)
    print("|---|---|---|---|")
    for row, figures in rows.items():
        ours, theirs = (statistics.median(figures[who]) for who in ("keepup", "supervisor"))
        print("| %s | %.3g | %.3g | %.3f |" % (row, ours, theirs, ours / theirs))


if __name__ == "__main__":
    main()
