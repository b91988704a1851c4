#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How programs find the file system in an image: partitions, LUKS, RAID, LVM, stacks of
# these, other formats, NBD; and what they refuse. The images are made by the real tools
# where these work without a kernel's help, by lib/layers.py where not. time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

open=$B/tests/helpers/openvolume
part=$B/bin/lkl-part
layers=tests/lib/layers.py

if [ ! -x "$open" ]; then
	skip volume "libblkid-dev was missing when the tests were built"
	exit
fi
optional()
{
	pkg-config --exists "$1" && return
	skip "$2" "$1 was missing when the tests were built"
	return 1
}

# says NAME EXPECTED COMMAND...: success, and this on standard output.
says()
{
	local name=$1 expected=$2 said
	shift 2
	said=$(timeout 60 "$@" 2> "$tmp/err" < /dev/null)
	local status=$?
	sed 's/^/# /' "$tmp/err"
	if [ "$status" = 0 ] && [[ $said == $expected ]]; then
		pass "$name"
	else
		fail "$name" "$expected was expected, but: $said, status $status, $(tail -1 "$tmp/err")"
	fi
}

# refuses NAME WORDS COMMAND...: status 1, and these words on standard error, with the
# name of the image, which is the last argument.
refuses()
{
	local name=$1 words=$2 status
	shift 2
	timeout 60 "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
	sed 's/^/# /' "$tmp/err"
	if [ "$status" = 1 ] && grep -q -- "$words" "$tmp/err"; then
		pass "$name"
	else
		fail "$name" "$words was expected, status $status, $(tail -1 "$tmp/err")"
	fi
}

cd "$tmp" || exit 1
open=$(realpath "$OLDPWD/$open") part=$(realpath "$OLDPWD/$part")
layers=$OLDPWD/$layers

truncate -s 32M plain.img
mkfs.ext4 -q -F -L inner plain.img || exit
echo hello | "$open" put f plain.img || fail plain "cannot write"
clean()
{
	try "$1" 60 fsck.ext4 -fn "$2"
}
clean plain-is-clean plain.img

# ---- whole disks and partitions ----------------------------------------------

says whole "ext4, plain.img, rw" "$open" type plain.img
says whole-read-only "ext4, plain.img, ro" "$open" -r type plain.img
says whole-by-0 "ext4, plain.img, rw" "$open" -P 0 type plain.img
refuses whole-has-no-part "no partition 3" "$open" -P 3 type plain.img

truncate -s 200M gpt.img
sfdisk -q gpt.img <<'SFDISK'
label: gpt
size=40M, name="EFI System"
size=40M, name=root, uuid=11111111-2222-3333-4444-555555555555
size=40M, name=empty
SFDISK
python3 "$layers" place plain.img $(((1 + 40) << 20)) gpt.img
mkfs.vfat -n EFI -F 32 --offset=2048 gpt.img 40960 > /dev/null 2>&1
refuses several-file-systems "1 (vfat, EFI), 2 (ext4, inner), 3" "$open" type gpt.img
says by-number "ext4, gpt.img, partition 2, rw" "$open" -P 2 type gpt.img
says by-part-label "ext4, gpt.img, partition 2, rw" "$open" -P root type gpt.img
says by-label "ext4, gpt.img, partition 2, rw" "$open" -P inner type gpt.img
says by-uuid "ext4, gpt.img, partition 2, rw" "$open" \
	-P 11111111-2222-3333-4444-555555555555 type gpt.img
says label-with-a-space "vfat, gpt.img, partition 1, rw" "$open" -P "EFI System" type gpt.img
refuses no-such-part "no partition home; there are: 1 (vfat, EFI)" "$open" -P home type gpt.img
refuses empty-part "no file system that the kernel knows" "$open" -P 3 type gpt.img
says content-of-a-part hello "$open" -P 2 cat f gpt.img

# Logical partitions of the old kind, and a table of 4096-byte sectors.
truncate -s 100M dos.img
printf 'label: dos\nd1: size=1M\nd2: size=90M, type=5\nd5: size=40M\nd6: size=40M\n' |
	sfdisk -q dos.img
at=$(sfdisk -J dos.img | python3 -c 'import json, sys
print(json.load(sys.stdin)["partitiontable"]["partitions"][3]["start"] * 512)')
python3 "$layers" place plain.img "$at" dos.img
says logical "ext4, dos.img, partition 6, rw" "$open" type dos.img
if have sgdisk losetup && [ "$(id -u)" = 0 ] && truncate -s 80M 4k.img &&
   loop=$(losetup -b 4096 -f --show 4k.img 2> /dev/null); then
	printf 'label: gpt\nsize=40M\n' | sfdisk -q "$loop" 2> /dev/null
	losetup -d "$loop"
	python3 "$layers" place plain.img $((1 << 20)) 4k.img
	says large-sectors hello "$open" -P 1 cat f 4k.img
else
	skip large-sectors "no root, or no loop device of 4096-byte sectors"
fi

# ---- locks and other refusals --------------------------------------------------

coproc holder { "$open" wait plain.img 2>&1; }
read -r -u "${holder[0]}" _
refuses locked "plain.img is in use by another program" "$open" type plain.img
refuses locked-for-readers "plain.img is in use by another program" "$open" -r type plain.img
exec {to_holder}>&"${holder[1]}"
eval "exec ${holder[1]}>&-"
exec {to_holder}>&-
wait
says lock-is-gone "ext4*" "$open" type plain.img
coproc holder { "$open" -r wait plain.img 2>&1; }
read -r -u "${holder[0]}" _
says readers-share "*, ro" "$open" -r type plain.img
refuses readers-keep-writers-out "in use" "$open" type plain.img
eval "exec ${holder[1]}>&-"
wait
refuses missing-image "nothing.img: No such file" "$open" type nothing.img
: > empty.img
refuses empty-image "empty.img is empty" "$open" type empty.img
refuses folder "neither a file nor a block device" "$open" type .
truncate -s 8M zero.img
refuses zeroes "zero.img holds no file system that the kernel knows" "$open" type zero.img
refuses wrong-type "cannot mount it as xfs" "$open" -t xfs type plain.img
refuses unknown-type "the kernel has no file system nosuchfs" "$open" -t nosuchfs type plain.img
mkswap -q zero.img 2> /dev/null
refuses swap "zero.img holds no file system, but swap space" "$open" type zero.img
cp plain.img guarded.img
chmod 444 guarded.img
as_user=()
[ "$(id -u)" = 0 ] && as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 755 "$tmp"
refuses not-writable "open it read-only" "${as_user[@]}" "$open" type guarded.img
says ordinary-user-reads "*, ro" "${as_user[@]}" "$open" -r type guarded.img

# A journal that was not replayed, and an image that must not change.
cp plain.img crashed.img
coproc holder { exec "$open" wait crashed.img 2>&1; }
read -r -u "${holder[0]}" _
kill -9 "$holder_PID"
wait
before=$(md5sum < crashed.img)
says crashed-read-only "*, ro" "$open" -r type crashed.img
[ "$before" = "$(md5sum < crashed.img)" ] && pass reading-changes-nothing ||
	fail reading-changes-nothing "crashed.img is another"

# A full host: what could not be written is told, and ends the program with 1.
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=3M none small; then
	cp --sparse=always plain.img small/
	head -c 12M /dev/urandom > noise
	timeout 60 "$open" put noise small/plain.img < noise 2> "$tmp/err"
	status=$?
	umount small
	[ "$status" = 1 ] && grep -q "small/plain.img" "$tmp/err" && pass full-host ||
		fail full-host "status $status, $(tail -1 "$tmp/err")"
else
	skip full-host "a small tmpfs needs root"
fi

# ---- LUKS ------------------------------------------------------------------------

printf secret > key
echo secret > key-with-newline
printf wrong > wrong-key
# On a busy machine it may find itself too fast to measure.
luks1()
{
	local i
	for i in $(seq 20); do
		qemu-img convert --object secret,id=s,file=key -f raw "$1" -O luks \
			-o key-secret=s,iter-time=$((10 * i)) "$2" 2> err && return
	done
	cat err
	return 1
}
if optional libcryptsetup luks; then
	luks1 plain.img luks1.img
	says luks1 hello "$open" -k key cat f luks1.img
	# The same key and the same sectors, behind a header of the other version.
	cryptsetup luksDump -q --dump-master-key --key-file key --master-key-file master \
		luks1.img > /dev/null
	truncate -s 64M luks2.img
	cryptsetup luksFormat -q --type luks2 --pbkdf argon2id --pbkdf-memory 32768 \
		--pbkdf-force-iterations 4 --pbkdf-parallel 2 --master-key-file master \
		--key-size 512 --cipher aes-xts-plain64 --sector-size 512 --key-file key luks2.img
	from=$(cryptsetup luksDump luks1.img | sed -n 's/^Payload offset:[^0-9]*//p')
	dd if=luks1.img of=luks2.img bs=512 skip="$from" seek=32768 conv=notrunc status=none
	says luks2 hello "$open" -k key cat f luks2.img
	says luks2-ordinary-user hello "${as_user[@]}" "$open" -r -k key cat f luks2.img
	says luks-read-only "ext4, luks2.img, decrypted, ro" "$open" -r -k key type luks2.img
	says luks-key-with-newline "ext4*" "$open" -k key-with-newline type luks2.img
	refuses luks-wrong-key "luks2.img: no key slot opens with what is in wrong-key" \
		"$open" -k wrong-key type luks2.img
	refuses luks-no-key "luks2.img needs a passphrase" setsid -w "$open" type luks2.img
	echo changed | "$open" -k key put f luks2.img
	says luks-writes changed "$open" -k key cat f luks2.img
	# What was written is what the other program of the format reads.
	echo changed | "$open" -k key put f luks1.img
	qemu-img convert --object secret,id=s,file=key --image-opts -O raw \
		driver=luks,key-secret=s,file.filename=luks1.img decrypted.img
	clean luks-clean decrypted.img
	says luks-read-by-qemu changed "$open" cat f decrypted.img
	ask=(python3 "${layers%/*}/ask.py")
	says luks-prompt "*Passphrase for luks2.img: *changed*" \
		"${ask[@]}" secret "$open" cat f luks2.img
	says luks-second-attempt "*wrong passphrase*changed*" \
		"${ask[@]}" wrong,secret "$open" cat f luks2.img
	if "${ask[@]}" secret "$open" cat f luks2.img 2>&1 < /dev/null | grep -q secret; then
		fail luks-no-echo "the passphrase is shown"
	else
		pass luks-no-echo
	fi
fi

# ---- RAID ------------------------------------------------------------------------

for level in 0 1 5 6 10 1-old 5-old; do
	all=(a.img b.img c.img)
	[[ $level != 6 && $level != 10 ]] || all+=(d.img)
	rest=("${all[@]:0:2}")
	[ $level != 10 ] || rest+=(c.img)
	python3 "$layers" md $level plain.img "${all[@]}"
	says "raid$level" hello "$open" cat f "${all[@]}"
	says "raid$level-any-order" hello "$open" -r cat f "${all[@]:1}" a.img
	echo changed | "$open" put f "${all[@]:1}" a.img
	says "raid$level-writes" changed "$open" -r cat f "${all[@]}"
	if [ $level = 0 ]; then
		refuses raid0-incomplete "cannot be started from the 2 members" "$open" type a.img c.img
		continue
	fi
	before=$(cat "${rest[@]}" | md5sum)
	says "raid$level-degraded-is-read-only" "*, ro" "$open" type "${rest[@]}"
	says "raid$level-degraded" changed "$open" cat f "${rest[@]}"
	[ "$before" = "$(cat "${rest[@]}" | md5sum)" ] && pass "raid$level-degraded-unchanged" ||
		fail "raid$level-degraded-unchanged" "members were written"
	echo later | "$open" -d put f "${rest[@]}"
	says "raid$level-degraded-writes" later "$open" -r cat f "${rest[@]}"
	cp c.img last.img
done
refuses raid5-incomplete "cannot be started from the 1 member" "$open" type last.img

# ---- LVM -------------------------------------------------------------------------

mkdir lvm
cat > lvm/lvm.conf <<'CONF'
devices { obtain_device_list_from_udev=0 use_devicesfile=0 filter=["a|/dev/loop|", "r|.*|"]
	global_filter=["a|/dev/loop|", "r|.*|"] }
activation { udev_sync=0 udev_rules=0 monitoring=0 }
backup { backup=0 archive=0 }
CONF
export LVM_SYSTEM_DIR=$tmp/lvm LVM_SUPPRESS_FD_WARNINGS=1
# Without the host's device mapper: what is made is the description.
lvm_do()
{
	"$1" --driverloaded n --config "global{locking_dir=\"$tmp/lvm\"}" "${@:2}" \
		> lvm/out 2>&1 || { cat lvm/out; return 1; }
}
make_lvm()
{
	local one two
	truncate -s 304M pv1.img pv2.img
	one=$(losetup -f --show pv1.img 2> /dev/null) || return 1
	two=$(losetup -f --show pv2.img) || { losetup -d "$one"; return 1; }
	lvm_do pvcreate -q "$one" "$two" && lvm_do vgcreate -q -s 1M vg "$one" "$two" &&
	lvm_do lvcreate -q -an -Wn -Zn -L 32M -n linear vg "$one" &&
	lvm_do lvcreate -q -an -Wn -Zn -i 2 -I 64 -L 32M -n striped vg &&
	lvm_do vgcfgbackup -f lvm/text vg && python3 lvm/add.py &&
	lvm_do vgcfgrestore -f lvm/new --force vg
	local status=$?
	losetup -d "$one" "$two"
	return $status
}
# Volumes that LVM makes with the kernel's help only: extents 64 and up of each physical one.
cat > lvm/add.py <<'PYTHON'
import re
text = open("lvm/text").read()
def lv(name, segments, visible=False, number=[0]):
    number[0] += 1
    out = f'''{name} {{
id = "aaaaaa-aaaa-bbbb-cccc-dddd-eeee-{number[0]:06}"
status = ["READ", "WRITE"{', "VISIBLE"' if visible else ''}]
flags = []
segment_count = {len(segments)}
'''
    at = 0
    for i, (extents, body) in enumerate(segments, 1):
        out += f"segment{i} {{\nstart_extent = {at}\nextent_count = {extents}\n{body}\n}}\n"
        at += extents
    return out + "}\n"
def linear(pv, at):
    return f'type = "striped"\nstripe_count = 1\nstripes = ["{pv}", {at}]'
more = ""
more += lv("twopart", [(16, linear("pv1", 64)), (16, linear("pv0", 64))], True)
for i in (0, 1):
    more += lv(f"r1_rmeta_{i}", [(1, linear(f"pv{i}", 80))])
    more += lv(f"r1_rimage_{i}", [(32, linear(f"pv{i}", 81))])
more += lv("r1", [(32, 'type = "raid1"\ndevice_count = 2\nregion_size = 4096\n'
                  'raids = ["r1_rmeta_0", "r1_rimage_0", "r1_rmeta_1", "r1_rimage_1"]')], True)
def raided(name, level, at, extra, part=16, whole=32):
    """@at: where in which volume each member has its extent for metadata, and the @part."""
    global more
    for i, (pv, first) in enumerate(at):
        more += lv(f"{name}_rmeta_{i}", [(1, linear(pv, first))])
        more += lv(f"{name}_rimage_{i}", [(part, linear(pv, first + 1))])
    members = ", ".join(f'"{name}_rmeta_{i}", "{name}_rimage_{i}"' for i in range(len(at)))
    more += lv(name, [(whole, f'type = "{level}"\ndevice_count = {len(at)}\nstripe_size = 128\n'
                      f'region_size = 4096\n{extra}raids = [{members}]')], True)
raided("r5", "raid5", [("pv0", 200), ("pv0", 217), ("pv1", 200)], "")
raided("r6", "raid6_ls_6", [("pv0", 251), ("pv1", 268), ("pv0", 263), ("pv1", 280), ("pv0", 275)], "",
       11, 33)
raided("r10", "raid10", [("pv0", 234), ("pv1", 217), ("pv1", 234), ("pv1", 251)],
       "data_copies = 2\n")
more += lv("m1_mimage_0", [(32, linear("pv0", 114))])
more += lv("m1_mimage_1", [(32, linear("pv1", 114))])
more += lv("m1", [(32, 'type = "mirror"\nmirror_count = 2\nregion_size = 1024\n'
                  'mirrors = ["m1_mimage_0", 0, "m1_mimage_1", 0]')], True)
more += lv("pool_tmeta", [(4, linear("pv0", 146))])
more += lv("pool_tdata", [(40, linear("pv1", 146))])
more += lv("pool", [(40, 'type = "thin-pool"\nmetadata = "pool_tmeta"\npool = "pool_tdata"\n'
                    'transaction_id = 1\nchunk_size = 128')], True)
more += lv("thin", [(64, 'type = "thin"\nthin_pool = "pool"\ntransaction_id = 0\ndevice_id = 1')], True)
more += lv("origin", [(32, linear("pv0", 150))], True)
more += lv("snap", [(16, linear("pv0", 182))], True)
more += lv("snapshot0", [(32, 'type = "snapshot"\nchunk_size = 16\norigin = "origin"\ncow_store = "snap"')])
more += lv("strange", [(4, 'type = "mystery"')], True)
at = text.index("logical_volumes {") + len("logical_volumes {")
open("lvm/new", "w").write(text[:at] + "\n" + more + text[at:])
PYTHON
start=$((2048 * 512))	# of the first extent
mib()
{
	echo $((start + $1 * 1048576))
}
if [ "$(id -u)" != 0 ] || ! have pvcreate losetup; then
	skip lvm "loop devices need root"
elif ! make_lvm; then
	fail lvm "cannot make a volume group"
else
	python3 "$layers" place plain.img "$(mib 0)" pv1.img
	python3 "$layers" stripe 65536 plain.img "$(mib 32)" pv1.img "$(mib 0)" pv2.img
	head -c 16M plain.img > first
	tail -c 16M plain.img > second
	python3 "$layers" place first "$(mib 64)" pv2.img
	python3 "$layers" place second "$(mib 64)" pv1.img
	for i in 1 2; do
		python3 "$layers" place plain.img "$(mib 81)" pv$i.img
		python3 "$layers" place plain.img "$(mib 114)" pv$i.img
	done
	# The members of arrays, behind metadata that the kernel will make.
	member()
	{
		tail -c +1048577 "$1" > column
		python3 "$layers" place column "$(mib "$2")" "$3"
	}
	python3 "$layers" md 5 plain.img a.img b.img c.img
	member a.img 201 pv1.img
	member b.img 218 pv1.img
	member c.img 201 pv2.img
	# RAID 6 here is RAID 5, and one more for what the kernel will calculate.
	cp plain.img longer.img
	truncate -s 33M longer.img
	python3 "$layers" md 5 longer.img a.img b.img c.img d.img
	member a.img 252 pv1.img
	member b.img 269 pv2.img
	member c.img 264 pv1.img
	member d.img 281 pv2.img
	python3 "$layers" md 10 plain.img a.img b.img c.img d.img
	member a.img 235 pv1.img
	member b.img 218 pv2.img
	member c.img 235 pv2.img
	member d.img 252 pv2.img
	python3 "$layers" place plain.img "$(mib 150)" pv1.img
	python3 "$layers" cow 16 > cow
	python3 "$layers" place cow "$(mib 182)" pv1.img
	refuses several-volumes "choose one (volume): .*vg/linear" "$open" type pv1.img pv2.img
	for lv in linear striped twopart r1 r5 r10 m1 origin snap; do
		says "lvm-$lv" hello "$open" -r -V vg/$lv cat f pv1.img pv2.img
		echo "changed $lv" | "$open" -V $lv put g pv2.img pv1.img
		says "lvm-$lv-writes" "changed $lv" "$open" -r -V /dev/vg/$lv cat g pv1.img pv2.img
	done
	# As if its parity had not been completed.
	python3 "$layers" unsynced 3 pv1.img pv2.img
	says lvm-r5-unsynced "changed r5" "$open" -r -V vg/r5 cat g pv1.img pv2.img
	echo "changed r6" | "$open" -V r6 put g pv2.img pv1.img
	says lvm-r6 "hello" "$open" -r -V vg/r6 cat f pv1.img pv2.img
	before=$(cat pv1.img pv2.img | md5sum)
	python3 "$layers" unsynced 5 pv1.img pv2.img
	[ "$before" != "$(cat pv1.img pv2.img | md5sum)" ] || fail lvm-r6-unsynced "it had no metadata"
	says lvm-r6-unsynced "changed r6" "$open" -r -V vg/r6 cat g pv1.img pv2.img
	# The snapshot had "changed snap" put in; what the origin then got is not in it.
	echo after | "$open" -V origin put f pv1.img pv2.img
	says lvm-origin-changed after "$open" -r -V origin cat f pv1.img pv2.img
	says lvm-snapshot-stays hello "$open" -r -V snap cat f pv1.img pv2.img
	says lvm-raid-degraded "hello" "$open" -r -V r1 cat f pv1.img
	refuses lvm-raid-degraded-write "lacks 1 of 2 parts" "$open" -V r1 type pv1.img
	says lvm-on-one-of-two hello "$open" -V linear cat f pv1.img
	refuses lvm-missing-part "is partly on the physical volume" "$open" -V striped type pv1.img
	refuses lvm-no-such-volume "there is no volume vg/home" "$open" -V vg/home type pv1.img pv2.img
	refuses lvm-unsupported "strange is of the type mystery, which is not supported" \
		"$open" -V strange type pv1.img pv2.img
	if have thin_restore; then
		# Virtual blocks of 64 KiB: 512 of them, in the opposite order.
		python3 - > thin.xml <<'PYTHON'
print('<superblock uuid="" time="0" transaction="1" data_block_size="128" nr_data_blocks="640">')
print('<device dev_id="1" mapped_blocks="512" transaction="0" creation_time="0" snap_time="0">')
for i in range(512):
    print(f'<single_mapping origin_block="{i}" data_block="{511 - i}" time="0"/>')
print('</device></superblock>')
PYTHON
		truncate -s 4M tmeta
		thin_restore -q -i thin.xml -o tmeta > /dev/null
		python3 -c '
data = open("plain.img", "rb").read()
n = 65536
open("tdata", "wb").write(b"".join(data[i * n:i * n + n] for i in range(511, -1, -1)))'
		python3 "$layers" place tmeta "$(mib 146)" pv1.img
		python3 "$layers" place tdata "$(mib 146)" pv2.img
		says lvm-thin hello "$open" -r -V thin cat f pv1.img pv2.img
		echo changed | "$open" -V thin put g pv1.img pv2.img
		says lvm-thin-writes changed "$open" -V thin cat g pv1.img pv2.img
	else
		skip lvm-thin "there is no thin_restore"
	fi

	# ---- stacks: LVM on LUKS on RAID on partitions ---------------------------
	if optional libcryptsetup stack; then
		head -c 100M pv1.img > one.img
		luks1 one.img stack.luks
		python3 "$layers" md 1 stack.luks x.img y.img
		for i in x y; do
			truncate -s 110M $i.disk
			printf 'label: gpt\nsize=1M\nsize=104M\n' | sfdisk -q $i.disk
			python3 "$layers" place $i.img $((2 << 20)) $i.disk
		done
		says stack hello "$open" -r -k key -V linear cat f x.disk y.disk
		echo deep | "$open" -k key -V vg/linear put g x.disk y.disk
		says stack-writes deep "$open" -r -k key -V vg/linear cat g y.disk x.disk
		says stack-part "ext4, *volume vg/linear, rw" \
			"$open" -P 2 -k key -V vg/linear type x.disk y.disk
		"$part" -k key x.disk y.disk > stack.txt 2> /dev/null
		grep -q "^  linear .*ext4" stack.txt && pass stack-shown || {
			sed 's/^/# /' stack.txt
			fail stack-shown "lkl-part does not show the volume"
		}
	fi
fi

# btrfs over several images.
if have mkfs.btrfs; then
	truncate -s 128M b1.img b2.img
	mkfs.btrfs -q -d raid1 -m raid1 b1.img b2.img
	says btrfs-of-two "btrfs, b1.img, rw" "$open" type b1.img b2.img
	refuses btrfs-of-one "b1.img: cannot mount it as btrfs" "$open" type b1.img
else
	skip btrfs-of-two "there is no mkfs.btrfs"
fi

# ---- other formats, NBD --------------------------------------------------------------

if ! optional libnbd formats; then
	:
elif ! have qemu-img qemu-nbd; then
	skip formats "there is no qemu-nbd"
else
	head -c 5M /dev/urandom > noise
	for format in qcow2 vmdk vdi vhdx vpc; do
		qemu-img convert -f raw -O $format plain.img disk.$format
		says $format hello "$open" cat f disk.$format
		"$open" put noise disk.$format < noise
		qemu-img convert -f $format -O raw disk.$format back.img
		clean $format-clean back.img
		"$open" cat noise back.img | cmp -s - noise && pass $format-writes ||
			fail $format-writes "another content"
	done
	qemu-img check -q disk.qcow2 && pass qcow2-check || fail qcow2-check "qemu-img check"
	says qcow2-read-only "*, ro" "$open" -r type disk.qcow2
	says qcow2-as-raw "*" "$open" -f qcow2 type disk.qcow2
	refuses qcow2-taken-for-raw "no file system" "$open" -f raw type disk.qcow2
	coproc holder { "$open" wait disk.qcow2 2>&1; }
	read -r -u "${holder[0]}" _
	refuses qcow2-locked "disk.qcow2 is in use by another program" "$open" type disk.qcow2
	eval "exec ${holder[1]}>&-"
	wait
	cp disk.qcow2 broken.qcow2
	printf '\377\377' | dd of=broken.qcow2 bs=1 seek=20 conv=notrunc status=none
	refuses qcow2-broken "qemu-nbd does not open it" "$open" type broken.qcow2
	# Ctrl-C is for the program, not for its server.
	python3 - "$open" disk.qcow2 <<'PYTHON' && pass qcow2-interrupt || fail qcow2-interrupt "data is lost"
import os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "wait", sys.argv[2]], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, start_new_session=True,
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
p.stdout.readline()
os.killpg(p.pid, signal.SIGINT)
time.sleep(0.3)
p.stdin.close()
sys.exit(p.wait(30))
PYTHON
	qemu-img create -q -f qcow2 -b plain.img -F raw over.qcow2
	says qcow2-backing-file hello "$open" cat f over.qcow2
	qemu-img rebase -u -b 'json:{"driver":"file","filename":"/etc/passwd"}' -F raw over.qcow2
	refuses qcow2-hostile-backing "may be an attack" "$open" type over.qcow2
	qemu-img rebase -u -b 'nbd://localhost:1/' -F raw over.qcow2
	refuses qcow2-backing-in-the-network "may be an attack" "$open" type over.qcow2
	qemu-img create -q -f qcow2 -o data_file=other.raw,data_file_raw=on data.qcow2 32M
	refuses qcow2-data-file "data file" "$open" type data.qcow2
	printf '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 65536 FLAT "/etc/passwd" 0\n' > flat.vmdk
	refuses vmdk-hostile-extent "may be an attack" "$open" type flat.vmdk
	pgrep -f "qemu-nbd.*$tmp" > /dev/null && fail no-server-stays "a qemu-nbd is left" ||
		pass no-server-stays

	qemu-nbd --fork -t --pid-file nbd.pid -k "$tmp/nbd.sock" -f raw plain.img
	uri="nbd+unix:///?socket=$tmp/nbd.sock"
	says nbd "ext4, $uri, rw" "$open" type "$uri"
	"$open" put noise "$uri" < noise
	"$open" cat noise "$uri" | cmp -s - noise && pass nbd-writes || fail nbd-writes "another content"
	pid=$(cat nbd.pid)
	kill "$pid"
	clean nbd-clean plain.img
	# It has the lock on its pid file until it ends.
	for i in $(seq 100); do
		kill -0 "$pid" 2> /dev/null || break
		sleep 0.1
	done
	qemu-nbd --fork -t --pid-file nbd.pid -r -k "$tmp/nbd.sock" -f raw plain.img
	says nbd-read-only "*, ro" "$open" -r type "$uri"
	refuses nbd-refuses-writing "open it read-only" "$open" type "$uri"
	coproc holder { "$open" -r wait "$uri" 2>&1; }
	read -r -u "${holder[0]}" _
	kill -9 "$(cat nbd.pid)"
	eval "exec ${holder[1]}>&-"
	for i in $(seq 100); do
		kill -0 "$holder_PID" 2> /dev/null || break
		sleep 0.1
	done
	kill -9 "$holder_PID" 2> /dev/null && fail nbd-server-dies "the program hangs" ||
		pass nbd-server-dies
	refuses nbd-nobody-there "nbd+unix" "$open" type "$uri"
fi
