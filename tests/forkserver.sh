#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lkl-forkserver: a fresh kernel for each image, scripts, cases that crash and hang, cases
# over a base image, and how it is told what makes no sense. time limit: 240 s

. "$(dirname "$0")/lib/shell.sh"

server=$(realpath "$B/bin/lkl-forkserver" 2> /dev/null)
if [ ! -x "$server" ]; then
	skip forkserver "libblkid-dev was missing when the programs were built"
	exit
fi
cptofs=$(realpath "$B/bin/cptofs")
files=$PWD/docs
cd "$tmp" || exit 1

# says NAME STATUS PATTERN ARGUMENT...: its output has a line with PATTERN.
says()
{
	local name=$1 want=$2 pattern=$3 status
	shift 3
	timeout 100 "$server" "$@" > out 2>&1 < /dev/null
	status=$?
	sed 's/^/# /' out | head -40
	if [ "$status" != "$want" ]; then
		fail "$name" "status $status, not $want: $(tail -1 out)"
	elif ! grep -Eq -- "$pattern" out; then
		fail "$name" "no \"$pattern\" in: $(tail -1 out)"
	else
		pass "$name"
	fi
}

truncate -s 4M disk.img
mkfs.ext4 -q -F -b 1024 -O ^metadata_csum disk.img
"$cptofs" -q -i disk.img "$files" / || fail image "cannot be filled"
cp disk.img before.img

says mounted 0 "^disk.img: mounted; [0-9]+ calls, 0 of them failed" -t ext4 disk.img
cmp -s disk.img before.img && pass unchanged || fail unchanged "the image was written to"
says options 0 "^disk.img: mounted; " -t ext4 -o noatime,nodelalloc disk.img
says summary 0 "^300 cases in .* 300 mounted, 0 refused, 0 crashed, 0 hung" -t ext4 -n 300 disk.img

# Children are light: nothing of the kernel's memory has to be copied for them beforehand, and
# none has a thread, or waits for anything but its own timers. One does all cases that end well,
# where the host (Linux 6.7) tells what they wrote.
if have strace; then
	count()
	{
		strace -f -qq -o calls -e trace=memfd_create,clone,clone3,fork,futex "$server" "$@" > out
		forks=$(grep -Ec 'clone\(|fork\(' calls)
	}
	count -t ext4 -n 20 -q --processes disk.img
	n=$(grep -c memfd_create calls)
	[ "$n" -le 2 ] && pass light_memory || fail light_memory "$n files in memory for 20 cases"
	grep -Eq 'clone3|FUTEX_WAIT' calls && fail light_alone "$(grep -Em1 'clone3|FUTEX_WAIT' calls)" ||
		pass light_alone
	[ "$forks" -ge 20 ] && pass processes || fail processes "$forks for 20 cases"
	IFS=. read -r major minor _ < <(uname -r)
	minor=${minor%%[!0-9]*}
	if [ $((major * 1000 + minor)) -ge 6007 ]; then
		count -t ext4 -n 20 -q disk.img
		[ "$forks" = 1 ] && pass one_process || fail one_process "$forks for 20 cases"
	else
		skip one_process "Linux 6.7 is needed"
	fi
fi
SECONDS=0
says sleeps 0 "^2 cases in .* 2 mounted" -t ext4 -n 2 -l 100 --do "sleep 20000" disk.img
[ "$SECONDS" -lt 30 ] && pass sleeps_quickly || fail sleeps_quickly "$SECONDS s"

# What one case did, the next does not find.
says fresh 0 "mkdir d = 0" -v -t ext4 -n 3 --do 'mkdir d; sync' disk.img
grep -q "File exists" out && fail fresh_each "a case found what another one did" ||
	pass fresh_each

# Nor in the kernel's own memory: /, not the image's.
for mode in "" --processes; do
	# shellcheck disable=SC2086 # none or one
	says fresh_kernel$mode 0 "^5 cases in .* 5 mounted" -v $mode -t ext4 -n 5 \
		--do 'mkdir ../d; write ../f 100000; setxattr ../d trusted.x y' disk.img
	[ "$(grep -c "^mkdir ../d = 0" out)" = 5 ] && pass fresh_kernel_each$mode ||
		fail fresh_kernel_each$mode "a case found what another one did"
done
# It makes mappings of its own, each time.
if have mksquashfs; then
	mksquashfs "$files" squash.img -quiet > /dev/null
	says mappings 0 "^30 cases in .* 30 mounted" -r -t squashfs -n 30 squash.img
else
	skip mappings "there is no mksquashfs"
fi

cat > script <<'SCRIPT'
# a comment
stat docs
list docs
read docs/testing.md 100000
write new 70000 4096
link new other
getxattr other user.none
remount ro
SCRIPT
says script 0 "^getxattr other user.none = No data available" -v -t ext4 -s script disk.img
grep -q "^write 4464 at 69632 = 4464" out && grep -q "^remount ro = 0" out && pass script_all ||
	fail script_all "not every operation was done"

head -c 100000 /dev/urandom > noise.img
: > empty.img
mkdir corpus
cp disk.img noise.img empty.img corpus
says folder 0 "^3 cases in .* 1 mounted, 2 refused, 0 crashed" -t ext4 corpus
timeout 60 "$server" -t ext4 - < disk.img > out; grep -q "^standard input: mounted" out && pass stdin ||
	fail stdin "not mounted from standard input"
# What a larger image left is not there any more.
head -c 600000 disk.img > half.img
says half 0 "^half.img: " -t ext4 --size=4 half.img
grep half.img out > alone
"$server" -t ext4 disk.img half.img disk.img half.img > out 2>&1
grep half.img out | sort -u | diff - alone > /dev/null && pass half_behind ||
	fail half_behind "$(grep half.img out | paste -sd ';'), alone $(cat alone)"
says read_only 0 "Read-only file system" -v -r -t ext4 --do 'mkdir x' disk.img
says unknown_type 0 "not mounted: No such device" -t nonsense disk.img

# Over a base: a case that changes nothing, one of which the superblock is spoiled.
"$server" --base=disk.img --pack > packed && [ -s packed ] &&
	[ "$(stat -c %s packed)" -lt "$(stat -c %s disk.img)" ] && pass pack || fail pack "no case"
says base 0 "^packed: mounted; [0-9]+ calls, 0 of them failed" -t ext4 --base=disk.img packed
{ head -c 56 packed; printf XX; tail -c +59 packed; } > spoiled
says base_spoiled 0 "^spoiled: not mounted: Invalid argument" -t ext4 --base=disk.img spoiled
head -c 100 packed > short
says base_short 0 "^short: mounted" -t ext4 --base=disk.img short

# Checksums: a label in a superblock of btrfs, with which its checksum becomes wrong.
if have mkfs.btrfs; then
	truncate -s 16M btrfs.img
	mkfs.btrfs -q --mixed btrfs.img
	"$server" --base=btrfs.img --pack > btrfs.case
	at=$(grep -aob _BHRfS_M btrfs.case | head -1 | cut -d: -f1)
	printf X | dd of=btrfs.case bs=1 seek=$((at - 64 + 299)) conv=notrunc status=none
	says csum_wrong 0 "not mounted" -t btrfs --base=btrfs.img btrfs.case
	says csum_fixed 0 "mounted; " -t btrfs -c --base=btrfs.img btrfs.case
else
	skip csum "there is no mkfs.btrfs"
fi
if have mkfs.f2fs; then
	truncate -s 64M f2fs.img
	mkfs.f2fs -q f2fs.img > out 2>&1 || fail mkfs.f2fs "$(tail -1 out)"
	"$server" --base=f2fs.img --pack > f2fs.case
	# The elapsed time in both checkpoints.
	python3 - f2fs.img f2fs.case <<'SPOIL'
import sys
image = open(sys.argv[1], 'rb').read()
case = bytearray(open(sys.argv[2], 'rb').read())
start = int.from_bytes(image[1100:1104], 'little') * 4096
for pack in start, start + 512 * 4096:
    sector = image[pack:pack + 512]
    at = case.find(sector)
    case[at + 168] ^= 1
open(sys.argv[2], 'wb').write(case)
SPOIL
	says csum_f2fs_wrong 0 "not mounted" -t f2fs --base=f2fs.img f2fs.case
	says csum_f2fs_fixed 0 "mounted; " -t f2fs -c --base=f2fs.img f2fs.case
else
	skip csum_f2fs "there is no mkfs.f2fs"
fi

# An image of which mkfs says that the kernel is to panic at the first error.
cp disk.img panic.img
tune2fs -e panic panic.img > out
debugfs -w -R "clri docs/testing.md" panic.img > out 2>&1
says crash 1 "^panic.img: the kernel stopped in \"" -t ext4 -d found -e walk panic.img disk.img
grep -q "Kernel panic" out && pass crash_log || fail crash_log "no log of the kernel"
grep -q "^disk.img: mounted" out && pass after_crash || fail after_crash "the next one was not done"
says crash_between 1 "^12 cases in .* 8 mounted, 0 refused, 4 crashed, 0 hung" -t ext4 -n 4 -e walk \
	disk.img panic.img disk.img
cmp -s panic.img found/crash-0000-panic.img && grep -q "Kernel panic" found/crash-0000-panic.img.log &&
	pass crash_saved || fail crash_saved "the image and the log are not there"

says hang 1 "^disk.img: no end after 0.2 s, in \"" -t ext4 -l 0.2 -d found \
	-s <(yes 'write f 5000000' | head -40000) disk.img
cmp -s disk.img found/hang-0000-disk.img && pass hang_saved || fail hang_saved "it is not there"

says hang_asleep 1 "^disk.img: no end after 5 s, in \"sleep 6000\"" -t ext4 -l 5 -e "sleep 6000" disk.img
says no_type 2 "which file system" disk.img
says no_case 2 "no case is given" -t ext4
says no_file 1 "nothing.img: No such file" -t ext4 nothing.img
says bad_operation 1 '/dev/fd/[0-9]+:2: there is no operation "jump"' -t ext4 -s <(echo; echo "jump x") disk.img
says bad_number 2 "is expected" -t ext4 -n none disk.img
says bad_words 1 "rename wants: PATH PATH" -t ext4 -e "rename x" disk.img
says fix_without_base 2 "needs an intact image" -t btrfs -c disk.img
says help 0 "setxattr +PATH NAME VALUE" --help
