#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Brings the kernel source under build/ and proves that it is unchanged.
#
#   source.sh id LINUX            one line that changes when LINUX does
#   source.sh unpack LINUX DEST   unpacks the tarball, or farms the directory,
#                                 LINUX into DEST, links arch/lkl into it
#   source.sh verify DEST         fails unless DEST is what was unpacked
#
# A directory is never written to: DEST becomes a tree of symbolic links to its
# files, so that edits there are built, and nothing here can reach it.

set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)

die()
{
	echo "source.sh: $*" >&2
	exit 1
}

id()
{
	if [ -d "$1" ]; then
		# Files that come or go change the time of their directory.
		echo "directory $(realpath "$1") $(find "$1" -name .git -prune -o \
			-type d -printf '%p %T@\n' | sha256sum | cut -c1-32)"
	elif [ -e "$1" ]; then
		stat -L -c "tarball $(basename "$1") %s %Y" "$1"
	else
		echo missing
	fi
}

check_version()
{
	local v
	v=$(sed -n 's/^\(VERSION\|PATCHLEVEL\) = //p' "$1/Makefile" | paste -sd.)
	[ "$v" = 6.12 ] || die "$2 is Linux $v, not 6.12"
}

# The sum of every file and the target of every link, but for our own link.
# The list of files sits beside the tree, not in it.
manifest()
{
	cd "$1"
	{
		find . -path ./arch/lkl -prune -o -type f -print0 |
			xargs -0 -n 2000 -P "$(nproc)" stdbuf -oL sha256sum
		find . -path ./arch/lkl -prune -o -type l -printf '%l  %p\n'
	} | sort -k 2
}

unpack_tarball()
{
	echo "  UNPACK  $1"
	tar -C "$2" --strip-components=1 -xf "$1"
}

# Built-in-tree leftovers would be found through VPATH and stop kbuild.
farm_directory()
{
	local from entry
	from=$(realpath "$1")
	echo "  FARM    $from"
	for entry in "$from"/* "$from"/.[!.]*; do
		[ "$(basename "$entry")" = .git ] && continue
		[ -e "$entry" ] && cp -as "$entry" "$2/"
	done
	find "$2" -type l \( -name '*.o' -o -name '*.a' -o -name '*.cmd' \) -delete
	rm -rf "$2/.config" "$2/include/config" "$2/include/generated" \
		"$2"/arch/*/include/generated
}

unpack()
{
	local linux=$1 dest=$2

	if [ ! -e "$linux" ]; then
		die "there is no $linux: install linux-source-6.12, or set LINUX=" \
			"to a tarball or directory of Linux 6.12"
	fi
	if [ "$(id "$linux")" != "$(cat "$dest.id" 2>/dev/null)" ]; then
		rm -rf "$dest" "$dest.new" "$dest.id"
		mkdir -p "$dest.new"
		if [ -d "$linux" ]; then
			farm_directory "$linux" "$dest.new"
		else
			unpack_tarball "$linux" "$dest.new"
		fi
		check_version "$dest.new" "$linux"
		[ ! -e "$dest.new/arch/lkl" ] || die "$linux has an arch/lkl already"
		(manifest "$dest.new") > "$dest.sha256"
		mv "$dest.new" "$dest"
		id "$linux" > "$dest.id"
	fi
	ln -sfn "$(realpath --relative-to="$dest/arch" "$root/arch/lkl")" "$dest/arch/lkl"
}

verify()
{
	local dest=$1

	[ -s "$dest.sha256" ] || die "$dest was not unpacked by make"
	if ! diff <(manifest "$dest") "$dest.sha256" > "$dest.diff"; then
		head -20 "$dest.diff" >&2
		die "$dest is not what was unpacked"
	fi
	rm -f "$dest.diff"
	echo "$(wc -l < "$dest.sha256") files of the kernel source are as packaged"
}

command=${1:?}
shift
case $command in
id|unpack|verify) "$command" "$@" ;;
*) die "unknown command $command" ;;
esac
