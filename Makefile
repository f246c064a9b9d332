# Two commands for everybody: `make demo` shows the main job, `make test` runs every check.
# `make quick` is for after each edit. What they install goes into .venv and target, which git ignores.

CARGO  ?= cargo
PYTHON ?= python3
VENV   := $(CURDIR)/.venv
BIN    := $(VENV)/bin
# One target directory for all, so that nothing is built twice.
export CARGO_TARGET_DIR := $(CURDIR)/target
export VIRTUAL_ENV := $(VENV)

.PHONY: demo test quick lint test-rust test-long soak test-python test-demo extension install clean

demo: examples extension
	$(BIN)/python examples/demo.py

test: lint test-rust test-long test-python test-demo
	@echo "make test: everything passed"

# Seconds, when little changed: types, lints of the core, its unit tests, the transcripts.
quick:
	$(CARGO) fmt --check
	$(CARGO) clippy -q -p plasmid -- -D warnings
	$(CARGO) test -q -p plasmid --lib
	$(CARGO) test -q -p plasmid-tests --test transcripts --test tidy

python_sources := . ../examples ../tests ../benches
lint: $(VENV)/installed
	$(CARGO) fmt --check
	$(CARGO) fmt --check --manifest-path benches/peers/rust/Cargo.toml
	$(CARGO) clippy --workspace --all-targets --features plasmid-tests/fuse -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc -q --no-deps -p plasmid -p plasmid-store -p plasmid-ffi
	cd python && $(BIN)/ruff check $(python_sources) && $(BIN)/ruff format --check $(python_sources)

test-rust:
	$(CARGO) test --workspace --features plasmid-tests/fuse

# Random schedules against the naive model, 100,000 in all, 125,000 power cuts, and a million
# differences of sketches against an exact oracle; what else they do is in tests/README.md.
test-long:
	PROPTEST_CASES=50000 $(CARGO) test -q -p plasmid-tests --test protocol
	SCHEDULES=40000 $(CARGO) test -q -p plasmid-tests --test honest
	CUTS=100000 $(CARGO) test -q -p plasmid-tests --test durable nothing_
	DIFFERENCES=1000000 $(CARGO) test -q -p plasmid --lib sketch::peel

# Minutes: processes that are killed, and power that fails. `make soak KILLS=100000 SEED=2` looks
# at more of them, and at others.
soak: KILLS ?= 10000
soak: CUTS ?= 5000
soak:
	KILLS=$(KILLS) CUTS=$(CUTS) $(CARGO) test -q -p plasmid-tests --features fuse --test killed \
		-- --nocapture

test-python: extension
	cd python && $(BIN)/python -m mypy && $(BIN)/python -m mypy.stubtest plasmid && $(BIN)/python -m pytest -q

test-demo: examples extension
	$(BIN)/python examples/demo.py --plain --seconds 2

extension: $(VENV)/installed
	cd python && $(BIN)/maturin develop -q

$(VENV)/installed: python/requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r python/requirements-dev.txt
	touch $@

include examples/build.mk
include ffi/install.mk
include benches/build.mk

clean:
	rm -rf target $(VENV)
