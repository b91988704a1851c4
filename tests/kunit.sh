#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The unit tests of the kernel tree, see docs/conformance.md. time limit: 300 s

. "$(dirname "$0")/lib/shell.sh"

if [ -n "$LKL_TEST_ALL" ]; then
	tests/kernels/kunit.sh kunit || bad=1
else
	tests/kernels/kunit.sh kunit-small || bad=1
fi
