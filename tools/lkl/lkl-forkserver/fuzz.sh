#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.sh BUILD TYPE SECONDS FOLDER [afl|libfuzzer]: lets afl-fuzz, or libFuzzer, change
# file systems of TYPE, with the kernel in BUILD, which counts coverage. FOLDER keeps the
# base image, the first case, and what is found (FOLDER/out by afl-fuzz, FOLDER/corpus by
# libFuzzer); an earlier run there goes on. Ends with a summary.

set -euo pipefail

build=$1 type=$2 seconds=$3 folder=$4 engine=${5:-afl}
server=$(realpath "$build/bin/lkl-forkserver")
cptofs=$(realpath "$build/bin/cptofs")
export PATH=$PATH:/usr/sbin:/sbin

# Small images, without checksums where there is a choice: size, mkfs.
case $type in
ext4) size=2M mkfs="mkfs.ext4 -q -F -b 1024 -N 64 -O ^metadata_csum,^resize_inode,inline_data" ;;
# Filled by mkfs: the kernel would leave two MiB of log, and a case has one at most.
xfs) size=300M mkfs="mkfs.xfs -q -f -m crc=0 -p $folder/proto" ;;
btrfs) size=16M mkfs="mkfs.btrfs -q -f --mixed -n 4096" ;;
f2fs) size=64M mkfs="mkfs.f2fs -q -f" ;;
ntfs3) size=2M mkfs="mkntfs -F -Q -q" ;;
vfat) size=2M mkfs="mkfs.vfat" ;;
exfat) size=16M mkfs="mkfs.exfat" ;;
*)
	echo "fuzz.sh: no image is known for $type; ext4, xfs, btrfs, f2fs, ntfs3, vfat or exfat are" >&2
	exit 2 ;;
esac

case $engine in
afl) fuzzer=afl-fuzz ;;
libfuzzer) fuzzer=$build/bin/lkl-fuzz ;;
*)
	echo "fuzz.sh: $engine is neither afl nor libfuzzer" >&2
	exit 2 ;;
esac

for tool in "$fuzzer" "${mkfs%% *}"; do
	if ! command -v "$tool" > /dev/null; then
		echo "fuzz.sh: $tool is missing" >&2
		exit 1
	fi
done

# What mkfs.xfs is to make of the tree.
write_proto()
{
	local tree=$1 f

	printf '/\n0 0\nd--755 0 0\n'
	for f in short hole; do echo "$f ---644 0 0 $tree/$f"; done
	printf 'folder d--755 0 0\nlonger ---644 0 0 %s\n' "$tree/folder/longer"
	printf 'inner d--755 0 0\nlink l--777 0 0 ../short\n$\n$\n'
	printf 'many d--755 0 0\n'
	for f in "$tree"/many/*; do echo "${f##*/} ---644 0 0 $f"; done
	printf '$\n$\n'
}

# A little of everything that file systems store.
make_base()
{
	local tree=$folder/tree

	mkdir -p "$tree/folder/inner" "$tree/many"
	echo "a short file" > "$tree/short"
	seq 2000 > "$tree/folder/longer"
	truncate -s 100K "$tree/hole"
	echo "behind the hole" >> "$tree/hole"
	for i in $(seq 30); do : > "$tree/many/a-file-with-a-name-$i"; done
	case $type in
	vfat|exfat) ;;
	*)
		ln -f "$tree/short" "$tree/folder/same"
		ln -sfn ../short "$tree/folder/inner/link" ;;
	esac
	write_proto "$tree" > "$folder/proto"
	rm -f "$folder/base.img"
	truncate -s "$size" "$folder/base.img"
	# shellcheck disable=SC2086 # words
	$mkfs "$folder/base.img" > "$folder/mkfs.log" 2>&1 || {
		tail -1 "$folder/mkfs.log" >&2
		return 1
	}
	if [ "$type" != xfs ] && ! "$cptofs" -q -i "$folder/base.img" -t "$type" "$tree/." / \
			2> "$folder/cptofs.log"; then
		cat "$folder/cptofs.log" >&2
		return 1
	fi
	rm -rf "$tree" "$folder/proto"
}

about=("--type=$type" "--base=$folder/base.img" --fix-checksums)
target=("$server" "${about[@]}")
mkdir -p "$folder/seeds"
if [ ! -e "$folder/seeds/base" ]; then
	make_base
	"$server" "--base=$folder/base.img" --pack > "$folder/seeds/new"
	mv "$folder/seeds/new" "$folder/seeds/base"
fi

# edges FOLDER...: what their cases reach together, also if some of them go wrong.
edges()
{
	{ "${target[@]}" -q "$@" || true; } | sed -n 's/.*; \([0-9]*\) edges$/\1/p'
}

before=$(edges "$folder/seeds")
if [ -z "$before" ]; then
	echo "fuzz.sh: the kernel in $build counts no coverage; make CONFIG=fuzz builds one" >&2
	exit 1
fi
# Nothing is found where each case is refused: without the file system, for one.
first_case=$("${target[@]}" "$folder/seeds/base" 2>&1 || true)
if [ "$before" = 0 ] || ! grep -q '/base: mounted' <<< "$first_case"; then
	echo "fuzz.sh: the kernel in $build does not mount the first case of $type:" \
		"$(sed -n 's/^.*: not mounted: //p' <<< "$first_case")" >&2
	exit 1
fi
# What a byte means depends on where it is: cases are neither made shorter nor longer.
run_afl()
{
	local length first=(-i "$folder/seeds")

	length=$(stat -c %s "$folder/seeds/base")
	[ -e "$folder/out/default/queue" ] && first=(-i -)
	export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_FAST_CAL=1 AFL_DISABLE_TRIM=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=30000
	if ! afl-fuzz "${first[@]}" -o "$folder/out" -V "$seconds" -t 2000 -m none \
			-g "$length" -G "$length" -- \
			"${target[@]}" @@ > "$folder/afl.log" 2>&1; then
		echo "fuzz.sh: afl-fuzz failed: $(grep -a 'PROGRAM ABORT' "$folder/afl.log" | tail -1)" >&2
		echo "fuzz.sh: see $folder/afl.log" >&2
		exit 1
	fi
	found=$folder/out/default/queue
	cases="$(statistic execs_done) cases in $(statistic run_time) s, $(statistic execs_per_sec) a second"
	wrong="$(statistic saved_crashes) crashes, $(statistic saved_hangs) hangs in $folder/out/default"
}

statistic()
{
	sed -n "s/^$1 *: \([0-9.]*\).*/\1/p" "$folder/out/default/fuzzer_stats"
}

# libFuzzer ends at the first crash, with status 77.
run_libfuzzer()
{
	local status=0 summary

	mkdir -p "$folder/corpus"
	"$fuzzer" "${about[@]}" --limit=2 "--save=$folder/wrong" "-artifact_prefix=$folder/" \
		"-max_total_time=$seconds" "$folder/corpus" "$folder/seeds" \
		> "$folder/libfuzzer.log" 2>&1 || status=$?
	summary=$(grep -aE '^[0-9]+ edges at first' "$folder/libfuzzer.log" | tail -1) || true
	if [[ $status != 0 && $status != 77 ]] || [ -z "$summary" ]; then
		echo "fuzz.sh: lkl-fuzz failed: $(tail -1 "$folder/libfuzzer.log")" >&2
		echo "fuzz.sh: see $folder/libfuzzer.log" >&2
		exit 1
	fi
	found=$folder/corpus
	[[ $summary =~ ([0-9]+ cases in .* a second):.*,\ ([0-9]+)\ crashed,\ ([0-9]+)\ hung ]]
	cases=${BASH_REMATCH[1]}
	wrong="${BASH_REMATCH[2]} crashes, ${BASH_REMATCH[3]} hangs in $folder/wrong"
}

"run_$engine"
after=$(edges "$folder/seeds" "$found")
echo "$type: $cases; $before edges at first, $after now; $wrong"
