// SPDX-License-Identifier: GPL-2.0
/*
 * KASAN. The shadow of all host addresses is one reservation that reads as zeroes
 * where nobody wrote: whatever is not the kernel's, stacks of host threads and
 * buffers of the application among it, may be accessed.
 */
#include <linux/build_bug.h>
#include <linux/kasan.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <asm/ctx.h>
#include <asm/thread.h>

/* No host thread leaves more than that behind in the kernel. */
#define FRAMES_MAX	SZ_1M

static const char no_shadow[] __initconst =
	"lkl: KASAN's shadow, the second eighth of addresses of "
	__stringify(LKL_ADDRESS_BITS) " bits, is not free\n";

int __init lkl_kasan_reserve(void)
{
	void *start = lkl_ops->mem_reserve(KASAN_SHADOW_START, KASAN_SHADOW_SIZE, 1);

	if (start == (void *)KASAN_SHADOW_START)
		return 0;
	if (start)
		lkl_ops->mem_release(start, KASAN_SHADOW_SIZE);
	if (lkl_ops->print)
		lkl_ops->print(no_shadow, sizeof(no_shadow) - 1);
	return -ENOMEM;
}

void __init kasan_init(void)
{
	/* Kconfig knows it for the bits that systems have. */
	BUILD_BUG_ON(KASAN_SHADOW_START != KASAN_SHADOW_SIZE);
	init_task.kasan_depth = 0;
	pr_info("KernelAddressSanitizer initialized (generic)\n");
}

#ifdef CONFIG_KASAN_STACK
void lkl_kasan_leave_frames(const struct lkl_ctx_mark *mark)
{
	unsigned long from = ALIGN((unsigned long)__builtin_frame_address(0),
				   1UL << KASAN_SHADOW_SCALE_SHIFT);
	unsigned long to = mark->regs[LKL_CTX_MARK_SP];

	/* Where the kernel dies, the frames may be of another stack. */
	if (from < to && to - from < FRAMES_MAX)
		kasan_unpoison_range((void *)from, to - from);
}
#endif
