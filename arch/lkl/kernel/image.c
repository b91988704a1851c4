// SPDX-License-Identifier: GPL-2.0
/* The table that the host finds at the entry point of the image. */
#include <linux/start_kernel.h>
#include <linux/sched/task.h>
#include <asm/entry.h>
#include <asm/kasan.h>
#include <asm/thread.h>

const struct lkl_host_operations *lkl_ops;
struct lkl_thread *lkl_boot_thread;
struct lkl_ctx_bounds lkl_ctx_bounds;

static void __ref boot_main(void)
{
	start_kernel();
	BUG();
}

static int start(struct lkl_thread *self, const char *cmdline)
{
	struct lkl_thread_data *td = lkl_td(self);
	int err;

	lkl_boot_thread = self;
	err = lkl_kasan_reserve();
	if (!err)
		err = lkl_thread_init(self);
	if (!err)
		err = lkl_setup(cmdline);
	if (err)
		return err;
	if (lkl_ctx_mark(&td->entry))
		return lkl_bail_out(self);
	td->inside = true;
	lkl_cpu_boot(self, boot_main);
	err = lkl_cpu_start_helper();
	if (err)
		lkl_cpu_die(err);
	lkl_cpu_leave(self);
	td->inside = false;
	return 0;
}

static int LKL_ABI image_start(const struct lkl_host_operations *ops,
			       struct lkl_thread *self, const char *cmdline)
{
	struct lkl_thread_data *td = lkl_td(self);
	int err;

	if (ops->version != LKL_OPS_VERSION || ops->size != sizeof(*ops))
		return -EPROTO;
	lkl_ops = ops;
	lkl_ctx_bounds = (struct lkl_ctx_bounds){
		.end = ops->stack_end,
		.start = ops->stack_start,
		.memory = ops->stack_memory,
	};
	err = start(self, cmdline);
	if (err && td->sem) {
		ops->sem_free(td->sem);
		td->sem = NULL;
	}
	return err;
}

static void end_task(struct lkl_thread *self)
{
	if (!lkl_ctx_mark(&lkl_td(self)->entry)) {
		lkl_td(self)->inside = true;
		lkl_cpu_enter(self);
		do_exit(0);
	}
	lkl_bail_out(self);
}

static void LKL_ABI image_thread_exit(struct lkl_thread *self)
{
	struct lkl_thread_data *td = lkl_td(self);

	if (!lkl_cpu.dead) {
		/* The rest stays: somebody may just be about to wake this thread. */
		if (td->task)
			end_task(self);
		return;
	}
	if (td->sem)
		lkl_ops->sem_free(td->sem);
	td->sem = NULL;
}

static int LKL_ABI image_fork_prepare(struct lkl_thread *self)
{
	struct lkl_thread_data *td = lkl_td(self);
	int err = td->sem ? 0 : lkl_thread_init(self);

	if (err)
		return err;
	if (lkl_ctx_mark(&td->entry))
		return lkl_bail_out(self);
	td->inside = true;
	lkl_cpu_fork_prepare(self);
	return 0;
}

static int LKL_ABI image_fork_done(struct lkl_thread *self, int child)
{
	struct lkl_thread_data *td = lkl_td(self);
	int err;

	if (lkl_ctx_mark(&td->entry))
		return lkl_bail_out(self);
	err = lkl_cpu_fork_done(self, child);
	td->inside = false;
	return err;
}

static void LKL_ABI image_stop(struct lkl_thread *self)
{
	lkl_cpu_join();
}

const struct lkl_image lkl_image __section(".data.rel.ro") = {
	.version = LKL_OPS_VERSION,
	.size = sizeof(struct lkl_image),
	.start = image_start,
	.syscall = lkl_image_syscall,
	.thread_exit = image_thread_exit,
	.trigger_irq = lkl_image_trigger_irq,
	.hold_irq = lkl_image_hold_irq,
	.get_free_irq = lkl_image_get_free_irq,
	.put_irq = lkl_image_put_irq,
	.lend = lkl_image_lend,
	.stop = image_stop,
	.fault = lkl_image_fault,
	.fork_prepare = image_fork_prepare,
	.fork_done = image_fork_done,
};

long lkl_call(long nr, const long long *p)
{
	switch (nr) {
	case LKL_CALL_VIRTIO_ADD:
		return lkl_virtio_add(p[0], p[1], p[2]);
	case LKL_CALL_VIRTIO_REMOVE:
		return lkl_virtio_remove(p[0]);
	case LKL_CALL_HALT:
		return lkl_halt();
	case LKL_CALL_FLUSH_UNMOUNT:
		return lkl_flush_unmount();
	case LKL_CALL_WORK_ROUNDTRIP:
		return lkl_work_roundtrip();
	case LKL_CALL_RAID6_SYNDROME:
		return lkl_raid6_syndrome(p[0], p[1], (void **)p[2]);
	case LKL_CALL_COVERAGE:
		return lkl_coverage((u8 *)p[0], p[1]);
	}
	return -ENOSYS;
}
