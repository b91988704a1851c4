#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Read-only file systems: made by their tools, compared file by file.
# time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

fstree=$B/tests/helpers/fstree

# A tree with what these formats are good at: the public headers, some large files,
# empty ones, links, deep folders. romfs keeps short names only.
tree=$tmp/tree
mkdir -p "$tree/deep/er/and/deeper/still" "$tree/many"
cp -r include docs tests "$tree/"
ln -s ../docs "$tree/deep/link"
ln "$tree/docs/building.md" "$tree/deep/hard"
: > "$tree/empty"
head -c 3000000 /dev/urandom > "$tree/random"
head -c 5000000 /dev/zero > "$tree/zeroes"
yes "a line of text that compresses well" | head -c 4000000 > "$tree/text"
for i in $(seq 2000); do echo "$i" > "$tree/many/$i"; done
rm -rf "$tree/tests/.d"

# image NAME TYPE[,OPTIONS] COMMAND...: the command makes $tmp/NAME.img
image()
{
	local name=$1 type=${2%%,*} options=${2#"${2%%,*}"}
	shift 2
	if ! have "$1"; then
		skip "$name" "there is no $1"
		return
	fi
	rm -f "$tmp/$name.img"
	if ! "$@" > "$tmp/out" 2>&1; then
		skip "$name" "$1: $(tail -1 "$tmp/out")"
		return
	fi
	# Some tools leave less than a whole block.
	truncate -s %4096 "$tmp/$name.img"
	try "$name" 120 "$fstree" -t "$type" -o "${options#,}" compare "$tmp/$name.img" "$tree"
	rm -f "$tmp/$name.img"
}

for c in gzip lzo lz4 xz zstd; do
	image "squashfs-$c" squashfs mksquashfs "$tree" "$tmp/squashfs-$c.img" -quiet \
		-no-progress -noappend -comp "$c"
done
image squashfs-plain squashfs mksquashfs "$tree" "$tmp/squashfs-plain.img" -quiet \
	-no-progress -noappend -noI -noD -noF -noX
image erofs erofs mkfs.erofs "$tmp/erofs.img" "$tree"
image erofs-lz4 erofs mkfs.erofs -zlz4hc "$tmp/erofs-lz4.img" "$tree"
image iso9660 iso9660 xorriso -as mkisofs -quiet -R -o "$tmp/iso9660.img" "$tree"
image iso9660-joliet iso9660 xorriso -as mkisofs -quiet -R -J -iso-level 3 \
	-o "$tmp/iso9660-joliet.img" "$tree"
image cramfs cramfs mkfs.cramfs "$tree" "$tmp/cramfs.img"
image romfs romfs genromfs -f "$tmp/romfs.img" -d "$tree"
image ufs ufs,ufstype=44bsd makefs -t ffs -o version=1 -s 64m "$tmp/ufs.img" "$tree"
