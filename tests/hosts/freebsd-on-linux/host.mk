# SPDX-License-Identifier: GPL-2.0
#
# For tests only, "make HOST=freebsd-on-linux": the library as FreeBSD has it, out of the same
# files, on Linux. include/ and the C files here take the place of what FreeBSD's system has and
# Linux' has not. docs/freebsd.md says what that proves.

include host/freebsd/host.mk

here := tests/hosts/freebsd-on-linux
host-compiler :=
emulator :=
host-cflags += -I$(here)/include
# What is no stand-in is a test.
stand-ins = $(patsubst %.c,$(B)/stand-in/%.o,$(filter-out bsd_%,$(notdir $(wildcard $(here)/*.c))))
host-libs = $(stand-ins) -lpthread -lrt
host-kin := freebsd posix
# Only what is to be run is built.
host-suites := $(or $(SUITES),$(host-suites) bsd_devices)
host-tools := none
