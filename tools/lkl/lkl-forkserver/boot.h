/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel that all cases begin with. */
#ifndef LKL_FORKSERVER_BOOT_H
#define LKL_FORKSERVER_BOOT_H

#include "options.h"

/* Where nothing says how large the cases will be. */
#define SIZE_DEFAULT	(16UL << 20)

/*
 * Prepares this process, and starts the kernel with a disk: of @size bytes if neither
 * options nor a base say it. Ends the program on errors.
 */
void boot(struct options *o, size_t size);
/* Whether that kernel counts where it was. */
int boot_has_coverage(void);
/* Memory that children share. Ends the program if there is none. */
void *shared_memory(size_t size);

#endif
