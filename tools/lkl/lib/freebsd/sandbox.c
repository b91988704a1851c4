// SPDX-License-Identifier: GPL-2.0
/*
 * Capsicum: in capability mode the process has what its descriptors are good for, and
 * nothing that has a name: no path but below an open folder, no address, no process.
 */
#include <errno.h>
#include <string.h>
#include <sys/capsicum.h>

#include "message.h"
#include "sandbox.h"

static int result(int ret)
{
	if (!ret)
		return 0;
	if (errno == ENOSYS) {
		warning("the host has no Capsicum: this process keeps its rights");
		return 0;
	}
	error("the sandbox cannot be set up: %s; --no-sandbox does without", strerror(errno));
	return -1;
}

/* Descriptors are what one has in that mode; no list is kept beside them. */
void sandbox_allow(int fd)
{
}

int sandbox_enter(unsigned int flags)
{
	return result(cap_enter());
}
