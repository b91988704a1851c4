#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stale.sh OBJECTS: removes objects that were compiled with a generic header, in whose
# place arch/lkl has one of its own by now. Kbuild takes the wrapper for the generic one
# away, and then finds nothing that is newer than the object.

set -euo pipefail

own=$(find arch/lkl/include/asm -name '*.h' -printf '%f\n' | paste -sd'|' | sed 's/\./\\./g')
find "$1" -name '.*.o.cmd' -exec grep -lE "include/generated/asm/($own)" {} + |
	while IFS= read -r cmd; do
		object=${cmd##*/.}
		rm -f "${cmd%/*}/${object%.cmd}"
	done || :
