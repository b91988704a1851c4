#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# headers.sh SOURCE BUILD MAKE...: fills BUILD/include/lkl. MAKE is how kbuild is
# called; it exports the user headers, our scripts give their names a prefix.

set -euo pipefail

src=$1 b=$2
shift 2

rm -rf "$b/headers"
"$@" INSTALL_HDR_PATH="$(realpath -m "$b/headers")" headers_install >/dev/null
export PYTHONDONTWRITEBYTECODE=1
for make_headers in scripts/headers.py scripts/syscalls.py; do
	python3 "$make_headers" --kernel "$src" --headers "$b/headers/include" \
		--extra include/extra --out "$b/include"
done
