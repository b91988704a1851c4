#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Power failure: kill -9 in the middle of a write load. What fsync returned for is
# there, and fsck has nothing to say. Two kinds: the process dies and the host's
# cache lives (kill), and a disk whose write cache dies too (cut). time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

load=$B/tests/helpers/crashload
rounds=${LKL_TEST_ALL:+50}
rounds=${rounds:-6}

f2fs_clean()
{
	! fsck.f2fs --dry-run "$1" 2>&1 | grep -E '\[Fail\]|\[ASSERT\]'
}
export -f f2fs_clean

# Until the first fsync has returned.
under_way()
{
	local i
	for i in $(seq 200); do
		[ -s "$1" ] && return
		sleep 0.1
	done
}

# round TYPE KIND N MKFS... -- FSCK...
round()
{
	local type=$1 kind=$2 n=$3 mkfs=() name image=$tmp/crash.img log=$tmp/crash.log pid
	shift 3
	while [ "$1" != -- ]; do
		mkfs+=("$1")
		shift
	done
	shift
	name=$type-$kind-$n

	rm -f "$image" "$log"
	truncate -s 1G "$image"
	if ! "${mkfs[@]}" "$image" > "$tmp/out" 2>&1; then
		fail "$name" "$(tail -1 "$tmp/out")"
		return
	fi
	"$load" write "$type" "$image" "$log" $([ "$kind" = cut ] && echo cache) \
		> "$tmp/load" 2>&1 &
	pid=$!
	under_way "$log"
	sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
	# It must be the kill that ends it.
	if ! kill -9 "$pid" 2>/dev/null; then
		wait "$pid"
		fail "$name" "ended by itself: $(tail -1 "$tmp/load")"
		return
	fi
	wait "$pid" 2>/dev/null
	if [ ! -s "$log" ]; then
		fail "$name" "no fsync within 20 s"
		return
	fi
	try "$name-verify" 60 "$load" verify "$type" "$image" "$log" &&
		try "$name-fsck" 60 "$@" "$image"
}

for kind in kill cut; do
	for n in $(seq "$rounds"); do
		round ext4 $kind "$n" mkfs.ext4 -q -F -- e2fsck -fn
		round xfs $kind "$n" mkfs.xfs -q -f -- xfs_repair -n
		round btrfs $kind "$n" mkfs.btrfs -q -f -- btrfs check
		round f2fs $kind "$n" mkfs.f2fs -q -f -- f2fs_clean
	done
done

# fsck alone, without a mount that recovers: e2fsck replays the journal itself.
rm -f "$tmp/crash.img" "$tmp/crash.log"
truncate -s 1G "$tmp/crash.img"
mkfs.ext4 -q -F "$tmp/crash.img"
"$load" write ext4 "$tmp/crash.img" "$tmp/crash.log" cache > "$tmp/load" 2>&1 &
pid=$!
under_way "$tmp/crash.log"
sleep 0.5
kill -9 $pid
wait $pid 2>/dev/null
e2fsck -fp "$tmp/crash.img" > "$tmp/out" 2>&1
if [ $? -le 1 ]; then
	pass ext4-fsck-recovers
else
	fail ext4-fsck-recovers "$(tail -1 "$tmp/out")"
fi
try ext4-verify-after-fsck 60 "$load" verify ext4 "$tmp/crash.img" "$tmp/crash.log"
