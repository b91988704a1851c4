#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cptofs and cpfromfs: there and back as an ordinary user, on every file system that can
# be written; what a copy keeps and replaces; errors, full disks, signals; images that
# want to lead out of the destination. time limit: 900 s
#
# FS="ext4 xfs" runs these file systems only.

. "$(dirname "$0")/lib/shell.sh"
. "$(dirname "$0")/lib/copies.sh"

# name | type | size | mkfs | fsck | tree | what the way back compares not (see manifest.c)
#
# Owners do not come back to an ordinary user. Times: ext2 here, reiserfs and minix have
# seconds, vfat two of them, f2fs and others nanoseconds.
table=$(cat <<'END'
ext2    |ext2    |64M  |mkfs.ext2 -q -F -I 128        |e2fsck -fn          |rich |-t 1000000000
ext3    |ext3    |64M  |mkfs.ext3 -q -F               |e2fsck -fn          |rich |
ext4    |ext4    |64M  |mkfs.ext4 -q -F               |e2fsck -fn          |rich |
xfs     |xfs     |300M |mkfs.xfs -q -f                |xfs_repair -n       |rich |
btrfs   |btrfs   |256M |mkfs.btrfs -q -f              |btrfs check         |rich |
f2fs    |f2fs    |256M |mkfs.f2fs -q -f               |fsck_f2fs           |rich |
jfs     |jfs     |64M  |mkfs.jfs -q                   |fsck.jfs -n -f      |rich |
nilfs2  |nilfs2  |256M |mkfs.nilfs2 -q                |-                   |rich |-x
reiserfs|reiserfs|128M |mkfs.reiserfs -q -ff          |fsck_reiserfs       |rich |-x -t 1000000000
ntfs3   |ntfs3   |64M  |mkntfs -F -Q -q               |ntfsfix -n          |plain|-m -l -x -t 0
vfat    |vfat    |64M  |mkfs.vfat -F 32               |fsck.vfat -n        |plain|-m -l -t 2000000000
exfat   |exfat   |64M  |mkfs.exfat                    |fsck.exfat -n       |plain|-m -l -t 2000000000
udf     |udf     |64M  |mkudffs -b 2048 -r 0x0201     |-                   |plain|-t 1000000000
hfs     |hfs     |64M  |hformat -f                    |-                   |plain|-m -l -t 0
minix   |minix   |64M  |mkfs.minix -3                 |fsck.minix -f       |plain|-t 1000000000
END
)

# Its status does not tell.
fsck_f2fs()
{
	! fsck.f2fs --dry-run "$1" 2>&1 | grep -E '\[Fail\]|\[ASSERT\]'
}

fsck_reiserfs()
{
	reiserfsck --check -y -q "$1"
}


# there_and_back NAME TYPE TREE FLAGS: the rich tree becomes the root of the image, which not
# every file system gives attributes; the plain one a folder.
there_and_back()
{
	local image=$work/$1.img out=$work/out-$1 from=/

	rm -rf "$out"
	if [ "$3" = rich ]; then
		as_user "$cptofs" -i "$image" -t "$2" "$work/rich/." /
	else
		as_user "$cptofs" -i "$image" -t "$2" "$work/plain" /
		from=/plain
	fi || return
	as_user "$cpfromfs" -i "$image" "$from" "$out" || return
	# shellcheck disable=SC2086 # words
	same "-o $4" "$work/$3" "$out" || return
	chmod -R u+rwx "$out"
	rm -rf "$out"
}

as_user bash -c 'umask 22; make_plain_tree "$1/plain"; make_rich_tree "$1/rich"' _ "$work"

while IFS='|' read -r name type size mkfs fsck tree flags; do
	name=${name// /} type=${type// /} size=${size// /} tree=${tree// /}
	fsck=${fsck%"${fsck##*[! ]}"}
	[ -z "${FS:-}" ] || [[ " $FS " == *" $name "* ]] || continue
	if ! have "${mkfs%% *}"; then
		skip "$name" "there is no ${mkfs%% *}"
		continue
	fi
	# shellcheck disable=SC2086 # words
	if ! make_image "$name" "$size" $mkfs; then
		skip "$name" "$mkfs: $(tail -1 "$work/mkfs")"
		continue
	fi
	try "$name" 120 there_and_back "$name" "$type" "$tree" "$flags" < /dev/null
	if [ "$fsck" != - ]; then
		# shellcheck disable=SC2086 # words
		try "$name-fsck" 60 $fsck "$work/$name.img" < /dev/null
	fi
	rm -f "$work/$name.img"
done <<<"$table"

[ -z "${FS:-}" ] || exit

# ---- what a copy does, on ext4 ---------------------------------------------------------

owners()
{
	local i=$work/owners.img
	ext4 owners
	printf '# users\n65534 1000\n0 100000 65534\n1234 99\n' > "$work/map"
	as_user "$cptofs" -i "$i" --owner=7 --group 8 "$work/rich/empty" /one || return
	in_image "$i" "stat /one" | grep -qE 'User: +7 +Group: +8' || return
	as_user "$cptofs" -i "$i" --owner-map="$work/map" --group-map "$work/map" \
		"$work/rich/folder/size-513" /two || return
	in_image "$i" "stat /two" | grep -qE "User: +$(id -u nobody | sed 's/65534/1000/')" ||
		[ -z "$user" ] || { in_image "$i" "stat /two"; return 1; }
	# Users of access control lists are mapped as well; the first range that fits counts.
	in_image "$i" "ea_get -V /two system.posix_acl_access" | grep -q . ||
		in_image "$i" "ea_list /two" | grep -q posix_acl || return
	as_user "$cpfromfs" -i "$i" /two "$work/two" || return
	getfacl -n "$work/two" 2>/dev/null | grep -q '^user:101234:rwx' ||
		{ getfacl -n "$work/two"; return 1; }
	rm -f "$work/two"
	fails_with 64 'no number of a user|--owner' as_user "$cptofs" -i "$i" --owner=root \
		"$work/rich/empty" / || fails_with 1 'no number of a user' as_user "$cptofs" \
		-i "$i" --owner=root "$work/rich/empty" / || return
	printf '1 x\n' > "$work/map"
	fails_with 1 'line 1: expected' as_user "$cptofs" -i "$i" --owner-map="$work/map" \
		"$work/rich/empty" / || return
	clean "$i"
}

label()
{
	local i=$work/label.img
	ext4 label
	as_user "$cptofs" -i "$i" -s system_u:object_r:etc_t:s0 "$work/rich/folder" / || return
	in_image "$i" "ea_list /folder/in/script" | grep -q 'security.selinux.*etc_t:s0' || return
	in_image "$i" "ea_list /folder" | grep -q 'security.selinux.*etc_t:s0' || return
	clean "$i"
}

# As cp has it: into a folder that is there, else under a new name; "." is the content.
names()
{
	local i=$work/names.img p=$work/plain
	ext4 names
	as_user "$cptofs" -i "$i" "$p/folder" /new || return
	as_user "$cptofs" -i "$i" "$p/many" "$p/empty" /new || return
	as_user "$cptofs" -i "$i" "$p/folder/." /new/ || return
	as_user "$cptofs" -i "$i" "$p/folder/in/" / || return
	in_image "$i" "ls -p /new" > "$work/list"
	grep -q /size-4097/ "$work/list" && grep -q /many/ "$work/list" &&
		grep -q /empty/ "$work/list" || return
	in_image "$i" "ls -p /in" | grep -q /script/ || return
	fails_with 1 'there is no such folder' as_user "$cptofs" -i "$i" "$p/many" "$p/empty" \
		/nothing || return
	fails_with 1 'no such folder' as_user "$cptofs" -i "$i" "$p/empty" /no/such/name || return
	# The others are copied; the status tells.
	fails_with 1 'missing: .*No such file' as_user "$cptofs" -i "$i" "$p/missing" \
		"$p/empty" / || return
	in_image "$i" "stat /empty" | grep -q 'Type: regular' || return
	clean "$i"
}

replacing()
{
	local i=$work/replacing.img o=$work/replaced
	ext4 replacing
	as_user mkdir -p "$work/a" "$work/b" "$o"
	as_user bash -c "cd $work; echo old > a/file; echo mine > a/kept; ln -s kept a/link
		echo new > b/file; echo through > b/link; mkdir b/kept"
	as_user "$cptofs" -i "$i" "$work/a/." / || return
	fails_with 1 'kept: not copied' as_user "$cptofs" -i "$i" "$work/b/." / || return
	as_user "$cpfromfs" -i "$i" /file /kept /link "$o" || return
	# What is behind a link stays as it was: the link is replaced.
	[ "$(cat "$o/file" "$o/kept" "$o/link")" = "$(printf 'new\nmine\nthrough')" ] || return
	[ ! -L "$o/link" ] || return
	clean "$i"
}

no_space()
{
	local i=$work/space.img
	ext4 space 4M
	as_user mkdir -p "$work/much"
	as_user bash -c "for n in 1 2 3 4 5 6 7 8; do head -c 1M /dev/urandom > $work/much/f\$n; done"
	fails_with 1 'much/f[2-9].*: No space left on device' as_user "$cptofs" -i "$i" \
		"$work/much" / || return
	# It ends there, rather than with an error for every file.
	[ "$(grep -c 'No space' "$work/said")" = 1 ] || return
	clean "$i" || return
	make_image many 4M mkfs.ext4 -q -F -N 64
	fails_with 1 'No space left on device' as_user "$cptofs" -i "$work/many.img" \
		"$work/plain" / || return
	clean "$work/many.img"
}

# A signal in the middle: a clean file system, and the death that the signal asked for.
signal()
{
	local i=$work/signal.img pid status before
	ext4 signal 1G
	before=$(stat -c %b "$i")
	# shellcheck disable=SC2086 # words
	$user "$cptofs" -q -i "$i" "$work/large" / 2> "$work/said" &
	pid=$!
	# Until something has arrived.
	for _ in $(seq 500); do
		[ "$(stat -c %b "$i")" -gt $((before + 2000)) ] && break
		sleep 0.01
	done
	kill -"$1" "$pid"
	wait "$pid"
	status=$?
	cat "$work/said"
	clean "$i" || return
	[ "$status" = "$2" ] || { echo "status $status"; return 1; }
	grep -q interrupted "$work/said"
}

# Command lines by chance, as the C library takes them apart, and as our own code does that other
# hosts have.
own_argp()
{
	local n=${LKL_TEST_ALL:+10}1000
	"$B/tests/helpers/arguments" "$n" > "$tmp/arguments" &&
		ASAN_OPTIONS=detect_leaks=0 "$B/tests/helpers/own/arguments" "$n" |
			diff "$tmp/arguments" - | head -20
	[ "${PIPESTATUS[*]}" = "0 0 0" ]
}

# Data in 100 GiB that are mostly holes, and 120 MiB without: memory stays what it is.
large()
{
	local i=$work/huge.img before
	make_image huge 200G mkfs.ext4 -q -F -J size=16 -E lazy_itable_init=1 || return
	before=$(stat -c %b "$i")
	as_user truncate -s 100G "$work/sparse"
	as_user dd if=/dev/urandom of="$work/sparse" bs=1M count=3 seek=102000 conv=notrunc \
		status=none
	as_user bash -c "$cptofs -q -i $i $work/sparse $work/large /" || return
	[ "$(stat -c %b "$i")" -lt $((before + (200 << 11))) ] || return
	as_user mkdir "$work/huge"
	as_user "$cpfromfs" -q -i "$i" /sparse "$work/huge" || return
	[ "$(stat -c %b "$work/huge/sparse")" -lt 16384 ] || return
	same -o "$work/sparse" "$work/huge/sparse" || return
	clean "$i"
	rm -rf "$i" "$work/huge"
}

# Deeper than paths are long, and than shells have descriptors by default.
deep()
{
	local i=$work/deep.img
	ext4 deep
	as_user bash -c "mkdir $work/deep; cd $work/deep
		for n in \$(seq 1100); do mkdir level-\$n; cd level-\$n || exit; done; echo end > file" || return
	as_user "$cptofs" -i "$i" "$work/deep" / || return
	as_user "$cpfromfs" -i "$i" /deep "$work/deep-again" || return
	as_user bash -c "cd $work/deep-again; for n in \$(seq 1100); do cd level-\$n || exit; done
		[ \$(cat file) = end ]" || return
	clean "$i"
	rm -rf "$work/deep" "$work/deep-again"
}

# Names that would do something to a terminal are quoted.
# A folder, and all below it, in which the case of names does not matter.
folds_case()
{
	local i=$work/folds.img from=$work/folds
	make_image folds 64M mkfs.ext4 -q -F -O casefold || return
	debugfs -w -R "mkdir /f" "$i" && debugfs -w -R "sif /f flags 0x40080000" "$i" || return
	as_user bash -c "mkdir -p $from/one $from/two $from/out; echo text > $from/one/ReadMe
		echo 1 > $from/two/a; echo 2 > $from/two/A"
	as_user "$cptofs" -i "$i" "$from/one" /f || return
	as_user "$cpfromfs" -i "$i" /F/ONE/readme "$from/out" && return 1
	as_user "$cpfromfs" -i "$i" /f/ONE/readme "$from/out" || return
	[ "$(cat "$from/out/readme")" = text ] || return
	fails_with 1 'does not tell apart' as_user "$cptofs" -i "$i" "$from/two" /f || return
	clean "$i"
}

quoting()
{
	local i=$work/quoting.img
	ext4 quoting
	as_user mkdir -p "$work/quote"
	as_user touch "$work/quote/$(printf 'a\033]0;b\007\302\233m')"
	as_user chmod 0 "$work/quote/"*
	[ -n "$user" ] || return 0
	fails_with 1 'a\\033\]0;b\\007\\302\\233m: .*denied' as_user "$cptofs" -i "$i" \
		"$work/quote" /
}

# An image whose names and links want to lead out of the destination.
hostile()
{
	local i=$work/hostile.img o=$work/victim
	ext4 hostile
	as_user mkdir -p "$work/bad" "$o/dst"
	as_user bash -c "cd $work/bad; mkdir dir; echo evil > dir/file; echo own > aaaa
		ln -s $o out; echo evil > zzzz"
	as_user "$cptofs" -i "$i" "$work/bad/." / || return
	# Renamed behind the kernel's back: two entries "out", a link and a folder; "..".
	python3 - "$i" <<-'END' || return
		import sys
		f = open(sys.argv[1], "r+b")
		data = f.read()
		at = data.index(b"\x03\x02dir")
		f.seek(at)
		f.write(b"\x03\x02out")
		at = data.index(b"\x04\x01zzzz")
		f.seek(at)
		f.write(b"\x04\x01/../")
	END
	as_user "$cpfromfs" -i "$i" -t ext4 --mount-options=ro,noload /. "$o/dst" \
		> "$work/said" 2>&1
	cat "$work/said"
	[ "$(cd "$o" && find . -name file -not -path './dst/*')" = "" ] || return
	[ "$(cd "$o" && echo *)" = dst ]
}

usage()
{
	local i=$work/usage.img
	ext4 usage
	fails_with 64 'no image is given' as_user "$cptofs" a b || return
	fails_with 64 'what is to be copied' as_user "$cptofs" -i "$i" a || return
	fails_with 1 'nothing.img' as_user "$cptofs" -i "$work/nothing.img" "$work/plain" / || return
	fails_with 1 'nothing' as_user "$cpfromfs" -i "$i" /nothing "$work" || return
	fails_with 1 'no partition' as_user "$cptofs" -i "$i" -P 3 "$work/plain" / || return
	fails_with 1 'as xfs' as_user "$cptofs" -i "$i" -t xfs "$work/plain" / || return
	chmod 444 "$i"
	[ -z "$user" ] || fails_with 1 'denied' as_user "$cptofs" -i "$i" "$work/plain" / || return
	as_user "$cpfromfs" -i "$i" / "$work/usage" || return
	"$cptofs" --help | grep -q -- --owner-map && "$cpfromfs" --version | grep -q '^cpfromfs '
}

# A partition by number and by label.
partition()
{
	local i=$work/partition.img
	ext4 part 32M
	as_user truncate -s 64M "$i"
	as_user sfdisk -q "$i" <<-END || return
		label: gpt
		start=2048, size=2048, name=first
		start=8192, size=65536, name=second
	END
	as_user dd if="$work/part.img" of="$i" bs=512 seek=8192 conv=notrunc,sparse status=none
	as_user "$cptofs" -i "$i" -t ext4 -P 2 "$work/plain" / || return
	as_user "$cpfromfs" -i "$i" -P second /plain "$work/from-part" || return
	same -o "$work/plain" "$work/from-part"
}

# Twice the same image, at different times; other times would be different ones.
reproducible()
{
	local n mkfs=$1
	# shellcheck disable=SC2086 # words
	make_image first 300M $mkfs || return
	as_user cp --sparse=always "$work/first.img" "$work/second.img"
	for n in first second; do
		SOURCE_DATE_EPOCH=1600000000 as_user timeout 60 "$cptofs" --reproducible \
			-i "$work/$n.img" "$work/plain" / || return
		sleep 1.1
	done
	cmp "$work/first.img" "$work/second.img" || return
	fails_with 1 'needs the time' as_user env -u SOURCE_DATE_EPOCH "$cptofs" --reproducible \
		-i "$work/first.img" "$work/plain" / || return
	fails_with 64 'reproducible' as_user "$cpfromfs" --reproducible \
		-i "$work/first.img" /plain "$work/from-first"
}

# The same when the kernel's own thread begins late, as it may on a busy machine.
late_thread()
{
	local late
	make_image base 300M mkfs.xfs -q -f || return
	for late in 0 20000; do
		as_user cp --sparse=always "$work/base.img" "$work/late-$late.img"
		SOURCE_DATE_EPOCH=1600000000 as_user timeout 60 env LATE_THREAD=$late \
			LD_PRELOAD="$(realpath "$B")/tests/helpers/late_thread.so" "$cptofs" --reproducible \
			-i "$work/late-$late.img" "$work/plain" / || return
	done
	cmp "$work/late-0.img" "$work/late-20000.img"
}

# Everything that only root can have: owners, devices, trusted attributes, capabilities.
as_root()
{
	local t=$tmp/root i=$tmp/root.img
	mkdir "$t" "$t/dir" || return
	make_rich_tree "$t"
	mknod -m 640 "$t/char" c 300 70000
	mknod -m 600 "$t/block" b 8 1
	chown 1234:5678 "$t/dir" "$t/char"
	chmod 2751 "$t/dir"
	chown -h 77:88 "$t/absolute"
	echo x > "$t/suid"
	chown 5:6 "$t/suid"
	chmod 6755 "$t/suid"
	setcap cap_net_raw+ep "$t/suid"
	setfattr -n trusted.test -v 1 "$t/dir" && setfattr -h -n trusted.link -v 2 "$t/link"
	touch -d '2020-01-01 12:00:00.123456789' "$t"
	truncate -s 128M "$i"
	"$4" "${@:5}" "$i" > "$work/mkfs" 2>&1 || return
	"$cptofs" -i "$i" -t "$1" "$t/." / || return
	"$cpfromfs" -i "$i" / "$tmp/root-again" || return
	same "" "$t" "$tmp/root-again" || return
	"$2" "$3" "$i" || return
	rm -rf "$t" "$tmp/root-again" "$i"
}

as_user bash -c 'head -c 120M /dev/zero | tr "\0" "x" > "$1/large"' _ "$work"
try owners 60 owners
try label 30 label
try names 60 names
try replacing 60 replacing
try no-space 60 no_space
try interrupt 60 signal INT 130
try terminate 60 signal TERM 143
try large 120 large
try deep 400 deep
try quoting 30 quoting
try folds-case 30 folds_case
try own-argp 100 own_argp
try hostile 30 hostile
try usage 60 usage
try partition 60 partition
try reproducible-ext4 120 reproducible "mkfs.ext4 -q -F"
try reproducible-xfs 120 reproducible "mkfs.xfs -q -f"
try reproducible-btrfs 120 reproducible "mkfs.btrfs -q -f"
try reproducible-f2fs 120 reproducible "mkfs.f2fs -q -f"
try reproducible-vfat 120 reproducible "mkfs.vfat -F 32"
try reproducible-late-thread 120 late_thread
if [ "$(id -u)" = 0 ]; then
	try root-ext4 60 as_root ext4 e2fsck -fn mkfs.ext4 -q -F
else
	skip root-ext4 "needs root"
fi
