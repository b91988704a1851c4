# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the suites of other processors share. PROCESSOR_SUITES names what they run.

. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

# check_processor ARCH_TARGET COMPILER EMULATOR: runs the suites for that processor in
# the emulator, and reports each of their tests as SUITE/TEST.
check_processor()
{
	local target=$1 c there=build/$1-small suite
	local suites=${PROCESSOR_SUITES:-boot errors syscalls threads disk net_many fs}
	shift

	# Its kernel takes some minutes to build.
	[ -n "$LKL_TEST_ALL" ] || {
		echo "in make check-all, or by make ARCH_TARGET=$target check"
		exit 77
	}
	for c; do
		have "$c" || {
			echo "there is no $c"
			exit 77
		}
	done
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B -u LKL_TEST_TMP \
		make -s ARCH_TARGET="$target" CONFIG=small SUITES="$suites" \
		LKL_TEST_ALL= run-check > "$tmp/out" 2>&1
	sed 's/^/# /' "$tmp/out"
	if ! grep -qE '^[0-9]+ passed' "$tmp/out"; then
		fail "$target" "$(tail -1 "$tmp/out")"
		return
	fi
	for suite in $(sed -nE 's/^([a-z0-9]+) +[0-9]+ passed,.*/\1/p' "$tmp/out"); do
		sed -E "s,^(ok|not ok|skip) ,&$suite/," "$there/test-logs/$suite.report"
	done
	! grep -qE '^Failed:' "$tmp/out" || bad=1
}
