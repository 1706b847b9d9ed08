#!/bin/sh
# Many services with loggers under one runsvdir, all of whose programs are upgraded in place: how long that takes, and
# that no process of a service or a logger is another one afterwards, and no line of a log is missing.
#
#   benches/upgrade.sh [SERVICES]     default: 1000 services
#
# What is upgraded to is in $BIN, or target/release; what from is in $OLD, or the same programs in other files.
set -eu

services=${1:-1000}
root=$(cd "$(dirname "$0")/.." && pwd)
BIN=${BIN:-$root/target/release}
OLD=${OLD:-$BIN}
place=$(mktemp -d)
runsvdir=
trap 'stop; rm -rf "$place"' EXIT INT TERM

fail() { echo "upgrade.sh: $*" >&2; exit 1; }
now() { date +%s%N; }
passed() { echo $((($(now) - $1) / 1000000)); }

stop() {
    [ -z "$runsvdir" ] && return
    kill -TERM "$runsvdir" 2>/dev/null || :
    wait "$runsvdir" 2>/dev/null || :
    runsvdir=
}

# await CONDITION: polls ten times a second, for at most two minutes.
await() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || fail "gave up waiting until $*"
        sleep 0.1
    done
}

# Under another name first, as packages do.
install() {
    for program in runsvdir runsv sv svlogd; do
        cp "$1/$program" "$place/bin/$program.new"
        mv -f "$place/bin/$program.new" "$place/bin/$program"
    done
}

# Each service numbers its lines, one every few seconds, and none of them waits for another.
make() {
    mkdir -p "$place/bin" "$place/scan"
    cat >"$place/run" <<'END'
#!/bin/sh
n=0
while :; do n=$((n + 1)); echo $n; sleep 4; done
END
    printf '#!/bin/sh\nexec svlogd main\n' >"$place/log"
    chmod +x "$place/run" "$place/log"
    i=0
    while [ "$i" -lt "$services" ]; do
        printf '%s\n' "$place/scan/s$i/log/main"
        i=$((i + 1))
    done | xargs mkdir -p
    for service in "$place"/scan/*; do
        ln "$place/run" "$service/run"
        ln "$place/log" "$service/log/run"
    done
}

# The process of every service and of every logger.
pids() { cat "$place"/scan/*/supervise/pid "$place"/scan/*/log/supervise/pid 2>/dev/null; }
# Every supervisor, and theirs.
supervisors() { echo "$runsvdir" && tr ' ' '\n' <"/proc/$runsvdir/task/$runsvdir/children" | grep . | sort -n; }
lines() { cat "$place"/scan/*/log/main/current 2>/dev/null | wc -l; }
up() { [ "$(pids | grep -c .)" -eq $((2 * services)) ] && [ "$(lines)" -ge "$services" ]; }
written() { [ "$(lines)" -ge "$1" ]; }
down() { [ "$(cat "$place"/scan/*/supervise/stat | grep -c '^down')" -eq "$services" ]; }

make
install "$OLD"
began=$(now)
PATH=$place/bin:$PATH "$place/bin/runsvdir" --grace 100 "$place/scan" &
runsvdir=$!
await up
echo "$services services with loggers are up after $(passed "$began") ms"

pids >"$place/pids.before"
supervisors >"$place/supervisors.before"
before=$(lines)
install "$BIN"
began=$(now)
SVDIR=$place/scan "$place/bin/sv" -w 110 reexec >"$place/told" || { grep -v '^ok: ' "$place/told" >&2; fail "sv reexec failed"; }
echo "$(grep -c '^ok: ' "$place/told") programs have replaced themselves within $(passed "$began") ms"

pids >"$place/pids.after"
supervisors >"$place/supervisors.after"
cmp "$place/pids.before" "$place/pids.after" || fail "processes of services are not those of before"
cmp "$place/supervisors.before" "$place/supervisors.after" || fail "supervisors are not those of before"
old=0
while read -r pid; do
    case $(readlink "/proc/$pid/exe") in *' (deleted)') old=$((old + 1)) ;; esac
done <"$place/supervisors.after"
[ "$old" -eq 0 ] || fail "$old supervisors run the program of before"
echo "$((2 * services)) processes of services and loggers, $(grep -c . "$place/supervisors.after") supervisors: the same before and after"

# Everybody has written on before all are stopped, so a line that was lost in between is missed.
await written $((before + 2 * services))
SVDIR=$place/scan "$place/bin/sv" down "$place"/scan/*
await down
for log in "$place"/scan/*/log/main/current; do
    awk '$0 != NR { print FILENAME ": line " NR " is " $0; exit 1 }' "$log" || fail "lines are missing"
done
echo "$(lines) lines in the logs, none of them missing, and none twice"
