// SPDX-License-Identifier: GPL-2.0
/* The kernel log, and what is written to /dev/console, go to the host's print(). */
#include <linux/console.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/major.h>
#include <linux/uaccess.h>
#include <asm/entry.h>
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

/* As early as can be: who panics before has nobody to tell. */
void __init lkl_console_register(void)
{
	register_console(&console);
}

static ssize_t chrdev_write(struct file *file, const char __user *buf, size_t len,
			    loff_t *pos)
{
	char chunk[128];
	size_t done, n;

	for (done = 0; done < len; done += n) {
		n = min(len - done, sizeof(chunk));
		if (copy_from_user(chunk, buf + done, n))
			return done ?: -EFAULT;
		if (lkl_ops->print)
			lkl_ops->print(chunk, n);
	}
	return done;
}

static ssize_t chrdev_read(struct file *file, char __user *buf, size_t len,
			   loff_t *pos)
{
	return 0;
}

static const struct file_operations chrdev_ops = {
	.write = chrdev_write,
	.read = chrdev_read,
	.llseek = noop_llseek,
};

/* Standard input, output and error of process 1. */
static int __init chrdev_init(void)
{
	return register_chrdev(TTYAUX_MAJOR, "console", &chrdev_ops);
}
device_initcall(chrdev_init);
