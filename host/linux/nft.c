// SPDX-License-Identifier: GPL-2.0
/* Packet filter rules from a file, which the host's nft reads. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <lkl.h>

/* The first line of what nft wrote to @fd. */
static void first_line(int fd, char *why, size_t size)
{
	ssize_t len;

	if (!why || !size)
		return;
	len = pread(fd, why, size - 1, 0);
	why[len > 0 ? len : 0] = 0;
	why[strcspn(why, "\n")] = 0;
}

int lkl_nft_load(const char *file, char *why, size_t size)
{
	const char *argv[] = { "nft", "-f", file, NULL };
	int fds[3], err;

	if (why && size)
		*why = 0;
	if (!lkl_is_running())
		return -LKL_ENODEV;
	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[1] = fds[0];
	fds[2] = memfd_create("nft", MFD_CLOEXEC);
	if (fds[0] < 0 || fds[2] < 0) {
		err = -LKL_EMFILE;
	} else {
		err = lkl_netlink_exec(argv, fds);
		first_line(fds[2], why, size);
	}
	if (err == -LKL_ENOENT && why && size)
		snprintf(why, size, "there is no nft on this host; package nftables has it");
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[2] >= 0)
		close(fds[2]);
	return err > 0 ? -LKL_EINVAL : err;
}
