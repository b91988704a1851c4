// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "message.h"
#include "sandbox.h"

int sandbox_enter(unsigned int flags)
{
	/* Both walls ask for it: no program that we start gains rights. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		error("the sandbox cannot be set up: %s; --no-sandbox does without",
		      strerror(errno));
		return -1;
	}
	/* The filter lets nobody set up the other one. */
	return sandbox_landlock(flags) || sandbox_filter(flags) ? -1 : 0;
}
