// SPDX-License-Identifier: GPL-2.0
/* Clocks: the host's, read as they are; one deadline for all timers. */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>
#include <asm/thread.h>
#include <asm/time.h>

static u64 clock_read(struct clocksource *cs)
{
	return lkl_ops->time();
}

static struct clocksource clock = {
	.name = "lkl",
	.rating = 499,
	.read = clock_read,
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
	.mask = CLOCKSOURCE_MASK(64),
	/* It counts nanoseconds. */
	.mult = 1 << 24,
	.shift = 24,
};

/* From the first moment on: with jiffies until then, the time of the boot would be lost. */
struct clocksource * __init clocksource_default_clock(void)
{
	return &clock;
}

static int set_next_event(unsigned long delta, struct clock_event_device *dev)
{
	WRITE_ONCE(lkl_cpu.deadline, lkl_ops->time() + delta);
	return 0;
}

static int stop_timer(struct clock_event_device *dev)
{
	WRITE_ONCE(lkl_cpu.deadline, LKL_TIME_NEVER);
	return 0;
}

static struct clock_event_device timer = {
	.name = "lkl",
	.rating = 499,
	.features = CLOCK_EVT_FEAT_ONESHOT,
	.set_next_event = set_next_event,
	.set_state_shutdown = stop_timer,
	.set_state_oneshot_stopped = stop_timer,
};

void lkl_time_irq(void)
{
	if (lkl_ops->time() < lkl_cpu.deadline)
		return;
	lkl_cpu.deadline = LKL_TIME_NEVER;
	timer.event_handler(&timer);
}

unsigned long long notrace sched_clock(void)
{
	static u64 start;

	if (unlikely(!lkl_ops))
		return 0;
	if (unlikely(!start))
		start = lkl_ops->time();
	return lkl_ops->time() - start;
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(lkl_ops->wall_time());
}

void __init time_init(void)
{
	/* The host's clock is as exact as it is; delays need no calibration. */
	preset_lpj = 1000000;
	__clocksource_register(&clock);
	timer.cpumask = cpumask_of(0);
	clockevents_config_and_register(&timer, NSEC_PER_SEC, 1, LONG_MAX);
}
