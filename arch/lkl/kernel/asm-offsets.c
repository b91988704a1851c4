// SPDX-License-Identifier: GPL-2.0
/* No assembly here looks into a C structure. */
#include <linux/kbuild.h>

int main(void)
{
	return 0;
}
