# What the original makes of each configuration that is named, in a form that can be compared.
import sys
import warnings

warnings.simplefilter("ignore")
try:
    from supervisor.options import (
        VERSION, EventListenerPoolConfig, FastCGIGroupConfig, ServerOptions)
    from supervisor.datatypes import (
        Automatic, RestartUnconditionally, RestartWhenExitUnexpected)
except Exception as why:
    print("SKIPPED no supervisor: %s" % why)
    sys.exit(0)
if not VERSION.startswith("4.2."):
    print("SKIPPED supervisor is %s" % VERSION)
    sys.exit(0)


class Refused(Exception):
    pass


def refuse(message):
    raise Refused(str(message))


def shown(value):
    if value is None:
        return "none"
    if value is Automatic:
        return "auto"
    if value is RestartUnconditionally:
        return "always"
    if value is RestartWhenExitUnexpected:
        return "unexpected"
    if isinstance(value, bool) or isinstance(value, int):
        return str(int(value))
    if isinstance(value, dict):
        return " ".join(sorted("%s=%r" % item for item in value.items()))
    if isinstance(value, (list, tuple)):
        return " ".join(shown(item) for item in value)
    return repr(value)


def tell(what, of, names):
    print(what, *["%s=%s" % (name, shown(getattr(of, name))) for name in names])


DAEMON = ("logfile logfile_maxbytes logfile_backups loglevel pidfile umask nodaemon silent minfds minprocs nocleanup "
          "childlogdir user directory strip_ansi environment identifier").split()
PROCESS = ("name command directory umask priority autostart startsecs startretries uid stopsignal stopwaitsecs "
           "stopasgroup killasgroup exitcodes redirect_stderr environment serverurl autorestart").split()
CHANNEL = "logfile logfile_maxbytes logfile_backups capture_maxbytes events_enabled syslog".split()

for path in sys.argv[1:]:
    print("==", path)
    options = ServerOptions()
    options.usage = refuse
    try:
        options.realize(["-c", path, "-n"], doc="", progname="supervisord")
    except Refused as why:
        print("error %s" % why)
        continue
    root = options.configroot.supervisord
    tell("daemon", root, DAEMON)
    for group in options.process_group_configs:
        tell("group", group, ["name", "priority"])
        if isinstance(group, EventListenerPoolConfig):
            events = sorted(event.__name__ for event in group.pool_events)
            print("listeners", group.buffer_size, len(events))
        if isinstance(group, FastCGIGroupConfig):
            socket = group.socket_config
            print("fcgi", socket.url, shown(socket.backlog),
                  shown(getattr(socket, "owner", None)), shown(getattr(socket, "mode", None)))
        for process in group.process_configs:
            tell("process", process, PROCESS)
            for channel in "stdout", "stderr":
                tell(channel, process, [channel + "_" + name for name in CHANNEL])
    for server in root.server_configs:
        if "file" in server:
            at = (server["file"], server["chmod"], server["chown"])
        else:
            at = (server["host"], server["port"])
        print("server", server["section"], shown(at), shown(server["username"]), shown(server["password"]))
    print("serverurl", shown(options.serverurl))
    for remark in options.parse_warnings + options.parse_infos:
        print("remark", remark)
