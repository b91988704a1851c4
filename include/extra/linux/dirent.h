/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Directory entries as getdents64() writes them. Written without prefix;
 * scripts/headers.py adds it, and the DT_ constants.
 */
#ifndef _EXTRA_LINUX_DIRENT_H
#define _EXTRA_LINUX_DIRENT_H

#include <linux/types.h>
#include <linux/stat.h>

struct linux_dirent64 {
	__u64 d_ino;
	__s64 d_off;			/* where the next entry starts, for lseek() */
	unsigned short d_reclen;	/* length of this entry in bytes */
	unsigned char d_type;		/* DT_... */
	char d_name[];			/* NUL terminated */
};

#endif
