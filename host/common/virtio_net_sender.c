// SPDX-License-Identifier: GPL-2.0
/*
 * Who sends. Usually it is whoever notifies: nothing is faster for a frame by itself. But where
 * sending is a system call it takes longer than to make the frame, and the kernel's CPU stands
 * still meanwhile. So there are two other ways while frames come thick.
 *
 * Small ones are gathered: the driver notifies of some at once, and they are sent then. One that
 * is sent by itself may find the receiver asleep each time, and has to wake it. What is
 * gathered is also sent when the kernel has nothing else to do, by lkl_net_flush(), and after
 * a while by a thread that watches.
 *
 * If it goes on that thread, one of the queue's own, sends all frames. It is made when it is first
 * needed, and looks for more a little while before it sleeps again.
 */
#include "virtio_net_dev.h"

/* Frames follow each other thick: less than this between one sent and the next to send. */
#define GAP_NS		5000
/* After so many in a row, unless they are large ... */
#define GATHER_STREAK	8
/* ... the driver notifies of so many at once. */
#define GATHER		8
/* The thread sends what it has seen gathered for so long, and watches so long after the last. */
#define WATCH_NS	50000
#define WATCHES		2
/* So many thick sends in a row call for the thread; more after it found too little to do. */
#define STREAK		16
#define STREAK_MAX	4096
/* How long it looks for more. */
#define LINGER_NS	20000

int lkl_net_gathering;
unsigned int lkl_net_idled;

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

static void send_all(struct net_queue *q)
{
	struct net_sender *s = &q->sender;
	unsigned int sent = send_thick(q);

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

/* Sends what was gathered. */
static void flush(struct net_queue *q)
{
	if (!net_is_set(&q->gathering))
		return;
	lkl_virtio_net_transmit(q);
	lkl_virtio_net_wait_room(q);
}

/* @last: how often frames had been gathered when it was last looked. */
static void watch(struct net_queue *q, int *last)
{
	struct net_sender *s = &q->sender;
	int count = net_is_set(&s->gathered);

	if (count != *last) {
		*last = count;
		s->watches = 0;
		return;
	}
	if (++s->watches > WATCHES) {
		/* As above. */
		__atomic_store_n(&s->watching, 0, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
	flush(q);
}

/* Waits for something to do, or until it is time to watch. */
static void pause_sender(struct net_sender *s)
{
	if (net_is_set(&s->watching))
		lkl_host_ops.sem_down_until(s->sem, lkl_host_ops.time() + WATCH_NS);
	else
		lkl_host_ops.sem_down(s->sem);
}

static void LKL_ABI sender_thread(void *arg)
{
	struct net_queue *q = arg;
	struct net_sender *s = &q->sender;
	int last = 0;

	for (;;) {
		pause_sender(s);
		if (net_is_set(&s->stop))
			return;
		if (net_is_set(&s->active))
			send_all(q);
		else if (net_is_set(&s->watching))
			watch(q, &last);
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

/* Whether what there is to send can wait for more; somebody will send it then. */
static int gather(struct net_queue *q)
{
	struct net_sender *s = &q->sender;

	if (net_is_set(&q->large) || !has_thread(q) || !lkl_virtio_net_gather(q, GATHER))
		return 0;
	__atomic_fetch_add(&s->gathered, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!net_is_set(&s->watching)) {
		net_set(&s->watching, 1);
		lkl_host_ops.sem_up(s->sem);
	}
	return 1;
}

/* How many thick sends in a row this is. */
static int count_thick(struct net_queue *q)
{
	struct net_sender *s = &q->sender;
	unsigned long long gap = lkl_host_ops.time() - s->last_sent;
	unsigned int idled = __atomic_load_n(&lkl_net_idled, __ATOMIC_RELAXED);

	if (idled != s->idled || gap > (net_is_set(&q->gathering) ? GATHER * GAP_NS : GAP_NS))
		s->streak = 0;
	else
		s->streak++;
	s->idled = idled;
	return s->streak;
}

void lkl_virtio_net_send(struct net_queue *q)
{
	struct net_sender *s = &q->sender;
	int streak;

	if (!q->net->backend->slow_tx) {
		lkl_virtio_net_transmit(q);
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (net_is_set(&s->active))
		return;
	streak = count_thick(q);
	if (streak >= (s->thread ? net_is_set(&s->needed) : STREAK) && has_thread(q)) {
		s->streak = 0;
		net_set(&s->active, 1);
		lkl_host_ops.sem_up(s->sem);
		return;
	}
	if (streak >= GATHER_STREAK && gather(q))
		return;
	lkl_virtio_net_transmit(q);
	s->last_sent = lkl_host_ops.time();
}

void lkl_net_flush(struct lkl_net_backend *b)
{
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);

	for (int i = 0; net && i < b->queues; i++)
		flush(&net->queue[i]);
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
