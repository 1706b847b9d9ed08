#!/bin/sh
# What one more idle service costs in memory, ours beside its peers: private dirty pages, page tables and the
# proportional share, in KiB, as means over many supervisors, each after one crash and one TERM of its service.
#
#   benches/footprint.sh [NUMBER]        how many of each, 200 if not said
#
# Needs a release build, and takes the peers that are installed (runit, daemontools, s6).
set -eu
number=${1:-200}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
pids=
trap 'for pid in $pids $(cat "$work"/*/*/supervise/pid 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || :; done
    rm -rf "$work"' EXIT

# Waits until every service shows a process, and all of them are other ones than in the file $2.
until_up() {
    while :; do
        for i in $(seq "$number"); do cat "$1/$i/supervise/pid" 2>/dev/null || echo none; done > "$work/now"
        if [ "$(grep -c '^[0-9]' "$work/now")" -eq "$number" ] && ! grep -qxFf "$2" "$work/now"; then return; fi
    done
}

# s6 keeps no pid file: its own tool waits.
up_s6() { for i in $(seq "$number"); do s6-svwait -u "$1/$i"; done; }

measure() { # NAME PROGRAM
    name=$1 program=$2 dir=$work/$1
    for i in $(seq "$number"); do
        mkdir -p "$dir/$i"
        printf '#!/bin/sh\nexec sleep 1000000\n' > "$dir/$i/run"
        chmod +x "$dir/$i/run"
    done
    mine=
    for i in $(seq "$number"); do
        "$program" "$dir/$i" & mine="$mine $!"
    done
    pids="$pids $mine"
    : > "$work/none"
    case $name in
    s6-supervise)
        for i in $(seq "$number"); do while [ ! -p "$dir/$i/supervise/control" ]; do :; done; done
        up_s6 "$dir"; sleep 2
        for i in $(seq "$number"); do s6-svc -k "$dir/$i"; done; sleep 2; up_s6 "$dir"
        for i in $(seq "$number"); do s6-svc -t "$dir/$i"; done; sleep 2; up_s6 "$dir" ;;
    supervise)
        for i in $(seq "$number"); do while [ ! -p "$dir/$i/supervise/control" ]; do :; done; done; sleep 2
        for i in $(seq "$number"); do svc -k "$dir/$i"; done; sleep 2
        for i in $(seq "$number"); do svc -t "$dir/$i"; done; sleep 2 ;;
    *)
        until_up "$dir" "$work/none"; cp "$work/now" "$work/first"; sleep 2
        for i in $(seq "$number"); do kill -KILL "$(cat "$dir/$i/supervise/pid")"; done
        until_up "$dir" "$work/first"; cp "$work/now" "$work/second"; sleep 2
        for i in $(seq "$number"); do printf t > "$dir/$i/supervise/control"; done
        until_up "$dir" "$work/second" ;;
    esac
    for pid in $mine; do
        cat "/proc/$pid/smaps_rollup" "/proc/$pid/status"
    done | awk -v name="$name" -v n="$number" '
        $1 == "Pss:" { pss += $2 } $1 == "Private_Dirty:" { dirty += $2 } $1 == "VmPTE:" { tables += $2 }
        END { printf "%s %.1f %.1f %.1f %.1f\n", name, dirty / n, tables / n, (dirty + tables) / n, pss / n }
    ' >> "$work/table"
    for pid in $mine; do kill -TERM "$pid" 2>/dev/null || :; done
    for pid in $mine; do wait "$pid" 2>/dev/null || :; done
    pids=
}

sync # pages of a program just built would count as dirty
: > "$work/table"
for peer in runsv supervise s6-supervise; do
    found=$(command -v "$peer" || :)
    if [ -n "$found" ]; then measure "$peer" "$found"; else echo "not installed: $peer" >&2; fi
done
measure keepup "$here/target/release/runsv"

echo "KiB for each of $number supervisors on $(uname -sr), $(nproc) cores; ratios to the first row"
echo
echo "| supervisor | private dirty | page tables | both | ratio | PSS | ratio |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
awk 'NR == 1 { both = $4; pss = $5 }
    { printf "| %s | %s | %s | %s | %.2f | %s | %.2f |\n", $1, $2, $3, $4, $4 / both, $5, $5 / pss }' "$work/table"
