#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Hostile images: random changes to the metadata of each file system, and to partition
# tables, LUKS headers, RAID superblocks and the metadata of LVM. No crash, no hang, no
# memory without bound. SEED in the environment is the number of the first change, COUNT
# how many there are of each kind; FS="ext4 xfs" does some file systems only. What failed
# can be had again: build/tests/helpers/hostile TYPE IMAGE NUMBER 1. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

hostile=$B/tests/helpers/hostile
cptofs=$B/bin/cptofs
part=$B/bin/lkl-part
seed=${SEED:-1}
count=${COUNT:-${LKL_TEST_ALL:+2000}}
count=${count:-12}

# name | type | size, 0 for an image that is made from a folder | mkfs
table="
ext2         |ext2    |8M  |mkfs.ext2 -q -F
ext4         |ext4    |16M |mkfs.ext4 -q -F
ext4-no-csum |ext4    |16M |mkfs.ext4 -q -F -O ^metadata_csum,inline_data
xfs          |xfs     |300M|mkfs.xfs -q -f
xfs-no-csum  |xfs     |300M|mkfs.xfs -q -f -m crc=0
btrfs        |btrfs   |128M|mkfs.btrfs -q -f
f2fs         |f2fs    |64M |mkfs.f2fs -q -f
vfat         |vfat    |40M |mkfs.vfat -F 32
exfat        |exfat   |16M |mkfs.exfat
ntfs3        |ntfs3   |16M |mkntfs -F -Q -q
udf          |udf     |16M |mkudffs -b 2048 -r 0x0201
jfs          |jfs     |16M |mkfs.jfs -q
nilfs2       |nilfs2  |64M |mkfs.nilfs2 -q -b 1024 -B 256
minix        |minix   |8M  |mkfs.minix -3
squashfs     |squashfs|0   |mksquashfs FILES IMAGE -quiet -no-progress -noappend
erofs        |erofs   |0   |mkfs.erofs IMAGE FILES
erofs-lz4    |erofs   |0   |mkfs.erofs -zlz4hc IMAGE FILES
iso9660      |iso9660 |0   |xorriso -as mkisofs -quiet -R -J -o IMAGE FILES
cramfs       |cramfs  |0   |mkfs.cramfs FILES IMAGE
romfs        |romfs   |0   |genromfs -d FILES -f IMAGE
"

# The same files each time: what a change leads to hangs on what is there.
files=$tmp/files
mkdir -p "$files/docs/old" "$files/src"
for ((i = 0; i < 60; i++)); do
	seq $((i * 7)) $((i * 250)) > "$files/docs/text-$i"
done
for ((i = 0; i < 200; i++)); do
	echo "$i" > "$files/src/$i.a-name-that-is-not-so-short"
done
truncate -s 300K "$files/docs/old/holes"
find "$files" -exec touch -h -d @1700000000 {} +

# one NAME TYPE SIZE MKFS
one()
{
	local name=$1 type=$2 size=$3 mkfs=$4 image=$tmp/$1.img
	if ! have "${mkfs%% *}"; then
		skip "$name" "there is no ${mkfs%% *}"
		return
	fi
	rm -f "$image"
	[ "$size" = 0 ] || truncate -s "$size" "$image"
	mkfs=${mkfs//IMAGE/$image}
	mkfs=${mkfs//FILES/$files}
	[ "$size" = 0 ] || mkfs="$mkfs $image"
	# shellcheck disable=SC2086 # words
	if ! $mkfs > "$tmp/out" 2>&1; then
		fail "$name" "$(tail -1 "$tmp/out")"
		return
	fi
	if [ "$size" != 0 ] && ! "$cptofs" -q -i "$image" -t "$type" "$files/docs" "$files/src" / \
			> "$tmp/out" 2>&1; then
		fail "$name" "cannot be filled: $(tail -1 "$tmp/out")"
		return
	fi
	try "$name" $((60 + count * 3)) "$hostile" "$type" "$image" "$seed" "$count"
	rm -f "$image"
}

if [ ! -x "$part" ] || [ ! -x "$cptofs" ]; then
	skip hostile "libblkid-dev was missing when the programs were built"
	exit
fi

while IFS='|' read -r name type size mkfs; do
	name=${name// } type=${type// } size=${size// }
	[ -n "$name" ] || continue
	[[ -z ${FS:-} || " $FS " == *" $name "* ]] || continue
	one "$name" "$type" "$size" "$mkfs" < /dev/null
done <<< "$table"
[ -z "${FS:-}" ] || exit

# ---- a loop without end ------------------------------------------------------------

# The free slots of a folder of JFS are a list; where the last one leads back to the first, the
# kernel goes round for ever when the folder is full. lkl-forkserver says so, and programs
# that copy end at the second signal.
endless()
{
	local i pid image=$tmp/endless.img mark=$((0x1c5e0)) ops=

	truncate -s 16M "$image"
	mkfs.jfs -q "$image" > "$tmp/out" 2>&1
	if [ "$(od -An -tx1 -j $mark -N 1 "$image")" != " ff" ]; then
		skip endless "mkfs.jfs puts its root folder elsewhere"
		return
	fi
	printf '\x01' | dd of="$image" bs=1 seek=$mark conv=notrunc status=none
	mkdir "$tmp/many"
	for ((i = 0; i < 20; i++)); do
		: > "$tmp/many/file$i"
		ops+="write file$i 10;"
	done
	timeout 60 "$B/bin/lkl-forkserver" -t jfs -l 2 -e "$ops" "$image" > "$tmp/out" 2>&1
	[ $? = 1 ] && grep -q 'endless.img: no end after 2 s, in "write file' "$tmp/out" &&
		pass endless-is-told || fail endless-is-told "$(tail -1 "$tmp/out")"
	"$cptofs" -q -i "$image" -t jfs "$tmp/many/." / > "$tmp/out" 2>&1 &
	pid=$!
	sleep 3
	kill -TERM $pid
	sleep 3
	kill -TERM $pid
	for ((i = 0; i < 100; i++)); do
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
	if kill -9 $pid 2> /dev/null; then
		fail endless-ends "the second signal did not end it"
	else
		wait $pid
		[ $? = 143 ] && pass endless-ends || fail endless-ends "$(tail -1 "$tmp/out")"
	fi
}
if have mkfs.jfs; then
	endless
else
	skip endless "there is no mkfs.jfs"
fi

# ---- what lkl-part reads -----------------------------------------------------------

# Each time another spoiled copy of the images, of which the first LIMIT bytes are changed.
# Errors are fine; a signal, a hang, or more than 1 GiB of memory is not.
# spoiled NAME LIMIT OPTIONS IMAGE...
spoiled()
{
	local name=$1 limit=$2 options=$3 i status images image
	shift 3
	for ((i = seed; i < seed + (count + 1) / 2; i++)); do
		images=()
		for image; do
			cp --sparse=always "$image" "$tmp/$(basename "$image").spoiled"
			images+=("$tmp/$(basename "$image").spoiled")
			python3 tests/lib/layers.py spoil "$i" $((1 << i % 7)) "$limit" "${images[-1]}"
		done
		# shellcheck disable=SC2086 # words
		timeout -k 5 60 "$part" $options "${images[@]}" > "$tmp/out" 2>&1
		status=$?
		if [ "$status" -gt 1 ]; then
			fail "$name" "number $i: status $status, $(tail -1 "$tmp/out")"
			return
		fi
	done
	pass "$name"
}

truncate -s 8M "$tmp/small.img"
mkfs.ext4 -q -F "$tmp/small.img"
truncate -s 40M "$tmp/gpt.img" "$tmp/dos.img"
printf 'label: gpt\nsize=9M, name=one\nsize=9M\nsize=9M\n' | sfdisk -q "$tmp/gpt.img"
printf 'label: dos\nd1: size=1M\nd2: size=38M, type=5\nd5: size=9M\nd6: size=9M\n' |
	sfdisk -q "$tmp/dos.img"
spoiled table-gpt 20000 "" "$tmp/gpt.img"
spoiled table-dos 12M "" "$tmp/dos.img"
spoiled table-json 20000 --json "$tmp/gpt.img"
for level in 0 1 5; do
	python3 tests/lib/layers.py md $level "$tmp/small.img" "$tmp/a.img" "$tmp/b.img" "$tmp/c.img"
	spoiled raid$level 8192 "" "$tmp/a.img" "$tmp/b.img" "$tmp/c.img"
done
if have cryptsetup && pkg-config --exists libcryptsetup; then
	printf secret > "$tmp/key"
	truncate -s 20M "$tmp/luks1.img" "$tmp/luks2.img"
	cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 \
		--key-file "$tmp/key" "$tmp/luks1.img"
	cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		--key-file "$tmp/key" "$tmp/luks2.img"
	spoiled luks1 4096 "--key-file $tmp/key" "$tmp/luks1.img"
	spoiled luks2 32768 "--key-file $tmp/key" "$tmp/luks2.img"
else
	skip luks "no cryptsetup, or libcryptsetup was missing when the programs were built"
fi
python3 tests/lib/layers.py lvm "$tmp/lvm.img" "$tmp/small.img"
spoiled lvm 40000 "" "$tmp/lvm.img"
