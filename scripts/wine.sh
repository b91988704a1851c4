#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wine.sh PROGRAM ARGUMENT...: runs a Windows program in a Wine that keeps its files
# in $B, so that nobody's own is touched. LKL_WINE names another Wine than the system's: a
# command, that is given the program's path.

set -euo pipefail

mkdir -p "${B:=build/mingw}"
B=$(realpath "$B")
export WINEPREFIX=${WINEPREFIX:-$B/wine}
export WINEDEBUG=${WINEDEBUG:--all}
# Nothing to install, no windows.
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY

# shellcheck disable=SC2086 # a command with its arguments
exec ${LKL_WINE:-wine} "$@"
