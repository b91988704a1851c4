// SPDX-License-Identifier: GPL-2.0
/* The kernel log goes to the host's print(). */
#include <linux/console.h>
#include <linux/init.h>
#include <asm/thread.h>

static void console_write(struct console *con, const char *str, unsigned int len)
{
	if (lkl_ops->print)
		lkl_ops->print(str, len);
}

static struct console console = {
	.name = "lkl",
	.write = console_write,
	.flags = CON_PRINTBUFFER | CON_ENABLED | CON_ANYTIME,
	.index = -1,
};

static int __init console_init_early(void)
{
	register_console(&console);
	return 0;
}
console_initcall(console_init_early);
