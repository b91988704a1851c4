#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# perf knows the kernel's functions. time limit: 120 s

. "$(dirname "$0")/lib/shell.sh"

debuggee=$B/tests/helpers/debuggee

# perf may not be allowed to count, or be of another kernel.
if have perf && perf record -q -e cpu-clock -o "$tmp/perf" true 2>/dev/null; then
	LKL_PERF_MAP=1 timeout 60 perf record -q -F 2000 -e cpu-clock -o "$tmp/perf" \
		"$debuggee" work 2 2>&1
	perf report -q --stdio --sort symbol -i "$tmp/perf" > "$tmp/report" 2>/dev/null
	head -20 "$tmp/report" | sed 's/^/# /'
	if grep -qE "shmem_|simple_write|generic_perform_write|copy_user" "$tmp/report"; then
		pass perf
	else
		fail perf "perf report names no function of the kernel"
	fi
	rm -f "/tmp/perf-$(perf script -i "$tmp/perf" -F pid 2>/dev/null | awk "NR == 1 { print \$1 }").map"
else
	skip perf "perf cannot record here"
fi
