// SPDX-License-Identifier: GPL-2.0
/*
 * A host thread gets a task of its own when it first calls the kernel: a thread
 * of process 1, which stands for the application. The spawner, a kernel-side
 * thread of that process, makes them, since only a member can add members.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <asm/thread.h>

static struct task_struct *spawner;
/* Threads that wait for a task; added with interrupts off, newest first. */
static struct lkl_thread *wanting;
/* For whom copy_thread() is being called. */
static struct lkl_thread *spawning;

int lkl_thread_init(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	memset(td, 0, sizeof(*td));
	td->sem = lkl_ops->sem_alloc(0);
	INIT_LIST_HEAD(&td->waiting);
	return td->sem ? 0 : -ENOMEM;
}

struct lkl_thread *lkl_thread_spawning(void)
{
	/* While the spawner waits for memory, others may call clone(). */
	return current == spawner ? spawning : NULL;
}

/*
 * To pass the CPU to a thread of the host costs far more than to switch between tasks. So those
 * that tasks wake do not preempt them: they come when the CPU is free, for instance because the
 * waker is back in its application. For interrupts see lkl_irq_run().
 */
void lkl_thread_bound(struct lkl_thread *th, struct task_struct *task)
{
	task->thread.host = th;
	task->thread.in_user = true;
	task->policy = SCHED_BATCH;
	lkl_td(th)->task = task;
}

/* @th waits to enter: makes its task run. Interrupts off. */
void lkl_thread_wake_task(struct lkl_thread *th)
{
	struct lkl_thread_data *td = lkl_td(th);

	/* The thread whose task was current has been let in already. */
	if (!td->entering)
		return;
	if (td->task) {
		wake_up_state(td->task, TASK_PARKED);
		lkl_cpu_add_waiting(th);
		return;
	}
	td->next = wanting;
	wanting = th;
	wake_up_process(spawner);
}

/* Calls @fn for those that wait for a task, and for whom one is being made just now. */
void lkl_thread_each_wanting(void (*fn)(struct lkl_thread *th))
{
	struct lkl_thread *th;

	for (th = wanting; th; th = lkl_td(th)->next)
		fn(th);
	if (spawning)
		fn(spawning);
}

/*
 * Whether a task is being made for a thread just now; the spawner may sleep for want of memory
 * meanwhile. In a child of fork() that thread is not there to take it.
 */
bool lkl_thread_is_spawned(void)
{
	return spawning;
}

/* The threads in question do not exist on this side of a fork(). */
void lkl_thread_forget_wanting(void)
{
	wanting = NULL;
}

static struct lkl_thread *next_wanting(void)
{
	struct lkl_thread *th;

	local_irq_disable();
	th = wanting;
	if (th)
		wanting = lkl_td(th)->next;
	else
		set_current_state(TASK_IDLE);
	local_irq_enable();
	return th;
}

static int spawner_main(void *unused)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM,
	};
	pid_t ret;

	/* Signals are for the application's threads. */
	sigfillset(&current->blocked);
	set_task_comm(current, "lkl_spawner");
	for (;;) {
		struct lkl_thread *th = next_wanting();

		if (!th) {
			schedule();
			continue;
		}
		spawning = th;
		ret = kernel_clone(&args);
		if (ret > 0)
			lkl_cpu_add_waiting(th);
		else
			lkl_cpu_fail(th, ret);
		spawning = NULL;
	}
	return 0;
}

/* Called by process 1. */
int lkl_thread_start_spawner(void)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM,
		.fn = spawner_main,
	};

	spawner = copy_process(NULL, 0, NUMA_NO_NODE, &args);
	if (IS_ERR(spawner))
		return PTR_ERR(spawner);
	wake_up_new_task(spawner);
	return 0;
}

/*
 * The usual limit assumes that a thread uses its kernel stack. Those of the
 * application's threads are never touched, so there may be many more.
 */
static int __init raise_thread_limit(void)
{
	struct ctl_table table = { .maxlen = sizeof(int) };
	char limit[] = "30000";
	size_t len = strlen(limit);
	loff_t pos = 0;

	return sysctl_max_threads(&table, 1, limit, &len, &pos);
}
late_initcall(raise_thread_limit);
