// SPDX-License-Identifier: GPL-2.0
/*
 * Another machine at the other end of a Unix socket: a guest of QEMU, whose network stack is
 * that of iPXE, which fetches a file from us over HTTP and answers our pings. As an ordinary
 * user would do it: no privileges, and no virtualization of the host's processor.
 * time limit: 200 s
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl_net.h>

#include "net.h"

#define GUEST	"10.3.0.9"
#define OURS	"10.3.0.1"
#define PORT	8080
#define LENGTH	(2 << 20)
#define BOOT_MS	60000

static const char *folder(void)
{
	return getenv("LKL_TEST_TMP") ?: "/tmp";
}

/* What the guest does; "done" is asked for when all of "data" has come. */
static void write_script(const char *path)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!ipxe\n"
		"set net0/ip " GUEST " && set net0/netmask 255.255.255.0 && ifopen net0\n"
		":again\n"
		"imgfetch http://" OURS ":%d/data || goto again\n"
		"imgfetch http://" OURS ":%d/done ||\n"
		"sleep 60\n"
		"reboot\n", PORT, PORT);
	ck_assert_int_eq(fclose(f), 0);
}

/* Starts the guest with that device; it ends by itself if nobody ends it. */
static void start_guest(const char *netdev)
{
	char script[300], command[1200];

	snprintf(script, sizeof(script), "%s/script.ipxe", folder());
	write_script(script);
	snprintf(command, sizeof(command), "timeout 150 qemu-system-x86_64 -accel tcg -m 128 "
		 "-nodefaults -display none -no-reboot -serial file:%s/console -kernel "
		 "/boot/ipxe.lkrn -initrd %s -netdev %s -device virtio-net-pci,netdev=n,romfile= "
		 "</dev/null >%s/qemu.log 2>&1 & echo $! > %s/qemu.pid", folder(), script,
		 netdev, folder(), folder());
	fprintf(stderr, "# %s\n", command);
	ck_assert_int_eq(system(command), 0);
}

static void stop_guest(void)
{
	char command[900];

	snprintf(command, sizeof(command), "kill $(cat %s/qemu.pid); sed 's/^/# qemu: /' "
		 "%s/qemu.log >&2", folder(), folder());
	ck_assert_int_eq(system(command), 0);
}

static int able(void)
{
	return !system("command -v qemu-system-x86_64 > /dev/null") &&
	       !access("/boot/ipxe.lkrn", R_OK);
}

#define need_qemu() do {						\
	if (!able())							\
		skip("qemu-system-x86_64 or ipxe is missing");		\
} while (0)

/* ---- the HTTP server ------------------------------------------------------------ */

static long send_all(int fd, const char *buf, long len)
{
	long n = 0;

	for (; len > 0; buf += n, len -= n) {
		n = lkl_sys_send(fd, (void *)buf, len, LKL_MSG_NOSIGNAL);
		if (n < 0)
			return n;
	}
	return 0;
}

/* One request; 1 if it was for "done". */
static int answer(int fd)
{
	char request[2048] = "", header[200];
	static char data[LENGTH];
	long len = 0, n, size;
	int done;

	while (!strstr(request, "\r\n\r\n") && len < (long)sizeof(request) - 1) {
		n = lkl_sys_recv(fd, request + len, sizeof(request) - 1 - len, 0);
		if (n <= 0)
			return 0;
		len += n;
		request[len] = 0;
	}
	done = !strncmp(request, "GET /done ", 10);
	size = done ? 1 : LENGTH;
	memset(data, 'x', sizeof(data));
	snprintf(header, sizeof(header), "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n"
		 "Connection: close\r\n\r\n", size);
	return !send_all(fd, header, strlen(header)) && !send_all(fd, data, size) && done;
}

/* Until the guest has all. @arg: the listening socket. */
static long serve(void *arg)
{
	int fd = (int)(long)arg, done = 0;

	while (!done) {
		long conn = lkl_sys_accept(fd, NULL, NULL);

		if (conn < 0)
			return conn;
		done = answer(conn);
		lkl_sys_close(conn);
	}
	return 0;
}

static struct job *start_server(void)
{
	struct lkl_timeval patience = { .tv_sec = BOOT_MS / 1000 };
	struct lkl_sockaddr_in any = addr4("0.0.0.0", PORT);
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));

	ok(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO, (void *)&patience,
			      sizeof(patience)));
	ok(lkl_sys_bind(fd, (void *)&any, sizeof(any)));
	ok(lkl_sys_listen(fd, 5));
	return run(serve, (void *)(long)fd);
}

/* ---- the tests -------------------------------------------------------------------- */

struct dev {
	struct lkl_netdev *nd;
	int id;
};

static struct dev add_dev(const char *type, const char *param)
{
	char why[256] = "";
	struct dev d;
	int err = lkl_netdev_open(type, param, 0, why, sizeof(why), &d.nd);

	ck_assert_msg(!err, "%s %s: %s", type, param, why);
	d.id = ok(lkl_netdev_add(d.nd, NULL));
	if_up(ok(lkl_netdev_get_ifindex(d.id)), OURS, 24, NULL);
	return d;
}

/* The guest fetches its file, and answers while it sleeps. */
static void meet(struct dev *d)
{
	struct job *server = start_server();
	int i, answers = 0;

	ck_assert(if_wait_carrier(ok(lkl_netdev_get_ifindex(d->id)), 1));
	is(join(server), 0);
	for (i = 0; i < 20 && answers < 3; i++)
		answers += ping(GUEST, i & 1 ? 1400 : 56, 2000) > 0;
	ck_assert_int_eq(answers, 3);
	stop_guest();
	ok(lkl_netdev_remove(d->id));
	lkl_netdev_free(d->nd);
}

START_TEST(stream_listening)
{
	char param[300], netdev[400];
	struct dev d;

	need_qemu();
	snprintf(param, sizeof(param), "listen:%s/guest", folder());
	d = add_dev("stream", param);
	snprintf(netdev, sizeof(netdev), "stream,id=n,server=off,addr.type=unix,addr.path=%s/guest",
		 folder());
	start_guest(netdev);
	meet(&d);
}
END_TEST

START_TEST(stream_connecting)
{
	char path[300], netdev[400];
	struct dev d;
	int i;

	need_qemu();
	snprintf(path, sizeof(path), "%s/guest2", folder());
	snprintf(netdev, sizeof(netdev), "stream,id=n,server=on,addr.type=unix,addr.path=%s", path);
	start_guest(netdev);
	for (i = 0; i < 3000 && access(path, F_OK); i++)
		usleep(10000);
	usleep(100000);
	d = add_dev("stream", path);
	meet(&d);
}
END_TEST

START_TEST(stream_tcp)
{
	char param[100], netdev[200];
	int port = 20000 + getpid() % 20000;
	struct dev d;

	need_qemu();
	snprintf(param, sizeof(param), "listen:tcp:127.0.0.1:%d", port);
	d = add_dev("stream", param);
	snprintf(netdev, sizeof(netdev), "stream,id=n,server=off,addr.type=inet,addr.host=127.0.0.1,"
		 "addr.port=%d", port);
	start_guest(netdev);
	meet(&d);
}
END_TEST

START_TEST(dgram_udp)
{
	char param[100], netdev[300];
	int port = 20000 + getpid() % 20000;
	struct dev d;

	need_qemu();
	snprintf(param, sizeof(param), "udp:127.0.0.1:%d|127.0.0.1:%d", port, port + 1);
	d = add_dev("dgram", param);
	snprintf(netdev, sizeof(netdev), "dgram,id=n,local.type=inet,local.host=127.0.0.1,"
		 "local.port=%d,remote.type=inet,remote.host=127.0.0.1,remote.port=%d", port + 1,
		 port);
	start_guest(netdev);
	meet(&d);
}
END_TEST

START_TEST(dgram)
{
	char param[600], netdev[900];
	struct dev d;

	need_qemu();
	snprintf(param, sizeof(param), "%s/ours|%s/guests", folder(), folder());
	d = add_dev("dgram", param);
	snprintf(netdev, sizeof(netdev), "dgram,id=n,local.type=unix,local.path=%s/guests,"
		 "remote.type=unix,remote.path=%s/ours", folder(), folder());
	start_guest(netdev);
	meet(&d);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = { stream_listening, stream_connecting, dgram, stream_tcp, dgram_udp };

	return run_tests("qemu", LIST(inside), NULL, 0, 90);
}
