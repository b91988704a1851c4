#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [--runs N] [--json FILE] [PROGRAM...]: runs the benchmarks, all by default, and
# says what else the machine was doing. What does not reach what it must does not fail
# the run: on a busy machine figures say little.
#
# What the host boundary costs is measured on other hosts and processors as well, if
# "make HOST=... benches" or "make ARCH_TARGET=... CONFIG=small benches" built that; what runs
# its programs here has its part in the figures. LKL_RUN is that of the build in $B.
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
	-*) sed -n '4,12s/^# \?//p' "$0"; exit 1 ;;
	*) programs+=("$1") ;;
	esac
	shift
done
[ -z "${LKL_RUN:-}" ] || only_boundary=1
[ ${#programs[@]} != 0 ] || { programs=(start calls boundary files direct net fuse luks speed copy forkserver mptcp); }

printf 'Host: Linux %s, %s processors, load %s, %s\n' "$(uname -r)" "$(nproc)" \
	"$(cut -d' ' -f1 /proc/loadavg)" \
	"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
if awk -v n="$(nproc)" '{ exit !($1 > n / 4) }' /proc/loadavg; then
	echo "The machine is busy: these figures are not to be relied on."
fi

# boundary NAME BUILD: one line, of a build for another host or processor too, by the command
# that runs its programs.
boundary()
{
	local name=$1 build=$2 program image command
	program=$build/bench/boundary
	[ -e "$program.run" ] || return 0
	read -ra command < "$program.run"
	[ -x "$program" ] || program=$program.exe
	name=$name${command:+ (${command[0]##*/})}
	printf '  %-30s' "$name"
	if [ "${command[*]}" = false ]; then
		echo "cannot be run here"
		return
	fi
	image=$(mktemp -p "$build")
	truncate -s 64M "$image"
	mkfs.ext4 -q -F "$image" && B=$build "${command[@]}" "$program" "$image" \
		"${runs[1]:-5}" "$json" "$name" || status=1
	rm -f "$image"
}

boundaries()
{
	local run build

	boundary here "$B"
	for run in "$B"/*/bench/boundary.run; do
		build=${run%/bench/*}
		boundary "${build##*/}" "$build"
	done
}

rm -f "$json"
status=0
if [ -n "${only_boundary:-}" ]; then
	boundary "${B##*/}" "$B"
	exit $status
fi
for p in "${programs[@]}"; do
	printf '\n%s\n' "$p"
	case $p in
	boundary) boundaries; continue ;;
	# A run of it takes minutes, so one by default.
	mptcp) bench/mptcp.sh "${runs[@]}" --json "$json" || status=1; continue ;;
	esac
	# shellcheck disable=SC2086 # several words
	${LKL_RUN:-} "$B/bench/$p" "${runs[@]}" --json "$json" || status=1
done
echo
if [ -e "$json" ]; then
	echo "$(grep -c '"reached": true' "$json") reached, $(grep -c '"reached": false' "$json") not; see $json"
fi
exit $status
