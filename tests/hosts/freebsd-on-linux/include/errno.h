/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_ERRNO_H
#define STAND_IN_ERRNO_H

#include_next <errno.h>

/* FreeBSD has no such number; its names.h says what serves. */
#undef EBADFD

#endif
