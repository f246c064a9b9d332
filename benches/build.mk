# Builds and runs the benchmarks. Included by the Makefile of the repository.
#
# What takes part beside this program: peers in Rust, npm's plasmid, pycrdt, and plasmid through C
# and Python. Where node is missing, its rows say that they were skipped.

.PHONY: bench bench-check bench-peers bench-ours
# ONLY="w1 w8" runs only those; `costs` is the part without peers.
bench: bench-ours bench-peers
	$(CARGO) run -q --release -p plasmid-benches -- $(ONLY)

# Fails when something takes over 5 % more instructions than benches/instructions.json says.
# UPDATE=1 accepts what it takes now.
bench-check:
	$(CARGO) run -q --release -p plasmid-benches -- check $(if $(UPDATE),update)

bench-ours: target/bench/ours_c $(VENV)/installed
	cd python && $(BIN)/maturin develop -q --release

# SQLite syncs as all others do, by fdatasync, if it is told that the system has it.
bench-peers: target/bench/node/installed $(VENV)/benched
	LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC \
		$(CARGO) build -q --release --manifest-path benches/peers/rust/Cargo.toml

# As a C program uses plasmid: the shared library, installed.
target/bench/ours_c: benches/peers/c/ours.c bench-library
	$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror $(CFLAGS) -o $@ $< $(LDFLAGS) \
		-I$(bench_prefix)/include -L$(bench_prefix)/lib -Wl,-rpath,$(bench_prefix)/lib -lplasmid

bench_prefix := $(CURDIR)/target/bench/prefix
.PHONY: bench-library
bench-library:
	$(plasmid_library) -q
	$(MAKE) -s -f ffi/install.mk install-files PREFIX=$(bench_prefix)

target/bench/node/installed: benches/peers/node/package.json
	@mkdir -p $(@D)
	cp $< $(@D)
	(cd $(@D) && npm install --silent --no-audit --no-fund --no-package-lock) && touch $@ \
		|| echo "SKIPPED: npm plasmid cannot be installed"

$(VENV)/benched: benches/peers/python/requirements.txt $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -r $<
	touch $@
