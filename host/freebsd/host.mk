# SPDX-License-Identifier: GPL-2.0
#
# What is particular about building for FreeBSD 14: its headers and stubs of its
# libraries come with the cross compiler, see scripts/zig.sh.

# None of this machine's libraries is of use.
PKG_CONFIG := $(call told,PKG_CONFIG,false)

# The compiler keeps a cache itself.
host-compiler := scripts/zig.sh cc -target x86_64-freebsd.14.0
host-cflags := -DBLK_OS_ENGINE=lkl_blk_engine_aio -include host/freebsd/names.h
host-libs := -lpthread -lrt -lutil
host-kin := posix
relink-flags := -z noexecstack
symbolic-flag := -Bsymbolic
shared-library = $(B)/liblkl.so

# Built to see that they build; docs/freebsd.md says how they are run there.
host-suites := boot syscalls errors threads timers signals netapi net_many net_apart features crypto raid disk fork netdev
host-tools := cptofs fs2tar lkl-part
host-tool-dirs := argp
emulator := false
