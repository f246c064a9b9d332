# Builds what `make demo` runs, into target/examples. Included by the Makefile of the repository.

.PHONY: examples
examples: target/examples/gossip_c target/examples/gossip_cpp target/examples/gossip_rs

# Cargo knows best what it has to build anew, so it is always asked.
.PHONY: examples-cargo
examples-cargo:
	@mkdir -p target/examples
	$(plasmid_library)
	$(CARGO) build --release -p plasmid-examples

target/release/libplasmid_ffi.a target/release/gossip: examples-cargo ;

target/examples/gossip_rs: target/release/gossip
	cp $< $@

# Static linking: the program then runs from anywhere.
examples_flags := -O2 -g -Wall -Wextra -Wpedantic -Werror -Iinclude
examples_libs := target/release/libplasmid_ffi.a -lpthread -ldl -lm

target/examples/gossip_c: examples/gossip.c include/plasmid.h target/release/libplasmid_ffi.a
	$(CC) -std=c11 $(examples_flags) $(CFLAGS) -o $@ $< $(LDFLAGS) $(examples_libs)

target/examples/gossip_cpp: examples/gossip.cpp include/plasmid.h include/plasmid.hpp \
		target/release/libplasmid_ffi.a
	$(CXX) -std=c++17 $(examples_flags) $(CXXFLAGS) -o $@ $< $(LDFLAGS) $(examples_libs)
