/* SPDX-License-Identifier: GPL-2.0 */
/* What valgrind has to know of the kernel; without it all of this does nothing. */
#ifndef LKL_POSIX_VALGRIND_H
#define LKL_POSIX_VALGRIND_H

#include <stddef.h>
#include <stdint.h>

int lkl_in_valgrind(void);

/* Memory of the kernel. Returns what lkl_valgrind_forget() takes, which may be NULL. */
unsigned int *lkl_valgrind_kernel_memory(uintptr_t start, size_t size);
void lkl_valgrind_forget(uintptr_t start, size_t size, unsigned int *stacks);

#endif
