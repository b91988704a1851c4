#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# config.sh SOURCE OBJECTS OWN DEFCONFIG FRAGMENTS MAKE...: makes OBJECTS/.config from
# DEFCONFIG of arch/lkl ("none": what is default) and the FRAGMENTS, in their order; the
# last word counts.
# Fails if an option of a fragment did not survive its dependencies. If the file
# OWN exists, .config is the user's, and is only brought up to date.

set -euo pipefail

src=$1 obj=$2 own=$3 defconfig=$4 fragments=$5
shift 5

if [ -e "$own" ]; then
	exec "$@" olddefconfig
fi
if [ "$defconfig" = none ]; then
	: > "$obj/.config"
else
	"$@" "$defconfig"
fi
[ -n "${fragments// /}" ] || exit 0

# shellcheck disable=SC2086 # FRAGMENTS is a list
"$src/scripts/kconfig/merge_config.sh" -m -O "$obj" "$obj/.config" $fragments >/dev/null
"$@" olddefconfig
# shellcheck disable=SC2086
scripts/check-config.sh $fragments "$obj/.config"
