#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wine.sh PROGRAM ARGUMENT...: runs a Windows program in a Wine that keeps its files
# in $B, so that nobody's own is touched. LKL_WINE names another Wine than the system's: a
# command, that is given the program's path. LKL_WINE_ROOT, instead, is a folder with another
# Debian, as debootstrap makes it; that takes root:
#
#   debootstrap --variant=minbase --include=wine64,btrfs-progs trixie FOLDER

set -euo pipefail

mkdir -p "${B:=build/mingw}"
B=$(realpath "$B")
# Another Wine does not take over the files of this one.
export WINEPREFIX=${WINEPREFIX:-$B/wine${LKL_WINE_ROOT:+-other}}
export WINEDEBUG=${WINEDEBUG:--all}
# Nothing to install, no windows.
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY

# In its own view of the files: the other Debian, with our folders in their places.
inside()
{
	local folder

	for folder in /proc /dev /tmp "$PWD" "$B"; do
		mkdir -p "$LKL_WINE_ROOT$folder"
		mount --rbind "$folder" "$LKL_WINE_ROOT$folder"
	done
	# shellcheck disable=SC2016 # for the shell inside
	exec chroot "$LKL_WINE_ROOT" sh -c 'cd "$0" && exec /usr/lib/wine/wine64 "$@"' "$PWD" "$@"
}

if [ -n "${LKL_WINE_ROOT:-}" ]; then
	export B LKL_WINE_ROOT
	export -f inside
	exec unshare --mount bash -c 'inside "$@"' wine "$@"
fi

# shellcheck disable=SC2086 # a command with its arguments
exec ${LKL_WINE:-wine} "$@"
