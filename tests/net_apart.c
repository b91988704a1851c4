// SPDX-License-Identifier: GPL-2.0
/*
 * Two kernels in two processes, joined by sockets or memory of the host. time limit: 120 s
 */
#include <pthread.h>
#include <unistd.h>

#include <lkl_net.h>

#include "net.h"

#define OURS	"10.7.0.1"
#define THEIRS	"10.7.0.2"
#define PORT	7000
#define BYTES	(4L << 20)
#define CHUNK	30000

/* How the other process ends. */
#define SERVED	42
#define LEFT	43

/* What the other process is to do; the environment tells. */
#define TYPE	"NET_APART_TYPE"
#define PARAM	"NET_APART_PARAM"
#define READY	"NET_APART_READY"
#define FLOOD	"NET_APART_FLOOD"

static struct lkl_sockaddr_in theirs(void)
{
	return addr4(THEIRS, PORT);
}

static int try_open(const char *type, const char *param, struct lkl_netdev **nd, char why[300])
{
	why[0] = 0;
	return lkl_netdev_open(type, param, 0, why, 300, nd);
}

static struct lkl_netdev *open_dev(const char *type, const char *param)
{
	struct lkl_netdev *nd = NULL;
	char why[300];
	int err = try_open(type, param, &nd, why);

	ck_assert_msg(!err, "%s %s: %d, %s", type, param, err, why);
	return nd;
}

/* ---- the other process ------------------------------------------------------------ */

static void serve_echo(void)
{
	struct lkl_sockaddr_in any = addr4("0.0.0.0", PORT);
	int listener = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0)), fd;
	static char buf[CHUNK];
	long len, n, done;

	ok(lkl_sys_bind(listener, (void *)&any, sizeof(any)));
	ok(lkl_sys_listen(listener, 1));
	fd = ok(lkl_sys_accept(listener, NULL, NULL));
	while ((len = ok(lkl_sys_read(fd, buf, sizeof(buf)))) > 0)
		for (done = 0; done < len; done += n)
			n = ok(lkl_sys_write(fd, buf + done, len - done));
	/* The device goes with all that was sent, but is not on its way yet. */
	ok(lkl_sys_close(fd));
	usleep(300000);
}

/* Sends as fast as it can until nobody is there. */
static void flood(int ifindex)
{
	struct lkl_sockaddr_in to = addr4(OURS, PORT);
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0)), i;
	static char buf[1400];

	for (i = 0; lkl_sys_sendto(fd, buf, sizeof(buf), LKL_MSG_DONTWAIT, (void *)&to,
				   sizeof(to)) != -LKL_ENETUNREACH; i++)
		if (i % 1000 == 999 && if_wait_carrier(ifindex, 0))
			return;
}

static void peer(void)
{
	struct lkl_netdev *nd = open_dev(getenv(TYPE), getenv(PARAM));
	FILE *ready = fopen(getenv(READY), "w");
	int ifindex;

	fclose(ready);
	start_kernel();
	ifindex = ok(lkl_netdev_get_ifindex(ok(lkl_netdev_add(nd, NULL))));
	if_up(ifindex, THEIRS, 24, NULL);
	ck_assert(if_wait_carrier(ifindex, 1));
	if (getenv(FLOOD)) {
		flood(ifindex);
		_exit(LEFT);
	}
	/* And then it is gone, without a word. */
	serve_echo();
	_exit(SERVED);
}

static long peer_status(void *arg)
{
	return host_exit_status(peer);
}

/* Its process is there when this returns, and its device too. */
static struct job *start_peer(const char *type, const char *param, int floods)
{
	static char ready[4096];
	struct job *job;
	FILE *f = NULL;
	int i;

	snprintf(ready, sizeof(ready), "%s", host_file("ready", 0));
	unlink(ready);
	setenv(TYPE, type, 1);
	setenv(PARAM, param, 1);
	setenv(READY, ready, 1);
	if (floods)
		setenv(FLOOD, "1", 1);
	job = run(peer_status, NULL);
	for (i = 0; i < 3000 && !(f = fopen(ready, "r")); i++)
		usleep(10000);
	ck_assert_msg(f, "the other process does not begin");
	fclose(f);
	return job;
}

/* ---- this one --------------------------------------------------------------------- */

static uint8_t byte_at(long i)
{
	return i * 7 + i / 251;
}

static long send_all(void *arg)
{
	int fd = *(int *)arg;
	static uint8_t buf[CHUNK];
	long done = 0, n, i;

	while (done < BYTES) {
		long len = BYTES - done < CHUNK ? BYTES - done : CHUNK;

		for (i = 0; i < len; i++)
			buf[i] = byte_at(done + i);
		n = lkl_sys_write(fd, (char *)buf, len);
		if (n < 0)
			return n;
		done += n;
	}
	return lkl_sys_shutdown(fd, LKL_SHUT_WR);
}

/* Every byte goes there and comes back. */
static void exchange(void)
{
	struct lkl_sockaddr_in to = theirs();
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
	static uint8_t buf[CHUNK];
	long done = 0, n, i;
	struct job *sender;

	for (i = 0; i < 500 && lkl_sys_connect(fd, (void *)&to, sizeof(to)); i++)
		usleep(20000);
	ck_assert_msg(i < 500, "no connection");
	sender = run(send_all, &fd);
	while ((n = ok(lkl_sys_read(fd, (char *)buf, sizeof(buf)))) > 0)
		for (i = 0; i < n; i++, done++)
			if (buf[i] != byte_at(done))
				ck_abort_msg("byte %ld is wrong", done);
	is(done, BYTES);
	is(join(sender), 0);
	ok(lkl_sys_close(fd));
}

struct end {
	struct lkl_netdev *nd;
	int id;
	int ifindex;
};

static void plug(struct end *e)
{
	e->id = ok(lkl_netdev_add(e->nd, NULL));
	e->ifindex = ok(lkl_netdev_get_ifindex(e->id));
	if_up(e->ifindex, OURS, 24, NULL);
	ck_assert(if_wait_carrier(e->ifindex, 1));
}

static void unplug(struct end *e)
{
	ok(lkl_netdev_remove(e->id));
	lkl_netdev_free(e->nd);
}

static void meet(struct end *e)
{
	plug(e);
	ok(ping(THEIRS, 56, 20000));
	ok(ping(THEIRS, 20000, 20000));
	exchange();
}

/* Ports that nobody has: as one and as the other end see them. */
static void free_ports(char ours[100], char other[100])
{
	struct lkl_netdev *nd;
	char param[120], why[300];
	int i, port, err = -1;

	for (i = 0; i < 100 && err; i++) {
		port = 20000 + (host_ns() / 1000 + getpid()) % 20000;
		snprintf(ours, 100, "127.0.0.1:%d", port);
		snprintf(other, 100, "127.0.0.1:%d", port + 1);
		snprintf(param, sizeof(param), "listen:tcp:%s", ours);
		err = try_open("stream", param, &nd, why);
		if (err)
			continue;
		lkl_netdev_free(nd);
		snprintf(param, sizeof(param), "udp:%s|%s", other, ours);
		err = try_open("dgram", param, &nd, why);
		if (!err)
			lkl_netdev_free(nd);
	}
	ck_assert_msg(!err, "no free port: %s", why);
}

/* Where both ends meet who are at @address, and the other one listens. */
static void connect_to_peer(const char *address)
{
	char listen[300];
	struct job *job;
	struct end e;

	snprintf(listen, sizeof(listen), "listen:%s", address);
	job = start_peer("stream", listen, 0);
	e.nd = open_dev("stream", address);
	start_kernel();
	meet(&e);
	/* The process has ended: so has the link, for good. */
	ck_assert(if_wait_carrier(e.ifindex, 0));
	is(join(job), SERVED);
	ck_assert_int_lt(ping(THEIRS, 56, 200), 0);
	unplug(&e);
	halt_kernel();
}

/* We listen. Then another one comes, sends without end, and the device is pulled out. */
static void listen_for_peer(const char *address, int floods)
{
	char listen[300];
	struct job *job;
	struct end e;

	snprintf(listen, sizeof(listen), "listen:%s", address);
	e.nd = open_dev("stream", listen);
	job = start_peer("stream", address, floods);
	start_kernel();
	if (floods) {
		plug(&e);
		ok(ping(THEIRS, 56, 20000));
		unplug(&e);
		is(join(job), LEFT);
	} else {
		meet(&e);
		ck_assert(if_wait_carrier(e.ifindex, 0));
		is(join(job), SERVED);
		unplug(&e);
	}
	halt_kernel();
}

START_TEST(tcp)
{
	char ours[100], other[100], address[110];

	free_ports(ours, other);
	snprintf(address, sizeof(address), "tcp:%s", ours);
	connect_to_peer(address);
}
END_TEST

START_TEST(tcp_listening)
{
	char ours[100], other[100], address[110];

	free_ports(ours, other);
	snprintf(address, sizeof(address), "tcp:%s", ours);
	listen_for_peer(address, 0);
}
END_TEST

START_TEST(tcp_unplugged)
{
	char ours[100], other[100], address[110];

	free_ports(ours, other);
	snprintf(address, sizeof(address), "tcp:%s", ours);
	listen_for_peer(address, 1);
}
END_TEST

START_TEST(udp)
{
	char ours[100], other[100], here[220], there[220];
	struct job *job;
	struct end e;

	free_ports(ours, other);
	snprintf(here, sizeof(here), "udp:%s|%s", ours, other);
	snprintf(there, sizeof(there), "udp:%s|%s", other, ours);
	job = start_peer("dgram", there, 0);
	e.nd = open_dev("dgram", here);
	start_kernel();
	meet(&e);
	is(join(job), SERVED);
	/* Nobody is there, which the host tells; that is no end of the device. */
	ck_assert_int_lt(ping(THEIRS, 56, 1500), 0);
	unplug(&e);
	halt_kernel();
}
END_TEST

/* What a path may be is in the tests of one process; here it is that of a process that dies. */
START_TEST(unix_socket)
{
	struct lkl_netdev *nd;
	char address[250], why[300], listen[300];
	int err;

	snprintf(address, sizeof(address), "%s", host_file("socket", 0));
	unlink(address);
	snprintf(listen, sizeof(listen), "listen:%s", address);
	err = try_open("stream", listen, &nd, why);
	if (err == -LKL_EAFNOSUPPORT || err == -LKL_EPROTONOSUPPORT)
		skip("%s", why);
	ck_assert_msg(!err, "%d, %s", err, why);
	lkl_netdev_free(nd);
	/* Twice: the first process leaves its socket lying there. */
	connect_to_peer(address);
	connect_to_peer(address);
}
END_TEST

/* A process that serves and is gone, another one in its place, and one that floods us. */
START_TEST(shared_memory)
{
	char path[250], why[300];
	struct lkl_netdev *nd;
	struct job *job;
	struct end e;
	int i, err;

	snprintf(path, sizeof(path), "%s", host_file("cable", 0));
	unlink(path);
	err = try_open("shm", path, &nd, why);
	if (err == -LKL_ENOSYS)
		skip("%s", why);
	ck_assert_msg(!err, "%d, %s", err, why);
	lkl_netdev_free(nd);
	for (i = 0; i < 3; i++) {
		job = start_peer("shm", path, i == 2);
		e.nd = open_dev("shm", path);
		start_kernel();
		if (i < 2) {
			meet(&e);
			ck_assert(if_wait_carrier(e.ifindex, 0));
			is(join(job), SERVED);
			ck_assert_int_lt(ping(THEIRS, 56, 200), 0);
			unplug(&e);
		} else {
			plug(&e);
			ok(ping(THEIRS, 56, 20000));
			unplug(&e);
			is(join(job), LEFT);
		}
		halt_kernel();
	}
}
END_TEST

START_TEST(errors)
{
	static const struct {
		const char *type, *param;
		int err;
		const char *words;
	} bad[] = {
		{ "stream", "tcp:", LKL_EINVAL, "is no address" },
		{ "stream", "tcp:127.0.0.1", LKL_EINVAL, "is no address" },
		{ "stream", "tcp::80", LKL_EINVAL, "is no address" },
		{ "stream", "tcp:localhost:80", LKL_EINVAL, "in numbers" },
		{ "stream", "tcp:[::1:80", LKL_EINVAL, "is no address" },
		{ "stream", "tcp:]:80", LKL_EINVAL, "is no address" },
		{ "stream", "tcp:[]:80", LKL_EINVAL, "is no address" },
		{ "stream", "tcp:127.0.0.1:0", LKL_EINVAL, "from 1 to 65535" },
		{ "stream", "tcp:127.0.0.1:65536", LKL_EINVAL, "from 1 to 65535" },
		{ "stream", "tcp:127.0.0.1:80x", LKL_EINVAL, "from 1 to 65535" },
		{ "stream", "tcp:127.0.0.1:-1", LKL_EINVAL, "from 1 to 65535" },
		{ "stream", "listen:tcp:127.0.0.1", LKL_EINVAL, "is no address" },
		{ "stream", "listen:tcp:192.0.2.1:5000", LKL_EADDRNOTAVAIL, "192.0.2.1:5000" },
		{ "stream", "tcp:1111111111111111111111111111111111111111111111111111111111111111",
		  LKL_EINVAL, "is no address" },
		{ "stream", "fd:12345", LKL_EINVAL, "fd:12345" },
		{ "dgram", "udp:127.0.0.1:5000", LKL_EINVAL, "HOST:PORT|HOST:PORT" },
		{ "dgram", "udp:127.0.0.1:5000|", LKL_EINVAL, "is no address" },
		{ "dgram", "udp:|127.0.0.1:5000", LKL_EINVAL, "is no address" },
		{ "dgram", "udp:127.0.0.1:5000|[::1]:5001", LKL_EINVAL, "IPv6" },
		{ "dgram", "fd:x", LKL_EINVAL, "fd:x" },
	};
	char ours[100], other[100], param[220], why[300];
	struct lkl_netdev *nd, *second;
	int i, err;

	for (i = 0; i < COUNT(bad); i++) {
		err = try_open(bad[i].type, bad[i].param, &nd, why);
		ck_assert_msg(err == -bad[i].err && strstr(why, bad[i].words), "%s: %d, \"%s\"",
			      bad[i].param, err, why);
	}
	free_ports(ours, other);
	snprintf(param, sizeof(param), "tcp:%s", ours);
	err = try_open("stream", param, &nd, why);
	ck_assert_msg(err == -LKL_ECONNREFUSED && strstr(why, "nobody listens there"), "%d, %s",
		      err, why);
	snprintf(param, sizeof(param), "listen:tcp:%s", ours);
	nd = open_dev("stream", param);
	err = try_open("stream", param, &second, why);
	ck_assert_msg(err == -LKL_EADDRINUSE && strstr(why, "another program"), "%d, %s", err, why);
	lkl_netdev_free(nd);
	snprintf(param, sizeof(param), "udp:%s|%s", ours, other);
	nd = open_dev("dgram", param);
	err = try_open("dgram", param, &second, why);
	ck_assert_msg(err == -LKL_EADDRINUSE, "%d, %s", err, why);
	lkl_netdev_free(nd);
}
END_TEST

/* Nothing is left of devices that came and went, whether added or not. */
START_TEST(descriptors)
{
	char ours[100], other[100], listen[120], address[120];
	struct lkl_netdev *nd[2];
	int i, k, id, fds = 0;

	free_ports(ours, other);
	snprintf(listen, sizeof(listen), "listen:tcp:%s", ours);
	snprintf(address, sizeof(address), "tcp:%s", ours);
	start_kernel();
	for (i = 0; i < 12; i++) {
		nd[0] = open_dev("stream", listen);
		nd[1] = open_dev("stream", address);
		for (k = 0; k < 2; k++) {
			id = ok(lkl_netdev_add(nd[k], NULL));
			ok(lkl_netdev_remove(id));
		}
		lkl_netdev_free(nd[0]);
		lkl_netdev_free(nd[1]);
		/* The first ones leave what the host keeps. */
		if (i == 3)
			fds = host_fds();
	}
	ck_assert_int_le(host_fds(), fds);
	halt_kernel();
}
END_TEST

int main(void)
{
	const TTest *bare[] = { tcp, tcp_listening, tcp_unplugged, udp, unix_socket, shared_memory,
				errors, descriptors };

	return run_tests("net_apart", NULL, 0, LIST(bare), 60);
}
