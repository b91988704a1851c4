#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cache.sh kernel SOURCE OBJECTS -- MAKE...: runs MAKE..., or takes the vmlinux
# of an earlier run with the same inputs out of $LKL_CACHE. Without LKL_CACHE, or
# with objects already there (then kbuild is the quicker way), it only runs MAKE.
#
# The inputs are arch/lkl, the contract header, the configuration, the source
# and the compiler, which CROSS_COMPILE names.

set -euo pipefail

src=$2 obj=$3
shift 4

if [ -z "${LKL_CACHE:-}" ] || [ ! -d "$LKL_CACHE" ] || [ -e "$obj/vmlinux.o" ]; then
	exec "$@"
fi

key=$({
	find arch/lkl -type f -print0 | sort -z | xargs -0 sha256sum
	sha256sum include/uapi/lkl_ops.h "$src.sha256"
	# Its header names the compiler's version, which follows in full.
	cat "$obj/.config"
	"${CROSS_COMPILE:-}gcc" -v 2>&1
	"${CROSS_COMPILE:-}ld" -v
} | sha256sum | cut -c1-40)

kept=$LKL_CACHE/vmlinux-$key.xz
if [ -e "$kept" ]; then
	echo "  CACHE   $kept"
	xz -dc -T0 "$kept" > "$obj/vmlinux.new"
	mv "$obj/vmlinux.new" "$obj/vmlinux"
	exit 0
fi
"$@"
"${CROSS_COMPILE:-}strip" --strip-debug -o "$obj/vmlinux.kept" "$obj/vmlinux"
xz -1 -T0 -c "$obj/vmlinux.kept" > "$kept.$$"
mv "$kept.$$" "$kept"
rm -f "$obj/vmlinux.kept"
# A few generations are enough, of three processors.
find "$LKL_CACHE" -maxdepth 1 -name 'vmlinux-*' -printf '%T@ %p\n' | sort -rn |
	awk 'NR > 12 { print $2 }' | xargs -r rm -f
