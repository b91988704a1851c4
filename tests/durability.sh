#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fsync inside ends in fdatasync of the image before it returns; so do unmount and
# halt. What the host's kernel saw says so. time limit: 120 s

. "$(dirname "$0")/lib/shell.sh"

if ! have strace || ! strace -o /dev/null true 2>/dev/null; then
	skip durability "strace can't trace here"
	exit 0
fi

# synced STEP: between its two marks an fdatasync or fsync has returned 0.
synced()
{
	awk -v step="$2" '
		index($0, "\"" step "-begin\"") { inside = 1; next }
		index($0, "\"" step "-end\"") { exit !done }
		inside && /(fdatasync|fsync).* = 0$/ { done = 1 }
		END { if (!done) { print "no fdatasync in " step; exit 1 } }
	' "$1"
}

export -f synced
truncate -s 64M "$tmp/d.img"
for engine in threads inline; do
	mkfs.ext4 -q -F "$tmp/d.img"
	try "$engine-run" 60 strace -f -o "$tmp/trace" -e trace=write,fsync,fdatasync,pwritev2 \
		"$B/tests/helpers/durable" $engine "$tmp/d.img" || continue
	for step in fsync fdatasync umount halt; do
		try "$engine-$step" 10 synced "$tmp/trace" $step
	done
	try "$engine-fsck" 30 e2fsck -fn "$tmp/d.img"
done

# With io_uring the request is in the ring; that it was there, perf would have to say.
# What can be seen here: nothing was lost.
mkfs.ext4 -q -F "$tmp/d.img"
if timeout 60 "$B/tests/helpers/durable" uring "$tmp/d.img" > "$tmp/out" 2>&1; then
	try uring-fsck 30 e2fsck -fn "$tmp/d.img"
else
	skip uring "$(tail -1 "$tmp/out")"
fi
