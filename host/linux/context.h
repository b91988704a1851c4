/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fault handler needs of the interrupted thread's registers, by processor:
 *
 *   program_counter(uc)  where it is, and where it will go on
 *   was_write(uc)        whether the access that faulted was a store
 */
#ifndef LKL_LINUX_CONTEXT_H
#define LKL_LINUX_CONTEXT_H

#if defined(__x86_64__)
#include "context_x86_64.h"
#elif defined(__aarch64__)
#include "context_arm64.h"
#elif defined(__riscv)
#include "context_riscv64.h"
#endif

#endif
