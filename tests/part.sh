#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lkl-part: the table, the JSON, and that nothing changes. What other tools say of the
# same images is what it is compared with. time limit: 240 s

. "$(dirname "$0")/lib/shell.sh"

part=$(realpath "$B/bin/lkl-part" 2> /dev/null)
probing=$(realpath "$B/tests/helpers/probing" 2> /dev/null)
layers=$PWD/tests/lib/layers.py
if [ ! -x "$part" ]; then
	skip part "libblkid-dev was missing when the programs were built"
	exit
fi
cd "$tmp" || exit 1
chmod 755 .
as_user=()
[ "$(id -u)" = 0 ] && as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)

truncate -s 100M disk.img
sfdisk -q disk.img <<'SFDISK'
label: gpt
size=40M, name="EFI System", type=U
size=20M, name=root
SFDISK
mkfs.vfat -n EFI -F 32 --offset=2048 disk.img 40960 > /dev/null 2>&1
truncate -s 20M root.img
mkfs.ext4 -q -F -L root root.img
python3 "$layers" place root.img $((41 << 20)) disk.img
chmod 444 disk.img
before=$(md5sum < disk.img)

"${as_user[@]}" "$part" disk.img > table 2> err || fail table "$(tail -1 err)"
sed 's/^/# /' table
uuid=$(blkid -p -s UUID -o value root.img)
grep -Eq "^disk.img +100 MiB +gpt partition table$" table && pass shows-the-table ||
	fail shows-the-table "no line for the disk"
grep -Eq "^  1 +40 MiB +vfat +EFI +[0-9A-F]{4}-[0-9A-F]{4}$" table && pass shows-the-first ||
	fail shows-the-first "no line for partition 1"
grep -Eq "^  2 +20 MiB +ext4 +root +$uuid$" table && pass shows-the-second ||
	fail shows-the-second "no line for partition 2"
[ ! -s err ] && pass says-no-more || fail says-no-more "$(tail -1 err)"
[ "$before" = "$(md5sum < disk.img)" ] && pass changes-nothing || fail changes-nothing "it did"

# query NAME FILTER EXPECTED IMAGE...
query()
{
	local name=$1 filter=$2 expected=$3 said
	shift 3
	said=$(timeout 60 "$part" --json "$@" 2> err | jq -r "$filter")
	[ "$said" = "$expected" ] && pass "$name" ||
		fail "$name" "$expected was expected, but: $said, $(tail -1 err)"
}
if ! have jq; then
	skip json "there is no jq"
else
	query json-starts '[.images[0].partitions[].start] | join(" ")' \
		"$((1 << 20)) $((41 << 20))" disk.img
	query json-as-sfdisk '[.images[0].partitions[].part_uuid | ascii_upcase] | join(" ")' \
		"$(sfdisk -J disk.img | jq -r '[.partitiontable.partitions[].uuid] | join(" ")')" disk.img
	query json-label '.images[0].partitions[1] | .label, .part_label, .usage' \
		$'root\nroot\nfilesystem' disk.img
	python3 "$layers" md 1 root.img a.img b.img
	query json-array '.arrays[0] | .level, (.members | length), .content.uuid' \
		$'raid1\n2\n'"$uuid" a.img b.img
	query json-degraded '.arrays[0].started' true a.img
	python3 "$layers" lvm pv.img root.img
	query json-volume '.groups[0] | .name, .volumes[0].name, .volumes[0].content.uuid' \
		$'vg\none\n'"$uuid" pv.img
	# A volume that holds a partition table, which the kernel does not look for there.
	python3 "$layers" lvm nested.img disk.img
	query json-nested '.groups[0].volumes[0].content.partitions[1].uuid' "$uuid" nested.img
	if have qemu-img && pkg-config --exists libnbd; then
		qemu-img convert -O qcow2 disk.img disk.qcow2
		query json-qcow2 '.images[0].partitions[1].uuid' "$uuid" disk.qcow2
	fi
	# A label that no terminal and no JSON should get as it is.
	tune2fs -L "$(printf 'a\033[31m\377"b')" root.img > /dev/null
	query json-hostile-label '.images[0].label' "$(printf 'a\033[31m?"b')" root.img
fi
"$part" root.img > table
grep -q "$(printf '\033')" table && fail no-escape "an escape reaches the terminal" ||
	pass no-escape

# Tables that describe each other: a part of them is shown, and nothing grows without end.
for kind in dos deep gpt; do
	python3 "$layers" maze $kind maze.img
	timeout 60 "$part" maze.img > table 2> err
	[ $? = 0 ] && [ "$(wc -l < table)" -lt 300 ] && pass maze-$kind ||
		fail maze-$kind "$(wc -l < table) lines, $(tail -1 err)"
done

# What hosts without libblkid have instead of it, under sanitizers.
if [ ! -x "$probing" ]; then
	skip own-probing "built for another host"
else
	truncate -s 2M fat.img swap.img table.img
	mkfs.vfat -n LABEL fat.img > /dev/null
	chmod 600 swap.img
	mkswap -q -L label swap.img
	sfdisk -q table.img <<< $'label: dos\nsize=1000,type=c\nsize=2000,type=5\nsize=100\nsize=100'
	truncate -s 8M exfat.img && mkfs.exfat -L label exfat.img > /dev/null
	timeout 120 "$probing" "${LKL_TEST_ALL:+$RANDOM}1" "${LKL_TEST_ALL:+10}2000" disk.img root.img \
		fat.img swap.img table.img exfat.img > out 2>&1 &&
		timeout 60 "$probing" 1 100 maze.img >> out 2>&1 && pass own-probing ||
		fail own-probing "$(head -3 out | paste -sd ';')"
fi

# fails NAME STATUS WORDS ARGUMENT...
fails()
{
	local name=$1 status=$2 words=$3
	shift 3
	timeout 60 "$part" "$@" > out 2> err
	[ $? = "$status" ] && grep -q -- "$words" err && pass "$name" ||
		fail "$name" "$words was expected: $(tail -1 err)"
}
fails no-image 2 "no image is given"
fails unknown-option 2 "unrecognized option" --nonsense disk.img
fails bad-memory 2 "is no amount of memory" --mb=lots disk.img
fails missing 1 "nothing.img: No such file" nothing.img
fails missing-second 1 "nothing.img: No such file" disk.img nothing.img
timeout 60 "$part" disk.img > /dev/full 2> err
[ $? = 1 ] && grep -q "cannot be written" err && pass full-output || fail full-output "$(cat err)"
timeout 60 "$part" --no-sandbox disk.img > /dev/null && pass no-sandbox || fail no-sandbox "status"
"$part" --help > text
grep -q key-file text && pass help || fail help "no help"
"$part" -v disk.img > /dev/null 2> log
grep -q "Linux version" log && pass verbose || fail verbose "no log"
