// SPDX-License-Identifier: GPL-2.0
/*
 * Signals. Process 1 ignores what it has no handler for, as everywhere. Handlers are the
 * application's functions and cannot be run here, on top of a kernel frame and with the CPU
 * held: the host calls them as soon as the system call has returned.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/task_work.h>
#include <asm/thread.h>

static void hand_over(struct lkl_signal *to, struct ksignal *ksig)
{
	BUILD_BUG_ON(sizeof(siginfo_t) != sizeof(to->info));
	BUILD_BUG_ON(sizeof(sigset_t) != sizeof(to->blocked));
	to->restart = 0;
	to->flags = ksig->ka.sa.sa_flags;
	to->handler = (unsigned long)ksig->ka.sa.sa_handler;
	to->blocked = sigmask_to_save()->sig[0];
	copy_siginfo_to_external((siginfo_t *)to->info, &ksig->info);
	signal_setup_done(0, ksig, 0);
	to->number = ksig->sig;
}

void lkl_do_signals(void)
{
	struct lkl_signal *to = &current->thread.host->signal;
	struct ksignal ksig;

	if (test_thread_flag(TIF_NOTIFY_SIGNAL))
		clear_notify_signal();
	if (to->number) {
		/* One at a time: when its mask is restored, the next one is found again. */
		if (task_work_pending(current))
			task_work_run();
		clear_thread_flag(TIF_SIGPENDING);
	} else if (get_signal(&ksig)) {
		hand_over(to, &ksig);
	} else {
		restore_saved_sigmask();
	}
}
