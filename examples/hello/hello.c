// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <lkl.h>
#include <lkl_host.h>

int main(void)
{
	struct lkl_new_utsname uts;
	char date[64] = "";
	int fd;

	lkl_host_ops.print = NULL;	/* no kernel log, please */
	if (lkl_init(&lkl_host_ops) || lkl_start_kernel("mem=64M"))
		return 1;
	lkl_mount_fs("proc");
	fd = lkl_sys_open("/proc/sys/kernel/version", LKL_O_RDONLY, 0);
	lkl_sys_read(fd, date, sizeof(date) - 1);
	lkl_sys_newuname(&uts);
	printf("Hello from %s %s, built %s", uts.sysname, uts.release, date);
	return lkl_sys_halt() ? 1 : 0;
}
