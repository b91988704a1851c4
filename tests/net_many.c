// SPDX-License-Identifier: GPL-2.0
/*
 * Ten thousand TCP connections at once, inside, with traffic on all of them: descriptors,
 * memory, and every byte where it belongs.
 */
#include <arpa/inet.h>

#include "test.h"

#define CONNECTIONS	10000
#define BYTES		1024
#define EVENTS		512

static int clients[CONNECTIONS], served[CONNECTIONS];
static struct lkl_sockaddr_in server = {
	.sin_family = LKL_AF_INET, .sin_port = 0x5005,	/* any that is free */
};

static long accept_all(void *arg)
{
	int listener = *(int *)arg, i;

	for (i = 0; i < CONNECTIONS; i++)
		served[i] = ok(lkl_sys_accept4(listener, NULL, NULL, LKL_SOCK_NONBLOCK));
	return 0;
}

/* Echoes whatever comes until @arg, the number of bytes, went through. */
static long echo_all(void *arg)
{
	struct lkl_epoll_event ev = { .events = LKL_EPOLLIN }, events[EVENTS];
	long long left = *(long long *)arg;
	char buf[BYTES];
	int ep, i, n;
	long len;

	ep = ok(lkl_sys_epoll_create(1));
	for (i = 0; i < CONNECTIONS; i++) {
		ev.data = served[i];
		ok(lkl_sys_epoll_ctl(ep, LKL_EPOLL_CTL_ADD, served[i], &ev));
	}
	while (left > 0) {
		n = ok(lkl_sys_epoll_wait(ep, events, EVENTS, 60000));
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++) {
			len = ok(lkl_sys_read(events[i].data, buf, sizeof(buf)));
			is(lkl_sys_write(events[i].data, buf, len), len);
			left -= len;
		}
	}
	lkl_sys_close(ep);
	return 0;
}

static void fill(char *buf, int connection, int round)
{
	int i;

	for (i = 0; i < BYTES; i++)
		buf[i] = connection * 7 + round * 13 + i;
}

/* Every connection has a message under way before the first answer is read. */
static void exchange(int round)
{
	char buf[BYTES], want[BYTES];
	int i, have;

	for (i = 0; i < CONNECTIONS; i++) {
		fill(buf, i, round);
		is(lkl_sys_write(clients[i], buf, BYTES), BYTES);
	}
	for (i = 0; i < CONNECTIONS; i++) {
		for (have = 0; have < BYTES;)
			have += ok(lkl_sys_read(clients[i], buf + have, BYTES - have));
		fill(want, i, round);
		ck_assert_msg(!memcmp(buf, want, BYTES), "connection %d, round %d", i, round);
	}
}

static void connect_all(void)
{
	int listener, i, one = 1;
	struct job *job;

	listener = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
	ok(lkl_sys_setsockopt(listener, LKL_SOL_SOCKET, LKL_SO_REUSEADDR, (char *)&one,
			      sizeof(one)));
	server.sin_addr.s_addr = htonl(0x7f000001);
	ok(lkl_sys_bind(listener, (struct lkl_sockaddr *)&server, sizeof(server)));
	ok(lkl_sys_listen(listener, 1024));
	job = run(accept_all, &listener);
	for (i = 0; i < CONNECTIONS; i++) {
		clients[i] = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
		ok(lkl_sys_connect(clients[i], (struct lkl_sockaddr *)&server, sizeof(server)));
	}
	join(job);
	lkl_sys_close(listener);
}

START_TEST(ten_thousand_connections)
{
	int rounds = test_all() ? 20 : 2, i;
	long long bytes = (long long)rounds * CONNECTIONS * BYTES;
	struct job *job;

	start_kernel_with("mem=512M loglevel=4");
	ok(lkl_if_up(1));
	/* Without it there are 1024. */
	fails(lkl_sys_dup3(0, 25000, 0), LKL_EBADF);
	ok(lkl_set_fd_limit(30000));
	connect_all();
	job = run(echo_all, &bytes);
	for (i = 0; i < rounds; i++)
		exchange(i);
	join(job);
	for (i = 0; i < CONNECTIONS; i++) {
		ok(lkl_sys_close(clients[i]));
		is(lkl_sys_read(served[i], (char [1]){ 0 }, 1), 0);
		ok(lkl_sys_close(served[i]));
	}
	halt_kernel();
}
END_TEST

/* One descriptor too many is an error, not more. */
START_TEST(descriptors_run_out)
{
	int fds[64], n;

	ok(lkl_set_fd_limit(32));
	for (n = 0; n < COUNT(fds); n++) {
		fds[n] = lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0);
		if (fds[n] < 0)
			break;
	}
	ck_assert_int_lt(n, 33);
	is(fds[n], -LKL_EMFILE);
	ok(lkl_sys_close(fds[0]));
	ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
}
END_TEST

int main(void)
{
	const TTest *const inside[] = { descriptors_run_out };
	const TTest *const bare[] = { ten_thousand_connections };

	return run_tests("net_many", LIST(inside), LIST(bare), 120);
}
