/* SPDX-License-Identifier: GPL-2.0 */
/* What reading and writing archives have in common. */
#ifndef LKL_FS2TAR_TAR_H
#define LKL_FS2TAR_TAR_H

enum tar_status {
	TAR_OK,
	/* There is no more of it. */
	TAR_END,
	/* It was done, not quite as asked. */
	TAR_WARNING,
	/* This entry cannot be had; others can. */
	TAR_FAILED,
	/* The archive cannot be worked on any more. */
	TAR_BROKEN,
};

#endif
