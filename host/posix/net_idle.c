// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net_idle.h"
#include "net_shm.h"

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

/* One call waits for descriptors or for words; so devices of one kind stand by at a time. */
enum kind { FDS, WORDS, KINDS };

static struct {
	/* Held while devices are looked after. */
	pthread_mutex_t lock;
	/* Under @lock. */
	struct net_idle *devices[DEVICES_MAX];
	unsigned int generation;

	/* Atomic, as all that follows. */
	int n_devices;
	/* Threads that could look after devices wait: this many. */
	int waiting;
	/* When the last one began or ended. */
	unsigned long long last;
	/* Devices whose threads stand by. */
	int standing_by[KINDS];
	/* One of them does; and how often that has ended. */
	int guest;
	unsigned int ended;
	/* Devices whose threads sleep until that happens. */
	int deep;
	/* Of the guest's rounds: begun and ended; odd while it waits for its devices. */
	unsigned int rounds;
	/* What it waits for in this round, of enum kind; and what else wakes it: an eventfd ... */
	int waits_for;
	int wake_fd;
	/* ... or a word that changes. */
	uint32_t wake_word;
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

static enum kind kind_of(const struct net_idle *d)
{
	return d->ops->word ? WORDS : FDS;
}

static int any_stands_by(void)
{
	return get(&idle.standing_by[FDS]) || get(&idle.standing_by[WORDS]);
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

/* It has said what it waits for before it looked for the last time. */
static void wake_guest(void)
{
	__atomic_fetch_add(&idle.wake_word, 1, __ATOMIC_SEQ_CST);
	if (get(&idle.waits_for) == WORDS)
		lkl_shm_wake(&idle.wake_word);
	else
		kick(idle.wake_fd);
}

/* The threads of the others stayed in the parent, and so did the devices. */
static void forked(void)
{
	pthread_mutex_init(&idle.lock, NULL);
	for (int i = 0; i < DEVICES_MAX; i++) {
		struct net_idle *d = idle.devices[i];

		if (!d)
			continue;
		d->stands_by = 0;
		d->deep = 0;
		d->slot = 0;
		idle.devices[i] = NULL;
	}
	idle.n_devices = 0;
	idle.waiting = 0;
	idle.standing_by[FDS] = 0;
	idle.standing_by[WORDS] = 0;
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

static void take_over(struct net_idle *d)
{
	if (__atomic_exchange_n(&d->stands_by, 0, __ATOMIC_SEQ_CST))
		__atomic_fetch_sub(&idle.standing_by[kind_of(d)], 1, __ATOMIC_SEQ_CST);
}

/* Unless one of the other kind does. */
static void stand_by(struct net_idle *d)
{
	enum kind kind = kind_of(d);

	if (get(&d->stands_by))
		return;
	__atomic_fetch_add(&idle.standing_by[kind], 1, __ATOMIC_SEQ_CST);
	if (get(&idle.standing_by[!kind])) {
		__atomic_fetch_sub(&idle.standing_by[kind], 1, __ATOMIC_SEQ_CST);
		return;
	}
	__atomic_store_n(&d->stands_by, 1, __ATOMIC_SEQ_CST);
	/* Somebody may wait already, for others only. */
	if (get(&idle.guest))
		wake_guest();
}

void lkl_net_idle_add(struct net_idle *d)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int i;

	pthread_once(&once, start);
	d->needed = STREAK;
	pthread_mutex_lock(&idle.lock);
	if (idle.wake_fd < 0)
		idle.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < DEVICES_MAX && idle.wake_fd >= 0; i++) {
		if (idle.devices[i])
			continue;
		idle.devices[i] = d;
		d->slot = i + 1;
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

void lkl_net_idle_remove(struct net_idle *d)
{
	unsigned int round = 0;

	if (!d->slot)
		return;
	pthread_mutex_lock(&idle.lock);
	if (idle.devices[d->slot - 1] == d) {
		idle.devices[d->slot - 1] = NULL;
		take_over(d);
		__atomic_fetch_sub(&idle.n_devices, 1, __ATOMIC_SEQ_CST);
		idle.generation++;
		/* Nobody needs it any more: no descriptor is left behind. */
		if (!get(&idle.n_devices) && !get(&idle.waiting)) {
			close(idle.wake_fd);
			idle.wake_fd = -1;
		} else {
			round = __atomic_load_n(&idle.rounds, __ATOMIC_SEQ_CST);
			wake_guest();
		}
	}
	d->slot = 0;
	pthread_mutex_unlock(&idle.lock);
	end_round(round);
}

int lkl_net_idle_stand_by(struct net_idle *d)
{
	struct pollfd wake = { .fd = d->wake_fd, .events = POLLIN };
	unsigned int ended;
	int deep;

	if (!get(&d->stands_by))
		return 0;
	deep = d->looks > LOOKS;
	if (deep) {
		__atomic_store_n(&d->deep, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&idle.deep, 1, __ATOMIC_SEQ_CST);
		/* Said first, looked then; the guest does it the other way round. */
		if (!get(&idle.guest))
			wake.fd = -1;
	}
	if (wake.fd >= 0)
		poll(&wake, 1, deep ? d->look_ms : LOOK_MS);
	if (wake.revents)
		drain(d->wake_fd);
	if (deep) {
		__atomic_store_n(&d->deep, 0, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&idle.deep, 1, __ATOMIC_SEQ_CST);
		d->looks = 0;
	}
	ended = __atomic_load_n(&idle.ended, __ATOMIC_SEQ_CST);
	if (ended != d->ended) {
		d->looks = 0;
		if (d->needed > STREAK)
			d->needed /= 2;
	} else if (get(&idle.guest)) {
		d->looks++;
	} else {
		/* Nobody came since the last look. */
		d->streak = 0;
		if (d->needed < STREAK_MAX)
			d->needed *= 2;
		take_over(d);
	}
	d->ended = ended;
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

void lkl_net_idle_frames(struct net_idle *d)
{
	if (!d->slot)
		return;
	if (!somebody_waits()) {
		d->streak = 0;
		return;
	}
	if (++d->streak < d->needed)
		return;
	d->looks = 0;
	d->ended = __atomic_load_n(&idle.ended, __ATOMIC_SEQ_CST) - 1;
	stand_by(d);
}

int lkl_net_idle_wake(struct net_idle *d)
{
	if (!d->slot || !get(&d->stands_by))
		return 0;
	/* Whoever comes next will see, and the device's thread looks now and then. */
	if (get(&idle.guest) && !working)
		wake_guest();
	return 1;
}

/* Device @i, with the lock held, if nobody else looks after it: what it wants is in @w. */
static struct net_idle *mine(int i, struct lkl_net_wait *w)
{
	struct net_idle *d = idle.devices[i];

	if (!d || !get(&d->stands_by))
		return NULL;
	lkl_net_wants(d->backend, w);
	return d;
}

/* With the lock held. */
static void work(struct net_idle *d, const struct lkl_net_wait *w)
{
	working = 1;
	lkl_net_work(d->backend, w);
	working = 0;
}

/* Does whatever can be done; with the lock held. */
static void work_all(void)
{
	struct lkl_net_wait w;

	for (int i = 0; i < DEVICES_MAX; i++) {
		struct net_idle *d = mine(i, &w);

		if (d)
			work(d, &w);
	}
}

/* If the lock is taken their devices' threads send them, a little later. */
static void flush(void)
{
	__atomic_fetch_add(&lkl_net_idled, 1, __ATOMIC_RELAXED);
	if (!get(&lkl_net_gathering) || pthread_mutex_trylock(&idle.lock))
		return;
	for (int i = 0; i < DEVICES_MAX; i++)
		if (idle.devices[i])
			lkl_net_flush(idle.devices[i]->backend);
	pthread_mutex_unlock(&idle.lock);
}

static struct timespec to_timespec(unsigned long long ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

/* ---- waiting for descriptors ------------------------------------------------------ */

struct watched {
	struct net_idle *device;
	int queue;
};

/* With the lock held. */
static int list_fds(struct pollfd *fds, struct watched *watched)
{
	struct lkl_net_wait w;
	int n = 0;

	for (int i = 0; i < DEVICES_MAX; i++) {
		struct net_idle *d = mine(i, &w);

		for (int q = 0; d && q < d->backend->queues && n < FDS_MAX; q++) {
			int events = (w.rx >> q & 1 ? POLLIN : 0) |
				     (w.tx >> q & 1 ? POLLOUT : 0);
			int fd = events ? d->ops->fd(d->backend, q) : -1;

			if (fd < 0)
				continue;
			fds[n] = (struct pollfd){ .fd = fd, .events = events };
			watched[n] = (struct watched){ d, q };
			n++;
		}
	}
	return n;
}

static void work_fds(const struct pollfd *fds, const struct watched *watched, int n)
{
	for (int i = 0; i < n; i++) {
		struct lkl_net_wait w = { 0 };

		if (!fds[i].revents)
			continue;
		if (fds[i].revents & ~POLLOUT)
			w.rx = 1u << watched[i].queue;
		if (fds[i].revents & ~POLLIN)
			w.tx = 1u << watched[i].queue;
		work(watched[i].device, &w);
	}
}

static void look_at_fds(unsigned long long deadline)
{
	struct watched watched[FDS_MAX];
	struct pollfd fds[FDS_MAX + 1];
	unsigned long long now = lkl_host_ops.time();
	struct timespec ts = to_timespec(deadline > now ? deadline - now : 0);
	unsigned int generation;
	int n, ready;

	pthread_mutex_lock(&idle.lock);
	n = list_fds(fds, watched);
	generation = idle.generation;
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&idle.lock);
	fds[n] = (struct pollfd){ .fd = idle.wake_fd, .events = POLLIN };
	ready = ppoll(fds, n + 1, deadline == LKL_TIME_NEVER ? NULL : &ts, NULL);
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	if (ready <= 0)
		return;
	if (fds[n].revents)
		drain(idle.wake_fd);
	pthread_mutex_lock(&idle.lock);
	if (generation == idle.generation)
		work_fds(fds, watched, n);
	pthread_mutex_unlock(&idle.lock);
}

/* ---- waiting for words ------------------------------------------------------------- */

/* With the lock held; 0 if there is something to do. */
static int list_words(struct shm_word *words)
{
	struct lkl_net_wait w;
	int n = 0;

	for (int i = 0; i < DEVICES_MAX; i++) {
		struct net_idle *d = mine(i, &w);

		if (!d || !d->ops->word)
			continue;
		words[n].word = d->ops->word(d->backend, &w, &words[n].seen);
		if (!words[n++].word)
			return 0;
	}
	return n;
}

/* @seen: the guest's own word, before it looked whether it is to wait. */
static void look_at_words(unsigned long long deadline, uint32_t seen)
{
	struct shm_word words[DEVICES_MAX + 1];
	int n;

	pthread_mutex_lock(&idle.lock);
	n = list_words(words);
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&idle.lock);
	if (n) {
		words[n] = (struct shm_word){ &idle.wake_word, seen };
		lkl_shm_wait_any(words, n + 1, deadline);
	}
	__atomic_fetch_add(&idle.rounds, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&idle.lock);
	work_all();
	pthread_mutex_unlock(&idle.lock);
}

/* ---- who waits ------------------------------------------------------------------------ */

static void wake_deep(void)
{
	pthread_mutex_lock(&idle.lock);
	for (int i = 0; i < DEVICES_MAX; i++)
		if (idle.devices[i] && get(&idle.devices[i]->deep))
			kick(idle.devices[i]->wake_fd);
	pthread_mutex_unlock(&idle.lock);
}

int lkl_net_idle_begin(void)
{
	int none = 0;

	flush();
	note_waiting();
	__atomic_fetch_add(&idle.waiting, 1, __ATOMIC_SEQ_CST);
	return any_stands_by() &&
	       __atomic_compare_exchange_n(&idle.guest, &none, 1, 0, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

int lkl_net_idle_wait(sem_t *sem, unsigned long long deadline)
{
	int taken = 0;

	__atomic_store_n(&guest_sem, sem, __ATOMIC_SEQ_CST);
	for (;;) {
		enum kind kind = get(&idle.standing_by[WORDS]) ? WORDS : FDS;
		uint32_t seen = __atomic_load_n(&idle.wake_word, __ATOMIC_SEQ_CST);

		__atomic_store_n(&idle.waits_for, kind, __ATOMIC_RELAXED);
		/* Said first, looked then; who posts does it the other way round. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		taken = !sem_trywait(sem);
		if (taken || lkl_host_ops.time() >= deadline)
			break;
		if (kind == WORDS)
			look_at_words(deadline, seen);
		else
			look_at_fds(deadline);
	}
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
	if (!get(&idle.n_devices))
		return;
	flush();
	note_waiting();
	/* If the lock is taken, so are the devices looked after. */
	if (!any_stands_by() || pthread_mutex_trylock(&idle.lock))
		return;
	__atomic_fetch_add(&idle.ended, 1, __ATOMIC_SEQ_CST);
	work_all();
	pthread_mutex_unlock(&idle.lock);
}

void lkl_net_idle_posted(const sem_t *sem)
{
	/* The semaphore may be gone by now; only its address is looked at. */
	if (__atomic_load_n(&guest_sem, __ATOMIC_SEQ_CST) == sem && !working)
		wake_guest();
}
