#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Selftests of the kernel tree, see docs/conformance.md. time limit: 300 s

. "$(dirname "$0")/lib/shell.sh"

tests/selftests/run.sh "$([ -n "$LKL_TEST_ALL" ] && echo all || echo quick)" || bad=1
