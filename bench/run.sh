#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [--runs N] [--json FILE] [PROGRAM...]: runs the benchmarks, all by default, and
# says what else the machine was doing. What does not reach what it must does not fail
# the run: on a busy machine figures say little.
#
# LKL_RUN is put before the programs: the emulator of another processor. Then only
# the host boundary is measured, and the figures are the emulator's.
#
# FILE gets one JSON object for each row; $B/bench/results.json by default.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

export B=${B:-build}
# mkfs and mount are not in the path of an ordinary user.
export PATH=$PATH:/usr/sbin:/sbin
json=$B/bench/results.json
runs=()
programs=()

while [ $# != 0 ]; do
	case $1 in
	--runs) runs=(--runs "${2:?}"); shift ;;
	--json) json=${2:?}; shift ;;
	-*) sed -n '4,11s/^# \?//p' "$0"; exit 1 ;;
	*) programs+=("$1") ;;
	esac
	shift
done
all=
[ ${#programs[@]} != 0 ] || programs=(${LKL_RUN:+calls})
[ ${#programs[@]} != 0 ] || { programs=(start calls files direct net fuse luks speed copy); all=1; }

printf 'Host: Linux %s, %s processors, load %s, %s\n' "$(uname -r)" "$(nproc)" \
	"$(cut -d' ' -f1 /proc/loadavg)" \
	"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
if awk -v n="$(nproc)" '{ exit !($1 > n / 4) }' /proc/loadavg; then
	echo "The machine is busy: these figures are not to be relied on."
fi

rm -f "$json"
status=0
for p in "${programs[@]}"; do
	printf '\n%s\n' "$p"
	# shellcheck disable=SC2086 # several words
	${LKL_RUN:-} "$B/bench/$p" "${runs[@]}" --json "$json" || status=1
done
if [ -n "$all" ]; then
	printf '\nmptcp\n'
	bench/mptcp.sh || status=1
fi
echo
if [ -e "$json" ]; then
	echo "$(grep -c '"reached": true' "$json") reached, $(grep -c '"reached": false' "$json") not; see $json"
fi
exit $status
