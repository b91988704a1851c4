#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# symbols.sh LIBRARY: fails if LIBRARY shows a name that does not begin with
# lkl_, or lacks one of those that every application needs. NM reads it, nm if unset.

set -euo pipefail

case $1 in
*.a) names=$("${NM:-nm}" -g --defined-only "$1") ;;
*) names=$("${NM:-nm}" -D --defined-only "$1") ;;
esac
names=$(awk 'NF == 3 { print $3 }' <<<"$names")

if foreign=$(grep -v '^lkl_' <<<"$names"); then
	echo "$1 shows names that are not lkl_*:" >&2
	head -20 <<<"$foreign" >&2
	exit 1
fi
for name in lkl_init lkl_start_kernel lkl_sys_halt lkl_syscall lkl_host_ops; do
	grep -qx "$name" <<<"$names" || {
		echo "$1 lacks $name" >&2
		exit 1
	}
done
