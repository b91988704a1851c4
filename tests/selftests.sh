#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Selftests of the kernel tree, see docs/conformance.md. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"
. tests/selftests/report.sh

check_report
tests/selftests/run.sh "$([ -n "$LKL_TEST_ALL" ] && echo all || echo quick)" || bad=1
