// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/export.h>
#include <asm/thread.h>

void __ndelay(unsigned long ns)
{
	u64 end = lkl_ops->time() + ns;

	while (lkl_ops->time() < end)
		cpu_relax();
}
EXPORT_SYMBOL(__ndelay);

void __delay(unsigned long ns)
{
	__ndelay(ns);
}
EXPORT_SYMBOL(__delay);
