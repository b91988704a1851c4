#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# afl-fuzz finds its way into file systems by their coverage: after some seconds its cases
# reach more of the kernel than the first one did. LKL_TEST_ALL does all file systems, for
# longer, and with the kernel of "make fuzz"; otherwise the small one of the unit tests has
# what it takes. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

[ -n "$LKL_TEST_ALL" ] && build=$B/fuzz || build=$B/kunit-small
if [ ! -x "$build/bin/lkl-forkserver" ]; then
	skip fuzz "$build/bin/lkl-forkserver is missing: libblkid-dev, or make proof"
	exit
fi
if ! have afl-fuzz; then
	skip fuzz "there is no afl-fuzz"
	exit
fi
seconds=${LKL_TEST_ALL:+60}
types=${FS:-ext4 ${LKL_TEST_ALL:+xfs btrfs f2fs ntfs3 vfat exfat}}

# A kernel without the file system refuses each case: that is no fuzzing.
if [ -z "$LKL_TEST_ALL" ] && have mkfs.xfs; then
	out=$(tools/lkl/lkl-forkserver/fuzz.sh "$build" xfs 2 "$tmp/absent" 2>&1)
	status=$?
	[ "$status" = 1 ] && [[ $out == *"does not mount the first case of xfs: No such device"* ]] &&
		pass no-file-system || fail no-file-system "status $status: $(tail -1 <<< "$out")"
fi

for type in $types; do
	out=$(tools/lkl/lkl-forkserver/fuzz.sh "$build" "$type" "${seconds:-12}" "$tmp/$type" 2>&1)
	status=$?
	echo "# $out"
	if [ "$status" != 0 ]; then
		fail "$type" "$(tail -1 <<< "$out")"
		continue
	fi
	if [[ $out =~ ([0-9]+)\ edges\ at\ first,\ ([0-9]+)\ now ]] &&
			[ "${BASH_REMATCH[2]}" -gt $((BASH_REMATCH[1] * 101 / 100)) ] &&
			[ "${BASH_REMATCH[1]}" -gt 500 ]; then
		pass "$type-finds-more"
	else
		fail "$type-finds-more" "$out"
	fi
	# What it found is found again by itself, with the same result each time, also where each
	# case has a process of its own.
	for mode in "" --processes; do
		# shellcheck disable=SC2086 # none or one
		"$build/bin/lkl-forkserver" $mode -q -t "$type" "--base=$tmp/$type/base.img" -c \
			"$tmp/$type/out/default/queue" > "$tmp/again$mode" 2>&1
	done
	grep -Eq ' 0 crashed, 0 hung; [0-9]+ edges$' "$tmp/again" && pass "$type-queue-is-harmless" ||
		fail "$type-queue-is-harmless" "$(tail -3 "$tmp/again" | paste -sd ';')"
	same=$(sed 's/^.*second: //' "$tmp/again" "$tmp/again--processes" | sort -u | wc -l)
	[ "$same" = 1 ] && pass "$type-same-coverage" ||
		fail "$type-same-coverage" "$(tail -qn 1 "$tmp/again" "$tmp/again--processes" | paste -sd ';')"
done
