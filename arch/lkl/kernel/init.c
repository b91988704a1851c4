// SPDX-License-Identifier: GPL-2.0
/*
 * The first process. The kernel wants to execute a program as process 1; ours is
 * /init, an executable of our own format that consists of nothing: "running" it
 * makes the process the application that called lkl_start_kernel().
 */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <asm/entry.h>
#include <asm/thread.h>
#include <asm/hostmem.h>

static const char magic[] = "\177LKL";

static int load_init(struct linux_binprm *bprm)
{
	int err;

	if (memcmp(bprm->buf, magic, sizeof(magic)))
		return -ENOEXEC;
	err = begin_new_exec(bprm);
	if (err)
		return err;
	setup_new_exec(bprm);
	current->mm->start_stack = bprm->p;
	err = lkl_hostmem_map(current->mm);
	if (err)
		return err;
	finalize_exec(bprm);
	return lkl_thread_start_spawner();
}

static struct linux_binfmt init_format = {
	.load_binary = load_init,
};

static int __init make_init(void)
{
	struct file *file;
	ssize_t n;

	register_binfmt(&init_format);
	file = filp_open("/init", O_CREAT | O_EXCL | O_WRONLY, 0700);
	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, magic, sizeof(magic), &file->f_pos);
	/* At once: a file that is open for writing cannot be executed. */
	__fput_sync(file);
	return n == sizeof(magic) ? 0 : -EIO;
}
late_initcall(make_init);
