#!/bin/sh
# The tests under sanitizers: tests/FAULTS.md has what came of it.
#
#   tests/sanitize.sh address    everything under AddressSanitizer and its leak checker
#   tests/sanitize.sh memcheck   the programs under valgrind, in a part of the process tests
#   tests/sanitize.sh miri       what is decided without the system, in Miri
#   tests/sanitize.sh            the first two
#
# ONLY='errlog:: svlogd::' chooses tests by name.
#
# What they find is in reports, one for each process, and any is a failure. That a test fails is none in itself: some
# measure what a sanitizer changes, and under valgrind everything takes twenty times as long. Those are listed.
set -eu
cd "$(dirname "$0")/.."

HOST=$(rustc -vV | sed -n 's/^host: //p')
PLACE=$(realpath -m "${CARGO_TARGET_DIR:-target}/sanitize")
THREADS=${TEST_THREADS:-8}
PROGRAMS='runsvdir runsv sv svlogd chpst svevent svprobe runsvchdir utmpset pidproxy'

skipped() {
    echo "SKIPPED sanitize $1: $2"
}

# Where a report is made anew for each run, by whoever the process belongs to.
reports() {
    rm -rf "${PLACE:?}/${1:?}"
    mkdir -p "$PLACE/$1"
    chmod 1777 "$PLACE/$1"
}

# The programs of a test run, newest first: cargo would build again what has been put in their place.
binary() {
    find "$1/deps" -maxdepth 1 -type f -executable -name "$2-*" -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p'
}

# Runs one of them, and names the tests that failed.
run() {
    echo "==== $1: $2"
    shift 2
    # shellcheck disable=SC2086 # words
    "$@" ${ONLY:-} >"$PLACE/output" 2>&1 || true
    sed -n 's/^test \(.*\) \.\.\. FAILED$/failed (see tests\/FAULTS.md): \1/p' "$PLACE/output"
    grep '^test result:' "$PLACE/output" || { tail -n 50 "$PLACE/output"; exit 1; }
}

# The reports that tell of a mistake. That a process which is being traced cannot be searched for leaks is none, nor is
# what valgrind says of itself.
mistakes() {
    { grep -rlE 'ERROR: (Address|Leak)Sanitizer|^==[0-9]+== +(Invalid |Conditional |Use of |Syscall param |Source and |Mismatched |Argument |Process terminating|[0-9,() a-z]*bytes? .*definitely lost)' "$PLACE/$1" || true; } | wc -l
}

# How many processes have reported something.
verdict() {
    if [ "$2" -eq 0 ]; then
        echo "FAULTS sanitize $1: $3, none of them with a report"
    else
        echo "FAULTS sanitize $1: $3, $2 of them with a report, in $PLACE/$1"
        FAILED=yes
    fi
}

# A compiler that is no nightly has the sanitizer too, where its runtime is there, and tells of it when asked so.
address() {
    if ! find "$(rustc --print sysroot)/lib/rustlib/$HOST/lib" -name 'librustc-*_rt.asan.a' | grep -q .; then
        skipped address 'the runtime of AddressSanitizer is not installed'
        return 0
    fi
    reports address
    export RUSTC_BOOTSTRAP=1 KEEPUP_DYNAMIC=1
    # Blocks of the C library for its own threads and streams are still reachable; what is not is a leak.
    ASAN_OPTIONS=log_path=$PLACE/address/report:detect_leaks=1:abort_on_error=0:exitcode=99
    ASAN_OPTIONS=$ASAN_OPTIONS:allocator_may_return_null=1:handle_segv=1:use_sigaltstack=1
    # What is meant to live as long as its process, with nobody who knows of it at the end: a list of signals, the paths
    # of an option, names in a test.
    printf 'leak:%s\n' keepup::runsvdir::single::run keepup::svlogd::places keepup::scan::plan::tests \
        >"$PLACE/suppressed"
    LSAN_OPTIONS=suppressions=$PLACE/suppressed:print_suppressions=0
    export ASAN_OPTIONS LSAN_OPTIONS
    built=$PLACE/build-address
    RUSTFLAGS='-Zsanitizer=address -Cdebuginfo=1' CARGO_TARGET_DIR=$built ASAN_OPTIONS=detect_leaks=0 \
        "${CARGO:-cargo}" test --quiet --locked --no-run --target "$HOST"
    built=$built/$HOST/debug
    run address 'unit tests' "$(binary "$built" keepup)" --test-threads="$THREADS"
    # What traces cannot be searched for leaks, and what measures memory is measured with the sanitizer's.
    for suite in additions compliance; do
        # shellcheck disable=SC2046 # words
        run address "$suite" "$(binary "$built" $suite)" --test-threads="$THREADS" $(without address)
    done
    verdict address "$(mistakes address)" 'all tests'
}

# Programs that valgrind runs stand in the place of ours; how they are told apart from others by their name in /proc does
# not work then, so what depends on that is left out, and what replaces programs.
memcheck() {
    if ! command -v valgrind >/dev/null; then
        skipped memcheck 'valgrind is not installed'
        return 0
    fi
    reports memcheck
    built=$PLACE/build-memcheck
    KEEPUP_DYNAMIC=1 CARGO_TARGET_DIR=$built "${CARGO:-cargo}" test --quiet --locked --no-run
    built=$built/debug
    # shellcheck disable=SC2086 # words
    run memcheck 'unit tests' valgrind -q --error-exitcode=99 --log-file="$PLACE/memcheck/unit.%p" --leak-check=full \
        --errors-for-leak-kinds=definite "$(binary "$built" keepup)" --test-threads=1 $UNITS
    mkdir -p "$built/real"
    for program in $PROGRAMS; do
        # Not the wrapper of a run before this one.
        if ! head -c 2 "$built/$program" | grep -q '#!'; then mv "$built/$program" "$built/real/$program"; fi
        cat >"$built/$program" <<EOF
#!/bin/sh
exec valgrind -q --vgdb=no --trace-children=no --leak-check=full --errors-for-leak-kinds=definite --child-silent-after-fork=no \\
    --log-file=$PLACE/memcheck/$program.\$(date +%s%N).%p $built/real/$program "\$@"
EOF
        chmod 755 "$built/$program"
    done
    for suite in additions compliance; do
        # shellcheck disable=SC2046 # words
        run memcheck "$suite" "$(binary "$built" $suite)" --test-threads="$THREADS" $(without memcheck)
    done
    processes=$(find "$PLACE/memcheck" -type f | wc -l)
    verdict memcheck "$(mistakes memcheck)" "$processes processes"
}

# Those tests of what has no standard library that do not try thousands of cases: a thousand times slower than natively.
miri() {
    if ! cargo +nightly miri --version >/dev/null 2>&1; then
        skipped miri 'rustup component add --toolchain nightly miri rust-src'
        return 0
    fi
    modules='exit:: signal:: span:: tai64:: moment:: handover:: logdir:: process_state:: service::status service::record
        service::mark service::command service::word service::held service::notify service::policy rpc:: scan::plan'
    slow='explore every_ walk garbage random everything_else a_crash no_text'
    # shellcheck disable=SC2046,SC2086 # words
    CARGO_TARGET_DIR=$PLACE/build-miri MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --locked --lib -- \
        ${ONLY:-$modules} $(printf -- '--skip %s ' $slow) || FAILED=yes
}

# Left out, and why.
without() {
    # They trace, and so does the leak checker at the end of each process; they measure memory and instructions.
    left_out='crash:: faults:: footprint hostile:: soak::'
    if [ "$1" = memcheck ]; then
        # By its name in /proc a program is found there, which is valgrind's; programs are replaced by others.
        left_out="$left_out reexec successor upgrade svevent::killed_at_any soak process_one memory examples"
    fi
    for name in $left_out; do printf -- '--skip %s ' "$name"; done
}

# Of the unit tests those that walk through every state take hours.
UNITS=${UNITS:---skip explore --skip every_state --skip walk}
FAILED=no
case ${1:-both} in
address) address ;;
memcheck) memcheck ;;
miri) miri ;;
both)
    address
    memcheck
    ;;
*)
    echo "usage: $0 [address|memcheck|miri]" >&2
    exit 100
    ;;
esac
[ "$FAILED" = no ]
