# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the suites of other processors share. PROCESSOR_SUITES names what they run.

. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

# check_processor ARCH_TARGET COMPILER EMULATOR: runs the suites for that processor in
# the emulator, and reports each of their tests as SUITE/TEST.
check_processor()
{
	local target=$1 c there=build/$1-small
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
	other_build "$target" "$there" ARCH_TARGET="$target" CONFIG=small SUITES="$suites" LKL_TEST_ALL=
}
