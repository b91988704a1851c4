// SPDX-License-Identifier: GPL-2.0
#include <sys/random.h>

#include "posix.h"

int LKL_ABI lkl_posix_random(void *buf, int size)
{
	return getrandom(buf, size, GRND_NONBLOCK);
}
