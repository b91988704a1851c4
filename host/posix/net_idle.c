// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net_fd.h"
#include "net_idle.h"

#define DEVICES_MAX	16
#define FDS_MAX		64
/*
 * So many frames in a row for waiting threads let the device's thread stand by; more
 * after it did and nobody came.
 */
#define STREAK		16
#define STREAK_MAX	1024
/* A thread that waited so lately is about to wait again. */
#define LATELY_NS	200000
/* How often it then looks, and how often in vain before it leaves that, too. */
#define LOOK_MS		1
#define LOOKS		50

static struct {
	/* Held while devices are looked after. */
	pthread_mutex_t lock;
	/* Under @lock. */
	struct net_fd *devices[DEVICES_MAX];
	unsigned int generation;

	/* Atomic, as all that follows. */
	int n_devices;
	/* Threads that could look after devices wait: this many. */
	int waiting;
	/* When the last one began or ended. */
	unsigned long long last;
	/* Devices whose threads stand by. */
	int standing_by;
	/* One of them does; and how often that has ended. */
	int guest;
	unsigned int ended;
	/* Devices whose threads sleep until that happens. */
	int deep;
	/* Of the guest's rounds: begun and ended; odd while it waits for descriptors. */
	unsigned int rounds;
	/* eventfd, for the guest */
	int wake_fd;
} idle = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake_fd = -1,
};

/* The calling thread looks after devices now: it needs nobody to wake it. */
static __thread int working;
/* What the guest waits for; atomic. */
static const sem_t *guest_sem;

static int get(const int *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void kick(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

/* The threads of the others stayed in the parent, and so did the devices. */
static void forked(void)
{
	pthread_mutex_init(&idle.lock, NULL);
	for (int i = 0; i < DEVICES_MAX; i++)
		idle.devices[i] = NULL;
	idle.n_devices = 0;
	idle.waiting = 0;
	idle.standing_by = 0;
	idle.guest = 0;
	idle.rounds = 0;
	idle.deep = 0;
	if (idle.wake_fd >= 0)
		close(idle.wake_fd);
	idle.wake_fd = -1;
}

static void start(void)
{
	pthread_atfork(NULL, NULL, forked);
}

static void set_state(struct net_fd *f, enum net_fd_state state)
{
	int old = __atomic_exchange_n(&f->idle_state, state, __ATOMIC_SEQ_CST);

	if (old != (int)state)
		__atomic_fetch_add(&idle.standing_by, (int)state - old, __ATOMIC_SEQ_CST);
}

void lkl_net_idle_add(struct net_fd *f)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int i;

	pthread_once(&once, start);
	f->idle_state = NET_FD_POLLS;
	f->idle_streak = 0;
	f->idle_needed = STREAK;
	pthread_mutex_lock(&idle.lock);
	if (idle.wake_fd < 0)
		idle.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < DEVICES_MAX && idle.wake_fd >= 0; i++) {
		if (idle.devices[i])
			continue;
		idle.devices[i] = f;
		f->idle_slot = i + 1;
		idle.generation++;
		__atomic_fetch_add(&idle.n_devices, 1, __ATOMIC_SEQ_CST);
		break;
	}
	pthread_mutex_unlock(&idle.lock);
}

/* As long as somebody waits for a descriptor, closing it does not let go of the device. */
static void end_round(unsigned int round)
{
	if (round & 1)
		while (__atomic_load_n(&idle.rounds, __ATOMIC_SEQ_CST) == round)
			sched_yield();
}

void lkl_net_idle_remove(struct net_fd *f)
{
	unsigned int round = 0;

	if (!f->idle_slot)
		return;
	pthread_mutex_lock(&idle.lock);
	if (idle.devices[f->idle_slot - 1] == f) {
		idle.devices[f->idle_slot - 1] = NULL;
		set_state(f, NET_FD_POLLS);
		__atomic_fetch_sub(&idle.n_devices, 1, __ATOMIC_SEQ_CST);
		idle.generation++;
		/* Nobody needs it any more: no descriptor is left behind. */
		if (!get(&idle.n_devices) && !get(&idle.waiting)) {
			close(idle.wake_fd);
			idle.wake_fd = -1;
		} else {
			round = idle.rounds;
			kick(idle.wake_fd);
		}
	}
	f->idle_slot = 0;
	pthread_mutex_unlock(&idle.lock);
	end_round(round);
}

int lkl_net_idle_stand_by(struct net_fd *f)
{
	struct pollfd wake = { .fd = f->wake_fd, .events = POLLIN };
	unsigned int ended;
	int deep;

	if (get(&f->idle_state) == NET_FD_POLLS)
		return 0;
	deep = f->idle_looks > LOOKS;
	if (deep) {
		__atomic_store_n(&f->idle_deep, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&idle.deep, 1, __ATOMIC_SEQ_CST);
		/* Said first, looked then; the guest does it the other way round. */
		if (!get(&idle.guest))
			wake.fd = -1;
	}
	if (wake.fd >= 0)
		poll(&wake, 1, deep ? -1 : LOOK_MS);
	if (wake.revents)
		drain(f->wake_fd);
	if (deep) {
		__atomic_store_n(&f->idle_deep, 0, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&idle.deep, 1, __ATOMIC_SEQ_CST);
		f->idle_looks = 0;
	}
	ended = __atomic_load_n(&idle.ended, __ATOMIC_SEQ_CST);
	if (ended != f->idle_ended) {
		f->idle_looks = 0;
		if (f->idle_needed > STREAK)
			f->idle_needed /= 2;
	} else if (get(&idle.guest)) {
		f->idle_looks++;
	} else {
		/* Nobody came since the last look. */
		f->idle_streak = 0;
		if (f->idle_needed < STREAK_MAX)
			f->idle_needed *= 2;
		set_state(f, NET_FD_POLLS);
	}
	f->idle_ended = ended;
	return 1;
}

static void note_waiting(void)
{
	__atomic_store_n(&idle.last, lkl_host_ops.time(), __ATOMIC_RELAXED);
}

static int somebody_waits(void)
{
	return get(&idle.waiting) ||
	       lkl_host_ops.time() - __atomic_load_n(&idle.last, __ATOMIC_RELAXED) < LATELY_NS;
}

void lkl_net_idle_frames(struct net_fd *f)
{
	if (!f->idle_slot)
		return;
	if (!somebody_waits()) {
		f->idle_streak = 0;
		return;
	}
	if (++f->idle_streak < f->idle_needed)
		return;
	f->idle_looks = 0;
	f->idle_ended = __atomic_load_n(&idle.ended, __ATOMIC_SEQ_CST) - 1;
	set_state(f, NET_FD_STANDS_BY);
}

int lkl_net_idle_wake(struct net_fd *f)
{
	if (!f->idle_slot || get(&f->idle_state) == NET_FD_POLLS)
		return 0;
	/* Whoever comes next will see, and the device's thread looks now and then. */
	if (get(&idle.guest) && !working)
		kick(idle.wake_fd);
	return 1;
}

struct watched {
	struct net_fd *device;
	int queue;
};

/* What the devices want that nobody else looks after; with the lock held. */
static int list(struct pollfd *fds, struct watched *watched)
{
	int d, i, n = 0;

	for (d = 0; d < DEVICES_MAX; d++) {
		struct net_fd *f = idle.devices[d];
		struct lkl_net_wait w;

		if (!f || get(&f->idle_state) == NET_FD_POLLS)
			continue;
		lkl_net_wants(&f->base, &w);
		for (i = 0; i < f->base.queues && n < FDS_MAX; i++) {
			int events = (w.rx >> i & 1 ? POLLIN : 0) |
				     (w.tx >> i & 1 ? POLLOUT : 0);

			if (!events || lkl_net_fd_is_dead(f, i))
				continue;
			fds[n] = (struct pollfd){ .fd = f->fd[i], .events = events };
			watched[n] = (struct watched){ f, i };
			n++;
		}
	}
	return n;
}

static void look_after(const struct pollfd *fds, const struct watched *watched, int n)
{
	int i;

	working = 1;
	for (i = 0; i < n; i++) {
		struct lkl_net_wait w = { 0 };

		if (!fds[i].revents)
			continue;
		if (fds[i].revents & ~POLLOUT)
			w.rx = 1u << watched[i].queue;
		if (fds[i].revents & ~POLLIN)
			w.tx = 1u << watched[i].queue;
		lkl_net_work(&watched[i].device->base, &w);
	}
	working = 0;
}

/* One round: waits, then does what there is to do. */
static void look_once(unsigned long long deadline)
{
	struct watched watched[FDS_MAX];
	struct pollfd fds[FDS_MAX + 1];
	unsigned long long now = lkl_host_ops.time();
	struct timespec ts = { 0 };
	int forever = deadline == LKL_TIME_NEVER;
	unsigned int generation;
	int n, ready;

	pthread_mutex_lock(&idle.lock);
	n = list(fds, watched);
	generation = idle.generation;
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&idle.lock);
	fds[n] = (struct pollfd){ .fd = idle.wake_fd, .events = POLLIN };
	if (deadline > now && !forever) {
		ts.tv_sec = (deadline - now) / 1000000000;
		ts.tv_nsec = (deadline - now) % 1000000000;
	}
	ready = ppoll(fds, n + 1, forever ? NULL : &ts, NULL);
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	if (ready <= 0)
		return;
	if (fds[n].revents)
		drain(idle.wake_fd);
	pthread_mutex_lock(&idle.lock);
	if (generation == idle.generation)
		look_after(fds, watched, n);
	pthread_mutex_unlock(&idle.lock);
}

static void wake_deep(void)
{
	int d;

	pthread_mutex_lock(&idle.lock);
	for (d = 0; d < DEVICES_MAX; d++)
		if (idle.devices[d] && get(&idle.devices[d]->idle_deep))
			kick(idle.devices[d]->wake_fd);
	pthread_mutex_unlock(&idle.lock);
}

int lkl_net_idle_begin(void)
{
	int none = 0;

	note_waiting();
	__atomic_fetch_add(&idle.waiting, 1, __ATOMIC_SEQ_CST);
	return get(&idle.standing_by) &&
	       __atomic_compare_exchange_n(&idle.guest, &none, 1, 0, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

int lkl_net_idle_wait(sem_t *sem, unsigned long long deadline)
{
	int taken;

	__atomic_store_n(&guest_sem, sem, __ATOMIC_SEQ_CST);
	while (!(taken = !sem_trywait(sem)) && lkl_host_ops.time() < deadline)
		look_once(deadline);
	__atomic_store_n(&guest_sem, NULL, __ATOMIC_SEQ_CST);
	return taken;
}

void lkl_net_idle_end(int guest)
{
	if (guest) {
		__atomic_fetch_add(&idle.ended, 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&idle.guest, 0, __ATOMIC_SEQ_CST);
		if (get(&idle.deep))
			wake_deep();
	}
	__atomic_fetch_sub(&idle.waiting, 1, __ATOMIC_SEQ_CST);
	note_waiting();
}

void LKL_ABI lkl_net_idle_poll(void)
{
	int d;

	if (!get(&idle.n_devices))
		return;
	note_waiting();
	/* If the lock is taken, so are the devices looked after. */
	if (!get(&idle.standing_by) || pthread_mutex_trylock(&idle.lock))
		return;
	__atomic_fetch_add(&idle.ended, 1, __ATOMIC_SEQ_CST);
	working = 1;
	for (d = 0; d < DEVICES_MAX; d++) {
		struct net_fd *f = idle.devices[d];
		struct lkl_net_wait w;

		if (!f || get(&f->idle_state) == NET_FD_POLLS)
			continue;
		lkl_net_wants(&f->base, &w);
		lkl_net_work(&f->base, &w);
	}
	working = 0;
	pthread_mutex_unlock(&idle.lock);
}

void lkl_net_idle_posted(const sem_t *sem)
{
	/* The semaphore may be gone by now; only its address is looked at. */
	if (__atomic_load_n(&guest_sem, __ATOMIC_SEQ_CST) == sem && !working)
		kick(idle.wake_fd);
}
