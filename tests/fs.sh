#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every writable file system that Debian can make: made by its own mkfs, written
# inside, checked by its own fsck, verified inside again; and where the host's kernel
# knows it too, verified there, and the other way round. time limit: 1800 s
#
# FS="ext4 xfs" runs only these.

. "$(dirname "$0")/lib/shell.sh"

fstree=$(helper fstree)
few=
if [ -n "$LKL_RUN" ]; then
	FS=${FS:-ext4 btrfs}
	few="-n 2000"
fi

# ext2 inside does not look for xattrs in large inodes, where ext4 puts them. A
# symbolic link of udf has to fit a block.
#
# name | type | size | mkfs | fsck, "-" if there is none | options for fstree
table=$(cat <<'EOF'
ext2    |ext2    |2G  |mkfs.ext2 -q -F -N 200000 -I 128|e2fsck -fn          |
ext3    |ext3    |2G  |mkfs.ext3 -q -F -N 200000      |e2fsck -fn          |
ext4    |ext4    |2G  |mkfs.ext4 -q -F -N 200000      |e2fsck -fn          |
xfs     |xfs     |2G  |mkfs.xfs -q -f                 |xfs_repair -n       |
xfs-64k |xfs     |2G  |mkfs.xfs -q -f -n size=64k     |xfs_repair -n       |
btrfs   |btrfs   |2G  |mkfs.btrfs -q -f               |btrfs check         |
btrfs-zstd|btrfs |2G  |mkfs.btrfs -q -f               |btrfs check         |-o compress-force=zstd
f2fs    |f2fs    |2G  |mkfs.f2fs -q -f                |fsck_f2fs           |
jfs     |jfs     |2G  |mkfs.jfs -q                    |fsck.jfs -n -f      |
nilfs2  |nilfs2  |4G  |mkfs.nilfs2 -q                 |-                   |-x
reiserfs|reiserfs|2G  |mkfs.reiserfs -q -ff           |fsck_reiserfs       |-x -n 20000
ntfs3   |ntfs3   |4G  |mkntfs -F -Q -q                |ntfsfix -n          |-x -L -m -n 20000 -s 0
vfat    |vfat    |2G  |mkfs.vfat -F 32                |fsck.vfat -n        |-x -l -L -m -n 3000 -s 0
exfat   |exfat   |2G  |mkfs.exfat                     |fsck.exfat -n       |-x -l -L -m -n 5000 -s 0
udf     |udf     |1G  |mkudffs -b 2048 -r 0x0201      |-                   |-x -n 5000 -N 250
hfs     |hfs     |512M|hformat -f                     |-                   |-x -l -L -m -n 2000 -N 31 -s 0
minix   |minix   |256M|mkfs.minix -3 -i 20000         |fsck.minix -f       |-x -n 2000 -N 60 -s 1
EOF
)

# Its status does not tell.
fsck_f2fs()
{
	local out
	out=$(fsck.f2fs --dry-run "$1" 2>&1)
	if grep -qE '\[Fail\]|\[ASSERT\]' <<<"$out"; then
		grep -E '\[Fail\]|\[ASSERT\]' <<<"$out"
		return 1
	fi
}

fsck_reiserfs()
{
	reiserfsck --check -y -q "$1"
}

# in_host TYPE IMAGE COMMAND...: runs it with IMAGE mounted at $tmp/host by the host.
in_host()
{
	local type=$1 image=$2
	shift 2
	mkdir -p "$tmp/host"
	unshare -m bash -c 'mount -o loop -t "$1" "$2" "$3" || exit 99
		shift 3; "$@"; s=$?; umount "'"$tmp/host"'"; exit $s' \
		_ "$type" "$image" "$tmp/host" "$@"
}

export -f in_host fsck_f2fs fsck_reiserfs
export tmp

# Whether the host's kernel can mount that type, and we may.
host_mounts()
{
	[ "$(id -u)" = 0 ] && { grep -qw "$1" /proc/filesystems || modprobe -q "$1"; } &&
		in_host "$1" "$2" true >/dev/null 2>&1
}

# one NAME TYPE SIZE MKFS FSCK OPTIONS
one()
{
	local name=$1 type=$2 size=$3 mkfs=$4 fsck=$5 options=$6 image=$tmp/$1.img

	if ! have "${mkfs%% *}"; then
		skip "$name" "there is no ${mkfs%% *}"
		return
	fi
	rm -f "$image"
	truncate -s "$size" "$image"
	# shellcheck disable=SC2086 # words
	try "$name-mkfs" 60 $mkfs "$image" || return
	# shellcheck disable=SC2086
	try "$name-write" 300 "$fstree" -t "$type" $options write image "$image" || return
	if [ "$fsck" != - ]; then
		# shellcheck disable=SC2086
		try "$name-fsck" 120 $fsck "$image"
	fi
	# shellcheck disable=SC2086
	try "$name-verify" 300 "$fstree" -t "$type" $options verify image "$image"

	if ! host_mounts "$type" "$image"; then
		skip "$name-host" "the host's kernel can't mount it"
	else
		# shellcheck disable=SC2086
		try "$name-host-verify" 300 in_host "$type" "$image" \
			"$fstree" $options verify folder "$tmp/host"
		rm -f "$image"
		truncate -s "$size" "$image"
		# shellcheck disable=SC2086
		$mkfs "$image" >/dev/null 2>&1
		# shellcheck disable=SC2086
		try "$name-host-write" 300 in_host "$type" "$image" \
			"$fstree" $options write folder "$tmp/host" &&
			try "$name-from-host" 300 "$fstree" -t "$type" $options \
				verify image "$image"
	fi
	rm -f "$image"
}

while IFS='|' read -r name type size mkfs fsck options; do
	name=${name// /} type=${type// /} size=${size// /} fsck=${fsck%"${fsck##*[! ]}"}
	[ -z "${FS:-}" ] || [[ " $FS " == *" $name "* ]] || continue
	one "$name" "$type" "$size" "$mkfs" "$fsck" "$options $few" < /dev/null
done <<<"$table"

if [ -z "${FS:-}" ] || [[ " $FS " == *" btrfs-raid1 "* ]]; then
	truncate -s 2G "$tmp/a.img" "$tmp/b.img"
	mkfs.btrfs -q -f -d raid1 -m raid1 "$tmp/a.img" "$tmp/b.img" &&
		try btrfs-raid1-write 300 "$fstree" -t btrfs -o device=/disk1 -n 20000 \
			write image "$tmp/a.img" "$tmp/b.img" &&
		try btrfs-raid1-verify 300 "$fstree" -t btrfs -o device=/disk1 -n 20000 \
			verify image "$tmp/a.img" "$tmp/b.img" &&
		try btrfs-raid1-half 300 "$fstree" -t btrfs -r -o degraded -n 20000 \
			verify image "$tmp/b.img"
	rm -f "$tmp/a.img" "$tmp/b.img"
fi

for t in bcachefs affs befs hfsplus; do
	[ -n "${FS:-}" ] || skip "$t" "Debian 12 has no mkfs for it"
done
