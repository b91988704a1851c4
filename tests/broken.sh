#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Broken images: an errno or a read-only mount, never a crash or a hang. Which bytes
# are broken follows from the number of the round. time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

walk=$B/tests/helpers/brokenwalk
fstree=$B/tests/helpers/fstree
rounds=${LKL_TEST_ALL:+200}
rounds=${rounds:-8}

# break IMAGE SEED: flips bytes in blocks that hold something, most of them early in
# the image, where metadata is dense.
break_image()
{
	python3 - "$1" "$2" <<'EOF'
import os, random, sys

path, seed = sys.argv[1], int(sys.argv[2])
random.seed(seed)
used = []
with open(path, "r+b") as f:
    pos, end = 0, os.fstat(f.fileno()).st_size
    while pos < end and len(used) < 20000:
        try:
            pos = os.lseek(f.fileno(), pos, os.SEEK_DATA)
        except OSError:
            break
        hole = os.lseek(f.fileno(), pos, os.SEEK_HOLE)
        for block in range(pos // 4096, (hole + 4095) // 4096):
            f.seek(block * 4096)
            if any(f.read(4096)):
                used.append(block)
        pos = hole
    for i in range(random.choice([1, 4, 16, 64])):
        n = min(int(random.expovariate(4) * len(used)), len(used) - 1)
        f.seek(used[n] * 4096 + random.randrange(4096))
        f.write(bytes([random.randrange(256)]))
EOF
}

# one TYPE SIZE OPTIONS MKFS...
one()
{
	local type=$1 size=$2 options=$3 i base=$tmp/$1.base image=$tmp/$1.img
	shift 3
	if ! have "$1"; then
		skip "$type" "there is no $1"
		return
	fi
	truncate -s "$size" "$base"
	if ! "$@" "$base" > "$tmp/out" 2>&1; then
		fail "$type" "$(tail -1 "$tmp/out")"
		return
	fi
	if [ -n "$options" ]; then
		# shellcheck disable=SC2086 # words
		"$fstree" -t "$type" -n 300 -s 0 $options write image "$base" || {
			fail "$type" "no tree"
			return
		}
	fi
	for i in $(seq "$rounds"); do
		cp --sparse=always "$base" "$image"
		break_image "$image" "$i"
		try "$type-$i" 60 "$walk" "$type" "$image"
	done
	for i in 10 50 90; do
		cp --sparse=always "$base" "$image"
		truncate -s $(($(stat -c %s "$base") * i / 100 / 4096 * 4096)) "$image"
		try "$type-cut-to-$i%" 60 "$walk" "$type" "$image"
	done
	rm -f "$base" "$image"
}

one ext4 128M "-x" mkfs.ext4 -q -F
one xfs 320M "-x" mkfs.xfs -q -f
one btrfs 256M "-x" mkfs.btrfs -q -f
one f2fs 128M "-x" mkfs.f2fs -q -f
one vfat 128M "-x -l -L -m" mkfs.vfat -F 32
one exfat 128M "-x -l -L -m" mkfs.exfat

# The read-only ones are made from a folder.
squash()
{
	rm -f "$1"
	mksquashfs docs tests include "$1" -quiet -no-progress -noappend
}
erofs()
{
	rm -f "$1"
	mkfs.erofs -zlz4hc "$1" tests
}
iso()
{
	rm -f "$1"
	xorriso -as mkisofs -quiet -R -J -o "$1" tests
}
have mksquashfs && one squashfs 1M "" squash
have mkfs.erofs && one erofs 1M "" erofs
have xorriso && one iso9660 1M "" iso

# No image at all.
truncate -s 64M "$tmp/none.img"
for t in ext4 xfs btrfs f2fs squashfs iso9660; do
	try "$t-zeroes" 60 "$walk" "$t" "$tmp/none.img"
done
head -c 64M /dev/urandom > "$tmp/none.img"
for t in ext4 xfs btrfs f2fs squashfs iso9660; do
	try "$t-noise" 60 "$walk" "$t" "$tmp/none.img"
done

# Images that stop Linux end the program with a message: here one of which tune2fs says so.
stops()
{
	truncate -s 16M "$tmp/panic.img"
	mkfs.ext4 -q -F "$tmp/panic.img" &&
		"$B/bin/cptofs" -q -i "$tmp/panic.img" -t ext4 scripts / || return 1
	tune2fs -e panic "$tmp/panic.img" > "$tmp/out"
	debugfs -w -R "clri scripts/packages.sh" "$tmp/panic.img" > "$tmp/out" 2>&1
	timeout 60 "$B/bin/cpfromfs" -q -i "$tmp/panic.img" -t ext4 /scripts "$tmp/copy" 2> "$tmp/out"
	[ $? = 1 ] && grep -q "Linux has stopped at a mistake of its own" "$tmp/out" &&
		grep -q "Kernel panic.*panic forced" "$tmp/out" || { cat "$tmp/out"; return 1; }
}
export -f stops
if [ -x "$B/bin/cpfromfs" ]; then
	try stops 120 stops
else
	skip stops "libblkid-dev was missing when the programs were built"
fi

# An image that keeps Linux busy for ever does not keep the program.
ends()
{
	"$B/tests/helpers/stuck" 2 2> "$tmp/out"
	[ $? = 1 ] && grep -q "hears nobody: the image must be broken" "$tmp/out" || { cat "$tmp/out"; return 1; }
}
export -f ends
if [ -x "$B/tests/helpers/stuck" ]; then
	try watchdog 120 ends
else
	skip watchdog "libblkid-dev was missing when the tests were built"
fi
