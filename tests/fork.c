// SPDX-License-Identifier: GPL-2.0
/* fork() of a process with a running kernel. time limit: 120 s */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define PARENT "of the parent"
#define CHILD "of the child"

static void read_inside(const char *path, char *buf, size_t size)
{
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));
	long n = ok(lkl_sys_read(fd, buf, size - 1));

	buf[n] = 0;
	ok(lkl_sys_close(fd));
}

/* Ends the child with status 0 if @good. */
static void child_ends(int good)
{
	_exit(good ? 0 : 1);
}

static void expect_child(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", status);
}

/* Each goes on with a kernel of its own: neither sees what the other does. */
START_TEST(both_go_on)
{
	char buf[64];
	pid_t pid;

	write_inside("/tmp/f", "of both");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		read_inside("/tmp/f", buf, sizeof(buf));
		if (strcmp(buf, "of both"))
			child_ends(0);
		write_inside("/tmp/f", CHILD);
		usleep(50000);
		read_inside("/tmp/f", buf, sizeof(buf));
		child_ends(!strcmp(buf, CHILD) && !lkl_sys_halt());
	}
	write_inside("/tmp/f", PARENT);
	expect_child(pid);
	read_inside("/tmp/f", buf, sizeof(buf));
	ck_assert_str_eq(buf, PARENT);
}
END_TEST

/* Timers, threads and sleeping work in the child. */
static long nap(void *arg)
{
	struct lkl_timespec ts = { .tv_nsec = 10000000 };

	(void)arg;
	return lkl_sys_nanosleep(&ts, NULL);
}

START_TEST(child_lives)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid)
		child_ends(!nap(NULL) && !join(run(nap, NULL)));
	is(nap(NULL), 0);
	expect_child(pid);
	is(join(run(nap, NULL)), 0);
}
END_TEST

/* Halt and a fresh start in the child. */
START_TEST(child_restarts)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		halt_kernel();
		start_kernel();
		ok(lkl_sys_getpid());
		halt_kernel();
		child_ends(1);
	}
	expect_child(pid);
	ok(lkl_sys_getpid());
}
END_TEST

/* A booted kernel as the starting point of many short lives. */
START_TEST(many_children)
{
	uint64_t start = host_ns();
	int i;

	for (i = 0; i < 100; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (!pid) {
			write_inside("/tmp/mine", "x");
			child_ends(lkl_sys_access("/tmp/mine", 0) == 0);
		}
		expect_child(pid);
	}
	printf("# %.2f ms a child\n", (host_ns() - start) / 1e8);
	fails(lkl_sys_access("/tmp/mine", 0), LKL_ENOENT);
}
END_TEST

START_TEST(grandchild)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		pid_t inner = fork();

		if (!inner) {
			write_inside("/tmp/g", "x");
			child_ends(1);
		}
		expect_child(inner);
		child_ends(lkl_sys_access("/tmp/g", 0) == -LKL_ENOENT);
	}
	expect_child(pid);
}
END_TEST

static void LKL_ABI end_at_once(void *arg)
{
	(void)arg;
}

static void make_and_join(void)
{
	lkl_thread_t thread = lkl_host_ops.thread_create(end_at_once, NULL);

	if (!thread || lkl_host_ops.thread_join(thread))
		_exit(1);
}

/* The thread keeps each lock of the host for a while. */
static __thread int lingers;

/* In place of the C library's. */
int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	static int (*_Atomic real)(pthread_mutex_t *);

	if (!real)
		real = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	if (lingers)
		usleep(1000);
	return real(mutex);
}

static void *make_threads(void *arg)
{
	lingers = 1;
	for (;;)
		make_and_join();
	return arg;
}

/* The child makes threads, which have stacks of ours there, and forks as well. */
START_TEST(grandchildren_meanwhile)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		pthread_t thread;

		ck_assert(!pthread_create(&thread, NULL, make_threads, NULL));
		for (int i = 0; i < 50; i++) {
			pid_t inner = fork();

			if (!inner) {
				make_and_join();
				_exit(0);
			}
			expect_child(inner);
		}
		child_ends(1);
	}
	expect_child(pid);
}
END_TEST

/* While another thread sleeps inside, the parent at least is not harmed. */
static long long_nap(void *arg)
{
	struct lkl_timespec ts = { .tv_nsec = 300000000 };

	(void)arg;
	return lkl_sys_nanosleep(&ts, NULL);
}

START_TEST(busy_parent)
{
	struct job *job = run(long_nap, NULL);
	pid_t pid;

	usleep(50000);
	pid = fork();
	if (!pid) {
		/* The timer of the other thread's nap is on that one's stack. */
		for (int i = 0; i < 50; i++) {
			struct lkl_timespec ts = { .tv_nsec = 1000000 };

			lkl_sys_nanosleep(&ts, NULL);
		}
		_exit(0);
	}
	if (pid > 0)
		expect_child(pid);
	is(join(job), 0);
	ok(lkl_sys_getpid());
}
END_TEST

/* Threads that the C library or a sanitizer is about to begin, or to end. */
static long nothing(void *arg)
{
	(void)arg;
	return 0;
}

START_TEST(while_threads_start)
{
	for (int i = 0; i < 50; i++) {
		struct job *job[4];
		pid_t pid;

		for (int n = 0; n < 4; n++)
			job[n] = run(nothing, NULL);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid) {
			signal(SIGALRM, SIG_DFL);
			alarm(10);
			child_ends(!nap(NULL) && !join(run(nap, NULL)));
		}
		for (int n = 0; n < 4; n++)
			is(join(job[n]), 0);
		expect_child(pid);
	}
}
END_TEST

static atomic_int stop;

/* A long system call after the other: somebody is always in the middle of one. */
static long keep_reading(void *path)
{
	static _Thread_local char buf[1 << 18];
	int fd = ok(lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0600));

	is(lkl_sys_pwrite64(fd, buf, sizeof(buf), 0), sizeof(buf));
	while (!stop)
		is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	return lkl_sys_close(fd);
}

/* fork() waits for those that are inside, and they for it before they enter once more. */
START_TEST(while_threads_call)
{
	struct job *job[] = {
		run(keep_reading, "/tmp/a"), run(keep_reading, "/tmp/b"),
		run(keep_reading, "/tmp/c"), run(keep_reading, "/tmp/d"),
	};
	char buf[1];

	usleep(100000);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (!pid) {
			int fd = ok(lkl_sys_open("/tmp/a", LKL_O_RDONLY, 0));

			child_ends(lkl_sys_read(fd, buf, 1) == 1 && !nap(NULL));
		}
		expect_child(pid);
	}
	stop = 1;
	for (int i = 0; i < COUNT(job); i++)
		is(join(job[i]), 0);
}
END_TEST

static uint64_t random_number(void)
{
	uint64_t n = 0;

	is(lkl_sys_getrandom((char *)&n, sizeof(n), 0), sizeof(n));
	return n;
}

static uint64_t random_number_of_a_child(void)
{
	uint64_t n;
	int fds[2];
	pid_t pid;

	is(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		n = random_number();
		child_ends(write(fds[1], &n, sizeof(n)) == sizeof(n));
	}
	expect_child(pid);
	is(read(fds[0], &n, sizeof(n)), sizeof(n));
	close(fds[0]);
	close(fds[1]);
	return n;
}

/* What a process, and each of its children, takes for random is nobody else's. */
START_TEST(random_numbers)
{
	uint64_t first = random_number_of_a_child(), second = random_number_of_a_child();
	uint64_t own = random_number();

	ck_assert_uint_ne(first, second);
	ck_assert_uint_ne(first, own);
	ck_assert_uint_ne(second, own);
}
END_TEST

/* But where they are to be the same each time, they are. */
START_TEST(fixed_random_numbers)
{
	start_kernel_with("lkl.random=1");
	ck_assert_uint_eq(random_number_of_a_child(), random_number_of_a_child());
	halt_kernel();
}
END_TEST

static atomic_int signals;

static void on_signal(int nr)
{
	signals++;
}

/* Who forked is the only thread of the child: signals are for that one. */
static long child_of_a_thread(void *arg)
{
	struct lkl_sigaction act = { .lkl_sa_handler = on_signal };
	pid_t pid = fork();

	if (!pid) {
		ok(lkl_sys_rt_sigaction(LKL_SIGUSR1, &act, NULL, sizeof(lkl_sigset_t)));
		ok(lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1));
		nap(NULL);
		child_ends(signals == 1);
	}
	return pid;
}

START_TEST(signal_to_the_child)
{
	expect_child(join(run(child_of_a_thread, NULL)));
}
END_TEST

#define SHOWN	65536

/* Writes through a mapping, and reads that from the file. */
static int write_shown(int fd, char byte)
{
	static char buf[SHOWN];
	char *shown = (char *)lkl_sys_mmap(NULL, SHOWN, LKL_PROT_READ | LKL_PROT_WRITE,
					   LKL_MAP_SHARED, fd, 0);

	if ((long)shown < 0 && (long)shown > -4096)
		return 0;
	memset(shown, byte, SHOWN);
	if (lkl_sys_pread64(fd, buf, SHOWN, 0) != SHOWN || lkl_sys_munmap(shown, SHOWN))
		return 0;
	return buf[0] == byte && !memcmp(buf, buf + 1, SHOWN - 1);
}

static int holds(int fd, char byte)
{
	static char buf[SHOWN];

	return lkl_sys_pread64(fd, buf, SHOWN, 0) == SHOWN && buf[0] == byte &&
	       !memcmp(buf, buf + 1, SHOWN - 1);
}

/* Pages that were mapped, and are not any more, on both sides; again and again. */
START_TEST(once_shown)
{
	int fd = ok(lkl_sys_open("/tmp/shown", LKL_O_RDWR | LKL_O_CREAT, 0600));

	ok(lkl_sys_ftruncate(fd, SHOWN));
	for (int i = 0; i < 3; i++) {
		pid_t pid;

		ck_assert(write_shown(fd, 'a' + i));
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid)
			child_ends(holds(fd, 'a' + i) && write_shown(fd, 'x') && holds(fd, 'x'));
		expect_child(pid);
		ck_assert(holds(fd, 'a' + i));
	}
}
END_TEST

/* A mapping of @fd, filled with 'a'. */
static char *show(int fd)
{
	char *map;

	ok(lkl_sys_ftruncate(fd, SHOWN));
	map = (char *)ok(lkl_sys_mmap(NULL, SHOWN, LKL_PROT_READ | LKL_PROT_WRITE,
				      LKL_MAP_SHARED, fd, 0));
	memset(map, 'a', SHOWN);
	return map;
}

/* The same with a mapping that stays. */
START_TEST(shown)
{
	int fd = ok(lkl_sys_open("/tmp/shown", LKL_O_RDWR | LKL_O_CREAT, 0600));
	char *map;
	pid_t pid;

	map = show(fd);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		int good = holds(fd, 'a') && map[1] == 'a';

		memset(map, 'x', SHOWN);
		child_ends(good && holds(fd, 'x'));
	}
	expect_child(pid);
	ck_assert(holds(fd, 'a') && map[SHOWN - 1] == 'a');
	memset(map, 'b', SHOWN);
	ck_assert(holds(fd, 'b'));
}
END_TEST

static struct lkl_disk some_disk(void)
{
	return (struct lkl_disk) { .fd = open(host_file("disk", 1 << 20), O_RDWR) };
}

/* Whether the kernel reads from disk @id. */
static int reads_disk(int id)
{
	char buf[512];
	uint32_t dev;
	int fd;

	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	lkl_sys_unlink("/tmp/disk");
	ok(lkl_sys_mknod("/tmp/disk", LKL_S_IFBLK | 0600, dev));
	fd = ok(lkl_sys_open("/tmp/disk", LKL_O_RDONLY, 0));
	is(lkl_sys_read(fd, buf, sizeof(buf)), sizeof(buf));
	return !lkl_sys_close(fd);
}

/* The child cannot have a copy of what is shown: it has no kernel, and may start one. */
START_TEST(no_room_for_a_copy)
{
	int fd = ok(lkl_sys_open("/tmp/shown", LKL_O_RDWR | LKL_O_CREAT, 0600));
	struct rlimit small = { .rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY };
	struct lkl_disk disk = some_disk();
	int id = ok(lkl_disk_add(&disk));
	char *map;
	pid_t pid;

	map = show(fd);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert(!setrlimit(RLIMIT_FSIZE, &small));
	pid = fork();
	small.rlim_cur = RLIM_INFINITY;
	ck_assert(!setrlimit(RLIMIT_FSIZE, &small));
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		alarm(15);
		is(lkl_is_running(), 0);
		fails(lkl_sys_getpid(), LKL_ENODEV);
		/* The disk is there for the next kernel, and can be taken away. */
		lkl_cleanup();
		start_kernel();
		ck_assert(reads_disk(id));
		halt_kernel();
		is(lkl_disk_remove(disk), 0);
		start_kernel();
		halt_kernel();
		child_ends(1);
	}
	expect_child(pid);
	ck_assert(holds(fd, 'a') && map[1] == 'a' && reads_disk(id));
	ok(lkl_disk_remove(disk));
}
END_TEST

/* ---- timers of the host ------------------------------------------------------------------ */

static void LKL_ABI on_ring(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static struct lkl_timer *new_timer(atomic_int *rings)
{
	struct lkl_timer *timer = lkl_host_ops.timer_alloc(on_ring, rings);

	ck_assert_ptr_nonnull(timer);
	return timer;
}

/* Whether @timer rings after 10 ms, once. */
static int rings(struct lkl_timer *timer, atomic_int *rung)
{
	int before = *rung;

	if (lkl_host_ops.timer_set_oneshot(timer, 10000000))
		return 0;
	for (int i = 0; i < 5000 && *rung == before; i++)
		usleep(1000);
	usleep(20000);
	return *rung == before + 1;
}

/* In the child they are there, not set, and not mistaken for new ones. */
START_TEST(host_timers)
{
	static atomic_int old_rung, other_rung, freed_rung, new_rung;
	struct lkl_timer *old, *other, *freed;
	pid_t pid;

	needs_host_timers();
	old = new_timer(&old_rung);
	other = new_timer(&other_rung);
	freed = new_timer(&freed_rung);
	is(lkl_host_ops.timer_set_oneshot(other, 100000000), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		struct lkl_timer *new = new_timer(&new_rung);
		int good = rings(old, &old_rung) && !new_rung;

		good &= !lkl_host_ops.timer_set_oneshot(new, 100000000);
		lkl_host_ops.timer_free(freed);
		good &= rings(old, &old_rung);
		for (int i = 0; i < 5000 && !new_rung; i++)
			usleep(1000);
		good &= new_rung == 1 && !other_rung && !freed_rung;
		good &= rings(other, &other_rung);
		lkl_host_ops.timer_free(old);
		lkl_host_ops.timer_free(other);
		lkl_host_ops.timer_free(new);
		child_ends(good);
	}
	expect_child(pid);
	ck_assert(rings(old, &old_rung) && rings(freed, &freed_rung));
	is(other_rung, 1);
	lkl_host_ops.timer_free(old);
	lkl_host_ops.timer_free(other);
	lkl_host_ops.timer_free(freed);
}
END_TEST

/* A disk that answers when its timer rings. */
static char answered[1 << 20];
static struct lkl_timer *answer_timer;
static struct lkl_blk_req *_Atomic asked;
static atomic_int answers_late;

static int capacity(struct lkl_disk disk, unsigned long long *res)
{
	(void)disk;
	*res = sizeof(answered);
	return 0;
}

static void LKL_ABI answer(void *arg)
{
	struct lkl_blk_req *req = atomic_exchange(&asked, NULL);
	char *at = answered + req->sector * 512;

	(void)arg;
	for (int i = 0; i < req->count; i++) {
		if (req->type == LKL_DEV_BLK_TYPE_WRITE)
			memcpy(at, req->buf[i].iov_base, req->buf[i].iov_len);
		else if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, at, req->buf[i].iov_len);
		at += req->buf[i].iov_len;
	}
	lkl_disk_complete(req, req->type <= LKL_DEV_BLK_TYPE_WRITE ?
			  LKL_DEV_BLK_STATUS_OK : LKL_DEV_BLK_STATUS_UNSUP);
}

static void ask(struct lkl_disk disk, struct lkl_blk_req *req)
{
	(void)disk;
	asked = req;
	lkl_host_ops.timer_set_oneshot(answer_timer, answers_late ? 200000000 : 1000);
}

/* A fork() waits for the answer, and does not keep the timer from ringing. */
START_TEST(disk_with_timer)
{
	struct lkl_dev_blk_ops ops = { .get_capacity = capacity, .submit = ask };
	struct lkl_disk disk = { .ops = &ops };
	char block[4096] = { 1 };
	uint32_t dev;
	pid_t pid;
	int fd;

	needs_host_timers();
	answer_timer = lkl_host_ops.timer_alloc(answer, NULL);
	ok(lkl_get_virtio_blkdev(ok(lkl_disk_add(&disk)), 0, &dev));
	ok(lkl_sys_mknod("/tmp/disk", LKL_S_IFBLK | 0600, dev));
	fd = ok(lkl_sys_open("/tmp/disk", LKL_O_RDWR, 0));
	is(lkl_sys_pwrite64(fd, block, sizeof(block), 0), sizeof(block));
	answers_late = 1;
	ok(lkl_sys_sync_file_range(fd, 0, 0, LKL_SYNC_FILE_RANGE_WRITE));
	for (int i = 0; i < 10000 && !asked; i++)
		usleep(1000);
	ck_assert(asked != NULL);
	pid = fork();
	if (!pid)
		_exit(asked != NULL);
	expect_child(pid);
	answers_late = 0;
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
	lkl_host_ops.timer_free(answer_timer);
}
END_TEST

/* ---- while another thread changes what there is ------------------------------------------ */

/* Until *@flag, at most @ms. */
static void await(atomic_int *flag, int ms)
{
	for (int i = 0; i < ms && !*flag; i++)
		usleep(1000);
}

static atomic_int attaching, halted;
static __thread int attaches_slowly;
static int (LKL_ABI *real_tls_set)(struct lkl_tls_key *, void *);

static int LKL_ABI slow_tls_set(struct lkl_tls_key *key, void *data)
{
	int ret = real_tls_set(key, data);

	if (attaches_slowly) {
		attaching = 1;
		await(&halted, 300);
	}
	return ret;
}

static long fork_slowly(void *arg)
{
	pid_t pid;

	attaches_slowly = 1;
	pid = fork();
	if (!pid)
		_exit(0);
	expect_child(pid);
	return 0;
}

/* The kernel ends after the forking thread has seen that there is one. */
START_TEST(halt_meanwhile)
{
	struct job *job;

	real_tls_set = lkl_host_ops.tls_set;
	lkl_host_ops.tls_set = slow_tls_set;
	start_kernel();
	job = run(fork_slowly, NULL);
	await(&attaching, 10000);
	ok(lkl_sys_halt());
	halted = 1;
	is(join(job), 0);
}
END_TEST

/* The locks that the thread has. */
static __thread int held;
/* At which of its steps, with locks, the thread stops until somebody forks; 0: at none. */
static __thread int stop_at;
static atomic_int stopped, prepared, changed, watching;
static void (LKL_ABI *real_lock)(struct lkl_mutex *);
static void (LKL_ABI *real_unlock)(struct lkl_mutex *);
static struct lkl_mutex *(LKL_ABI *real_alloc)(int);

static void step(void)
{
	if (stop_at && !--stop_at) {
		stopped = 1;
		await(&prepared, 20);
	}
}

static void LKL_ABI count_lock(struct lkl_mutex *mutex)
{
	real_lock(mutex);
	held++;
}

static void LKL_ABI count_unlock(struct lkl_mutex *mutex)
{
	real_unlock(mutex);
	held--;
	step();
}

static struct lkl_mutex *LKL_ABI alloc_lock(int recursive)
{
	step();
	return real_alloc(recursive);
}

/* Registered before the library's own: the last one that prepares. */
static void last_to_prepare(void)
{
	if (!watching)
		return;
	prepared = 1;
	await(&changed, 20);
}

struct change {
	struct lkl_disk disk;
	int add;
	int stop_at;
};

static long change(void *arg)
{
	struct change *c = arg;
	long ret;

	stop_at = c->stop_at;
	ret = c->add ? lkl_disk_add(&c->disk) : lkl_disk_remove(c->disk);
	stop_at = 0;
	changed = 1;
	return ret;
}

/* Begins @c in another thread; whether it gets to step @at. */
static int begin(struct change *c, int at, struct job **job)
{
	stopped = prepared = changed = 0;
	c->stop_at = at;
	*job = run(change, c);
	while (!stopped && !changed)
		usleep(100);
	return stopped;
}

static void watch_locks(void)
{
	real_lock = lkl_host_ops.mutex_lock;
	real_unlock = lkl_host_ops.mutex_unlock;
	real_alloc = lkl_host_ops.mutex_alloc;
	lkl_host_ops.mutex_lock = count_lock;
	lkl_host_ops.mutex_unlock = count_unlock;
	lkl_host_ops.mutex_alloc = alloc_lock;
}

/* Forks while another thread is at step @at of the change; 0 if there are less. */
static int fork_within(struct change *c, int at)
{
	struct job *job;
	int within = begin(c, at, &job);
	pid_t pid;

	held = 0;
	pid = fork();
	if (!pid)
		child_ends(!held && !nap(NULL));
	ck_assert_msg(!held, "%s, step %d: %d locks too many", c->add ? "add" : "remove", at,
		      held);
	await(&changed, 10000);
	ck_assert_msg(changed, "%s, step %d hangs", c->add ? "add" : "remove", at);
	ok(join(job));
	expect_child(pid);
	return within;
}

/* Devices come and go: none does between the two halves of a fork(). */
START_TEST(devices_meanwhile)
{
	struct change c = { .disk = some_disk() };
	int at, more = 1;

	pthread_atfork(last_to_prepare, NULL, NULL);
	start_kernel();
	watch_locks();
	watching = 1;
	for (at = 1; more; at++) {
		more = 0;
		for (c.add = 1; c.add >= 0; c.add--)
			more |= fork_within(&c, at);
	}
	printf("# %d steps\n", at - 1);
	watching = 0;
	halt_kernel();
}
END_TEST

/* A start waits for them. */
START_TEST(start_meanwhile)
{
	struct change c = { .disk = some_disk() };
	int within = 1;

	watch_locks();
	for (int at = 1; within; at++) {
		struct job *job;

		ok(lkl_disk_add(&c.disk));
		within = begin(&c, at, &job);
		is(lkl_start_kernel("loglevel=4"), 0);
		is(join(job), 0);
		ok(lkl_sys_halt());
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		both_go_on, child_lives, child_restarts, many_children, grandchild,
		grandchildren_meanwhile, busy_parent, while_threads_start, while_threads_call,
		random_numbers, signal_to_the_child, once_shown, shown, no_room_for_a_copy,
		disk_with_timer,
	};
	const TTest *const bare[] = {
		fixed_random_numbers, host_timers, halt_meanwhile, devices_meanwhile,
		start_meanwhile,
	};

	return run_tests("fork", LIST(tests), LIST(bare), 30);
}
