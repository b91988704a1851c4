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

# The halt has left nothing in the journal of a file system that was still mounted.
clean()
{
	dumpe2fs -h "$tmp/d.img" 2>/dev/null | grep -E "^Filesystem (state|features):" > "$tmp/state"
	cat "$tmp/state"
	grep -q "state: *clean" "$tmp/state" && ! grep -q needs_recovery "$tmp/state"
}

export -f synced clean
export tmp
truncate -s 64M "$tmp/d.img"
for engine in threads inline; do
	mkfs.ext4 -q -F "$tmp/d.img"
	try "$engine-run" 60 strace -f -o "$tmp/trace" -e trace=write,fsync,fdatasync,pwritev2 \
		"$B/tests/helpers/durable" $engine "$tmp/d.img" || continue
	for step in fsync fdatasync umount halt; do
		try "$engine-$step" 10 synced "$tmp/trace" $step
	done
	try "$engine-fsck" 30 e2fsck -fn "$tmp/d.img"
	try "$engine-clean" 10 clean
done

# With io_uring the request is in the ring, which strace does not see; the host's kernel
# tells by its tracing, and the marks go there too.
traced=$tmp/tracing

start_tracing()
{
	mkdir -p "$traced"
	mount -t tracefs none "$traced" 2>/dev/null || return
	instance=$traced/instances/lkl-$$
	if mkdir "$instance" 2>/dev/null &&
	   echo 1 2>/dev/null > "$instance/events/io_uring/io_uring_submit_req/enable" &&
	   echo 1 2>/dev/null > "$instance/events/io_uring/io_uring_complete/enable"; then
		export MARKS=$instance/trace_marker
		return 0
	fi
	stop_tracing
	return 1
}

stop_tracing()
{
	rmdir "$instance" 2>/dev/null
	umount "$traced"
	unset MARKS
}

# ring_synced STEP: between its marks an fsync was put into the ring, and has succeeded.
ring_synced()
{
	awk -v step="$2" '
		$0 ~ "tracing_mark_write: " step "-begin" { inside = 1; next }
		$0 ~ "tracing_mark_write: " step "-end" { exit !done }
		!inside { next }
		/io_uring_submit_req:.*opcode FSYNC/ && match($0, /user_data 0x[0-9a-f]+/) {
			asked[substr($0, RSTART, RLENGTH)] = 1
		}
		/io_uring_complete:.* result 0,/ && match($0, /user_data 0x[0-9a-f]+/) {
			if (substr($0, RSTART, RLENGTH) in asked)
				done = 1
		}
		END { if (!done) { print "no fsync in the ring in " step; exit 1 } }
	' "$1"
}

export -f ring_synced
mkfs.ext4 -q -F "$tmp/d.img"
start_tracing || why="the host lets nobody trace its io_uring"
timeout 60 "$B/tests/helpers/durable" uring "$tmp/d.img" > "$tmp/out" 2>&1
status=$?
if [ -z "${why:-}" ]; then
	cat "$instance/trace" > "$tmp/trace"
	stop_tracing
fi
if [ $status = 0 ]; then
	for step in fsync fdatasync umount halt; do
		if [ -n "${why:-}" ]; then
			skip "uring-$step" "$why"
		else
			try "uring-$step" 10 ring_synced "$tmp/trace" $step
		fi
	done
	try uring-fsck 30 e2fsck -fn "$tmp/d.img"
	try uring-clean 10 clean
else
	skip uring "$(tail -1 "$tmp/out")"
fi
