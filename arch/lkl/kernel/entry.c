// SPDX-License-Identifier: GPL-2.0
/* System calls: from the application's call to the kernel's table and back. */
#include <linux/resume_user_mode.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <asm/entry.h>
#include <asm/syscall.h>
#include <asm/thread.h>

static long call_table(long nr, const long long *p)
{
	if (likely((unsigned long)nr < NR_syscalls))
		return sys_call_table[nr](p[0], p[1], p[2], p[3], p[4], p[5]);
	if (nr >= LKL_CALL_FIRST && nr < LKL_CALL_END)
		return lkl_call(nr, p);
	return -ENOSYS;
}

/*
 * A system call returned *@ret. Whether it, or what *@nr is then, is made again at once. If not,
 * *@ret is what the application sees, after the handler of a signal perhaps, which may have
 * the call made again as well.
 */
static bool goes_on(struct lkl_signal *signal, long *ret, long long *nr)
{
	switch (*ret) {
	case -ERESTARTNOINTR:
		signal->restart = 1;
		break;
	case -ERESTARTSYS:
		signal->restart = !!(signal->flags & SA_RESTART);
		break;
	case -ERESTARTNOHAND:
		break;
	case -ERESTART_RESTARTBLOCK:
		if (!signal->number)
			*nr = __NR_restart_syscall;
		break;
	default:
		return false;
	}
	*ret = -EINTR;
	return !signal->number;
}

/* What is due before the current task returns to its application. */
void lkl_exit_work(unsigned long flags)
{
	if (flags & _TIF_NEED_RESCHED)
		schedule();
	if (flags & (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL))
		lkl_do_signals();
	if (flags & _TIF_NOTIFY_RESUME)
		resume_user_mode_work(task_pt_regs(current));
}

/*
 * Where frames end that will never return, at td->entry: of a task that ended, of
 * one that could not be made, or of all when the kernel ended.
 */
long lkl_bail_out(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);
	long ret = lkl_cpu.dead;

	if (td->failed) {
		ret = td->failed;
		td->failed = 0;
		td->entering = false;
	} else if (!ret) {
		lkl_cpu_leave_dead(th);
	}
	td->inside = false;
	return ret;
}

long long LKL_ABI lkl_image_syscall(struct lkl_thread *th, long long nr,
				    const long long *params)
{
	struct lkl_thread_data *td = lkl_td(th);
	long long call;
	long ret;

	if (unlikely(td->inside))
		return -EDEADLK;
	if (unlikely(!td->task)) {
		/* From a host operation that the helper called. */
		if (lkl_cpu_is_helper())
			return -EDEADLK;
		ret = td->sem ? 0 : lkl_thread_init(th);
		if (ret)
			return ret;
	}
	if (unlikely(lkl_ctx_mark(&td->entry)))
		return lkl_bail_out(th);
	call = nr;
	do {
		td->inside = true;
		lkl_cpu_enter(th);
		ret = call_table(call, params);
		lkl_cpu_leave(th);
		td->inside = false;
	} while (unlikely(ret < 0) && goes_on(&th->signal, &ret, &call));
	return ret;
}
