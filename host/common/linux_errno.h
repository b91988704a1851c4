/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Linux errno values for the host's own code: on a host that is not Linux its
 * <errno.h> has other numbers, and the API promises Linux ones.
 */
#ifndef LKL_COMMON_LINUX_ERRNO_H
#define LKL_COMMON_LINUX_ERRNO_H

enum {
	LKL_ERR_NOENT = 2,
	LKL_ERR_IO = 5,
	LKL_ERR_BADF = 9,
	LKL_ERR_AGAIN = 11,
	LKL_ERR_NOMEM = 12,
	LKL_ERR_BUSY = 16,
	LKL_ERR_NODEV = 19,
	LKL_ERR_INVAL = 22,
	LKL_ERR_NOSPC = 28,
	LKL_ERR_DEADLK = 35,
	LKL_ERR_NOSYS = 38,
	LKL_ERR_OPNOTSUPP = 95,
	LKL_ERR_ADDRINUSE = 98,
	LKL_ERR_CONNRESET = 104,
	LKL_ERR_SHUTDOWN = 108,
	LKL_ERR_CONNREFUSED = 111,
};

#endif
