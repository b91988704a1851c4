/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_SYSCTL_H
#define STAND_IN_SYS_SYSCTL_H

#include <stddef.h>

#define CTL_KERN		1
#define KERN_PROC		14
#define KERN_PROC_PID		1
#define KERN_PROC_PATHNAME	12
#define KERN_PROC_VMMAP		32
#define KERN_PROC_NFDS		43

int sysctl(const int *name, unsigned int n, void *old, size_t *old_size, const void *new,
	   size_t new_size);

#endif
