# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests of copying programs share, after shell.sh: an ordinary user, trees to copy,
# and the table of file systems.

# try() runs functions in shells of their own: all that is defined from here on is for these.
set -a

tmp=${tmp:?}
# As another user if we are root; $work is a folder of that user.
user=
work=$tmp
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups \
		test -x "$B/bin/cptofs" -a -x "$tmp"; then
	user="setpriv --reuid 65534 --regid 65534 --clear-groups"
	work=$tmp/user
	mkdir -p "$work"
	chown 65534:65534 "$work"
fi

as_user()
{
	# shellcheck disable=SC2086 # words
	HOME=$work $user "$@"
}

cptofs=$(realpath "$B/bin")/cptofs
cpfromfs=$(realpath "$B/bin")/cpfromfs
fs2tar=$(realpath "$B/bin")/fs2tar
tar2fs=$(realpath "$B/bin")/tar2fs
manifest=$(realpath "$B/tests/helpers")/manifest

# same FLAGS A B: whether two trees are the same, as far as manifest compares them.
same()
{
	local flags=$1
	# shellcheck disable=SC2086 # words
	diff <("$manifest" $flags "$2") <("$manifest" $flags "$3") > "$work/diff" && return
	head -5 "$work/diff" | cut -c1-300
	return 1
}

# What any file system can keep: files, folders, lengths of all kinds.
make_plain_tree()
{
	local t=$1 i

	mkdir -p "$t/folder/in/folders" "$t/empty-folder" "$t/many"
	: > "$t/empty"
	for i in 1 511 512 513 4095 4096 4097 65536 262143 262144 262145 1000001; do
		head -c "$i" /dev/urandom > "$t/folder/size-$i"
	done
	for i in $(seq 200); do
		echo "number $i" > "$t/many/file-$i"
	done
	head -c 3000 /dev/zero > "$t/folder/in/zeroes"
	printf '#!/bin/sh\n' > "$t/folder/in/script"
	touch -d '2021-03-04 05:06:08' "$t/folder/size-4096" "$t/folder/in"
}

# The rest, as far as an ordinary user can make it.
make_rich_tree()
{
	local t=$1

	make_plain_tree "$t"
	chmod 750 "$t/folder/in"
	chmod 4711 "$t/folder/in/script"
	chmod 1777 "$t/empty-folder"
	chmod 400 "$t/folder/size-1"
	ln "$t/folder/size-511" "$t/hard"
	ln "$t/folder/size-511" "$t/folder/in/hard"
	ln -s folder/in "$t/link"
	ln -s /etc/passwd "$t/absolute"
	ln -s "$(printf 'x%.0s' $(seq 180))" "$t/long-link"
	mkfifo -m 620 "$t/fifo"
	: > "$t/ blank and $(printf '\033[31m') colour"
	: > "$t/$(printf 'bytes-\303\244')"
	: > "$t/$(printf 'n%.0s' $(seq 250))"
	truncate -s 40M "$t/sparse"
	head -c 5000 /dev/urandom | dd of="$t/sparse" bs=4096 seek=5000 conv=notrunc status=none
	truncate -s 3M "$t/hole"
	touch -d '1970-01-01 00:00:01.000000001 UTC' "$t/folder/size-513"
	touch -d '2033-05-18 03:33:20.123456789 UTC' "$t/folder/in"
	touch -h -d '2001-09-09 01:46:40.5 UTC' "$t/link"
	if setfattr -n user.test -v "value" "$t/folder/size-512" 2>/dev/null; then
		setfattr -n user.folder -v 0x00010203 "$t/folder"
		setfacl -m u:1234:rwx,g:4321:r "$t/folder/size-513"
		setfacl -d -m u:1234:rx "$t/empty-folder"
	fi
	touch -d '2022-02-02 02:02:02.22222222' "$t"
}

# make_image NAME SIZE MKFS...: $work/NAME.img, which the ordinary user may write.
make_image()
{
	local image=$work/$1.img size=$2
	shift 2
	rm -f "$image"
	as_user truncate -s "$size" "$image"
	as_user "$@" "$image" > "$work/mkfs" 2>&1
}

ext4()
{
	make_image "$1" "${2:-32M}" mkfs.ext4 -q -F
}


# in_image IMAGE COMMAND: what debugfs says to it.
in_image()
{
	debugfs -R "$2" "$1" 2>/dev/null
}

clean()
{
	e2fsck -fn "$1" > "$work/fsck" 2>&1 && return
	cat "$work/fsck"
	return 1
}

# fails_with STATUS TEXT COMMAND...: what it says has TEXT, an extended regular expression.
fails_with()
{
	local want=$1 text=$2 status
	shift 2
	"$@" > "$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ "$status" = "$want" ] || { echo "status $status, not $want"; return 1; }
	grep -qE -- "$text" "$work/said" || { echo "does not say: $text"; return 1; }
}
