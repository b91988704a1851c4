// SPDX-License-Identifier: GPL-2.0
#include <lkl_host.h>

/* There is no signal that would open the debugging shell. */
void lkl_register_dbg_handler(void)
{
}
