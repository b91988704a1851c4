// SPDX-License-Identifier: GPL-2.0
/*
 * mptcp_connect of the kernel tree, which is a client or a server: both on one kernel, as two
 * threads with descriptors of their own. build.sh puts the test into this program twice, its
 * main() as mptcp_server() and mptcp_client(). It does what mptcp_connect.sh does with two
 * processes over one interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int mptcp_server(int argc, char **argv);
int mptcp_client(int argc, char **argv);

/* Half a megabyte and something, as there. */
#define SIZE	(512 * 1024 + 1234)
#define ARGS	16

struct side {
	int (*main)(int argc, char **argv);
	/* Its standard input and output. */
	char in[64], out[64];
	char words[200];
	int ret;
};

static char folder[40];

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void replace(int fd, const char *path, int flags)
{
	int now = open(path, flags, 0600);

	if (now < 0 || dup2(now, fd) < 0)
		die(path);
	close(now);
}

static void *run(void *data)
{
	struct side *s = data;
	char *argv[ARGS + 1] = { "mptcp_connect" }, *save;
	int argc = 1;

	for (char *w = strtok_r(s->words, " ", &save); w && argc < ARGS;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	if (unshare(CLONE_FILES))
		die("unshare");
	replace(0, s->in, O_RDONLY);
	replace(1, s->out, O_WRONLY | O_CREAT | O_TRUNC);
	/* Each has its own words; the other one has read its by now. */
	optind = 1;
	s->ret = s->main(argc, argv);
	close(0);
	close(1);
	return NULL;
}

static void fill(const char *path, unsigned int seed)
{
	static unsigned char data[SIZE];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = seed >> 16;
	}
	if (fd < 0 || write(fd, data, SIZE) != SIZE)
		die(path);
	close(fd);
}

static long content(const char *path, char *buf)
{
	int fd = open(path, O_RDONLY);
	long n = read(fd, buf, SIZE + 1);

	close(fd);
	return n;
}

/* Whether @b begins with the first @len bytes of @a; -1: it is the same. */
static int is_copy(const char *a, const char *b, long len)
{
	static char x[SIZE + 1], y[SIZE + 1];
	long n = content(a, x), m = content(b, y);

	if (len >= 0 && n >= len && m >= len)
		n = m = len;
	if (n == m && !memcmp(x, y, n))
		return 1;
	fprintf(stderr, "%s has %ld bytes of %ld, or others\n", b, m, n);
	return 0;
}

/* Until somebody listens at @port. */
static int wait_for_listener(int port, int v6)
{
	char want[32], line[512];
	int heard = 0;

	snprintf(want, sizeof(want), ":%04X ", port);
	for (int i = 0; i < 5000 && !heard; i++) {
		FILE *f = fopen(v6 ? "/proc/net/tcp6" : "/proc/net/tcp", "r");

		while (f && fgets(line, sizeof(line), f))
			heard |= strstr(line, want) && strstr(line, " 0A ");
		if (f)
			fclose(f);
		if (!heard)
			usleep(1000);
	}
	return heard;
}

/* How many connections MPTCP has had on this kernel, or -1. */
static long connections(void)
{
	FILE *f = fopen("/proc/net/netstat", "r");
	char names[8192], values[8192], *n, *v, *save_n, *save_v;
	long ret = -1;

	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(names, "MPTcpExt:", 9))
			continue;
		n = strtok_r(names, " \n", &save_n);
		v = strtok_r(values, " \n", &save_v);
		for (; n && v; n = strtok_r(NULL, " \n", &save_n), v = strtok_r(NULL, " \n", &save_v))
			if (!strcmp(n, "MPCapableACKRX"))
				ret = atol(v);
	}
	if (f)
		fclose(f);
	return ret;
}

/*
 * One transfer, both ways. @at: how much of the client's data has to arrive, and of the
 * server's; -1: all.
 */
static int transfer(const char *server, const char *client, int v6, const long *at)
{
	struct side s = { .main = mptcp_server }, c = { .main = mptcp_client };
	/* Another one each time: the last one's sockets may linger. */
	int port = 12000 + getpid() % 20000;
	int is_mptcp = !strstr(server, "-s TCP") && !strstr(client, "-s TCP");
	long before = connections();
	pthread_t threads[2];

	snprintf(s.in, sizeof(s.in), "%s/sin", folder);
	snprintf(s.out, sizeof(s.out), "%s/sout", folder);
	snprintf(c.in, sizeof(c.in), "%s/cin", folder);
	snprintf(c.out, sizeof(c.out), "%s/cout", folder);
	snprintf(s.words, sizeof(s.words), "-l -t 30 -p %d %s %s", port, server,
		 v6 ? "::" : "0.0.0.0");
	snprintf(c.words, sizeof(c.words), "-t 30 -p %d %s %s", port, client,
		 v6 ? "::1" : "127.0.0.1");
	if (pthread_create(&threads[0], NULL, run, &s))
		die("pthread_create");
	if (!wait_for_listener(port, v6)) {
		fprintf(stderr, "the server does not listen\n");
		return 1;
	}
	if (pthread_create(&threads[1], NULL, run, &c))
		die("pthread_create");
	pthread_join(threads[1], NULL);
	pthread_join(threads[0], NULL);
	if (s.ret || c.ret) {
		fprintf(stderr, "server %d, client %d\n", s.ret, c.ret);
		return 1;
	}
	if (is_mptcp && connections() <= before) {
		fprintf(stderr, "no connection of MPTCP was made\n");
		return 1;
	}
	return !is_copy(c.in, s.out, at[0]) || !is_copy(s.in, c.out, at[1]);
}

static int checks;

/* The tests end by exit() when something is wrong, and are not made to be run twice. */
static void check(const char *name, const char *server, const char *client, int v6,
		  const long *at)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(transfer(server, client, v6, at));
	if (pid > 0)
		waitpid(pid, &status, 0);
	printf("%s %d %s%s\n", status ? "not ok" : "ok", ++checks, name, v6 ? " v6" : " v4");
}

static void check_modes(int v6)
{
	static const char *const modes[] = { "poll", "mmap", "sendfile" };
	static const char *const protocols[] = { "MPTCP", "TCP" };
	static const long all[] = { -1, -1 };
	char name[80], server[80], client[80];

	for (int m = 0; m < 3; m++)
		for (int p = 0; p < 4; p++) {
			const char *from = protocols[p & 1], *to = protocols[p >> 1];

			snprintf(name, sizeof(name), "%s %s to %s", modes[m], from, to);
			snprintf(server, sizeof(server), "-m %s -s %s", modes[m], to);
			snprintf(client, sizeof(client), "-m %s -s %s", modes[m], from);
			check(name, server, client, v6, all);
		}
}

static void check_options(int v6)
{
	static const struct {
		const char *name, *server, *client;
		long at[2];
	} tests[] = {
		{ "saveWithPeek", "-P saveWithPeek", "-P saveWithPeek", { -1, -1 } },
		{ "saveAfterPeek", "-P saveAfterPeek", "-P saveAfterPeek", { -1, -1 } },
		{ "small buffers", "-S 8192 -R 8192", "-S 8192 -R 8192", { -1, -1 } },
		{ "large buffers", "-S 2097152 -R 2097152", "-S 2097152 -R 2097152", { -1, -1 } },
		{ "TIMESTAMPNS", "-c TIMESTAMPNS", "-c TIMESTAMPNS", { -1, -1 } },
		{ "fast open", "-o MPTFO", "-o MPTFO", { -1, -1 } },
		{ "mark", "-M 7", "-M 7", { -1, -1 } },
		{ "the client goes away", "-f -1", "-f 1024", { 1024, 1024 } },
		{ "the server goes away", "-f 1024", "-f -1", { 1024, 1024 } },
	};

	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check(tests[i].name, tests[i].server, tests[i].client, v6, tests[i].at);
}

int main(void)
{
	char path[80];

	snprintf(folder, sizeof(folder), "/tmp/mptcp-%d", (int)getpid());
	if (mkdir(folder, 0700))
		die(folder);
	snprintf(path, sizeof(path), "%s/sin", folder);
	fill(path, 1);
	snprintf(path, sizeof(path), "%s/cin", folder);
	fill(path, 2);
	for (int v6 = 0; v6 < 2; v6++) {
		check_modes(v6);
		check_options(v6);
	}
	printf("1..%d\n", checks);
	return 0;
}
