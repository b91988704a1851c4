#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# gdb knows the kernel's functions and tasks. time limit: 300 s

. "$(dirname "$0")/lib/shell.sh"

debuggee=$B/tests/helpers/debuggee
script=scripts/lkl-gdb.py

# shows NAME PATTERN...: each pattern is in the output of gdb.
shows()
{
	local name=$1 pattern
	shift
	for pattern; do
		if ! grep -qE "$pattern" "$tmp/gdb"; then
			fail "$name" "no \"$pattern\""
			return
		fi
	done
	pass "$name"
}

# Two tests in one run: a process that waits, and gdb that comes to see it.
gdb_attached()
{
	local input pid

	mkfifo "$tmp/in" "$tmp/out"
	"$debuggee" wait < "$tmp/in" > "$tmp/out" &
	pid=$!
	exec {input}> "$tmp/in"
	read -r -t 60 < "$tmp/out"
	timeout 120 gdb -q -nx -batch -p "$pid" -x "$script" -ex "lkl-ps" -ex "info threads" \
		-ex "lkl-bt 1 2" -ex "lkl-bt all" -ex "lkl-bt 99999" \
		-ex "lkl-symbols $tmp/none" > "$tmp/gdb" 2>&1 < /dev/null
	exec {input}>&-
	wait "$pid"
	status=$?
	sed 's/^/# /' "$tmp/gdb"
	shows gdb-symbols "^lkl: kernel at 0x[0-9a-f]+, symbols of .*vmlinux"
	shows gdb-ps "^.    1 . .* thread [0-9]+" "^.    2 S kthreadd .* parked" "lkl_spawner"
	shows gdb-threads "^. +1 +Thread" "^. +3 +Thread"
	# A parked coroutine, and a thread that waits in a system call.
	shows gdb-backtrace "task 2 \"kthreadd\"" "in kthreadd " "in (anon_)?pipe_read " \
		"in lkl_image_syscall "
	shows gdb-no-task "there is no task 99999"
	shows gdb-no-symbols "^$tmp/none: No such file or directory"
	if [ "$status" = 0 ]; then
		pass gdb-goes-on
	else
		fail gdb-goes-on "status $status"
	fi
}

# From the start: the kernel comes later, and so do its symbols; a breakpoint in it.
gdb_started()
{
	timeout 120 gdb -q -nx -batch -x "$script" -ex "break lkl_sys_halt" -ex "run" \
		-ex "break do_unlinkat" -ex "info symbol do_unlinkat" -ex "kill" \
		--args "$debuggee" work 0 > "$tmp/gdb" 2>&1 < /dev/null
	sed 's/^/# /' "$tmp/gdb"
	shows gdb-break "^lkl: kernel at" "^do_unlinkat in section .text"
}

if have gdb && gdb -nx -batch -ex "python print(1)" 2>/dev/null | grep -qx 1; then
	gdb_attached
	gdb_started
else
	skip gdb "gdb is missing, or has no Python"
fi
