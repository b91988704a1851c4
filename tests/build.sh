#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What "make" and "make install" leave behind. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

try symbols-a 60 scripts/symbols.sh "$B/liblkl.a"
try symbols-so 60 scripts/symbols.sh "$B/liblkl.so"
try config 60 scripts/check-config.sh arch/lkl/configs/defconfig "$B/kernel/.config"

# Words of 8 and 16 bits that are changed by atomics: riscv64 has no instructions for these.
narrow_atomics()
{
	local flags f
	read -r -a flags < <(grep -oE -- '-(std=|D|I)[^ ]+' "$B/host-flags" | tr '\n' ' ')
	for f in host/{common,common/*,posix,linux}/*.c tests/lib/*.c; do
		gcc "${flags[@]}" -Itests/lib{,/linux,/posix,/check} -w -S -o /dev/null -fdump-tree-gimple="$tmp/one" "$f" || return
		cat "$tmp/one"
	done > "$tmp/gimple"
	grep -q '__atomic_.*_4 ' "$tmp/gimple" &&
		! grep -E '__(atomic|sync)_[a-z_]*(exchange|fetch|swap)[a-z_]*_[12] ' "$tmp/gimple"
}

export -f narrow_atomics
export B tmp
try narrow-atomics 120 narrow_atomics

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

# What was compiled with a header that arch/lkl has of its own now is compiled again.
stale()
{
	mkdir -p "$tmp/objects/a"
	touch "$tmp/objects/a/old.o" "$tmp/objects/a/good.o"
	echo "  arch/lkl/include/generated/asm/page.h \\" > "$tmp/objects/a/.old.o.cmd"
	echo "  arch/lkl/include/generated/asm/user.h \\" > "$tmp/objects/a/.good.o.cmd"
	scripts/stale.sh "$tmp/objects" && [ ! -e "$tmp/objects/a/old.o" ] &&
		[ -e "$tmp/objects/a/good.o" ]
}

# A fragment adds and removes; what cannot be had is named.
configured()
{
	rm -rf "$tmp/kobj"
	mkdir "$tmp/kobj"
	scripts/config.sh "$B/linux-source-6.12" "$tmp/kobj" "$tmp/no-own" small_defconfig \
		"$1" make -C "$B/linux-source-6.12" O="$tmp/kobj" ARCH=lkl -s
}

fragment()
{
	printf '# CONFIG_BTRFS_FS is not set\nCONFIG_XFS_FS=y\n' > "$tmp/good.config"
	configured "$tmp/good.config" && grep -qx "CONFIG_XFS_FS=y" "$tmp/kobj/.config" &&
		! grep -q "^CONFIG_BTRFS_FS=" "$tmp/kobj/.config" || return
	printf 'CONFIG_XFS_FS=y\nCONFIG_NO_SUCH_THING=y\n' > "$tmp/bad.config"
	! configured "$tmp/bad.config" > "$tmp/why" 2>&1 && grep -q CONFIG_NO_SUCH_THING "$tmp/why"
}

# Every target and variable that "make help" tells of is one.
helped()
{
	local word

	for word in $(make -s help | sed -n '/^Targets/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'); do
		grep -qE "^([a-z -]*[ ])?$word( [a-z -]*)?:" Makefile scripts/*.mk || {
			echo "there is no target $word"
			return 1
		}
	done
	for word in $(make -s help | sed -n '/^Variables/,$s/^  \([A-Z_]*\)=.*/\1/p'); do
		grep -q "\b$word\b" Makefile scripts/*.mk || { echo "no $word"; return 1; }
	done
}

export -f stale configured fragment helped
export tmp
try stale 10 stale
try kconfig 120 fragment
try help 20 helped

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

# It may be moved; and goes away again, with all that came.
moved()
{
	local other=$tmp/elsewhere/usr/lib

	rm -rf "$tmp/elsewhere"
	cp -a "$dest" "$tmp/elsewhere"
	mv "$dest" "$tmp/hidden"
	PKG_CONFIG_PATH=$other/pkgconfig make -C "$tmp/hello" -B hello &&
		LD_LIBRARY_PATH=$other "$tmp/hello/hello"
	set -- $?
	mv "$tmp/hidden" "$dest"
	return "$1"
}

uninstalled()
{
	cp -a "$dest" "$tmp/gone" && make -s uninstall DESTDIR="$tmp/gone" PREFIX=/usr || return
	[ -z "$(find "$tmp/gone" ! -type d)" ] || { find "$tmp/gone" ! -type d | head -3; return 1; }
}

export dest
export -f moved uninstalled
try moved 120 moved
try uninstall 60 uninstalled
try headers 400 scripts/check-headers.sh "$dest/usr/include"
try readme-example 60 bash -c "sed -n '/^#include/,/^}/p' README.md > '$tmp/readme.c' &&
	cmp '$tmp/readme.c' <(sed 1d examples/hello/hello.c)"
