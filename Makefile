# keepup: build, look at it, test it, install it. `make` alone builds; every target can be given again.
#
# Installing: PREFIX (/usr/local), DESTDIR for packages, CHPST_LINKS=no where daemontools or s6 own chpst's other names.

PREFIX      ?= /usr/local
DESTDIR     ?=
BINDIR      ?= $(PREFIX)/bin
MANDIR      ?= $(PREFIX)/share/man
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR      ?= $(PREFIX)/share/zsh/site-functions
INITDIR     ?= /etc/init.d
CHPST_LINKS ?= yes

CARGO        ?= cargo
# Most tests wait for a process most of the time: many at once, whatever the number of processors.
TEST_THREADS ?= 16
TARGET_DIR   ?= $(or $(CARGO_TARGET_DIR),target)
RELEASE      ?= $(TARGET_DIR)/release
MUSL         ?= $(shell uname -m)-unknown-linux-musl

# How long each fuzzer runs.
FUZZ_SECONDS ?= 60

CHPST_NAMES := envdir envuidgid pgrphack setlock setuidgid softlimit
# The server has crates of its own, and so a build of its own, of which the other programs know nothing: HTTP=no is without.
HTTP        ?= yes
PROGRAMS    := $(sort $(basename $(notdir $(wildcard bin/*.rs))))
ifneq ($(HTTP),yes)
PROGRAMS    := $(filter-out svhttpd,$(PROGRAMS))
endif
MANUALS     := $(filter-out $(CHPST_NAMES:%=man/%.8),$(sort $(wildcard man/*.[1-8])))
BASH        := $(sort $(wildcard completions/bash/*))
ZSH         := $(sort $(wildcard completions/zsh/*))
FUZZERS     := $(sort $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))))
SCRIPTS      = $(sort .ci/run $(shell grep -rlE '^\#!.*\b(sh|bash)$$' examples 2>/dev/null))
SOURCES      = $(shell find bin src ground -name '*.rs') Cargo.toml Cargo.lock build.rs

all: $(RELEASE)/.built

# A file that remembers when all were built: `make && sudo make install` asks for no compiler the second time.
$(RELEASE)/.built: $(SOURCES)
	$(CARGO) build --release --locked
ifeq ($(HTTP),yes)
	$(CARGO) build --release --locked --features http --bin svhttpd
endif
	@touch $@

demo: all
	examples/demo $(RELEASE)

# What makes the machine busy comes last, and by itself: others would have to wait for it.
BUSY := crash:: faults:: hostile::

test:
	$(CARGO) test --locked --no-fail-fast -- --test-threads=$(TEST_THREADS) $(BUSY:%=--skip %)
	$(CARGO) test --locked --no-fail-fast --test additions -- --test-threads=4 $(BUSY)

# What only a build with a feature has, in a place of its own: the programs of the others are not to change.
test-features:
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features cert --test additions svprobe
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features cert,http --test manuals
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features http --lib svhttpd
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features http --test compliance -- svhttpd supervisord::server
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features http --test additions svhttpd
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features shell --lib supervisorctl
	CARGO_TARGET_DIR=$(TARGET_DIR)/features $(CARGO) test --locked --features shell --test compliance supervisorctl

check: format lint docs manuals scripts test test-features

format:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --features mio-reactor -- -D warnings
	$(CARGO) clippy --locked --all-targets --features cert -- -D warnings
	$(CARGO) clippy --locked --all-targets --features shell -- -D warnings
	$(CARGO) clippy --locked --all-targets --features http -- -D warnings

docs:
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --features http --no-deps --document-private-items

manuals:
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning $(MANUALS); \
	else echo 'SKIPPED manuals: mandoc is not installed'; fi

scripts:
	@if command -v shellcheck >/dev/null; then shellcheck -x -P SCRIPTDIR $(SCRIPTS) && shellcheck -s bash $(BASH); \
	else echo 'SKIPPED scripts: shellcheck is not installed'; fi

# The same programs on the host's static C library, as other processors have them, in a place of their own.
test-libc:
	KEEPUP_LIBC=1 CARGO_TARGET_DIR=$(TARGET_DIR)/libc $(CARGO) test --locked --test compliance -- --test-threads=$(TEST_THREADS) runsv chpst sv

# What a supervisor costs, of the build that is installed: pages, system calls, instructions.
footprint: all
	KEEPUP_FOOTPRINT_OF=$(abspath $(RELEASE)) $(CARGO) test --locked --test additions footprint -- --nocapture

# Fifty services in trouble for so long; at the end every journal replays to its status.
MINUTES ?= 30

soak:
	KEEPUP_SOAK_MINUTES=$(MINUTES) $(CARGO) test --locked --test additions soak::for_as_long_as_asked -- --ignored --nocapture

# A thousand services, all of whose supervisors become the programs that were just built, from those in OLD if that is
# given: the same processes before and after, and no line of a log missing. After an upgrade of your own: sv reexec.
SERVICES ?= 1000

upgrade: all
	BIN=$(abspath $(RELEASE)) benches/upgrade.sh $(SERVICES)

# Ours beside the original supervisord, with one configuration of so many programs.
PROGRAMS_OF_SUPERVISORD ?= 500

bench-supervisord: all
	BIN=$(abspath $(RELEASE)) benches/supervisord.py $(PROGRAMS_OF_SUPERVISORD)

# Killed before every system call, failing calls of every kind, a hundred thousand restarts: tests/FAULTS.md has the
# figures. It takes strace, and half an hour.
FAULTS ?= at_any at_many no_call_that_fails a_hundred_thousand

faults:
	$(CARGO) test --locked --test additions -- --ignored --nocapture --test-threads=1 $(FAULTS)

# The tests under AddressSanitizer and, in part, under valgrind: SANITIZE=address or SANITIZE=memcheck for one of them;
# SANITIZE=miri for Miri.
SANITIZE ?= both

sanitize:
	CARGO='$(CARGO)' CARGO_TARGET_DIR=$(TARGET_DIR) tests/sanitize.sh $(SANITIZE)

# One suite, against the originals and against ours.
compliance: compliance-theirs compliance-ours

compliance-theirs compliance-ours:
	KEEPUP_COMPLIANCE=$(@:compliance-%=%) $(CARGO) test --locked --test compliance -- --test-threads=$(TEST_THREADS)

# With the oldest compiler that Cargo.toml promises: make msrv RUSTC=/path/to/rustc
msrv:
	RUSTC=$(RUSTC) CARGO_TARGET_DIR=$(TARGET_DIR)/msrv $(CARGO) check --locked --all-targets
	RUSTC=$(RUSTC) CARGO_TARGET_DIR=$(TARGET_DIR)/msrv $(CARGO) check --locked --all-targets --features mio-reactor
	RUSTC=$(RUSTC) CARGO_TARGET_DIR=$(TARGET_DIR)/msrv $(CARGO) check --locked --all-targets --features shell
	RUSTC=$(RUSTC) CARGO_TARGET_DIR=$(TARGET_DIR)/msrv $(CARGO) check --locked --all-targets --features http

# Each fuzzer for a while, from its seeds and from what earlier runs have found: rustup toolchain install nightly,
# cargo install cargo-fuzz.
fuzz:
	@if $(CARGO) +nightly fuzz --version >/dev/null 2>&1; then \
	    for name in $(FUZZERS); do mkdir -p fuzz/corpus/$$name && $(CARGO) +nightly fuzz run $$name fuzz/corpus/$$name \
	        fuzz/seeds/$$name -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 -print_final_stats=1 || exit; done; \
	else echo 'SKIPPED fuzz: no nightly compiler with cargo-fuzz'; fi

# Against the peers that are installed (Debian: runit, s6, daemontools, supervisor), about 20 minutes on an idle machine;
# BENCH="quick boot" for less. A whole run writes benches/RESULTS.md and the drawings beside it.
BENCH ?= full

bench: all
	$(CARGO) bench --locked --bench peers -- $(BENCH)

musl:
	$(CARGO) build --release --locked --target $(MUSL)

# The release profile has stripped the programs already.
install: all
	install -d $(DESTDIR)$(BINDIR)
	for program in $(PROGRAMS); do install -m 755 $(RELEASE)/$$program $(DESTDIR)$(BINDIR) || exit; done
	for page in $(MANUALS); do \
	    install -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit; done
	for file in $(BASH); do install -D -m 644 $$file $(DESTDIR)$(BASHDIR)/$${file##*/} || exit; done
	for file in $(ZSH); do install -D -m 644 $$file $(DESTDIR)$(ZSHDIR)/$${file##*/} || exit; done
ifneq ($(filter chpst,$(PROGRAMS)),)
ifeq ($(CHPST_LINKS),yes)
	for name in $(CHPST_NAMES); do ln -sf chpst $(DESTDIR)$(BINDIR)/$$name && \
	    ln -sf chpst.8 $(DESTDIR)$(MANDIR)/man8/$$name.8 || exit; done
endif
endif

# Only what is ours: a name of chpst's is removed if it is a link to chpst.
uninstall:
	for program in $(PROGRAMS); do rm -f $(DESTDIR)$(BINDIR)/$$program; done
	for page in $(MANUALS); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	for file in $(BASH); do rm -f $(DESTDIR)$(BASHDIR)/$${file##*/}; done
	for file in $(ZSH); do rm -f $(DESTDIR)$(ZSHDIR)/$${file##*/}; done
	for name in $(CHPST_NAMES); do for link in $(DESTDIR)$(BINDIR)/$$name $(DESTDIR)$(MANDIR)/man8/$$name.8; do \
	    case $$(readlink $$link) in chpst | chpst.8) rm $$link ;; esac; done; done

# The service under its name among the init scripts: `/etc/init.d/SERVICE start`, as LSB has it.
install-initd:
	@test -n '$(SERVICE)' || { echo 'usage: make install-initd SERVICE=name' >&2; exit 1; }
	@link=$(DESTDIR)$(INITDIR)/$(SERVICE); if [ -e $$link ] && [ ! -L $$link ]; then \
	    echo "$$link is a script of its own: move it away first" >&2; exit 1; fi
	install -d $(DESTDIR)$(INITDIR)
	ln -sfn $(BINDIR)/sv $(DESTDIR)$(INITDIR)/$(SERVICE)

clean:
	$(CARGO) clean

.PHONY: all demo test footprint soak faults sanitize upgrade test-features test-libc check format lint docs manuals scripts compliance compliance-theirs compliance-ours msrv fuzz bench bench-supervisord musl \
	install uninstall install-initd clean
