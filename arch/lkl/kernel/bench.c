// SPDX-License-Identifier: GPL-2.0
/* Parts of the kernel that no system call reaches alone, for benchmarks. */
#include <linux/raid/pq.h>
#include <linux/workqueue.h>
#include <asm/entry.h>

static void nothing(struct work_struct *work)
{
}

/* The caller sleeps until a kernel thread has run. */
long lkl_work_roundtrip(void)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, nothing);
	schedule_work(&work);
	flush_work(&work);
	destroy_work_on_stack(&work);
	return 0;
}

long lkl_raid6_syndrome(int disks, size_t size, void **pages)
{
	if (!IS_BUILTIN(CONFIG_RAID6_PQ))
		return -ENOSYS;
	raid6_call.gen_syndrome(disks, size, pages);
	return 0;
}
