#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lklfuse: every writable file system through FUSE as an ordinary user, its own fsck
# afterwards; what POSIX promises; data against a model; and how it ends: by signals, in
# the middle of writes, with full and vanishing disks. time limit: 900 s

# Mounts of its own, which no program that the machine runs beside it takes a copy of.
if [ "$(id -u)" = 0 ] && [ -z "${LKL_FUSE_NS:-}" ] && unshare -m true 2>/dev/null; then
	LKL_FUSE_NS=1 exec unshare -m "$0" "$@"
fi

. "$(dirname "$0")/lib/shell.sh"

lklfuse=$(realpath -m "$B/bin/lklfuse")
helpers=$(realpath "$B/tests/helpers")
exercise=${LKL_TEST_ALL:+120}
exercise=${exercise:-3}		# seconds
work=$tmp/work
mnt=$work/mnt

if [ ! -x "$lklfuse" ]; then
	echo "lklfuse was not built: libfuse3-dev is missing"
	exit 77
elif [ ! -c /dev/fuse ] || [ ! -w /dev/fuse ]; then
	echo "there is no /dev/fuse that may be used"
	exit 77
elif ! have fusermount3; then
	echo "there is no fusermount3: fuse3 is missing"
	exit 77
fi

# As an ordinary user, whoever runs the tests.
as_user()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# mount_it IMAGE... [OPTION...]: in the background, at $mnt.
mount_it()
{
	local images=() options=()
	while [ $# != 0 ]; do
		case $1 in
		-o|--key-file) options+=("$1" "$2"); shift ;;
		-*) options+=("$1") ;;
		*) images+=("$1") ;;
		esac
		shift
	done
	as_user timeout -k 5 60 "$lklfuse" "${images[@]}" "$mnt" "${options[@]}" \
		${halt:+-o halt} --pid-file "$work/pid"
}

umount_it()
{
	as_user timeout -k 5 60 "$lklfuse" --unmount "$mnt"
}

mounted()
{
	grep -q " $mnt " /proc/self/mountinfo
}

# Within some seconds: COMMAND is true.
soon()
{
	local i
	for i in $(seq 200); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

not_mounted()
{
	! mounted
}

gone()
{
	! [ -e "/proc/$1" ] || grep -q '^State:.*zombie' "/proc/$1/status"
}

# fresh NAME SIZE MKFS...: a new image, the user's.
fresh()
{
	local image=$work/$1 size=$2
	shift 2
	rm -f "$image"
	truncate -s "$size" "$image"
	"$@" "$image" || return
	[ "$(id -u)" != 0 ] || chown 65534:65534 "$image"
}

ext4()
{
	fresh "$1" "${2:-256M}" mkfs.ext4 -q -F
}

ext4_clean()
{
	e2fsck -fn "$work/$1"
}

mkdir -p "$mnt"
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work"
if ! as_user test -x "$lklfuse" || ! as_user test -w "$mnt"; then
	echo "an ordinary user cannot reach $work"
	exit 77
fi

cleanup()
{
	mounted && { umount -l "$mnt" || fusermount3 -uzq "$mnt"; }
	umount -q "$work/host" "$work/small"
	exit $((bad != 0))
} 2>/dev/null
trap cleanup EXIT

# ---- every file system ------------------------------------------------------

# As in fs.sh. name | type | size | mkfs | fsck | options of fstree
table=$(cat <<'TABLE'
ext2    |256M|mkfs.ext2 -q -F -b 4096 -I 128|e2fsck -fn          |-n 1000
ext3    |256M|mkfs.ext3 -q -F -b 4096|e2fsck -fn          |-n 1000
ext4    |512M|mkfs.ext4 -q -F       |e2fsck -fn          |-n 3000
xfs     |512M|mkfs.xfs -q -f        |xfs_repair -n       |-n 3000
btrfs   |512M|mkfs.btrfs -q -f      |btrfs check         |-n 3000
f2fs    |512M|mkfs.f2fs -q -f       |fsck_f2fs           |-n 1000
jfs     |256M|mkfs.jfs -q           |fsck.jfs -n -f      |-n 1000
nilfs2  |512M|mkfs.nilfs2 -q        |-                   |-x -n 1000
reiserfs|256M|mkfs.reiserfs -q -ff  |fsck_reiserfs       |-x -n 1000
ntfs3   |256M|mkntfs -F -Q -q       |ntfsfix -n          |-x -L -m -n 1000 -s 0
vfat    |256M|mkfs.vfat -F 32       |fsck.vfat -n        |-x -l -L -m -n 1000 -s 0
exfat   |256M|mkfs.exfat            |fsck.exfat -n       |-x -l -L -m -n 1000 -s 0
udf     |256M|mkudffs -b 2048 -r 0x0201|-                |-x -n 1000 -N 250
hfs     |256M|hformat -f            |-                   |-x -l -L -m -n 500 -N 31 -s 0
minix   |128M|mkfs.minix -3 -i 20000|fsck.minix -f       |-x -n 1000 -N 60 -s 1
TABLE
)

fsck_f2fs()
{
	! fsck.f2fs --dry-run "$1" 2>&1 | grep -E '\[Fail\]|\[ASSERT\]'
}

fsck_reiserfs()
{
	reiserfsck --check -y -q "$1"
}

tree_round()
{
	local type=$1 size=$2 mkfs=$3 fsck=$4 options=$5

	# shellcheck disable=SC2086 # words
	fresh tree.img "$size" $mkfs >/dev/null 2>&1 || { echo "mkfs failed"; return 1; }
	# shellcheck disable=SC2086
	mount_it "$work/tree.img" && as_user "$helpers/fstree" $options write folder "$mnt" &&
		umount_it || { echo "writing failed"; return 1; }
	[ "$fsck" = - ] || $fsck "$work/tree.img" || { echo "fsck failed"; return 1; }
	# shellcheck disable=SC2086
	mount_it "$work/tree.img" -o ro &&
		as_user "$helpers/fstree" $options verify folder "$mnt" &&
		umount_it || { echo "verifying failed"; return 1; }
	rm -f "$work/tree.img"
}

export -f tree_round mount_it umount_it mounted soon as_user fresh ext4 ext4_clean
export -f fsck_f2fs fsck_reiserfs not_mounted gone
export lklfuse helpers work mnt exercise tmp

while IFS='|' read -r type size mkfs fsck options; do
	type=${type// /} fsck=${fsck%"${fsck##*[! ]}"}
	[ -z "${FS:-}" ] || [[ " $FS " == *" $type "* ]] || continue
	if have "${mkfs%% *}"; then
		try "tree-$type" 120 tree_round "$type" "$size" "$mkfs" "$fsck" "$options"
		mounted && umount_it
	else
		skip "tree-$type" "there is no ${mkfs%% *}"
	fi
done <<<"$table"

readonly_round()
{
	mount_it "$work/ro.img" -o ro || return
	as_user diff -r "$work/source" "$mnt" && ! as_user touch "$mnt/new" 2>/dev/null &&
		[ "$(as_user stat -c %a "$mnt/file")" = 640 ]
	local status=$?
	umount_it && return $status
}
export -f readonly_round

mkdir -p "$work/source/dir/sub"
seq 100000 > "$work/source/file"
chmod 640 "$work/source/file"
ln -s file "$work/source/link"
head -c 3000000 /dev/urandom > "$work/source/dir/sub/random"
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work/source"
for maker in "mksquashfs SOURCE IMAGE -quiet -no-progress" "mkfs.erofs --quiet IMAGE SOURCE" \
	"xorriso -outdev IMAGE -blank as_needed -rockridge on -map SOURCE /"; do
	maker=${maker//SOURCE/$work/source} maker=${maker//IMAGE/$work/ro.img}
	rm -f "$work/ro.img"
	# shellcheck disable=SC2086 # words
	if have "${maker%% *}" && $maker > "$tmp/out" 2>&1; then
		chmod 644 "$work/ro.img"
		try "read-only-${maker%% *}" 60 readonly_round
		mounted && umount_it
	else
		skip "read-only-${maker%% *}" "no ${maker%% *} that makes an image"
	fi
done

# ---- what POSIX promises -------------------------------------------------------

# posix_report PREFIX FOLDER
posix_report()
{
	local line
	mkdir "$2/posix" && chmod 755 "$2/posix"
	while IFS= read -r line; do
		echo "${line/ok /ok $1-}" | sed "s/^skip /skip $1-/"
		[[ $line != not* ]] || bad=1
	done < <(timeout 120 "$helpers/posix" "$2/posix")
}

if [ "$(id -u)" = 0 ]; then
	mkdir -p "$work/host"
	ext4 posix.img 512M
	if mount -o loop "$work/posix.img" "$work/host" 2>/dev/null; then
		posix_report posix-host "$work/host"
		umount "$work/host"
	else
		skip posix-host "the host cannot mount through a loop device"
	fi
	for type in ext4 xfs; do
		fresh posix.img 512M mkfs.$type -q -F 2>/dev/null ||
			fresh posix.img 512M mkfs.$type -q -f
		chown 0 "$work/posix.img"
		"$lklfuse" "$work/posix.img" "$mnt" -o allow_other
		posix_report "posix-$type" "$mnt"
		try "posix-$type-unmount" 60 "$lklfuse" -u "$mnt"
		"$lklfuse" "$work/posix.img" "$mnt" -o allow_other,writeback
		posix_report "posix-$type-writeback" "$mnt/posix"
		try "posix-$type-writeback-unmount" 60 "$lklfuse" -u "$mnt"
	done
	try posix-fsck 60 xfs_repair -n "$work/posix.img"
else
	skip posix "needs several users, so root"
fi

# ---- data --------------------------------------------------------------------------

data_round()
{
	local i pids=()
	mount_it "$work/data.img" "$@" || return
	for i in 1 2 3; do
		as_user "$helpers/exerciser" "$mnt/f$i" "$work/model$i" "$exercise" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || { echo "an exerciser failed"; return 1; }
	done
	umount_it && mount_it "$work/data.img" || return
	for i in 1 2 3; do
		as_user cmp "$mnt/f$i" "$work/model$i" || { echo "lost after a mount"; return 1; }
	done
	umount_it
}
export -f data_round

for type in ext4 xfs btrfs; do
	[ "$type" = ext4 ] || [ -n "$LKL_TEST_ALL" ] || continue
	fresh data.img 512M "mkfs.$type" -q $([ $type = ext4 ] && echo -F || echo -f)
	try "data-$type" $((exercise + 60)) data_round
	mounted && umount_it
done
fresh data.img 512M mkfs.ext4 -q -F
try data-writeback $((exercise + 60)) data_round -o writeback
mounted && umount_it

# Several programs at once, in the same folder and in their own.
crowd()
{
	local i pids=()
	mount_it "$work/a.img" || return
	for i in 1 2 3 4 5 6; do
		as_user bash -ec '
			cp -r "$1" "$2/own-$3"; diff -r "$1" "$2/own-$3"
			for n in $(seq 40); do
				echo "$3 $n" > "$2/shared-$3-$n"
				mv "$2/shared-$3-$n" "$2/moved-$3-$n"
				ln "$2/moved-$3-$n" "$2/link-$3-$n"
				ls -l "$2" > /dev/null 2>&1 || :
				rm -f "$2"/link-*-$n
			done
			test "$(ls "$2" | grep -c "^moved-$3-")" = 40
			rm -r "$2/own-$3"' _ "$work/source" "$mnt" "$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || { echo "one of them failed"; return 1; }
	done
	[ "$(as_user ls "$mnt" | grep -c ^moved)" = 240 ] && umount_it && ext4_clean a.img
}
export -f crowd
ext4 a.img
try crowd 120 crowd

# More files than are kept open, in little memory.
many_files()
{
	mount_it "$work/a.img" -o mb=64 || return
	as_user bash -ec 'cd "$1"; mkdir many; cd many
		for d in $(seq 20); do mkdir $d; (cd $d; seq 400 | split -l 1 -a 3 - f); done
		test "$(cat */* | wc -l)" = 8000
		find . -type f -links 1 -size -2 | wc -l | grep -qx 8000
		exec 5< 3/faab; rm -r 3; read -r x <&5; test "$x" = 2
		rm -r [1-9]; touch 1[0-9]/*; cat 1*/* | wc -l | grep -qx 4000' _ "$mnt" &&
		umount_it && ext4_clean a.img
}
export -f many_files
ext4 a.img
try many-files 120 many_files
mounted && umount_it

# One file, whatever the case of its name; none once it is gone.
# any_case IMAGE FSCK FOLDS: all of the file system, or a folder of which that is said.
any_case()
{
	local image=$1 fsck=$2 folds=$3
	mount_it "$work/$image" || return
	as_user sh -ec 'cd "$1"; mkdir folder; cd folder; test ! -e before
		[ -z "$2" ] || chattr +F .
		test ! -e readme; echo text > ReadMe; grep -q text readme
		test -e README; test "$(stat -c %i readme)" = "$(stat -c %i ReadMe)"
		mv README other; test ! -e readme; test -e OTHER; rm Other
		test ! -e other; test ! -e OTHER; mkdir Dir; test -d dIR; rmdir dir
		test ! -e Dir; echo 1 > Before; test -e before; echo 2 > BEFORE
		test "$(ls)" = Before; test "$(cat before)" = 2
		[ -z "$2" ] || { cd ..; mkdir exact; echo 1 > exact/A; test ! -e exact/a; }' \
		_ "$mnt" "$folds" && umount_it && $fsck "$work/$image"
}
export -f any_case
while read -r name image fsck folds mkfs; do
	if ! have "${mkfs%% *}"; then
		skip "any-case$name" "there is no ${mkfs%% *}"
		continue
	fi
	# shellcheck disable=SC2086 # words
	fresh "$image" 64M $mkfs > /dev/null
	try "any-case$name" 60 any_case "$image" "${fsck//,/ }" "${folds#-}"
	mounted && umount_it
done <<EOF
-vfat fat.img fsck.vfat,-n - mkfs.vfat
-ext4 fold.img e2fsck,-fn folds mkfs.ext4 -q -F -O casefold
-f2fs fold.img fsck_f2fs folds mkfs.f2fs -q -O casefold -C utf8
EOF

# ---- options and refusals ---------------------------------------------------------

# refused NAME PATTERN ARGUMENTS...: fails, says PATTERN, leaves nothing behind.
refused()
{
	local name=$1 pattern=$2 status
	shift 2
	as_user timeout -k 5 60 "$lklfuse" "$@" > "$tmp/out" 2>&1
	status=$?
	sed 's/^/# /' "$tmp/out"
	if [ $status = 0 ] || [ $status -ge 124 ]; then
		fail "refused-$name" "status $status"
	elif ! grep -qi -- "$pattern" "$tmp/out"; then
		fail "refused-$name" "no '$pattern' in: $(tail -1 "$tmp/out")"
	elif mounted; then
		fail "refused-$name" "it is mounted"
	else
		pass "refused-$name"
	fi
	mounted && umount_it
}

ext4 a.img
head -c 10M /dev/urandom > "$work/noise.img"
head -c 3M "$work/a.img" > "$work/cut.img"
refused no-image "none.img.*No such file" "$work/none.img" "$mnt"
refused no-mountpoint "$work/none.*No such file" "$work/a.img" "$work/none"
refused file-as-mountpoint "not a folder" "$work/a.img" "$work/noise.img"
refused no-arguments "missing"
refused one-argument "mount point is missing" "$work/a.img"
refused unknown-option "frobnicate" "$work/a.img" "$mnt" -o frobnicate
refused unknown-switch "help" "$work/a.img" "$mnt" --frobnicate
refused bad-number "umask" "$work/a.img" "$mnt" -o umask=9
refused noise "noise.img" "$work/noise.img" "$mnt"
refused wrong-type "a.img" "$work/a.img" "$mnt" -o type=xfs
refused cut "cut.img" "$work/cut.img" "$mnt"
refused bad-fs-option "a.img" "$work/a.img" "$mnt" -o opts=nonsense
refused unmount-nothing "nothing" --unmount "$mnt"

twice()
{
	mkdir -p "$work/mnt2" && chmod 777 "$work/mnt2"
	mount_it "$work/a.img" || return
	as_user "$lklfuse" "$work/a.img" "$work/mnt2" 2> "$tmp/out" && { echo "mounted twice"; return 1; }
	grep -q "a.img.*in use" "$tmp/out" && ! grep -q " $work/mnt2 " /proc/self/mountinfo && umount_it &&
		mount_it "$work/a.img" -o ro && as_user "$lklfuse" "$work/a.img" "$work/mnt2" -o ro &&
		as_user "$lklfuse" -u "$work/mnt2" && umount_it
}
export -f twice
try second-mount 60 twice

# Options that hold for every file system, and one of ext4's own. noatime keeps what reading
# changes otherwise.
atimes()
{
	local option year
	for option in noatime:2020 strictatime:"$(date +%Y)"; do
		mount_it "$work/a.img" && as_user sh -c 'echo text > "$1"; touch -a -d 2020-06-01 "$1"' \
			_ "$mnt/read" && umount_it &&
			mount_it "$work/a.img" -o "opts=nodelalloc\\,${option%:*}" &&
			as_user cat "$mnt/read" && umount_it && mount_it "$work/a.img" || return
		year=$(as_user stat -c %x "$mnt/read")
		umount_it && [ "${year%%-*}" = "${option#*:}" ] || { echo "$option: $year"; return 1; }
	done
}
export -f atimes
ext4 a.img
try mount-options 60 atimes

shown()
{
	mount_it "$work/a.img" -o uid=1234,gid=4321,umask=027 || return
	as_user touch "$mnt/x"
	[ "$(as_user stat -c %u:%g:%a "$mnt/x")" = 1234:4321:750 ] &&
		[ "$(as_user stat -c %u:%g "$mnt")" = 1234:4321 ] && umount_it &&
		mount_it "$work/a.img" && [ "$(as_user stat -c %u "$mnt/x")" = \
			"$([ "$(id -u)" = 0 ] && echo 65534 || id -u)" ] && umount_it
}
export -f shown
try shown-owners 60 shown

# When a file was made, which no other time changes.
birth()
{
	local begin born
	begin=$(date +%s)
	mount_it "$work/a.img" && as_user touch -d 2001-02-03 "$mnt/born" && umount_it &&
		mount_it "$work/a.img" && born=$(as_user stat -c %W "$mnt/born") || return
	# The clock inside goes in steps.
	[ "$born" -ge $((begin - 1)) ] && [ "$born" -le "$(date +%s)" ] &&
		[ "$(as_user stat -c %y "$mnt/born" | cut -c -10)" = 2001-02-03 ] || {
		as_user stat "$mnt/born"
		return 1
	}
	umount_it
}
export -f birth
if printf '%s\n' 6.6 "$(uname -r)" | sort -CV; then
	try birth 60 birth
	mounted && umount_it
else
	skip birth "needs Linux 6.6"
fi

read_only()
{
	local before
	before=$(sha256sum < "$work/a.img")
	mount_it "$work/a.img" -o ro || return
	as_user touch "$mnt/new" 2> "$tmp/out"
	grep -q "Read-only" "$tmp/out" && as_user ls -lR "$mnt" > /dev/null && umount_it &&
		[ "$before" = "$(sha256sum < "$work/a.img")" ]
}
export -f read_only
try read-only 60 read_only

partition()
{
	truncate -s 64M "$work/parts.img"
	printf 'size=20M\nsize=20M, name=second\n' | sfdisk -q -X gpt "$work/parts.img" || return
	mkfs.ext4 -q -F -L two -E offset=$((21 << 20)) "$work/parts.img" 20M || return
	chmod 666 "$work/parts.img"
	mount_it "$work/parts.img" -o part=2 && as_user touch "$mnt/here" && umount_it &&
		mount_it "$work/parts.img" -o part=second,type=ext4 && as_user test -e "$mnt/here" && umount_it &&
		! mount_it "$work/parts.img" -o part=1 && ! mount_it "$work/parts.img" -o part=7
}
export -f partition
try partition 60 partition

# ---- how it ends ---------------------------------------------------------------------

# A writer that says in a file how far its fsync has come.
start_writer()
{
	rm -f "$work/synced"
	as_user bash -c 'exec 2>/dev/null; cd "$1"; for i in $(seq 1000); do
		head -c 300000 /dev/zero | tr "\0" "$((i % 10))" > "w$i" &&
		sync "w$i" && echo "$i" > "$2/synced" || exit; done' _ "$mnt" "$work" &
	writer=$!
	soon test -s "$work/synced" || return
	sleep 0.5
}

# What was synced is there, complete.
writer_kept()
{
	local i last
	last=$(cat "$work/synced")
	[ "$last" -gt 1 ] || { echo "nothing was synced"; return 1; }
	for i in $(seq "$last"); do
		[ "$(as_user cat "$mnt/w$i" | tr -d "$((i % 10))" | wc -c)" = 0 ] &&
			[ "$(as_user stat -c %s "$mnt/w$i")" = 300000 ] ||
			{ echo "w$i of $last is damaged"; return 1; }
	done
}

server_of()
{
	pgrep -P "$1" lklfuse
}
export -f start_writer writer_kept server_of

terminated()
{
	local pid
	mount_it "$work/a.img" && start_writer || return
	pid=$(cat "$work/pid")
	kill "-$1" "$pid"
	soon gone "$pid" || { echo "it goes on"; return 1; }
	kill "$writer" 2>/dev/null
	wait "$writer" 2>/dev/null
	not_mounted && [ ! -e "$work/pid" ] && ext4_clean a.img && mount_it "$work/a.img" &&
		writer_kept && umount_it
}
export -f terminated
for signal in TERM INT HUP; do
	ext4 a.img
	try "signal-$signal" 60 terminated $signal
	mounted && umount_it
done

killed()
{
	local pid
	mount_it "$work/a.img" && start_writer || return
	pid=$(cat "$work/pid")
	kill -9 "$(server_of "$pid")"
	soon gone "$pid" && soon not_mounted || { echo "the mount point stays"; return 1; }
	wait "$writer" 2>/dev/null
	cp "$work/a.img" "$work/b.img"
	e2fsck -fp "$work/b.img"
	[ $? -le 1 ] || { echo "fsck cannot repair it"; return 1; }
	mount_it "$work/a.img" && writer_kept && umount_it && ext4_clean a.img
}
export -f killed
ext4 a.img
try killed 60 killed

# The mount point goes away, too, if the host could still answer from its caches.
killed_idle()
{
	local pid
	mount_it "$work/a.img" && as_user stat "$mnt" || return
	pid=$(cat "$work/pid")
	kill -9 "$(server_of "$pid")"
	soon gone "$pid" && soon not_mounted || { echo "the mount point stays"; return 1; }
}
export -f killed_idle
try killed-idle 60 killed_idle
mounted && umount "$mnt"

# Without the monitor it goes on, until it is unmounted.
monitor_killed()
{
	local pid server
	mount_it "$work/a.img" || return
	pid=$(cat "$work/pid")
	server=$(server_of "$pid")
	kill -9 "$pid"
	as_user sh -c 'echo text > "$1/after"' _ "$mnt" && umount_it && soon gone "$server" &&
		ext4_clean a.img && mount_it "$work/a.img" && as_user grep -q text "$mnt/after" && umount_it
}
export -f monitor_killed
try monitor-killed 60 monitor_killed

busy()
{
	mount_it "$work/a.img" || return
	as_user sh -c 'echo $$ > "$2/busy"; exec sleep 30 > "$1/open"' _ "$mnt" "$work" &
	soon test -s "$work/busy" && sleep 0.2
	umount_it 2> "$tmp/out" && { echo "unmounted while busy"; return 1; }
	grep -q "still use it" "$tmp/out" && mounted || return
	kill "$(cat "$work/busy")"
	wait $! 2>/dev/null
	umount_it && ext4_clean a.img
}
export -f busy
try busy 60 busy

foreground()
{
	local pid
	as_user "$lklfuse" "$work/a.img" "$mnt" -f --pid-file "$work/pid" &
	soon mounted && soon test -s "$work/pid" || return
	pid=$(cat "$work/pid")
	kill -INT "$pid"
	wait $! || { echo "status $?"; return 1; }
	not_mounted && ext4_clean a.img
}
export -f foreground
try foreground 60 foreground

fusermounted()
{
	local pid
	mount_it "$work/a.img" && as_user cp -r "$work/source" "$mnt/" || return
	pid=$(cat "$work/pid")
	as_user fusermount3 -u "$mnt" && soon gone "$pid" && ext4_clean a.img &&
		mount_it "$work/a.img" && as_user diff -r "$work/source" "$mnt/source" && umount_it
}
export -f fusermounted
ext4 a.img
try fusermount 60 fusermounted

full()
{
	mount_it "$work/full.img" || return
	as_user dd if=/dev/zero of="$mnt/big" bs=1M count=64 conv=fsync 2> "$tmp/out" &&
		{ echo "no error"; return 1; }
	grep -q "No space left" "$tmp/out" || return
	as_user cp "$work/source/dir/sub/random" "$mnt/more" 2> "$tmp/out" &&
		{ echo "no error from cp"; return 1; }
	as_user rm -f "$mnt/big" "$mnt/more" && as_user cp "$work/source/dir/sub/random" "$mnt/" &&
		as_user cmp "$work/source/dir/sub/random" "$mnt/random" && umount_it && ext4_clean full.img
}
export -f full
ext4 full.img 16M
try full-image 60 full

# The host has no room for what the image promises.
host_full()
{
	mount_it "$work/small/a.img" || return
	as_user dd if=/dev/zero of="$mnt/big" bs=1M count=100 conv=fsync 2> "$tmp/out" &&
		{ echo "no error"; return 1; }
	cat "$tmp/out"
	as_user ls "$mnt" > /dev/null
	umount_it
	soon gone "$(cat "$work/pid" 2>/dev/null || echo 0)" && not_mounted
}
export -f host_full
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$work/small"
	mount -t tmpfs -o size=24M,mode=777 none "$work/small" &&
		ext4 small/a.img 256M && try host-disk-full 60 host_full
	mounted && umount -l "$mnt"
	umount "$work/small"
else
	skip host-disk-full "needs root for a small disk"
fi

vanishing()
{
	mount_it "$work/a.img" && as_user cp -r "$work/source" "$mnt/" && umount_it &&
		mount_it "$work/a.img" || return
	truncate -s 1M "$work/a.img"
	as_user cat "$mnt/source/dir/sub/random" > /dev/null 2> "$tmp/out" && { echo "no error"; return 1; }
	as_user timeout -k 5 20 dd if=/dev/zero of="$mnt/new" bs=1M count=20 conv=fsync 2>> "$tmp/out"
	[ $? != 124 ] || { echo "it hangs"; return 1; }
	cat "$tmp/out"
	umount_it
	not_mounted
}
export -f vanishing
ext4 a.img
try vanishing-image 90 vanishing
mounted && umount -l "$mnt"

# ---- processors that stay awake ------------------------------------------------------

# What the host is asked for: 0, or what it is when nobody asks.
latency()
{
	od -An -td4 /dev/cpu_dma_latency
}

# transport PATTERN COMMAND...: what lklfuse -d says; the command runs it.
transport()
{
	local pattern=$1
	shift
	"$@" timeout -k 5 60 "$lklfuse" "$work/a.img" "$mnt" ${halt:+-o halt} -d > "$tmp/debug" 2>&1 &
	soon mounted && "$@" stat "$mnt" > /dev/null && "$@" "$lklfuse" --unmount "$mnt" &&
		wait $! || return
	grep "requests come through" "$tmp/debug" | tee "$tmp/out"
	grep -q "$pattern" "$tmp/out"
}

# burst OPTION...: whether the processors stayed awake meanwhile, and may halt again then.
burst()
{
	local before i pid awake=no
	before=$(latency)
	timeout -k 5 60 "$lklfuse" "$work/a.img" "$mnt" "$@" || return
	bash -c 'for n in $(seq 20000); do : > "$1/file"; rm "$1/file"; done' _ "$mnt" &
	pid=$!
	for i in $(seq 200); do
		[ "$(latency)" -ne 0 ] || { awake=yes; break; }
		sleep 0.01
	done
	kill $pid
	wait $pid
	sleep 0.2
	[ "$(latency)" -eq "$before" ] || { echo "they do not halt again"; return 1; }
	timeout -k 5 60 "$lklfuse" --unmount "$mnt" || return
	echo "awake: $awake"
	[ $awake = "$expected" ]
}
export -f transport latency burst

if [ ! -w /dev/cpu_dma_latency ] || ! latency > /dev/null 2>&1; then
	skip awake "/dev/cpu_dma_latency may not be used"
elif ! grep -qsx haltpoll /sys/devices/system/cpu/cpuidle/current_driver; then
	skip awake "processors do not halt as those of a virtual machine"
elif [ "$(latency)" -eq 0 ]; then
	skip awake "somebody else keeps the processors awake"
else
	ext4 a.img
	expected=yes try awake 60 burst
	mounted && umount -l "$mnt"
	expected=no try awake-halt 60 burst -o halt
	mounted && umount -l "$mnt"
	try awake-transport 60 transport "/dev/fuse.*do not halt" env
	mounted && umount -l "$mnt"
fi

# ---- through io_uring -----------------------------------------------------------------

switch=/sys/module/fuse/parameters/enable_uring

# Who looks for data or holes waits until the host has written what it keeps, which are
# requests, too: more at once than there are threads.
seekers()
{
	local i pids=()
	mount_it "$work/a.img" || return
	for i in $(seq 24); do
		as_user timeout 50 bash -ec 'for n in 1 2 3 4 5 6; do
			printf %s "$n" | dd of="$1/s$2" bs=4096 seek=$((n * 100)) conv=notrunc
			cp --sparse=always "$1/s$2" "$1/c$2"
			cmp "$1/s$2" "$1/c$2"
			test "$(stat -c %b "$1/c$2")" -le $((n * 8 + 16))
		done 2>/dev/null' _ "$mnt" "$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || { echo "one of them failed"; return 1; }
	done
	umount_it && ext4_clean a.img
}

# What is written from some memory and read into the same.
same_memory()
{
	mount_it "$work/a.img" || return
	as_user bash -ec 'for n in 1 2 3; do
			head -c 40M /dev/zero | tr "\\0" "$n" > "$1/big$n"; sync "$1/big$n"
			dd if="$1/big$n" iflag=direct bs=1M status=none | tr -d "$n" | wc -c | grep -qx 0
		done' _ "$mnt" && umount_it && ext4_clean a.img
}
export -f seekers same_memory

# once_more PREFIX: what does not depend on the file system.
once_more()
{
	local signal
	ext4 a.img
	try "$1-seekers" 60 seekers
	try "$1-crowd" 120 crowd
	try "$1-same-memory" 60 same_memory
	mounted && umount_it
	ext4 data.img 512M
	try "$1-data" $((exercise + 60)) data_round
	mounted && umount_it
	for signal in TERM INT; do
		ext4 a.img
		try "$1-signal-$signal" 60 terminated $signal
		mounted && umount_it
	done
	ext4 a.img
	try "$1-killed" 60 killed
	mounted && umount -l "$mnt"
	try "$1-killed-idle" 60 killed_idle
	mounted && umount -l "$mnt"
	try "$1-busy" 60 busy
	try "$1-full-image" 60 full
}

ext4 a.img
ext4 full.img 16M
if [ "$(id -u)" != 0 ] || [ ! -w $switch ]; then
	skip io_uring "needs root to switch it on, and Linux 6.14 or later"
elif ! grep -q liburing < <(ldd "$lklfuse"); then
	skip io_uring "built without liburing"
else
	was=$(cat $switch)
	trap 'echo "$was" > $switch; cleanup' EXIT
	# What keeps processors awake does without.
	export halt=1
	echo N > $switch
	try transport-device 60 transport "/dev/fuse.*not switched on" as_user
	echo Y > $switch
	try transport-io_uring 60 transport "through io_uring" as_user
	once_more io_uring
	echo "$was" > $switch
fi
true
