# SPDX-License-Identifier: GPL-2.0
#
# The Linux kernel as a library. "make help" lists the targets; the rules sit in
# scripts/*.mk, one subject a file:
#
#   scripts/target.mk    processor, host system, configuration; object folders
#   scripts/kernel.mk    source, configuration, vmlinux, the image
#   scripts/library.mk   headers, liblkl.a, liblkl.so, lkl.pc
#   scripts/programs.mk  tools/lkl, tests, bench
#   scripts/install.mk   install, uninstall
#   scripts/docs.mk      documentation out of the headers
#   scripts/proof.mk     tests of the kernel tree, sanitizers
#   scripts/fuzz.mk      fuzzing of file systems

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

SHELL := /bin/bash

# What a user may set on the command line.
LINUX	?= /usr/src/linux-source-6.12.tar.xz
KCONFIG	?=
PREFIX	?= /usr/local
DESTDIR	?=
V	?= 0
SANITIZE ?=
JOBS	?= $(shell nproc)

comma := ,

# One job for each processor, unless -j says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

include scripts/target.mk
include scripts/kernel.mk
include scripts/library.mk
include scripts/programs.mk
include scripts/fuzz.mk
include scripts/proof.mk
include scripts/install.mk
include scripts/docs.mk

PHONY += all
all: library programs
	$(Q)CC="$(CC)" scripts/optional.sh report

# The two commands of the README install what they need; "make" alone does not.
PHONY += demo
demo:
	$(Q)scripts/packages.sh install $(build-groups) demo $(if $(cross),emulate)
	$(Q)+$(MAKE) run-demo

PHONY += check check-all
check:
	$(Q)scripts/packages.sh install $(check-groups)
	$(Q)+$(MAKE) run-check $(check-config)

check-all:
	$(Q)scripts/packages.sh install $(check-groups)
	$(Q)+$(MAKE) run-check $(check-config) LKL_TEST_ALL=1

# The same for Windows, in a folder of its own.
PHONY += mingw check-mingw
mingw:
	$(Q)+$(MAKE) HOST=mingw all

check-mingw: all
	$(Q)scripts/packages.sh install build mingw wine
	$(Q)LKL_TEST_ALL=1 tests/run.sh mingw

# The same for FreeBSD; docs/freebsd.md says how its tests are run there.
PHONY += freebsd
freebsd:
	$(Q)scripts/packages.sh install build
	$(Q)scripts/zig.sh install
	$(Q)+$(MAKE) HOST=freebsd all tests benches

PHONY += bench
bench:
	$(Q)scripts/packages.sh install $(check-groups)
	$(Q)+$(MAKE) run-bench $(check-config)

# A and B are results of it; B is the name of the build folder elsewhere, so only that
# of the command line counts.
PHONY += bench-compare
bench-compare:
	$(Q)bench/compare.py "$(A)" "$(if $(filter command line,$(origin B)),$(B))"

PHONY += clean distclean
clean:
	$(Q)rm -rf $(filter-out $(KSRC)%,$(wildcard $(B)/*))

distclean:
	$(Q)rm -rf $(TOP)

PHONY += help
help:
	@scripts/help.sh

.PHONY: $(PHONY) FORCE
FORCE:
