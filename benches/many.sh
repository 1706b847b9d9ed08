#!/bin/sh
# Many services under one runsvdir: how long until all are up, what that costs, what it costs to do nothing, and how
# long until all are gone after their links were removed.
#
#   benches/many.sh [SERVICES [SECONDS]]     default: 1000 services, watched for 15 idle seconds
#
# Rows: the originals where they are installed (they stop at 1000 services), our runsvdir with their runsv, and ours
# with ours. Programs of ours are taken from $BIN, or target/release. Figures of a row are one run; run it again.
set -eu

services=${1:-1000}
idle=${2:-15}
root=$(cd "$(dirname "$0")/.." && pwd)
BIN=${BIN:-$root/target/release}
place=$(mktemp -d)
runsvdir=
trap 'stop; rm -rf "$place"' EXIT INT TERM

stop() {
    [ -z "$runsvdir" ] && return
    kill -HUP "$runsvdir" 2>/dev/null || :
    wait "$runsvdir" 2>/dev/null || :
    runsvdir=
}

now() { date +%s%N; }
passed() { echo $((($(now) - $1) / 1000000)); }

# field FILE NAME: the number after NAME.
field() { awk -v name="$2:" '$1 == name { print $2 }' "$1"; }
cpu() { awk '{ printf "%d", $1 / 1000000 }' "/proc/$runsvdir/schedstat"; }
wakes() { field "/proc/$runsvdir/status" voluntary_ctxt_switches; }

# All services of this run have written their line / none has a supervisor.
up() { [ "$(wc -l <"$place/up")" -ge "$services" ]; }
# Supervisors are children of runsvdir, wherever else they may have been started.
gone() { [ -z "$(cat "/proc/$runsvdir/task/$runsvdir/children")" ]; }

# await CONDITION: polls 50 times a second, for at most two minutes.
await() {
    tries=0
    until "$1"; do
        tries=$((tries + 1))
        [ "$tries" -lt 6000 ] || { echo "many.sh: gave up waiting until $1" >&2; exit 1; }
        sleep 0.02
    done
}

make() {
    rm -rf "$place/sv" "$place/scan"
    mkdir -p "$place/sv" "$place/scan"
    : >"$place/up"
    printf '#!/bin/sh\necho >>%s/up\nexec sleep 100000\n' "$place" >"$place/run"
    chmod +x "$place/run"
    i=0
    while [ "$i" -lt "$services" ]; do
        echo "$place/sv/s$i"
        i=$((i + 1))
    done >"$place/names"
    xargs mkdir <"$place/names"
    while read -r name; do ln "$place/run" "$name/run"; done <"$place/names"
    xargs ln -s -t "$place/scan" <"$place/names"
    sync
}

# row LABEL RUNSVDIR DIRECTORY-OF-RUNSV
row() {
    make
    began=$(now)
    PATH=$3:$PATH "$2" "$place/scan" 2>"$place/errors" &
    runsvdir=$!
    await up
    booted=$(passed "$began")
    sleep 2
    boot_cpu=$(cpu)
    before=$(wakes)
    sleep "$idle"
    woken=$(($(wakes) - before))
    idle_cpu=$(($(cpu) - boot_cpu))
    rollup=/proc/$runsvdir/smaps_rollup
    dirty=$(field "$rollup" Private_Dirty)
    pss=$(field "$rollup" Pss)
    began=$(now)
    find "$place/scan" -type l -delete
    await gone
    printf '%-24s %8s %8s %8s %8s %8s %9s %8s\n' \
        "$1" "$booted" "$boot_cpu" "$dirty" "$pss" "$woken" "$idle_cpu" "$(passed "$began")"
    if [ -s "$place/errors" ]; then
        echo "  it said: $(head -1 "$place/errors") ($(wc -l <"$place/errors") lines)"
    fi
    stop
}

echo "$services services, $(nproc) processors, idle for $idle s"
printf '%-24s %8s %8s %8s %8s %8s %9s %8s\n' runsvdir 'boot ms' 'CPU ms' 'dirty K' 'PSS K' wake-ups 'idle CPU' 'gone ms'
theirs=$(PATH=/usr/bin:/usr/sbin:/bin:/sbin command -v runsvdir || :)
if [ -n "$theirs" ] && [ "$services" -le 1000 ]; then
    row 'original' "$theirs" "$(dirname "$theirs")"
fi
if [ -n "$theirs" ]; then
    row 'ours, original runsv' "$BIN/runsvdir" "$(dirname "$theirs")"
fi
row 'ours, our runsv' "$BIN/runsvdir" "$BIN"
