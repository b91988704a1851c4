# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The programs as Windows has them, under Wine: what tests/mingw.sh says of them. The
# tools of this machine look at the same images.

bin=$PWD/build/mingw/bin
wine=$PWD/scripts/wine.sh
export bin wine

# A program for Windows, in $tmp. Carriage returns are the console's.
windows()
{
	local program=$1
	shift
	(cd "$tmp" && B=$top/build/mingw LC_ALL=C.UTF-8 "$wine" "$bin/$program.exe" "$@" 2>&1 |
		tr -d '\r'; exit "${PIPESTATUS[0]}")
}

# unwind_table FILE: what says how to leave functions names each once, and in order.
unwind_table()
{
	x86_64-w64-mingw32-objdump -p "$1" | awk '
		/^ [0-9a-f]+:\t[0-9a-f]+ [0-9a-f]+ [0-9a-f]+$/ {
			functions++
			# As text: for awk 140024e85 is a number with an exponent.
			if ($2 "" < end) {
				print "function at " $2 " before the end of another, at " end
				bad = 1
			}
			end = $3 ""
		}
		END { print functions " functions"; exit bad || functions < 100 }'
}

# Unicode, hard links, times, a path beyond 260 characters, more than one buffer.
make_tree()
{
	local long

	long=$(printf 'long-%.0s' {1..30})
	mkdir -p "$1/sub/empty" "$1/$long/$long/$long"
	echo hello > "$1/hello"
	ln "$1/hello" "$1/same"
	touch -d '2001-02-03 04:05:06.789 UTC' "$1/hello"
	head -c 3000000 /dev/urandom > "$1/large"
	: > "$1/nothing"
	echo unicode > "$1/sub/grüße 漢字 😀"
	echo deep > "$1/$long/$long/$long/file"
	for i in {1..600}; do echo "$i" > "$1/sub/$i-0123456789-0123456789-0123456789-0123456789"; done
}

# Names that Windows has no place for, and one that would lead elsewhere.
make_hard_names()
{
	mkdir -p "$1"
	echo 1 > "$1/a:b"
	echo 2 > "$1/..\\..\\up"
	echo 3 > "$1/what?*<>|\"quoted\""
	echo 4 > "$1/ends with a dot."
	echo 5 > "$1/con"
}

# same_tree A B: names, contents, links and times as far as Windows keeps them.
same_tree()
{
	diff -r "$1" "$2" && diff <(listed "$1") <(listed "$2")
}

listed()
{
	(cd "$1" && find . -type f -printf '%P %n %T@\n' | sed -E 's/(\.[0-9]{7})[0-9]*$/\1/' | sort)
}

# round_trip FS SIZE MKFS...: there and back, and the file system's own check.
round_trip()
{
	local fs=$1 size=$2 image=$tmp/$1.img
	shift 2
	rm -rf "$image" "$tmp/out-$fs"
	truncate -s "$size" "$image"
	"$@" "$image" > /dev/null 2>&1 || return
	windows cptofs -i "$fs.img" tree / || return
	windows cptofs -i "$fs.img" 'tree\hello' /renamed || return
	mkdir "$tmp/out-$fs"
	windows cpfromfs -i "$fs.img" /tree "out-$fs" || return
	same_tree "$tmp/tree" "$tmp/out-$fs/tree" || return
	build/bin/cpfromfs -q -i "$image" /renamed "$tmp/out-$fs" &&
		cmp "$tmp/tree/hello" "$tmp/out-$fs/renamed"
}

# From an image that Linux wrote, with names that Windows does not have; and back into one.
hard_names()
{
	truncate -s 32M "$tmp/hard.img" "$tmp/again.img"
	mkfs.ext4 -q -F "$tmp/hard.img" && mkfs.ext4 -q -F "$tmp/again.img" || return
	build/bin/cptofs -q -i "$tmp/hard.img" "$tmp/hard" / || return
	mkdir -p "$tmp/box/inner"
	windows cpfromfs -i hard.img /hard box/inner || return
	[ "$(find "$tmp/box" -maxdepth 2 | wc -l)" = 3 ] || { echo "something got out"; return 1; }
	windows cptofs -i again.img box/inner/hard / || return
	mkdir -p "$tmp/hard-out"
	build/bin/cpfromfs -q -i "$tmp/again.img" /hard "$tmp/hard-out" &&
		diff -r "$tmp/hard" "$tmp/hard-out/hard"
}

# What both say of images of many kinds. Some values only libblkid knows.
same_table()
{
	local image filter='del(.. | .version?) | del(.images[0].name)' bad=0

	for image; do
		build/bin/lkl-part --json "$tmp/$image" | jq -S "$filter" > "$tmp/here" &&
			windows lkl-part --json "$image" | jq -S "$filter" > "$tmp/there" &&
			diff "$tmp/here" "$tmp/there" || { echo "$image differs"; bad=1; }
	done
	return $bad
}

make_images()
{
	cd "$tmp" || return
	truncate -s 64M ext2.img ext3.img vfat.img gpt.img dos.img luks.img swap.img jfs.img
	truncate -s 160M f2fs.img nilfs2.img
	mkfs.ext2 -q -F -L two ext2.img && mkfs.ext3 -q -F ext3.img &&
	mkfs.vfat -n LABEL vfat.img &&
	mkfs.f2fs -q -l 'f漢' f2fs.img && mkfs.nilfs2 -q -L nil nilfs2.img &&
	mkfs.jfs -q -L jfs jfs.img && mkswap -L sw swap.img &&
	echo -n key | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 luks.img - &&
	sfdisk -q gpt.img <<< $'label: gpt\nsize=20M,name="EFI 漢",type=U\nsize=20M' &&
	sfdisk -q dos.img <<< $'label: dos\nsize=10M,type=c\nsize=30M,type=5\nsize=8M\nsize=8M' &&
	mksquashfs tree/sub squashfs.img -quiet -noappend &&
	xorriso -as mkisofs -V ISO -o iso.img tree/sub
}

refuses()
{
	local expected=$1
	shift
	windows "$@" > "$tmp/said" && { echo "it did not fail"; return 1; }
	cat "$tmp/said"
	grep -qF "$expected" "$tmp/said"
}

# Tables in themselves, in programs without libblkid: shown in part, and that is said.
mazes()
{
	local kind

	for kind in dos deep gpt; do
		python3 "$top/tests/lib/layers.py" maze $kind "$tmp/maze.img"
		windows lkl-part maze.img > "$tmp/said" || { tail -3 "$tmp/said"; return 1; }
		[ "$(wc -l < "$tmp/said")" -lt 300 ] || { echo "$kind: too long"; return 1; }
		[ $kind != gpt ] || grep -q 'more than 256 partitions' "$tmp/said" ||
			{ echo "$kind: no warning"; return 1; }
	done
}

# luks1_image IMAGE OPTION...: what plain.img has, encrypted with the key in key.
luks1_image()
{
	local image=$1 i
	shift

	# On a busy machine it may find itself too fast to measure.
	for i in {1..20}; do
		qemu-img convert --object secret,id=s,file=key -f raw plain.img -O luks \
			-o "key-secret=s,iter-time=$((10 * i))$*" "$image" > /dev/null 2>&1 && return
	done
	return 1
}

# The same content behind headers of both versions, and both ways to derive a key.
make_luks()
{
	local from image

	cd "$tmp" || return
	printf secret > key
	printf wrong > wrong-key
	truncate -s 40M plain.img && mkfs.ext4 -q -F plain.img && luks1_image luks1.img &&
		luks1_image essiv.img ,cipher-alg=aes-256,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256 ||
		return
	cryptsetup luksDump -q --dump-master-key --key-file key --master-key-file master \
		luks1.img > /dev/null || return
	from=$(cryptsetup luksDump luks1.img | sed -n 's/^Payload offset:[^0-9]*//p')
	for image in luks2-pbkdf2 luks2-argon2id; do
		truncate -s 64M $image.img
		cryptsetup luksFormat -q --type luks2 --pbkdf "${image#luks2-}" \
			--pbkdf-force-iterations 1000 --pbkdf-memory 1024 --master-key-file master \
			--key-size 512 --cipher aes-xts-plain64 --sector-size 512 --key-file key \
			$image.img &&
			dd if=luks1.img of=$image.img bs=512 skip="$from" seek=32768 conv=notrunc \
				status=none || return
	done
	# The first copy of the header is not whole; another has a second slot, for another key.
	cp luks2-pbkdf2.img luks2-second.img
	dd if=/dev/zero of=luks2-second.img bs=512 seek=8 count=8 conv=notrunc status=none
	cryptsetup luksAddKey -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file key \
		luks2-pbkdf2.img <(printf other)
}

# What is written here is read by the program for Linux, with the key that was there first.
open_luks()
{
	local image=$1 key=${2:-key}

	windows cptofs -k "$key" -i "$image" tree/hello / || return
	build/bin/cpfromfs -q -k "$tmp/key" -i "$tmp/$image" /hello "$tmp/from-luks" &&
		cmp "$tmp/tree/hello" "$tmp/from-luks" && rm "$tmp/from-luks"
}

# Damaged headers: an end with words, whatever is wrong.
spoiled_luks()
{
	local image=$1 i status

	for ((i = 1; i <= ${LKL_TEST_ALL:+3}4; i++)); do
		cp --sparse=always "$tmp/$image" "$tmp/spoiled.img"
		python3 "$top/tests/lib/layers.py" spoil "$i" $((1 << i % 5)) 20K "$tmp/spoiled.img"
		timeout 60 "$wine" "$bin/lkl-part.exe" -k "$tmp/key" "$tmp/spoiled.img" > "$tmp/said" 2>&1
		status=$?
		[ $status -le 1 ] || { echo "number $i: status $status, $(tail -1 "$tmp/said")"; return 1; }
	done
}

# typed WORDS PROGRAM ARGUMENT...: on a terminal, with what tests/lib/ask.py types.
typed()
{
	local words=$1 program=$2
	shift 2
	(cd "$tmp" && B=$top/build/mingw timeout 60 python3 "$top/tests/lib/ask.py" "$words" "$wine" \
		"$bin/$program.exe" "$@" 2>&1 < /dev/null | tr -d '\r'; exit "${PIPESTATUS[0]}")
}

asks()
{
	typed secret cptofs -i luks2-pbkdf2.img tree/hello /asked > "$tmp/said"
	status=$?
	cat "$tmp/said"
	[ $status = 0 ] && grep -q '^Passphrase for luks2-pbkdf2.img: $' "$tmp/said" &&
		! grep -q secret "$tmp/said" || return
	typed wrong,secret cptofs -i luks2-pbkdf2.img tree/hello /again | tee "$tmp/said"
	[ "${PIPESTATUS[0]}" = 0 ] && grep -q 'wrong passphrase' "$tmp/said"
}

# The low byte of the status that Ctrl-C gives to programs.
INTERRUPTED=$((0x3a))
export INTERRUPTED

ask_interrupted()
{
	typed ^C cptofs -i luks2-pbkdf2.img tree/hello /never
	[ $? = $INTERRUPTED ]
}

# In the middle of a file that would take minutes. The file system is in order.
interrupted()
{
	local status

	truncate -s 20G "$tmp/endless"
	truncate -s 24G "$tmp/interrupted.img"
	mkfs.ext4 -q -F -E lazy_itable_init=1 "$tmp/interrupted.img"
	typed 4^C cptofs -i interrupted.img endless / | tee "$tmp/said"
	status=${PIPESTATUS[0]}
	[ "$status" = $INTERRUPTED ] && grep -q interrupted "$tmp/said" &&
		e2fsck -fn "$tmp/interrupted.img" > /dev/null 2>&1
	status=$?
	rm -f "$tmp/interrupted.img"
	return $status
}

# Whoever reads the archive goes away.
broken_pipe()
{
	(cd "$tmp" && B=$top/build/mingw timeout 60 "$wine" "$bin/fs2tar.exe" ext4.img - 2> said |
		head -c 1000 > /dev/null; exit "${PIPESTATUS[0]}")
	[ $? = 1 ] && grep 'Broken pipe' "$tmp/said"
}

# What is said of the options, and of mistakes, is the same.
same_words()
{
	local line

	while read -ra line; do
		windows "${line[@]}" > "$tmp/there"
		echo "status $?" >> "$tmp/there"
		(cd "$tmp" && PATH=$top/build/bin:$PATH "${line[@]}" > here 2>&1
		echo "status $?" >> here)
		diff "$tmp/here" "$tmp/there" || { echo "${line[*]}"; return 1; }
	done <<-'LINES'
		cptofs --help
		cpfromfs -?
		fs2tar --usage
		tar2fs -V
		cptofs
		cptofs --frobnicate
		cptofs --no
		cptofs -i
		cptofs --quiet=1 -i x a b
		cptofs -qzi x a b
		fs2tar -- -a
		fs2tar x y z
		cptofs --mb=7 -i ext2.img a /
		lkl-part --help
		lkl-part
		lkl-part missing.img
	LINES
}

windows_luks()
{
	local image

	if ! have cryptsetup qemu-img || ! pkg-config --exists libcryptsetup; then
		skip luks "no cryptsetup or qemu-img, or libcryptsetup was missing"
		return
	fi
	try luks-images 60 make_luks || return
	for image in luks1 essiv luks2-pbkdf2 luks2-argon2id luks2-second; do
		try $image 60 open_luks $image.img
	done
	printf other > "$tmp/other-key"
	try luks-other-key 60 open_luks luks2-pbkdf2.img other-key
	try luks-wrong-key 60 refuses 'no key slot opens with what is in wrong-key' \
		cptofs -k wrong-key -i luks2-argon2id.img tree /
	try luks-prompt 120 asks
	try luks-prompt-interrupted 60 ask_interrupted
	try luks-no-key 60 refuses 'needs a passphrase' cptofs -i luks1.img tree /
	try luks1-spoiled 100 env B="$PWD/build/mingw" bash -c 'spoiled_luks luks1.img'
	try luks2-spoiled 100 env B="$PWD/build/mingw" bash -c 'spoiled_luks luks2-second.img'
}

# A second program does not get an image that the first one writes, which takes it long;
# who is the first does not matter.
locked()
{
	local first i status=1

	truncate -s 400M "$tmp/zeroes"
	truncate -s 600M "$tmp/lock.img"
	mkfs.ext4 -q -F "$tmp/lock.img"
	(cd "$tmp" && B=$top/build/mingw exec "$wine" "$bin/cptofs.exe" -i lock.img zeroes / \
		> first 2>&1) &
	first=$!
	for i in {1..10}; do
		refuses 'is in use by another program' cptofs -i lock.img tree /second &&
			{ status=0; break; }
		grep -q 'is in use by another' "$tmp/first" && { status=0; break; }
	done
	kill "$first" 2> /dev/null
	wait "$first" 2> /dev/null
	return $status
}

# What only an image of Linux has: the tree is in none of Windows' own files.
make_linux_tree()
{
	mkdir -p "$1/folder"
	cp -a "$tmp/tree/sub" "$1/"
	echo hello > "$1/hello"
	ln "$1/hello" "$1/folder/same"
	ln -s ../hello "$1/folder/link"
	ln -s "$(printf 'x%.0s' {1..180})" "$1/long-link"
	mkfifo "$1/fifo"
	mknod "$1/null" c 1 3 2> /dev/null
	: > "$1/$(printf 'bytes \344')"
	: > "$1/$(printf 'n%.0s' {1..250})"
	: > "$1/a:b\\c?"
	truncate -s 40M "$1/sparse"
	head -c 5000 /dev/urandom | dd of="$1/sparse" bs=4096 seek=5000 conv=notrunc status=none
	chmod 4711 "$1/hello"
	if setfattr -n user.test -v value "$1/folder"; then
		setfacl -m u:1234:rwx "$1/hello"
	fi
	touch -d '2001-02-03 04:05:06.123456789 UTC' "$1/hello"
}

# The archive is byte for byte that of the same program here, and fills an image so that it
# makes the same archive again; by files and by pipes.
archives()
{
	local own=$top/build/tests/helpers/own
	truncate -s 64M "$tmp/linux.img" "$tmp/filled.img"
	mkfs.ext4 -q -F "$tmp/linux.img" && mkfs.ext4 -q -F "$tmp/filled.img" || return
	build/bin/cptofs -q -i "$tmp/linux.img" "$tmp/linux/." / || return
	windows fs2tar linux.img linux.tar && "$own/fs2tar" "$tmp/linux.img" "$tmp/here.tar" &&
		cmp "$tmp/linux.tar" "$tmp/here.tar" || return
	tar --xattrs -tf "$tmp/linux.tar" > /dev/null && LC_ALL=C.UTF-8 bsdtar -tf "$tmp/linux.tar" > /dev/null || return
	mkdir "$tmp/unpacked" && tar --xattrs --acls -C "$tmp/unpacked" --exclude lost+found \
		-xpf "$tmp/linux.tar" || return
	build/tests/helpers/manifest -o "$tmp/linux" > "$tmp/before" &&
		build/tests/helpers/manifest -o "$tmp/unpacked" | diff "$tmp/before" - || return
	(cd "$tmp" && B=$top/build/mingw "$wine" "$bin/fs2tar.exe" linux.img - < /dev/null |
		B=$top/build/mingw "$wine" "$bin/tar2fs.exe" - filled.img) || return
	"$own/fs2tar" "$tmp/filled.img" - | cmp - "$tmp/here.tar" || return
	e2fsck -fn "$tmp/filled.img" > /dev/null 2>&1
}

# Functions of the kernel have their names in gdb, also on stacks that nobody runs.
debugger()
{
	local port=$((20000 + RANDOM % 10000)) proxy
	(cd "$tmp" && B=$top/build/mingw exec timeout 100 "$wine" winedbg --gdb --no-start \
		--port $port "$bin/lkl-part.exe" ext2.img > proxy 2>&1) &
	proxy=$!
	for _ in {1..100}; do
		grep -q "localhost:$port" "$tmp/proxy" && break
		sleep 0.1
	done
	timeout 90 gdb -q -nx -batch -x "$top/scripts/lkl-gdb.py" \
		-ex 'handle SIGSEGV nostop noprint pass' -ex "target remote localhost:$port" \
		-ex 'break lkl_sys_halt' -ex continue -ex 'break ksys_sync' -ex continue \
		-ex bt -ex lkl-ps -ex 'lkl-bt 2' -ex kill "$bin/lkl-part.exe" 2>&1 < /dev/null |
		tee "$tmp/gdb"
	wait $proxy
	grep -q 'hit Breakpoint .* in ksys_sync ()' "$tmp/gdb" &&
		grep -q '^ *2 S kthreadd .* parked' "$tmp/gdb" && grep -q ' in kthreadd ()' "$tmp/gdb"
}

windows_programs()
{
	top=$PWD
	export top tmp
	export -f windows unwind_table make_tree make_hard_names same_tree listed round_trip \
		hard_names same_table \
		make_images refuses mazes locked luks1_image make_luks open_luks spoiled_luks make_linux_tree archives \
		debugger typed asks ask_interrupted interrupted broken_pipe same_words
	try unwind-table 30 unwind_table "$bin/cptofs.exe"
	try unwind-table-of-the-dll 30 unwind_table build/mingw/lkl.dll
	make_tree "$tmp/tree"
	make_hard_names "$tmp/hard"
	try copy-ext4 120 round_trip ext4 64M mkfs.ext4 -q -F
	try copy-btrfs 120 round_trip btrfs 256M mkfs.btrfs -q
	# Its folders are in buffers of several pages, which the host cannot show as one.
	try copy-xfs 120 round_trip xfs 320M mkfs.xfs -q -n size=16384
	try xfs-is-clean 60 xfs_repair -n "$tmp/xfs.img"
	try names-of-linux 120 hard_names
	make_linux_tree "$tmp/linux"
	try archives 120 archives
	try compressed-archive 30 refuses 'does not compress' fs2tar linux.img linux.tar.gz
	try images 60 make_images
	try table-and-json 240 same_table ext2.img ext3.img vfat.img f2fs.img nilfs2.img gpt.img dos.img \
		luks.img jfs.img swap.img squashfs.img iso.img ext4.img btrfs.img xfs.img
	try table-in-itself 120 mazes
	try no-image 30 refuses 'missing.img: No such file or directory' cptofs -i missing.img tree /
	try no-source 30 refuses 'nothing-here: cannot be opened: No such file' cptofs -i ext2.img nothing-here /
	try same-words 120 same_words
	try interrupted 90 interrupted
	try broken-pipe 60 broken_pipe
	if have gdb && gdb -nx -batch -ex "python print(1)" 2> /dev/null | grep -qx 1; then
		try debugger 120 debugger
	else
		skip debugger "gdb is missing, or has no Python"
	fi
	windows_luks
	try second-writer 240 locked
}
