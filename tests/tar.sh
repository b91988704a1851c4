#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fs2tar and tar2fs: archives out of images and into them, compared with the original and
# with what GNU tar makes of them; read-only file systems; hostile and broken archives.
# time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"
. "$(dirname "$0")/lib/copies.sh"

scripts/optional.sh have libarchive || {
	skip tar "fs2tar is built without libarchive: libarchive-dev is missing"
	exit
}

# Sockets have no place in archives; the tree has none.
as_user bash -c 'umask 22; make_plain_tree "$1/plain"; make_rich_tree "$1/rich"' _ "$work"
ext4 rich 64M
as_user "$cptofs" -i "$work/rich.img" "$work/rich/." / || fail rich "cptofs"

# image_is TREE IMAGE: what is in it comes out as TREE.
image_is()
{
	rm -rf "$work/is"
	as_user "$cpfromfs" -i "$2" / "$work/is" || return
	same -o "$1" "$work/is" || return
	chmod -R u+rwx "$work/is"
	rm -rf "$work/is"
}

# there_and_back SUFFIX COMMAND: the archive is one that COMMAND accepts.
there_and_back()
{
	local a=$work/a$1
	as_user "$fs2tar" "$work/rich.img" "$a" || return
	"$2" -t < "$a" || return
	ext4 again 64M
	as_user "$tar2fs" "$a" "$work/again.img" || return
	image_is "$work/rich" "$work/again.img" || return
	clean "$work/again.img" || return
	rm -f "$a"
}

pipe()
{
	ext4 pipe 64M
	as_user "$fs2tar" -z zstd "$work/rich.img" - > "$work/piped.zst" || return
	zstd -t "$work/piped.zst" || return
	as_user "$fs2tar" "$work/rich.img" - | as_user "$tar2fs" - "$work/pipe.img" || return
	image_is "$work/rich" "$work/pipe.img" || return
	# Whoever reads may go.
	as_user "$fs2tar" "$work/rich.img" - 2> "$work/said" | head -c 100000 > /dev/null
	[ "${PIPESTATUS[0]}" = 1 ] && grep -q 'Broken pipe' "$work/said"
}

# What GNU tar takes out of our archive, and what we take out of its.
gnu()
{
	as_user "$fs2tar" "$work/rich.img" "$work/gnu.tar" || return
	as_user mkdir "$work/gnu"
	as_user tar -C "$work/gnu" --xattrs --acls -xpf "$work/gnu.tar" --exclude lost+found || return
	same -o "$work/rich" "$work/gnu" || return
	chmod -R u+rwx "$work/gnu"
	rm -rf "$work/gnu"
	for format in "pax --sparse" "gnu --sparse" ustar; do
		# What the older formats have no place for.
		rm -rf "$work/less"
		as_user cp -a "$work/rich" "$work/less"
		if [ "$format" = ustar ]; then
			as_user rm -f "$work/less"/*long-link "$work/less"/nnn*
		fi
		# shellcheck disable=SC2086 # words
		as_user tar -C "$work/less" --xattrs --acls --format=$format -cf "$work/gnu.tar" . ||
			as_user tar -C "$work/less" --format=$format -cf "$work/gnu.tar" . || return
		ext4 gnu 64M
		as_user "$tar2fs" "$work/gnu.tar" "$work/gnu.img" || return
		rm -rf "$work/is"
		as_user "$cpfromfs" -i "$work/gnu.img" / "$work/is" || return
		if [[ $format = pax* ]]; then
			same -o "$work/less" "$work/is"
		else
			same "-o -x -m -t 1000000000" "$work/less" "$work/is"
		fi || return
		chmod -R u+rwx "$work/is"
	done
	clean "$work/gnu.img"
}

# Only one folder, into a folder.
directory()
{
	ext4 directory 64M
	as_user "$cptofs" -i "$work/directory.img" "$work/plain/empty-folder" /deep || return
	as_user "$fs2tar" -C /folder "$work/rich.img" - |
		as_user "$tar2fs" -C deep - "$work/directory.img" || return
	as_user "$cpfromfs" -i "$work/directory.img" /deep "$work/deep" || return
	same "-o -l" "$work/rich/folder" "$work/deep"
}

labels()
{
	local label=system_u:object_r:usr_t:s0
	ext4 labels
	as_user "$cptofs" -i "$work/labels.img" -s "$label" "$work/rich/folder" "$work/rich/"*blank* / || return
	as_user "$fs2tar" -s "$work/labels" "$work/labels.img" "$work/labels.tar" || return
	grep -qxF "/folder/in $label" "$work/labels" || { cat "$work/labels"; return 1; }
	grep -qF "/\\040blank\\040and\\040\\033[31m\\040colour $label" "$work/labels" || return
	sed -i "s/usr_t/bin_t/" "$work/labels"
	ext4 labels2
	as_user "$tar2fs" -s "$work/labels" "$work/labels.tar" "$work/labels2.img" || return
	in_image "$work/labels2.img" "ea_list /folder/in/script" | grep -q bin_t || return
	echo "no slash" > "$work/labels"
	fails_with 1 'line 1: expected' as_user "$tar2fs" -s "$work/labels" "$work/labels.tar" \
		"$work/labels2.img"
}

# The same image gives the same archive, and the same archive the same image.
reproducible()
{
	local n
	SOURCE_DATE_EPOCH=1600000000 as_user "$fs2tar" "$work/rich.img" "$work/one.tar.gz" || return
	sleep 1.1
	SOURCE_DATE_EPOCH=1600000000 as_user "$fs2tar" "$work/rich.img" "$work/two.tar.gz" || return
	cmp "$work/one.tar.gz" "$work/two.tar.gz" || return
	! tar -tvf "$work/one.tar.gz" --full-time | grep -q 203 || return
	ext4 one 64M
	as_user cp --sparse=always "$work/one.img" "$work/two.img"
	for n in one two; do
		SOURCE_DATE_EPOCH=1600000000 as_user "$tar2fs" --reproducible "$work/one.tar.gz" \
			"$work/$n.img" || return
		sleep 1.1
	done
	cmp "$work/one.img" "$work/two.img" || return
	fails_with 64 'reproducible' as_user "$fs2tar" --reproducible "$work/one.img" "$work/no.tar"
}

# Names and links that lead out of the destination do nothing but fail.
hostile()
{
	python3 - "$work/hostile.tar" <<-'END'
		import io, sys, tarfile
		t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
		def add(name, data=b"evil", **more):
		    i = tarfile.TarInfo(name)
		    i.size = len(data) if more.get("type", b"0") == b"0" else 0
		    for k, v in more.items():
		        setattr(i, k, v)
		    t.addfile(i, io.BytesIO(data) if i.size else None)
		add("../up")
		add("a/../../../up")
		add("/absolute")
		add("esc", type=tarfile.SYMTYPE, linkname="/mnt/..")
		add("esc/through")
		add("up", type=tarfile.SYMTYPE, linkname="..")
		add("up/etc")
		add("hard", type=tarfile.LNKTYPE, linkname="../../proc/version")
		add("hard2", type=tarfile.LNKTYPE, linkname="esc/proc/version")
		add("twice", b"first")
		add("twice", b"second")
		add("dir/file")
		add("dir", b"no folder")
		add(".", b"root")
		add("\033[31mred/..")
		add("last", b"good")
		t.close()
	END
	ext4 hostile
	fails_with 1 'leads out of the destination' as_user "$tar2fs" "$work/hostile.tar" \
		"$work/hostile.img" || return
	grep -qF "$(printf '\033')" "$work/said" && return 1
	rm -rf "$work/out"
	as_user "$cpfromfs" -i "$work/hostile.img" / "$work/out" || return
	[ "$(cd "$work/out" && find . -type f | sort | tr '\n' ' ')" = \
		"./absolute ./dir/file ./last ./twice " ] || { find "$work/out"; return 1; }
	[ "$(cat "$work/out/twice" "$work/out/last")" = secondgood ] || return
	clean "$work/hostile.img"
}

# Each cut, and bytes changed: errors, no crash, and a clean image.
broken()
{
	local n size s
	as_user tar -C "$work/plain" -cf "$work/broken.tar" . || return
	gzip -kf "$work/broken.tar"
	size=$(stat -c %s "$work/broken.tar")
	for n in 0 1 600 $((size / 2)); do
		head -c "$n" "$work/broken.tar" > "$work/cut.tar"
		ext4 broken
		as_user "$tar2fs" "$work/cut.tar" "$work/broken.img" > "$work/said" 2>&1
		s=$?
		cat "$work/said"
		[ "$s" = 1 ] || [ "$n" = 0 ] || { echo "cut after $n: status $s"; return 1; }
		clean "$work/broken.img" || return
	done
	for n in 1 2 3 4 5 6 7 8; do
		python3 - "$work/broken.tar.gz" "$work/cut.tar" "$n" <<-'END'
			import random, sys
			random.seed(int(sys.argv[3]))
			data = bytearray(open(sys.argv[1], "rb").read())
			for i in range(5):
			    data[random.randrange(20, len(data) // 2)] ^= 1 << random.randrange(8)
			open(sys.argv[2], "wb").write(data)
		END
		as_user "$tar2fs" "$work/cut.tar" "$work/broken.img" > "$work/said" 2>&1
		s=$?
		[ "$s" = 1 ] || { echo "variant $n: status $s"; return 1; }
	done
	clean "$work/broken.img"
}

no_space()
{
	ext4 space 2M
	fails_with 1 'No space left on device' as_user "$tar2fs" "$work/broken.tar" \
		"$work/space.img" || return
	clean "$work/space.img" || return
	[ ! -w /dev/full ] || fails_with 1 'No space left on device' as_user "$fs2tar" \
		"$work/rich.img" /dev/full
}

# A signal while the pipe is silent.
interrupt()
{
	local pid status
	ext4 signal
	rm -f "$work/silent"
	mkfifo "$work/silent"
	# shellcheck disable=SC2086 # words
	$user "$tar2fs" - "$work/signal.img" < "$work/silent" 2> "$work/said" &
	pid=$!
	exec 5> "$work/silent"
	head -c 300000 "$work/broken.tar" >&5
	sleep 0.5
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	exec 5>&-
	[ "$status" = 143 ] || { cat "$work/said"; echo "status $status"; return 1; }
	clean "$work/signal.img"
}

# read_only NAME FLAGS COMMAND...: the command makes $tmp/NAME.img from $work/plain.
read_only()
{
	local name=$1 flags=$2
	shift 2
	rm -rf "$work/out" "$work/ro" && as_user mkdir "$work/ro"
	as_user "$cpfromfs" -i "$work/$name.img" / "$work/out" || return
	# shellcheck disable=SC2086 # words
	same "-o $flags" "$work/$tree" "$work/out" || return
	as_user "$fs2tar" "$work/$name.img" - | as_user tar -C "$work/ro" --xattrs --acls -xpf - || return
	# shellcheck disable=SC2086 # words
	same "-o $flags" "$work/$tree" "$work/ro" || return
	fails_with 1 'read-only' as_user "$tar2fs" "$work/broken.tar" "$work/$name.img" || return
	chmod -R u+rwx "$work/out" "$work/ro"
}

# read_only_image NAME TREE FLAGS COMMAND...
read_only_image()
{
	local name=$1 tree=$2 flags=$3
	shift 3
	have "$1" || { skip "$name" "there is no $1"; return; }
	rm -f "$work/$name.img"
	"$@" > "$work/mkfs" 2>&1 || { skip "$name" "$1: $(tail -1 "$work/mkfs")"; return; }
	truncate -s %4096 "$work/$name.img"
	chmod 666 "$work/$name.img"
	try "$name" 60 read_only "$name" "$flags"
}

try tar 60 there_and_back .tar cat
try gzip 60 there_and_back .tar.gz gzip
try xz 60 there_and_back .tar.xz xz
try zstd 60 there_and_back .tar.zst zstd
try bzip2 60 there_and_back .tbz2 bzip2
try lz4 60 there_and_back .tar.lz4 lz4
try pipe 60 pipe
try gnu-tar 60 gnu
try directory 30 directory
try labels 30 labels
try reproducible 60 reproducible
try hostile 60 hostile
try broken 120 broken
try no-space 60 no_space
try interrupt 60 interrupt

# The same by our own code for archives, as it is on other hosts: read by GNU tar, bsdtar and
# Python, which are each strict about something else, and by libarchive in the other program.
own()
{
	local own
	own=$(realpath "$B/tests/helpers/own") || return
	as_user "$own/fs2tar" "$work/rich.img" "$work/own.tar" || return
	LC_ALL=C.UTF-8 bsdtar -tvf "$work/own.tar" > /dev/null || return
	python3 - "$work/own.tar" <<-'END' || return
		import sys, tarfile
		for i in tarfile.open(sys.argv[1]):
		    pass
	END
	ext4 own 64M
	as_user "$tar2fs" "$work/own.tar" "$work/own.img" || return
	image_is "$work/rich" "$work/own.img" || return
	as_user "$fs2tar" "$work/rich.img" "$work/own2.tar" || return
	ext4 own 64M
	as_user "$own/tar2fs" "$work/own2.tar" "$work/own.img" || return
	image_is "$work/rich" "$work/own.img" || return
	clean "$work/own.img" || return
	fails_with 1 'does not compress' as_user "$own/fs2tar" "$work/rich.img" "$work/own.tar.gz" || return
	gzip -f "$work/own.tar"
	fails_with 1 'compressed by gzip' as_user "$own/tar2fs" "$work/own.tar.gz" "$work/own.img" || return
	rm -f "$work"/own*
}

# What the headers and records have no plain place for: from the image alone, without root.
own_extremes()
{
	local own
	own=$(realpath "$B/tests/helpers/own") || return
	ext4 extremes
	python3 - "$work/extremes.tar" <<-'END'
		import io, sys, tarfile
		t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
		def add(name, **more):
		    i = tarfile.TarInfo(name)
		    for k, v in more.items():
		        setattr(i, k, v)
		    t.addfile(i)
		add("early", mtime=-3, uid=3000000, gid=4000000)
		add("char", type=tarfile.CHRTYPE, devmajor=1, devminor=1000000)
		add("block", type=tarfile.BLKTYPE, devmajor=259, devminor=5)
		add("xattr", pax_headers={"SCHILY.xattr.user.a%3Db%25": "x"})
		add("far/" + "d" * 200 + "/" + "f" * 200)
		add("n" * 100)
		add("p" * 150 + "/" + "n" * 100)
		add("link", type=tarfile.SYMTYPE, linkname="t" * 100)
		t.close()
		t = tarfile.open(sys.argv[1] + ".fraction", "w", format=tarfile.PAX_FORMAT)
		add("fraction", mtime=-1.25)
		t.close()
	END
	as_user "$tar2fs" "$work/extremes.tar" "$work/extremes.img" || return
	for program in "$fs2tar" "$own/fs2tar"; do
		as_user "$program" "$work/extremes.img" "$work/extremes2.tar" || return
		ext4 extremes2
		as_user "$own/tar2fs" "$work/extremes2.tar" "$work/extremes2.img" || return
		as_user "$fs2tar" "$work/extremes2.img" - | cmp - <(as_user "$fs2tar" "$work/extremes.img" -) || return
	done
	tar --xattrs -tvf "$work/extremes2.tar" > "$work/said" 2>&1 || return
	grep -q '1,1000000 .* char' "$work/said" && grep -q '3000000/4000000' "$work/said" || return
	# That, libarchive gets wrong.
	as_user "$own/tar2fs" "$work/extremes.tar.fraction" "$work/extremes.img" || return
	as_user "$own/fs2tar" "$work/extremes.img" - | grep -a 'mtime=-1.250000000$'
}

# The tests of hostile and broken archives with that program in the other's place.
with_own()
{
	fs2tar=$(realpath "$B/tests/helpers/own")/fs2tar
	tar2fs=$(realpath "$B/tests/helpers/own")/tar2fs
	"$@"
}

try own 60 own
try own-extremes 60 own_extremes
try own-gnu-tar 60 with_own gnu
try own-there-and-back 60 with_own there_and_back .tar cat
try own-labels 30 with_own labels
try own-hostile 60 with_own hostile
try own-broken 120 with_own broken
try own-no-space 60 with_own no_space
try own-interrupt 60 with_own interrupt

p=$work/plain
read_only_image squashfs plain "-t 1000000000 -l" mksquashfs "$p" "$work/squashfs.img" -quiet -no-progress -noappend
read_only_image squashfs-rich rich "-t 1000000000 -x" mksquashfs "$work/rich" "$work/squashfs-rich.img" -quiet -no-progress -noappend
read_only_image erofs rich "" mkfs.erofs -zlz4hc "$work/erofs.img" "$work/rich"
read_only_image iso9660 plain "-t 0 -m" xorriso -as mkisofs -quiet -R -o "$work/iso9660.img" "$p"
read_only_image cramfs plain "-t 0 -m -l" mkfs.cramfs "$p" "$work/cramfs.img"
read_only_image romfs plain "-t 0 -m -l" genromfs -f "$work/romfs.img" -d "$p"
