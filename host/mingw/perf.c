// SPDX-License-Identifier: GPL-2.0
/* No profiler of Windows reads maps of perf. */
#include "host.h"

void lkl_host_started(void)
{
}
