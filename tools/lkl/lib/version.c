// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <stdio.h>

#include <lkl/linux/version.h>

#include "message.h"
#include "version.h"

static void print_version(FILE *f, struct argp_state *state)
{
	fprintf(f, "%s (lkl) with Linux %d.%d.%d\n", message_program(),
		LKL_LINUX_VERSION_MAJOR, LKL_LINUX_VERSION_PATCHLEVEL,
		LKL_LINUX_VERSION_SUBLEVEL);
}

void version_init(void)
{
	argp_program_version_hook = print_version;
}
