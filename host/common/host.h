/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a host provides to host/common beyond the vtable. One implementation
 * each in host/<name>/, in the file named here.
 */
#ifndef LKL_COMMON_HOST_H
#define LKL_COMMON_HOST_H

#include <stddef.h>

/* image.c */

/* Reserves @size bytes for an image, where it likes. NULL if it cannot. */
void *lkl_host_image_reserve(size_t size);
/*
 * Fills [@to, @to + @size) of that with @from, part of the image data inside this
 * program: copied on write, best without a copy. All page-aligned.
 * 0 or a negative errno.
 */
int lkl_host_image_map(void *to, const void *from, size_t size);
/* Makes @size bytes at @addr executable and no longer writable. */
int lkl_host_image_protect(void *addr, size_t size);
/*
 * Gives up the memory of @size bytes at @addr, which were protected and will be
 * filled again where they are next executed; nothing if they cannot be.
 */
void lkl_host_image_trim(void *addr, size_t size);
void lkl_host_image_release(void *addr, size_t size);

/* fault.c */

/* Faults go to lkl_kernel_fault() from now on, until the last _stop(). */
int lkl_host_fault_start(void);
void lkl_host_fault_stop(void);

/* fork.c */

/* Calls lkl_kernel_fork_*() of kernel.h around each fork() from now on. Any number of times. */
void lkl_host_fork_start(void);
/* A number of the calling process, which a child of fork() does not share. */
long lkl_host_process(void);

/* memory.c */

/*
 * Whether the kernel can run on this machine at all; says why if it cannot.
 * 0 or a negative errno.
 */
int lkl_host_check(void);
/* The kernel has started: its memory will be used in earnest. */
void lkl_host_memory_started(void);
/* Releases whatever the kernel reserved, when it is gone. */
void lkl_host_memory_release_all(void);
/*
 * Around fork(), which shares aliased memory instead of copying it: prepare makes
 * the copy for the child. 0 or a negative errno.
 */
int lkl_host_memory_fork_prepare(void);
int lkl_host_memory_fork_done(int child);

/* perf.c */

/* The kernel takes system calls from now on. */
void lkl_host_started(void);

/* thread.c */

/*
 * All other threads of the process see what this one wrote before, and this one
 * sees what they wrote; so that the other side needs no barrier.
 */
void lkl_host_fence_all(void);

#endif
