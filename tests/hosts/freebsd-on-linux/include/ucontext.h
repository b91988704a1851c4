/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_UCONTEXT_H
#define STAND_IN_UCONTEXT_H

#include_next <ucontext.h>

#define mc_rip gregs[REG_RIP]
#define mc_err gregs[REG_ERR]
#define __register_t greg_t

#endif
