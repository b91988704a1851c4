// SPDX-License-Identifier: GPL-2.0
/*
 * Who runs the kernel.
 *
 * There is one kernel CPU, and a token for it. The host thread that holds the
 * token runs the kernel: its own task on its own stack, and kernel threads,
 * which are coroutines, on theirs. Such a thread is called a carrier.
 *
 * With the token free, the CPU is in one of two states:
 *  - current is a host task that has returned to its application (in_user). It
 *    stays current, so that its next system call finds everything in place. Any
 *    thread that takes the token may move it aside: it parks, and has no frame
 *    to return to.
 *  - current is the idle task, which waits in arch_cpu_idle(). If a thread is
 *    blocked in the kernel at that time, it is the waiter: it sleeps until an
 *    interrupt, the next timer, or its own task's turn.
 *
 * The helper is a host thread without a task. It carries the CPU when timers or
 * kernel threads are due while all application threads are outside.
 */
#include <linux/cpu.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/tick.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include <asm/switch_to.h>
#include <asm/thread.h>

enum lkl_sleep {
	LKL_AWAKE,
	LKL_ASLEEP,	/* in sem_down_until(); who wakes it owes a sem_up() */
	LKL_WOKEN,
};

/*
 * Sleeping and being woken costs some tens of µs where a processor must leave its
 * idle state: it pays to spin about that long. Where others keep the processors busy
 * it does not: who spins takes the time of whom he waits for. What happened of late
 * tells which it is: after spinning in vain, up to so many waits go without.
 */
#define SPIN_NS		50000
#define SPIN_REST_MAX	512
/* The helper's pace while it cannot have the token, or is not needed. */
#define HELPER_PACE_NS	(4 * NSEC_PER_MSEC)

struct lkl_cpu lkl_cpu = {
	.current_task = &init_task,
	.deadline = LKL_TIME_NEVER,
	.token = 1,
};

static struct lkl_thread helper;
static lkl_thread_t helper_tid;
/* When the helper will look again by itself; its own, others read it. */
static u64 helper_until = LKL_TIME_NEVER;
/* It should look now; atomic. */
static u32 helper_kicked;
/* Threads that wait in the kernel while others run, the token's holder's. */
static LIST_HEAD(waiting);
/* Host threads that spin now: never more than leaves a processor to the carrier. */
static u32 spinners;
/* The process is about to fork(): who enters waits until it has. */
static bool forking;
static DECLARE_WAIT_QUEUE_HEAD(forked);

static bool is_coroutine(const struct task_struct *task)
{
	return !task->thread.host;
}

static bool token_try(struct lkl_thread *th)
{
	u32 free = 0;

	if (READ_ONCE(lkl_cpu.token) ||
	    !__atomic_compare_exchange_n(&lkl_cpu.token, &free, 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	lkl_cpu.carrier = th;
	return true;
}

/* Ordered before the caller's next look at lkl_cpu.pending. */
static void token_release(void)
{
	lkl_cpu.carrier = NULL;
	__atomic_exchange_n(&lkl_cpu.token, 0, __ATOMIC_SEQ_CST);
}

static u32 pending(void)
{
	return __atomic_load_n(&lkl_cpu.pending, __ATOMIC_SEQ_CST);
}

static void set_pending(u32 why)
{
	__atomic_fetch_or(&lkl_cpu.pending, why, __ATOMIC_SEQ_CST);
}

static bool is_dead(void)
{
	return READ_ONCE(lkl_cpu.dead);
}

static void wake(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	if (__atomic_exchange_n(&td->sleep, LKL_WOKEN, __ATOMIC_SEQ_CST) == LKL_ASLEEP)
		lkl_ops->sem_up(td->sem);
}

static bool is_waiter_done(struct lkl_thread *th);

/*
 * Whether @th waits on behalf of the CPU and may look after the host's devices
 * meanwhile. Not the helper: it may sleep on long after others have come.
 */
static bool for_idle(struct lkl_thread *th, bool (*ready)(struct lkl_thread *))
{
	return ready == is_waiter_done && th != &helper && lkl_ops->idle_wait;
}

/* Sleeps until woken or @deadline, if @ready is still false. */
static void sleep_unless(struct lkl_thread *th, bool (*ready)(struct lkl_thread *),
			 u64 deadline)
{
	struct lkl_thread_data *td = lkl_td(th);
	u32 awake = LKL_AWAKE;

	__atomic_store_n(&td->sleep, LKL_AWAKE, __ATOMIC_RELAXED);
	/* Said first, looked then; who wakes does it the other way round. */
	mb();
	if (ready(th))
		return;
	if (!__atomic_compare_exchange_n(&td->sleep, &awake, LKL_ASLEEP, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	if (for_idle(th, ready) ? lkl_ops->idle_wait(td->sem, deadline) :
				  lkl_ops->sem_down_until(td->sem, deadline))
		return;
	/* Timed out; if somebody woke us all the same, his sem_up() is ours. */
	if (__atomic_exchange_n(&td->sleep, LKL_AWAKE, __ATOMIC_SEQ_CST) == LKL_WOKEN)
		lkl_ops->sem_down(td->sem);
}

/*
 * Spins until @ready or @deadline, for a while. One thread at a time: with more,
 * nobody would be left to run the kernel. Returns whether @ready.
 */
static bool spin_until(struct lkl_thread *th, bool (*ready)(struct lkl_thread *),
		       u64 deadline)
{
	struct lkl_thread_data *td = lkl_td(th);
	bool done = false;
	u64 end;

	if (td->spin_rest) {
		td->spin_rest--;
		return false;
	}
	if (!__atomic_fetch_add(&spinners, 1, __ATOMIC_RELAXED)) {
		end = min(lkl_ops->time() + SPIN_NS, deadline);
		do {
			if (for_idle(th, ready))
				lkl_ops->idle_poll();
			for (int i = 0; i < 32 && !done; i++) {
				cpu_relax();
				done = ready(th);
			}
		} while (!done && lkl_ops->time() < end);
		td->spin_failures = done ? td->spin_failures / 2 :
				    min(2 * td->spin_failures + 1, SPIN_REST_MAX);
		td->spin_rest = done ? 0 : td->spin_failures;
	}
	__atomic_fetch_sub(&spinners, 1, __ATOMIC_RELAXED);
	return done;
}

static void wait_until(struct lkl_thread *th, bool (*ready)(struct lkl_thread *),
		       u64 deadline)
{
	if (ready(th) || spin_until(th, ready, deadline))
		return;
	while (!ready(th) && (deadline == LKL_TIME_NEVER || lkl_ops->time() < deadline))
		sleep_unless(th, ready, deadline);
}

/* The kernel is dead, or @th has no task: out of whatever it does in here. */
static void __noreturn bail_out(struct lkl_thread *th)
{
	lkl_ctx_return(&lkl_td(th)->entry);
}

static bool is_granted(struct lkl_thread *th)
{
	return __atomic_load_n(&lkl_td(th)->granted, __ATOMIC_ACQUIRE) || is_dead();
}

/* Passes the token, and whatever is current, to @th. */
static void hand_over(struct lkl_thread *th)
{
	lkl_cpu.carrier = th;
	__atomic_store_n(&lkl_td(th)->granted, 1, __ATOMIC_SEQ_CST);
	wake(th);
}

void lkl_cpu_add_waiting(struct lkl_thread *th)
{
	if (list_empty(&lkl_td(th)->waiting))
		list_add_tail(&lkl_td(th)->waiting, &waiting);
}

static void remove_waiting(struct lkl_thread *th)
{
	list_del_init(&lkl_td(th)->waiting);
}

/*
 * There is no task for @th, which waits to enter, or carries the CPU meanwhile: its call
 * ends with @err.
 */
void lkl_cpu_fail(struct lkl_thread *th, int err)
{
	remove_waiting(th);
	__atomic_store_n(&lkl_td(th)->failed, err, __ATOMIC_SEQ_CST);
	wake(th);
}

static bool has_failed(struct lkl_thread *th)
{
	return __atomic_load_n(&lkl_td(th)->failed, __ATOMIC_ACQUIRE);
}

/* Neither asleep nor in its application. Without the token it is but a hint. */
static bool is_runnable(const struct task_struct *task)
{
	return task && READ_ONCE(task->__state) == TASK_RUNNING && READ_ONCE(task->on_rq);
}

/*
 * current is in its application: lets others have the CPU. Execution goes on at
 * the mark of the carrier, unless current was woken at the same time and is to
 * go on: then this returns.
 */
static void park_current(void)
{
	set_special_state(TASK_PARKED);
	schedule();
}

/*
 * Token just taken: what is current is the idle task, which waits, or a task in
 * its application. Takes it off the CPU, so that @th can carry what comes next.
 * False if the token is gone: it went to the thread whose task is current.
 */
static bool make_room(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	__atomic_store_n(&lkl_cpu.waiter, NULL, __ATOMIC_SEQ_CST);
	if (lkl_ctx_mark(&td->park))
		return true;
	while (!is_coroutine(current)) {
		struct lkl_thread *host = current->thread.host;

		if (pending())
			lkl_irq_run();
		if (host == th) {
			lkl_cpu.prev = NULL;
			return true;
		}
		/* On its way in; then it must not be parked. */
		if (lkl_td(host)->entering) {
			lkl_cpu.prev = NULL;
			hand_over(host);
			return false;
		}
		park_current();
	}
	lkl_cpu.idle_wait = false;
	return true;
}

static bool is_turn(struct lkl_thread *th)
{
	return is_granted(th) || has_failed(th) ||
	       (!READ_ONCE(lkl_cpu.token) && is_runnable(lkl_td(th)->task));
}

/*
 * Waits until the task of @th, or what is to run before it, is @th's to carry:
 * it is handed the token, or finds it free while its task is runnable.
 */
static void wait_turn(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	for (;;) {
		wait_until(th, is_turn, LKL_TIME_NEVER);
		if (is_dead())
			bail_out(th);
		if (__atomic_load_n(&td->granted, __ATOMIC_ACQUIRE)) {
			td->granted = 0;
			return;
		}
		/* The token is not its own, nor will be: it has no task. */
		if (has_failed(th))
			bail_out(th);
		if (token_try(th) && make_room(th))
			return;
	}
}

static bool is_waiter_done(struct lkl_thread *th)
{
	return is_granted(th) || pending() ||
	       __atomic_load_n(&lkl_cpu.waiter, __ATOMIC_SEQ_CST) != th;
}

/*
 * The idle task has nothing to do. Gives the token up and waits for work on its
 * behalf. Returns with the token, and with something else to do than to wait.
 */
static void wait_for_work(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);
	u64 deadline = lkl_cpu.deadline;

	/* It may be rid of this without being woken, and would sleep on. */
	if (th == &helper)
		WRITE_ONCE(helper_until, deadline);
	__atomic_store_n(&lkl_cpu.waiter, th, __ATOMIC_SEQ_CST);
	token_release();
	for (;;) {
		wait_until(th, is_waiter_done, deadline);
		if (is_dead())
			bail_out(th);
		if (__atomic_load_n(&lkl_cpu.waiter, __ATOMIC_SEQ_CST) != th)
			break;
		if (!token_try(th)) {
			cpu_relax();
			continue;
		}
		if (lkl_cpu.waiter != th) {
			token_release();
			if (pending())
				lkl_cpu_raise(0);
			break;
		}
		lkl_cpu.waiter = NULL;
		lkl_cpu.idle_wait = false;
		if (lkl_ops->time() >= lkl_cpu.deadline)
			set_pending(LKL_PENDING_TIMER);
		return;
	}
	/* Another thread has taken the idle task over. */
	if (th == &helper)
		lkl_ctx_return(&td->base);
	wait_turn(th);
}

/* Passes the CPU on to whoever is to carry what is current. */
static void leave_to_others(void)
{
	hand_over(is_coroutine(current) ? &helper : current->thread.host);
}

/*
 * Runs what is current on @th until @th's own task is. The helper, which has none,
 * goes back to its base when there is nothing left for it.
 */
static void carry(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	if (th != &helper)
		lkl_cpu_add_waiting(th);
	for (;;) {
		struct task_struct *next = current;

		if (unlikely(has_failed(th))) {
			leave_to_others();
			bail_out(th);
		}
		if (lkl_cpu.idle_wait) {
			wait_for_work(th);
		} else if (is_coroutine(next)) {
			lkl_ctx_swap(&td->sp, next->thread.sp);
		} else if (next->thread.host == th) {
			remove_waiting(th);
			return;
		} else {
			hand_over(next->thread.host);
			if (th == &helper)
				lkl_ctx_return(&td->base);
			wait_turn(th);
		}
	}
}

struct task_struct *__switch_to(struct task_struct *prev,
				struct task_struct *next)
{
	struct lkl_thread *th = lkl_cpu.carrier;

	lkl_cpu.prev = prev;
	lkl_cpu.current_task = next;

	if (is_coroutine(prev))
		lkl_ctx_swap(&prev->thread.sp, is_coroutine(next) ?
			     next->thread.sp : lkl_td(th)->sp);
	else if (prev->thread.in_user)
		lkl_ctx_return(&lkl_td(th)->park);
	else if (READ_ONCE(prev->__state) == TASK_DEAD)
		lkl_ctx_return(&lkl_td(th)->entry);
	else
		carry(th);

	return lkl_cpu.prev;
}

void arch_cpu_idle(void)
{
	lkl_cpu.idle_wait = true;
	lkl_ctx_swap(&current->thread.sp, lkl_td(lkl_cpu.carrier)->sp);
}

static bool can_enter(struct lkl_thread *th)
{
	return is_granted(th) || !READ_ONCE(lkl_cpu.token) || has_failed(th);
}

static void enter_slow(struct lkl_thread *th, bool have_token)
{
	struct lkl_thread_data *td = lkl_td(th);

	td->entering = true;
	td->next = __atomic_load_n(&lkl_cpu.entering, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&lkl_cpu.entering, &td->next, th, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	set_pending(LKL_PENDING_ENTER);

	for (;;) {
		if (have_token && make_room(th))
			break;
		wait_until(th, can_enter, LKL_TIME_NEVER);
		if (is_dead() || has_failed(th))
			bail_out(th);
		if (__atomic_load_n(&td->granted, __ATOMIC_ACQUIRE)) {
			td->granted = 0;
			break;
		}
		have_token = token_try(th);
	}
	carry(th);
	if (lkl_cpu.prev)
		schedule_tail(lkl_cpu.prev);
	td->entering = false;
	current->thread.in_user = false;
	/* Not before it is off the list of those who enter may it leave again. */
	if (pending())
		lkl_irq_run();
}

/* On return the calling thread holds the token and its task is current. */
void lkl_cpu_enter(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);
	bool have_token = token_try(th);

	if (unlikely(is_dead()))
		bail_out(th);
	if (likely(have_token && current == td->task)) {
		current->thread.in_user = false;
		if (unlikely(pending()))
			lkl_irq_run();
	} else {
		enter_slow(th, have_token);
	}
	if (unlikely(forking))
		wait_event(forked, !forking);
}

static void kick_helper(void)
{
	__atomic_store_n(&helper_kicked, 1, __ATOMIC_SEQ_CST);
	wake(&helper);
}

#define WAKE_MAX 8

/*
 * Tasks that are runnable while current leaves the CPU free: their threads come
 * for it themselves, and the helper for kernel threads. Called with the token;
 * the threads in @wakes are to be woken without it.
 */
static int find_runnable(struct lkl_thread **wakes)
{
	int others = nr_running() - 1;
	struct lkl_thread_data *td;
	int n = 0;

	list_for_each_entry(td, &waiting, waiting) {
		if (!others || n == WAKE_MAX - 1)
			break;
		if (is_runnable(td->task))
			wakes[n++] = (struct lkl_thread *)td;
		/* One that sleeps may still be counted, see DELAY_DEQUEUE. */
		else if (!td->task || !td->task->se.sched_delayed)
			continue;
		others--;
	}
	if (others > 0)
		wakes[n++] = &helper;
	return n;
}

/* The way back to the application; the task may stay current. */
void lkl_cpu_leave(struct lkl_thread *th)
{
	struct lkl_thread *wakes[WAKE_MAX];
	unsigned long work;
	int n = 0;

	for (;;) {
		while ((work = READ_ONCE(current_thread_info()->flags) & _TIF_EXIT_WORK))
			lkl_exit_work(work);
		if (unlikely(!single_task_running()))
			n = find_runnable(wakes);
		current->thread.in_user = true;
		token_release();
		if (unlikely(READ_ONCE(lkl_cpu.deadline) < READ_ONCE(helper_until)))
			kick_helper();
		while (unlikely(n)) {
			if (wakes[--n] == &helper)
				kick_helper();
			else
				wake(wakes[n]);
		}
		if (likely(!pending()))
			return;
		if (!token_try(th))
			return;
		if (current != lkl_td(th)->task) {
			token_release();
			lkl_cpu_raise(0);
			return;
		}
		current->thread.in_user = false;
		lkl_irq_run();
	}
}

/* Something is pending (@why more): makes somebody look. Any thread. */
void lkl_cpu_raise(u32 why)
{
	struct lkl_thread *th;

	if (why)
		set_pending(why);
	th = __atomic_load_n(&lkl_cpu.waiter, __ATOMIC_SEQ_CST);
	if (th)
		wake(th);
	else if (!__atomic_load_n(&lkl_cpu.token, __ATOMIC_SEQ_CST))
		kick_helper();
}

static bool helper_is_needed(struct lkl_thread *th)
{
	return is_granted(th) ||
	       __atomic_exchange_n(&helper_kicked, 0, __ATOMIC_SEQ_CST);
}

/*
 * When the helper looks again although somebody else sees to the timers now: not
 * later than the next one, or whoever leaves the kernel would have to wake it.
 */
static u64 helper_pace(u64 now)
{
	u64 deadline = READ_ONCE(lkl_cpu.deadline);

	return deadline > now ? min(deadline, now + HELPER_PACE_NS) : now + HELPER_PACE_NS;
}

/* Whether the helper holds the token now, and there is work for it. */
static bool helper_takes_over(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);
	u64 now = lkl_ops->time();

	if (__atomic_load_n(&td->granted, __ATOMIC_ACQUIRE)) {
		td->granted = 0;
		WRITE_ONCE(helper_until, helper_pace(now));
		return true;
	}
	if (!token_try(th)) {
		if (now >= READ_ONCE(lkl_cpu.deadline))
			set_pending(LKL_PENDING_TIMER);
		WRITE_ONCE(helper_until, helper_pace(now));
		return false;
	}
	if (now >= lkl_cpu.deadline)
		set_pending(LKL_PENDING_TIMER);
	if (lkl_cpu.waiter || (!pending() && single_task_running())) {
		WRITE_ONCE(helper_until, lkl_cpu.waiter ?
			   helper_pace(now) : lkl_cpu.deadline);
		token_release();
		/* Whoever found the token taken meanwhile may be asleep by now. */
		if (pending())
			lkl_cpu_raise(0);
		return false;
	}
	WRITE_ONCE(helper_until, helper_pace(now));
	return make_room(th);
}

static void LKL_ABI helper_main(void *unused)
{
	struct lkl_thread_data *td = lkl_td(&helper);

	if (lkl_ctx_mark(&td->entry))
		return;
	lkl_ctx_mark(&td->base);
	while (!is_dead()) {
		sleep_unless(&helper, helper_is_needed, helper_until);
		if (!is_dead() && helper_takes_over(&helper))
			carry(&helper);
	}
}

int lkl_cpu_start_helper(void)
{
	int err = lkl_thread_init(&helper);

	if (err)
		return err;
	helper_tid = lkl_ops->thread_create(helper_main, NULL);
	return helper_tid ? 0 : -ENOMEM;
}

/* Whether the calling host thread is the helper. */
bool lkl_cpu_is_helper(void)
{
	return helper_tid && lkl_ops->thread_equal(lkl_ops->thread_self(), helper_tid);
}

/* Runs @fn as the idle task until a task is bound to @th. */
void lkl_cpu_boot(struct lkl_thread *th, void (*fn)(void))
{
	lkl_cpu.carrier = th;
	init_task.thread.sp = lkl_ctx_new(task_stack_page(&init_task), fn);
	carry(th);
	current->thread.in_user = false;
}

/* The current kernel thread goes on as the task of @th, which carries it. */
void lkl_cpu_bind_current(struct lkl_thread *th)
{
	lkl_thread_bound(th, current);
	lkl_cpu.prev = NULL;
	lkl_ctx_swap(&current->thread.sp, lkl_td(th)->sp);
}

/* The task of @th, which ran here, has ended; the thread leaves the kernel. */
void lkl_cpu_leave_dead(struct lkl_thread *th)
{
	lkl_td(th)->task = NULL;
	leave_to_others();
}

/*
 * For fork(): takes the CPU, when no other thread's task wants it, and keeps it
 * until lkl_cpu_fork_done(), so that both sides find it at rest. Other threads come to
 * the end of their system calls, or sleep in them, and begin no more.
 */
void lkl_cpu_fork_prepare(struct lkl_thread *th)
{
	lkl_cpu_enter(th);
	forking = true;
	while (!single_task_running() || lkl_thread_is_spawned())
		schedule_timeout_uninterruptible(1);
}

/*
 * The threads of the others stayed behind: their tasks are not to run in the
 * child again. What they held, they hold for ever.
 */
static void forget_other_threads(struct lkl_thread *th)
{
	static struct lkl_thread nobody;
	struct task_struct *task;

	for_each_thread(current, task) {
		if (!task->thread.host || task->thread.host == th)
			continue;
		task->thread.host = &nobody;
		WRITE_ONCE(task->__state, TASK_PARKED);
		/* What is sent to the process is for who is left. */
		sigfillset(&task->blocked);
	}
	INIT_LIST_HEAD(&waiting);
	lkl_cpu.entering = NULL;
	lkl_cpu.pending &= ~LKL_PENDING_ENTER;
	lkl_thread_forget_wanting();
	spinners = 0;
	init_waitqueue_head(&forked);
}

/* In the parent, or with @child in the child, where the helper starts anew. */
int lkl_cpu_fork_done(struct lkl_thread *th, bool child)
{
	int err = 0;

	forking = false;
	if (child) {
		/* First: with interrupts on, those that were coming in would be woken. */
		forget_other_threads(th);
		lkl_random_forked();
		lkl_ops->sem_free(lkl_td(&helper)->sem);
		helper_tid = 0;
		helper_until = LKL_TIME_NEVER;
		err = lkl_cpu_start_helper();
	} else {
		wake_up_all(&forked);
	}
	lkl_cpu_leave(th);
	return err;
}

/*
 * Stops the CPU for good: the caller's host thread, and all that wait in the
 * kernel, leave it with @err. The token is never free again.
 */
void lkl_cpu_die(int err)
{
	struct lkl_thread *carrier = lkl_cpu.carrier;
	struct task_struct *task;
	struct lkl_thread *th;

	__atomic_store_n(&lkl_cpu.dead, err, __ATOMIC_SEQ_CST);
	/* The host tasks, in as far as the kernel had got that far. */
	if (init_pid_ns.child_reaper) {
		for_each_thread(init_pid_ns.child_reaper, task)
			if (task->thread.host)
				wake(task->thread.host);
	}
	for (th = lkl_cpu.entering; th; th = lkl_td(th)->next)
		wake(th);
	lkl_thread_each_wanting(wake);
	bail_out(carrier);
}

/* After lkl_cpu_die(): waits for the helper. */
void lkl_cpu_join(void)
{
	if (helper_tid) {
		wake(&helper);
		lkl_ops->thread_join(helper_tid);
		lkl_ops->sem_free(lkl_td(&helper)->sem);
	}
}
