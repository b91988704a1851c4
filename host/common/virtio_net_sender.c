// SPDX-License-Identifier: GPL-2.0
/*
 * Who sends. Usually it is whoever notifies: nothing is faster for a frame by itself. But where
 * sending is a system call it takes longer than to make the frame, and the kernel's CPU stands
 * still meanwhile. So while frames come thick a thread of the queue's own sends them. It is made
 * when it is first needed, and looks for more a little while before it sleeps again.
 */
#include "virtio_net_dev.h"

/* Frames follow each other thick: less than this between one sent and the next to send. */
#define GAP_NS		5000
/* So many thick frames in a row call for the thread; more after it found too little to do. */
#define STREAK		16
#define STREAK_MAX	4096
/* How long it looks for more. */
#define LINGER_NS	20000

static void linger(void)
{
	int i;

	for (i = 0; i < 32; i++)
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#else
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Sends until nothing has come for a while. Returns how many frames that were. */
static unsigned int send_thick(struct net_queue *q)
{
	unsigned long long now = lkl_host_ops.time(), last = now;
	unsigned int sent = 0, n;

	while (now - last < LINGER_NS) {
		n = lkl_virtio_net_transmit(q);
		sent += n;
		now = lkl_host_ops.time();
		if (n)
			last = now;
		else
			linger();
	}
	return sent;
}

static void LKL_ABI sender_thread(void *arg)
{
	struct net_queue *q = arg;
	struct net_sender *s = &q->sender;
	unsigned int sent;

	for (;;) {
		lkl_host_ops.sem_down(s->sem);
		if (net_is_set(&s->stop))
			return;
		sent = send_thick(q);
		if (sent >= STREAK)
			net_set(&s->needed, STREAK);
		else if (s->needed < STREAK_MAX)
			net_set(&s->needed, 2 * s->needed);
		/* Said first, looked then; who notifies does it the other way round. */
		__atomic_store_n(&s->active, 0, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		lkl_virtio_net_transmit(q);
		lkl_virtio_net_wait_room(q);
	}
}

static int has_thread(struct net_queue *q)
{
	struct net_sender *s = &q->sender;

	if (s->thread || s->failed)
		return !s->failed;
	s->needed = STREAK;
	s->stop = 0;
	s->sem = lkl_host_ops.sem_alloc(0);
	if (s->sem)
		s->thread = lkl_host_ops.thread_create(sender_thread, q);
	if (s->thread)
		return 1;
	if (s->sem)
		lkl_host_ops.sem_free(s->sem);
	s->failed = 1;
	return 0;
}

/* Whether the thread is called for. */
static int is_thick(struct net_queue *q)
{
	struct net_sender *s = &q->sender;

	if (lkl_host_ops.time() - s->last_sent > GAP_NS) {
		s->streak = 0;
		return 0;
	}
	return ++s->streak >= (s->thread ? net_is_set(&s->needed) : STREAK) && has_thread(q);
}

void lkl_virtio_net_send(struct net_queue *q)
{
	struct net_sender *s = &q->sender;

	if (!q->net->backend->slow_tx) {
		lkl_virtio_net_transmit(q);
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (net_is_set(&s->active))
		return;
	if (is_thick(q)) {
		s->streak = 0;
		net_set(&s->active, 1);
		lkl_host_ops.sem_up(s->sem);
		return;
	}
	lkl_virtio_net_transmit(q);
	s->last_sent = lkl_host_ops.time();
}

void lkl_virtio_net_stop_sender(struct net_queue *q)
{
	struct net_sender *s = &q->sender;

	if (!s->thread)
		return;
	net_set(&s->stop, 1);
	lkl_host_ops.sem_up(s->sem);
	lkl_host_ops.thread_join(s->thread);
	lkl_host_ops.sem_free(s->sem);
	*s = (struct net_sender){ 0 };
}

void lkl_virtio_net_forget_sender(struct net_queue *q)
{
	if (q->sender.thread)
		lkl_host_ops.sem_free(q->sender.sem);
	q->sender = (struct net_sender){ 0 };
}
