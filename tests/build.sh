#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What "make" and "make install" leave behind. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

try symbols-a 60 scripts/symbols.sh "$B/liblkl.a"
try symbols-so 60 scripts/symbols.sh "$B/liblkl.so"
try config 60 scripts/check-config.sh arch/lkl/configs/defconfig "$B/kernel/.config"

# Nothing has changed: no work, and quickly.
start=$(date +%s%N)
if make -s > "$tmp/again" 2>&1 && ! grep -qE ' (CC|KERNEL|AR|LD) ' "$tmp/again"; then
	ms=$((($(date +%s%N) - start) / 1000000))
	if [ $ms -lt 5000 ]; then
		pass "make-again ($ms ms)"
	else
		fail make-again "$ms ms"
	fi
else
	fail make-again "$(tail -1 "$tmp/again")"
fi

# The example builds from an installed tree with pkg-config alone, and runs.
dest=$tmp/dest
try install 120 make -s install DESTDIR="$dest" PREFIX=/usr
try install-debugger 10 test -s "$dest/usr/share/lkl/lkl-gdb.py" -a \
	-s "$dest/usr/share/lkl/vmlinux"
cp -r examples/hello "$tmp/hello"
export PKG_CONFIG_PATH=$dest/usr/lib/pkgconfig
unset PKG_CONFIG_SYSROOT_DIR MAKEFLAGS MFLAGS
try example 120 make -C "$tmp/hello"
try example-shared 60 env LD_LIBRARY_PATH="$dest/usr/lib" "$tmp/hello/hello"
try example-static 60 "$tmp/hello/hello-static"

try headers 400 scripts/check-headers.sh "$dest/usr/include"
try readme-example 60 bash -c "sed -n '/^#include/,/^}/p' README.md > '$tmp/readme.c' &&
	cmp '$tmp/readme.c' <(sed 1d examples/hello/hello.c)"
