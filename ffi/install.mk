# Installs libplasmid for C and C++ programs: make install [PREFIX=/usr/local] [DESTDIR=]
#
# Included by the Makefile of the repository, and usable by itself from there:
# make -f ffi/install.mk install PREFIX=...

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
# Where cargo left the library.
PLASMID_BUILD ?= $(or $(CARGO_TARGET_DIR),target)/release

plasmid_version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# The SONAME that ffi/build.rs wrote: before 1.0 a minor version may change the ABI.
plasmid_soname := libplasmid.so.$(shell echo $(plasmid_version) | cut -d . -f 1,2)
plasmid_fill := sed -e 's|@VERSION@|$(plasmid_version)|g' -e 's|@SONAME@|$(plasmid_soname)|g' \
	-e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g'

# Not `cargo build`, which makes the rlib beside it: then nothing is optimised across crates.
plasmid_library := cargo rustc --release -p plasmid-ffi --lib --crate-type cdylib,staticlib

.PHONY: install install-files
install:
	$(plasmid_library)
	$(MAKE) -f ffi/install.mk install-files

install-files:
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/plasmid $(DESTDIR)$(INCLUDEDIR)
	install -m 755 $(PLASMID_BUILD)/libplasmid_ffi.so $(DESTDIR)$(LIBDIR)/libplasmid.so.$(plasmid_version)
	ln -sf libplasmid.so.$(plasmid_version) $(DESTDIR)$(LIBDIR)/$(plasmid_soname)
	ln -sf $(plasmid_soname) $(DESTDIR)$(LIBDIR)/libplasmid.so
	install -m 644 $(PLASMID_BUILD)/libplasmid_ffi.a $(DESTDIR)$(LIBDIR)/libplasmid.a
	install -m 644 include/plasmid.h include/plasmid.hpp $(DESTDIR)$(INCLUDEDIR)
	$(plasmid_fill) ffi/plasmid.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/plasmid.pc
	$(plasmid_fill) ffi/plasmidConfig.cmake.in > $(DESTDIR)$(LIBDIR)/cmake/plasmid/plasmidConfig.cmake
	$(plasmid_fill) ffi/plasmidConfigVersion.cmake.in \
		> $(DESTDIR)$(LIBDIR)/cmake/plasmid/plasmidConfigVersion.cmake
