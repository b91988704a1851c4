#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What code can do that runs in a program after it has entered its sandbox: work on the
# image, and nothing else. time limit: 120 s

. "$(dirname "$0")/lib/shell.sh"

sandboxed=$B/tests/helpers/sandboxed
image=$tmp/disk.img

if [ ! -x "$sandboxed" ]; then
	skip sandbox "libblkid-dev was missing when the tests were built"
	exit
fi
if ! pkg-config --exists libseccomp; then
	skip sandbox "libseccomp-dev was missing when the tests were built"
	exit
fi

truncate -s 64M "$image"
mkfs.ext4 -q -F "$image" || exit

# answer NAME EXPECTED [FLAG] ACTION: what the host says to it; "killed" if it ends the process.
answer()
{
	local name=$1 expected=$2 said status
	shift 2
	said=$("$sandboxed" "$@" "$image" 2> "$tmp/err")
	status=$?
	# 128 + SIGSYS
	[ "$status" = 159 ] && said=killed
	if [[ $said =~ ^($expected)$ ]]; then
		pass "$name"
	else
		fail "$name" "$expected was expected, but: $said, status $status, $(tail -1 "$tmp/err")"
	fi
}

answer works done work
answer no-file-is-opened EPERM open
answer no-file-is-made EPERM create
answer no-unnamed-file EPERM tmpfile
answer no-file-by-openat2 "ENOSYS|EPERM" openat2
answer no-file-is-removed EPERM unlink
answer no-file-is-looked-at EPERM stat
answer no-network killed inet
answer no-local-socket EPERM unix
answer no-socket-pair EPERM socketpair
answer no-connection EPERM connect
answer no-program killed exec
answer no-process EPERM fork
answer no-namespace EPERM clone
answer no-debugging killed ptrace
answer no-signal-to-others EPERM signal
answer no-executable-memory EPERM executable
answer no-memory-becomes-executable EPERM protect
answer no-ring-is-made killed ring
# EBADF: no io_uring on this host, the library has no ring.
answer no-use-of-the-disks-ring "EEXIST|EBADF" old-ring
answer reading-opens done -r open
answer reading-makes-nothing EPERM -r create
answer reading-makes-no-unnamed-file EPERM -r tmpfile
answer reading-starts-nothing killed -r exec
answer writing-makes done -w create
answer writing-starts-nothing killed -w exec
rm -f /tmp/lkl-sandboxed
try image-is-clean 60 fsck.ext4 -fn "$image"
