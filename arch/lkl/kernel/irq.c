// SPDX-License-Identifier: GPL-2.0
/* Interrupts: raised by any host thread, run by the one that holds the CPU. */
#include <linux/bitops.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <asm/entry.h>
#include <asm/irq_regs.h>
#include <asm/thread.h>
#include <asm/time.h>

/* Which interrupts have a user, by bit; get_free_irq() is any thread's. */
static u64 used_irqs = 1;

/* Which are held by their devices until the driver has acknowledged them, by bit. */
static u64 held_irqs;

/* Without those that nobody listens to, as one that nobody cared for a hundred thousand times. */
static u64 heard_irqs(void)
{
	u64 held = __atomic_load_n(&held_irqs, __ATOMIC_ACQUIRE), heard = 0;

	for (; held; held &= held - 1)
		if (!irqd_irq_disabled(irq_get_irq_data(__ffs64(held))))
			heard |= held & -held;
	return heard;
}

/* Those that are still held were not seen, or have come again meanwhile. */
static void run_raised(void)
{
	u64 irqs = __atomic_exchange_n(&lkl_cpu.irqs, 0, __ATOMIC_ACQUIRE);

	for (irqs |= heard_irqs(); irqs; irqs = heard_irqs())
		for (; irqs; irqs &= irqs - 1)
			generic_handle_irq(__ffs64(irqs));
}

static void wake_entering(void)
{
	struct lkl_thread *next, *th;

	th = __atomic_exchange_n(&lkl_cpu.entering, NULL, __ATOMIC_ACQUIRE);
	for (; th; th = next) {
		next = lkl_td(th)->next;
		lkl_thread_wake_task(th);
	}
}

/* Handles all that is pending. Interrupts are on, and are on again at the end. */
void lkl_irq_run(void)
{
	struct pt_regs regs = { .user = current->thread.in_user };
	struct pt_regs *old_regs = set_irq_regs(&regs);

	do {
		u32 why;

		lkl_cpu.irqs_on = 0;
		trace_hardirqs_off();
		why = __atomic_exchange_n(&lkl_cpu.pending, 0, __ATOMIC_SEQ_CST);
		if (why & (LKL_PENDING_IRQ | LKL_PENDING_TIMER)) {
			irq_enter();
			if (why & LKL_PENDING_TIMER)
				lkl_time_irq();
			run_raised();
			irq_exit();
		}
		if (why & LKL_PENDING_ENTER)
			wake_entering();
		/* Whom it woke, or who wants in, shall not have to wait for a long system call. */
		if (!single_task_running())
			set_tsk_need_resched(current);
		trace_hardirqs_on();
		lkl_cpu.irqs_on = 1;
	} while (READ_ONCE(lkl_cpu.pending));

	set_irq_regs(old_regs);
}

int LKL_ABI lkl_image_trigger_irq(int irq)
{
	if (irq <= 0 || irq >= NR_IRQS)
		return -EINVAL;
	__atomic_fetch_or(&lkl_cpu.irqs, BIT_ULL(irq), __ATOMIC_SEQ_CST);
	lkl_cpu_raise(LKL_PENDING_IRQ);
	return 0;
}

void LKL_ABI lkl_image_hold_irq(int irq, int held)
{
	if (held)
		__atomic_fetch_or(&held_irqs, BIT_ULL(irq), __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&held_irqs, ~BIT_ULL(irq), __ATOMIC_SEQ_CST);
}

int LKL_ABI lkl_image_get_free_irq(const char *user)
{
	u64 used = __atomic_load_n(&used_irqs, __ATOMIC_RELAXED);
	int irq;

	do {
		if (!~used)
			return -EBUSY;
		irq = ffz(used);
	} while (!__atomic_compare_exchange_n(&used_irqs, &used, used | BIT_ULL(irq),
					      false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return irq;
}

void LKL_ABI lkl_image_put_irq(int irq, const char *user)
{
	if (irq > 0 && irq < NR_IRQS)
		__atomic_fetch_and(&used_irqs, ~BIT_ULL(irq), __ATOMIC_RELAXED);
}

void __init init_IRQ(void)
{
	int irq;

	for (irq = 1; irq < NR_IRQS; irq++)
		irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
}
