#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# config.sh SOURCE OBJECTS FRAGMENTS MAKE...: makes OBJECTS/.config from the
# defconfig of arch/lkl and the FRAGMENTS, in their order; the last word counts.
# Fails if an option of a fragment did not survive its dependencies.

set -euo pipefail

src=$1 obj=$2 fragments=$3
shift 3

"$@" defconfig
[ -n "$fragments" ] || exit 0

# shellcheck disable=SC2086 # FRAGMENTS is a list
"$src/scripts/kconfig/merge_config.sh" -m -O "$obj" "$obj/.config" $fragments >/dev/null
"$@" olddefconfig

missed=0
# shellcheck disable=SC2086
while read -r line; do
	case $line in
	CONFIG_*=n)
		option=${line%=n}
		grep -q "^$option=" "$obj/.config" && line="$option is still set" || continue
		;;
	CONFIG_*=*)
		grep -qxF "$line" "$obj/.config" && continue
		;;
	"# CONFIG_"*" is not set")
		option=${line#\# } option=${option%% *}
		grep -q "^$option=" "$obj/.config" || continue
		;;
	*)
		continue
		;;
	esac
	echo "KCONFIG: not possible: $line" >&2
	missed=1
done < <(cat $fragments)
exit $missed
