// SPDX-License-Identifier: GPL-2.0
/*
 * bootlog [PARAMETER...]: boots the kernel with these parameters, halts it, and
 * prints its log without the times. Unit tests that are in the kernel run at the
 * end of the boot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

static void print(const char *str, int len)
{
	fwrite(str, 1, len, stdout);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char cmdline[2048] = "printk.time=0";
	int err;

	for (int i = 1; i < argc; i++) {
		size_t len = strlen(cmdline);

		if (snprintf(cmdline + len, sizeof(cmdline) - len, " %s", argv[i]) >=
		    (int)(sizeof(cmdline) - len)) {
			fprintf(stderr, "bootlog: the parameters are too long\n");
			return 2;
		}
	}
	lkl_host_ops.print = print;
	err = lkl_init(&lkl_host_ops);
	if (!err)
		err = lkl_start_kernel("%s", cmdline);
	if (!err)
		err = lkl_sys_halt();
	if (err) {
		fprintf(stderr, "bootlog: %s\n", lkl_strerror(err));
		return 1;
	}
	return 0;
}
