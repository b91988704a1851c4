// SPDX-License-Identifier: GPL-2.0
/*
 * The same work again and again: files on several file systems, TCP over loopback and over
 * a pair of devices, timers, threads that come and go. After each round all of it rests, and
 * what the process and the kernel inside use must be what it was: memory, threads,
 * descriptors, slabs, tasks, sockets.
 *
 * LKL_SOAK_MINUTES in the environment says how long ("make soak"); 20 seconds otherwise.
 * time limit: 240 s
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl_net.h>

#include "net.h"

#define FILES		12
#define FILE_MAX	(256 * 1024)
/* Idle threads of the library and free pages are given up after 2 s. */
#define REST_MS		2600
/* The shell's status. */
#define NOT_FOUND	127
#define IP_A		"10.7.0.1"
#define IP_B		"10.7.0.2"

static atomic_int stop;
/* What was done, for the progress. */
static atomic_ulong n_files, n_bytes, n_timers, n_threads;

static int minutes(void)
{
	const char *text = getenv("LKL_SOAK_MINUTES");
	char *end;
	long n;

	if (!text)
		return 0;
	n = strtol(text, &end, 10);
	if (*end || n < 1 || n > 30000) {
		fprintf(stderr, "LKL_SOAK_MINUTES=%s: not a number of minutes\n", text);
		exit(2);
	}
	return n;
}

/* ---- files ------------------------------------------------------------------------ */

struct place {
	const char *type;
	const char *mkfs;
	uint64_t size;
	char dir[64];
	struct lkl_disk disk;
	int id;
	int used;
};

static struct place places[] = {
	{ .type = "ext4", .mkfs = "mkfs.ext4 -q -F", .size = 64 << 20 },
	{ .type = "xfs", .mkfs = "mkfs.xfs -q -f", .size = 300 << 20 },
	{ .type = "btrfs", .mkfs = "mkfs.btrfs -q -f", .size = 256 << 20 },
	{ .type = "vfat", .mkfs = "mkfs.vfat", .size = 64 << 20 },
	{ .type = "tmpfs" },
};

static void open_place(struct place *p)
{
	char command[4400];
	const char *path;
	int status;

	snprintf(p->dir, sizeof(p->dir), "/soak-%s", p->type);
	if (!p->mkfs) {
		ok(lkl_sys_mkdir(p->dir, 0755));
		ok(lkl_sys_mount("none", p->dir, (char *)p->type, 0, "size=16M"));
		p->used = 1;
		return;
	}
	path = host_file(p->type, p->size);
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin %s %s >/dev/null 2>&1",
		 p->mkfs, path);
	status = system(command);
	if (status) {
		ck_assert_msg(WEXITSTATUS(status) == NOT_FOUND && !minutes(), "%s failed", p->mkfs);
		printf("# %s is left out: there is no %s\n", p->type, p->mkfs);
		return;
	}
	p->disk.fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(p->disk.fd, 0);
	p->id = ok(lkl_disk_add(&p->disk));
	ok(lkl_mount_dev(p->id, 0, p->type, 0, NULL, p->dir, sizeof(p->dir)));
	p->used = 1;
}

static void remount_place(struct place *p)
{
	if (!p->used || !p->mkfs)
		return;
	ok(lkl_umount_dev(p->id, 0, 0, 10000));
	ok(lkl_mount_dev(p->id, 0, p->type, 0, NULL, p->dir, sizeof(p->dir)));
}

static void close_place(struct place *p)
{
	if (!p->used || !p->mkfs)
		return;
	ok(lkl_umount_dev(p->id, 0, 0, 10000));
	ok(lkl_disk_remove(p->disk));
	close(p->disk.fd);
}

static unsigned int roll(unsigned int *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void write_file(const char *path, char *buf, unsigned int size, unsigned int seed)
{
	int fd = ok(lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0644));

	for (unsigned int i = 0; i < size; i++)
		buf[i] = seed + i + (i >> 8);
	is(lkl_sys_write(fd, buf, size), size);
	if (seed % 4 == 0)
		ok(lkl_sys_fsync(fd));
	ok(lkl_sys_close(fd));
}

static void check_file(const char *path, char *buf, unsigned int size, unsigned int seed)
{
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));

	is(lkl_sys_read(fd, buf, FILE_MAX), size);
	for (unsigned int i = 0; i < size; i++)
		if (buf[i] != (char)(seed + i + (i >> 8)))
			ck_abort_msg("%s: byte %u", path, i);
	ok(lkl_sys_close(fd));
}

/* A folder of files: written, renamed, read again, removed. */
static void use_place(const struct place *p, char *buf, unsigned int *state)
{
	unsigned int sizes[FILES], seeds[FILES];
	char dir[80], path[128], moved[128];

	snprintf(dir, sizeof(dir), "%s/work", p->dir);
	ok(lkl_sys_mkdir(dir, 0755));
	for (int i = 0; i < FILES; i++) {
		sizes[i] = roll(state) % FILE_MAX + 1;
		seeds[i] = roll(state);
		snprintf(path, sizeof(path), "%s/new-%d", dir, i);
		snprintf(moved, sizeof(moved), "%s/file-%d", dir, i);
		write_file(path, buf, sizes[i], seeds[i]);
		ok(lkl_sys_rename(path, moved));
		n_bytes += sizes[i];
	}
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/file-%d", dir, i);
		check_file(path, buf, sizes[i], seeds[i]);
		ok(lkl_sys_unlink(path));
		n_files++;
	}
	ok(lkl_sys_rmdir(dir));
}

static long files(void *arg)
{
	const struct place *p = arg;
	char *buf = malloc(FILE_MAX);
	unsigned int state = p - places;

	while (!stop && p->used)
		use_place(p, buf, &state);
	free(buf);
	return 0;
}

/* ---- network ------------------------------------------------------------------------ */

static struct lkl_netdev *ends[2];
static int ids[2];

static void open_pair(void)
{
	int ifindex[2];

	ok(lkl_netdev_pair_create(ends, LKL_NET_OFFLOAD_ALL));
	ok(lkl_netns_add("b"));
	for (int i = 0; i < 2; i++) {
		ids[i] = ok(lkl_netdev_add(ends[i], NULL));
		ifindex[i] = ok(lkl_netdev_get_ifindex(ids[i]));
	}
	ifindex[1] = if_move(ifindex[1], "b");
	if_up(ifindex[0], IP_A, 24, NULL);
	ok(lkl_netns_enter("b"));
	if_up(ifindex[1], IP_B, 24, NULL);
	ok(lkl_netns_enter(NULL));
	ck_assert(if_wait_carrier(ifindex[0], 1));
	ok(lkl_if_up(ok(lkl_ifname_to_ifindex("lo"))));
	/* Connections that are over are forgotten at once: they would count as sockets. */
	ok(lkl_sysctl("net.ipv4.tcp_max_tw_buckets", "0"));
}

static void close_pair(void)
{
	for (int i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(ids[i]));
		lkl_netdev_free(ends[i]);
	}
	ok(lkl_netns_del("b"));
}

static long network(void *arg)
{
	static const struct side a = { .ip = IP_A }, b = { .netns = "b", .ip = IP_B },
		lo = { .ip = "127.0.0.1" };
	const long size = 3000000;

	while (!stop) {
		ok(tcp_transfer(&a, &b, size, 65536, 60));
		ok(tcp_transfer(&b, &a, size, 1400, 60));
		ok(tcp_transfer(&lo, &lo, size, 65536, 60));
		if (ok(udp_echo(&a, &b, 50, 1000)) < 1)
			ck_abort_msg("no datagram came back");
		n_bytes += 3 * size;
	}
	return 0;
}

/* ---- timers and threads --------------------------------------------------------------- */

static long timers(void *arg)
{
	struct lkl_itimerspec its = {
		.it_interval = { .tv_nsec = 2000000 }, .it_value = { .tv_nsec = 1000000 },
	};
	struct lkl_timespec nap = { .tv_nsec = 1000000 };
	struct lkl_epoll_event ev = { .events = LKL_EPOLLIN };
	uint64_t count;

	while (!stop) {
		int fd = ok(lkl_sys_timerfd_create(LKL_CLOCK_MONOTONIC, 0));
		int ep = ok(lkl_sys_epoll_create(1));

		ok(lkl_sys_timerfd_settime(fd, 0, (void *)&its, NULL));
		ok(lkl_sys_epoll_ctl(ep, LKL_EPOLL_CTL_ADD, fd, &ev));
		for (int i = 0; i < 20; i++) {
			is(lkl_sys_epoll_wait(ep, &ev, 1, 10000), 1);
			is(lkl_sys_read(fd, (char *)&count, sizeof(count)), sizeof(count));
			n_timers += count;
		}
		ok(lkl_sys_close(fd));
		ok(lkl_sys_close(ep));
		ok(lkl_sys_nanosleep((void *)&nap, NULL));
	}
	return 0;
}

static long send_one(void *arg)
{
	const int *fd = arg;

	ok(lkl_sys_gettid());
	is(lkl_sys_write(fd[1], "x", 1), 1);
	return 0;
}

/* Each of them is a task inside, from its first call to its end. */
static long churn(void *arg)
{
	struct job *jobs[8];
	char got[8];
	int fd[2];

	while (!stop) {
		ok(lkl_sys_pipe(fd));
		for (int i = 0; i < COUNT(jobs); i++)
			jobs[i] = run(send_one, fd);
		for (int i = 0; i < COUNT(jobs); i++)
			is(lkl_sys_read(fd[0], got, 1), 1);
		for (int i = 0; i < COUNT(jobs); i++)
			join(jobs[i]);
		ok(lkl_sys_close(fd[0]));
		ok(lkl_sys_close(fd[1]));
		n_threads += COUNT(jobs);
	}
	return 0;
}

/* ---- what it uses ---------------------------------------------------------------------- */

/* Counted in KiB or pieces; how much more than before is still the same. */
enum what { RSS, HEAP, MAPPINGS, THREADS, DESCRIPTORS, SLAB, USED, TASKS, SOCKETS, FILES_OPEN, WHATS };

static const struct {
	const char *name;
	long slack;
} whats[WHATS] = {
	/* Free pages of the kernel's go back to the host by 2 MiB, so not all of them do. */
	[RSS] = { "resident KiB", 32 << 10 },
	[HEAP] = { "heap KiB", 64 },
	[MAPPINGS] = { "mappings", 48 },
	[THREADS] = { "threads", 0 },
	[DESCRIPTORS] = { "descriptors", 0 },
	[SLAB] = { "slabs KiB", 1024 },
	[USED] = { "used inside KiB", 4 << 10 },
	[TASKS] = { "tasks", 6 },
	[SOCKETS] = { "sockets", 0 },
	[FILES_OPEN] = { "open files", 0 },
};

/* The number behind @key in the file @path inside. */
static long inside(const char *path, const char *key)
{
	static char buf[16384];
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));
	long n = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	const char *at;

	buf[n] = 0;
	ok(lkl_sys_close(fd));
	at = strstr(buf, key);
	ck_assert_msg(at != NULL, "%s: no %s", path, key);
	return strtol(at + strlen(key), NULL, 10);
}

/* The number behind the last @key. */
static long last(const char *text, const char *key)
{
	const char *at = NULL;

	while ((text = strstr(text, key)) != NULL)
		at = text += strlen(key);
	ck_assert_msg(at != NULL, "no %s", key);
	return strtol(at, NULL, 10);
}

/* What malloc() has given out: of all arenas, those of threads too. */
static long heap_kib(void)
{
	static const char *const idle[] = { "<total type=\"fast\" ", "<total type=\"rest\" " };
	char *text = NULL, *at, *next;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	long bytes;

	ck_assert(f && !malloc_info(0, f) && !fclose(f));
	bytes = last(text, "<system type=\"current\" size=\"");
	for (int i = 0; i < COUNT(idle); i++) {
		for (at = text; (next = strstr(at, idle[i])) != NULL; at = next + 1)
			;
		bytes -= last(strndupa(at, strcspn(at, "/")), "size=\"");
	}
	free(text);
	return bytes >> 10;
}

static long mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	long n = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static void measure(long *now)
{
	now[RSS] = host_rss_kib();
	now[HEAP] = heap_kib();
	now[MAPPINGS] = mappings();
	now[THREADS] = host_threads();
	now[DESCRIPTORS] = host_fds();
	now[SLAB] = inside("/proc/meminfo", "SUnreclaim:");
	now[USED] = inside("/proc/meminfo", "MemTotal:") - inside("/proc/meminfo", "MemFree:");
	now[TASKS] = inside("/proc/loadavg", "/");
	now[SOCKETS] = inside("/proc/net/sockstat", "sockets: used");
	now[FILES_OPEN] = inside("/proc/sys/fs/file-nr", "");
}

/* Everything is at rest: lets go of what is only kept for a while. */
static void settle(void)
{
	for (int i = 0; i < COUNT(places); i++)
		remount_place(&places[i]);
	ok(lkl_sys_sync());
	write_inside("/proc/sys/vm/drop_caches", "3");
	usleep(REST_MS * 1000);
	write_inside("/proc/sys/vm/drop_caches", "3");
}

static void show(int round, const long *now)
{
	printf("# round %d, %lu files, %lu MiB, %lu timers, %lu threads:", round,
	       (unsigned long)n_files, (unsigned long)n_bytes >> 20, (unsigned long)n_timers,
	       (unsigned long)n_threads);
	for (int i = 0; i < WHATS; i++)
		printf(" %s %ld%s", whats[i].name, now[i], i < WHATS - 1 ? "," : "\n");
	fflush(stdout);
}

static void work_for(unsigned int ms)
{
	static long (*const kinds[])(void *) = { network, timers, churn };
	struct job *jobs[COUNT(kinds) + COUNT(places)];

	stop = 0;
	for (int i = 0; i < COUNT(kinds); i++)
		jobs[i] = run(kinds[i], NULL);
	for (int i = 0; i < COUNT(places); i++)
		jobs[COUNT(kinds) + i] = run(files, &places[i]);
	usleep(ms * 1000);
	stop = 1;
	for (int i = 0; i < COUNT(jobs); i++)
		join(jobs[i]);
}

/* The first that is more than it was, or -1. */
static int grown(const long *before, const long *now)
{
	for (int i = 0; i < WHATS; i++)
		if (now[i] > before[i] + whats[i].slack)
			return i;
	return -1;
}

/* The first rounds fill what stays: caches of tasks, slabs, the heap of the C library. */
#define WARM	2

START_TEST(flat)
{
	uint64_t end = host_ns() + (minutes() ? minutes() * 60000000000ULL : 16000000000ULL);
	unsigned int ms = minutes() ? 30000 : 1500;
	long before[WHATS] = { 0 }, now[WHATS];
	int round = 0, i, tries;

	skip_sanitized();
	for (i = 0; i < COUNT(places); i++)
		open_place(&places[i]);
	open_pair();
	do {
		work_for(ms);
		settle();
		measure(now);
		/* On a busy machine what is to end by itself takes longer. */
		round++;
		for (tries = 0; round > WARM && grown(before, now) >= 0 && tries < 10; tries++) {
			usleep(1000000);
			measure(now);
		}
		show(round, now);
		if (round <= WARM)
			memcpy(before, now, sizeof(now));
		i = grown(before, now);
		ck_assert_msg(i < 0, "%s: %ld after round %d, %ld after the first ones",
			      whats[i].name, now[i], round, before[i]);
	} while (host_ns() < end || round <= WARM + 1);
	for (i = 0; i < COUNT(places); i++)
		close_place(&places[i]);
	close_pair();
}
END_TEST

/*
 * What a thread frees the C library keeps for that thread, by some hundred KiB in the end: it
 * would look like a leak for hours. It is told not to, which takes a fresh start.
 */
static void no_thread_caches(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	const TTest *const tests[] = { flat };

	no_thread_caches(argv);

	return run_tests("soak", LIST(tests), NULL, 0, minutes() ? minutes() * 60 + 120 : 200);
}
