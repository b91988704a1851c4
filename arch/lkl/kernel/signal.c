// SPDX-License-Identifier: GPL-2.0
/*
 * Signals. Process 1 ignores what it has no handler for, as everywhere. Handlers
 * are not called: a signal that has one interrupts the system call that notices
 * it, and that is all. signalfd and rt_sigtimedwait() work.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <asm/thread.h>

void lkl_do_signals(void)
{
	struct ksignal ksig;

	if (test_thread_flag(TIF_NOTIFY_SIGNAL))
		clear_notify_signal();
	/*
	 * The application's functions cannot be run here, on top of a kernel frame
	 * and with the CPU held. The signal is consumed, so that the next call can
	 * block again.
	 */
	while (get_signal(&ksig))
		signal_setup_done(0, &ksig, 0);
	restore_saved_sigmask();
}
