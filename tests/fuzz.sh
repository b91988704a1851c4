#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# afl-fuzz and libFuzzer find their way into file systems by their coverage: after some
# seconds their cases reach more of the kernel than the first one did. LKL_TEST_ALL does all
# file systems, for longer, and with the kernel of "make fuzz"; otherwise the small one of
# the unit tests has what it takes. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

[ -n "$LKL_TEST_ALL" ] && build=$B/fuzz || build=$B/kunit-small
if [ ! -x "$build/bin/lkl-forkserver" ]; then
	skip fuzz "$build/bin/lkl-forkserver is missing: libblkid-dev, or make proof"
	exit
fi
engines=()
if have afl-fuzz; then
	engines+=(afl)
else
	skip afl "there is no afl-fuzz"
fi
lkl_fuzz=$build/bin/lkl-fuzz
if [ -x "$lkl_fuzz" ]; then
	engines+=(libfuzzer)
else
	skip libfuzzer "$lkl_fuzz is missing: clang, libclang-rt-14-dev, or make proof"
fi
seconds=${LKL_TEST_ALL:+60}
types=${FS:-ext4 ${LKL_TEST_ALL:+xfs btrfs f2fs ntfs3 vfat exfat}}

# A kernel without the file system refuses each case: that is no fuzzing.
if [ -z "$LKL_TEST_ALL" ] && have mkfs.xfs; then
	for engine in "${engines[@]}"; do
		out=$(tools/lkl/lkl-forkserver/fuzz.sh "$build" xfs 2 "$tmp/absent" "$engine" 2>&1)
		status=$?
		[ "$status" = 1 ] &&
			[[ $out == *"does not mount the first case of xfs: No such device"* ]] &&
			pass "$engine-no-file-system" ||
			fail "$engine-no-file-system" "status $status: $(tail -1 <<< "$out")"
	done
fi

# finds_more NAME TYPE ENGINE FOLDER: whether it does.
finds_more()
{
	local name=$1 out status

	out=$(tools/lkl/lkl-forkserver/fuzz.sh "$build" "$2" "${seconds:-12}" "$4" "$3" 2>&1)
	status=$?
	echo "# $out"
	if [ "$status" != 0 ]; then
		fail "$name" "$(tail -1 <<< "$out")"
		return 1
	fi
	if [[ $out =~ ([0-9]+)\ edges\ at\ first,\ ([0-9]+)\ now ]] &&
			[ "${BASH_REMATCH[2]}" -gt $((BASH_REMATCH[1] * 101 / 100)) ] &&
			[ "${BASH_REMATCH[1]}" -gt 500 ]; then
		pass "$name"
	else
		fail "$name" "$out"
	fi
}

# same_again NAME TYPE BASE FOLDER: what was found is found again by itself, with the same
# result at each start, also where each case has a process of its own.
same_again()
{
	local name=$1 mode same

	: > "$tmp/results"
	for mode in "" --processes "" --processes; do
		# shellcheck disable=SC2086 # none or one
		"$build/bin/lkl-forkserver" $mode -q -t "$2" "--base=$3" -c "$4" \
			> "$tmp/again$mode" 2>&1
		sed 's/^.*second: //' "$tmp/again$mode" >> "$tmp/results"
	done
	grep -Eq ' 0 crashed, 0 hung; [0-9]+ edges$' "$tmp/again" && pass "$name-queue-is-harmless" ||
		fail "$name-queue-is-harmless" "$(tail -3 "$tmp/again" | paste -sd ';')"
	same=$(sort -u "$tmp/results" | wc -l)
	[ "$same" = 1 ] && pass "$name-same-coverage" ||
		fail "$name-same-coverage" "$(paste -sd ';' "$tmp/results")"
}

for type in $types; do
	for engine in "${engines[@]}"; do
		name=$type
		[ "$engine" = libfuzzer ] && name=$type-libfuzzer
		finds_more "$name-finds-more" "$type" "$engine" "$tmp/$name" || continue
		found=$tmp/$name/out/default/queue
		[ "$engine" = libfuzzer ] && found=$tmp/$name/corpus
		same_again "$name" "$type" "$tmp/$name/base.img" "$found"
	done
done

[ -x "$lkl_fuzz" ] || exit

# says NAME STATUS PATTERN ARGUMENT...: its output has a line with PATTERN.
says()
{
	local name=libfuzzer-$1 want=$2 pattern=$3 status
	shift 3
	timeout 100 "$lkl_fuzz" "-artifact_prefix=$tmp/" "$@" > "$tmp/said" 2>&1 < /dev/null
	status=$?
	sed 's/^/# /' "$tmp/said" | tail -40
	if [ "$status" != "$want" ]; then
		fail "$name" "status $status, not $want: $(tail -1 "$tmp/said")"
	elif ! grep -Eaq -- "$pattern" "$tmp/said"; then
		fail "$name" "no \"$pattern\" in: $(tail -1 "$tmp/said")"
	else
		pass "$name"
	fi
}

truncate -s 4M "$tmp/disk.img"
mkfs.ext4 -q -F -b 1024 -O ^metadata_csum "$tmp/disk.img"
"$build/bin/cptofs" -q -i "$tmp/disk.img" docs /
# For reading alone: in writing, libFuzzer has found a case within seconds that stops ext4.
over=(--type=ext4 "--base=$tmp/disk.img" --read-only)

# libFuzzer's own options, and a case as long as the base without one to begin with.
says runs 0 "^[0-9]+ edges at first. 200 cases in .* [1-9][0-9]* mounted" "${over[@]}" -runs=200 -seed=1
"$build/bin/lkl-forkserver" "--base=$tmp/disk.img" --pack > "$tmp/packed"
grep -Eaq "NEW +ft: .*L: $(stat -c %s "$tmp/packed")/" "$tmp/said" && pass libfuzzer-length ||
	fail libfuzzer-length "$(grep -a NEW "$tmp/said" | tail -1)"
says max-len 0 "NEW +ft: .*L: 4096/" "${over[@]}" -runs=200 -seed=1 -max_len=4096
says one-case 0 "^[0-9]+ edges at first. 1 case in .* 1 mounted" "${over[@]}" "$tmp/packed"
says time 0 "^Done [0-9]+ runs in" "${over[@]}" -max_total_time=2
# What libFuzzer keeps reaches all that its cases reached, so it saw each of them.
mkdir "$tmp/merged" "$tmp/cases" "$tmp/kept"
cp "$tmp/packed" "$tmp/cases"
says kept 0 " 0 hung; [0-9]+ edges" "${over[@]}" -runs=300 -seed=1 "$tmp/kept" "$tmp/cases"
edges=$(grep -Eao '[0-9]+ edges$' "$tmp/said")
again=$("$build/bin/lkl-forkserver" -q "${over[@]}" "$tmp/kept" "$tmp/cases" | tail -1)
[[ -n $edges && $again == *"; $edges" ]] && pass libfuzzer-same-edges ||
	fail libfuzzer-same-edges "$edges, again: $again"
# Processes that it starts get our options, too.
says merge 0 "MERGE-OUTER: [1-9][0-9]* new files with [1-9]" "${over[@]}" -merge=1 "$tmp/merged" \
	"$tmp/cases"

# An image of which mkfs says that the kernel is to panic at the first error: that ends
# libFuzzer, and is told.
cp "$tmp/disk.img" "$tmp/panic.img"
tune2fs -e panic "$tmp/panic.img" > /dev/null
debugfs -w -R "clri docs/testing.md" "$tmp/panic.img" > /dev/null 2>&1
says crash 77 "^case: the kernel stopped in \"walk\"" --type=ext4 --size=4 --do=walk \
	"--save=$tmp/wrong" "$tmp/disk.img" "$tmp/panic.img"
grep -aq "ERROR: libFuzzer: deadly signal" "$tmp/said" && cmp -s "$tmp/panic.img" "$tmp/wrong/crash-0000-case" &&
	grep -q "Kernel panic" "$tmp/wrong/crash-0000-case.log" && pass libfuzzer-crash-saved ||
	fail libfuzzer-crash-saved "libFuzzer's message, the image and the log are not all there"
# A case without an end is told, and does not end it.
yes 'write f 5000000' | head -4000 > "$tmp/long"
says hang 0 "^case: no end after 0.2 s, in \"write f 5000000\"" --type=ext4 --size=4 --limit=0.2 \
	"--script=$tmp/long" "$tmp/disk.img"
# Nor does libFuzzer go on from it.
mkdir "$tmp/endless"
cp "$tmp/disk.img" "$tmp/endless"
says only-hangs 1 "no interesting inputs were found" --type=ext4 --size=4 --limit=0.2 \
	"--script=$tmp/long" -runs=5 "$tmp/endless"
says no-type 2 "which file system" "--base=$tmp/disk.img"
says others 2 "are lkl-forkserver's" "${over[@]}" --runs=2
says help 0 "setxattr +PATH NAME VALUE" --help
says its-help 0 "max_total_time" -help=1
