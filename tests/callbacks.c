// SPDX-License-Identifier: GPL-2.0
/*
 * System calls from functions that the library or the kernel has called, and from handlers
 * of the host's signals: they work where that is documented, and fail with -EDEADLK
 * elsewhere. time limit: 120 s
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

#define SECTOR 512

/* ---- print() ---------------------------------------------------------------- */

static atomic_int prints, wrong;

static void LKL_ABI print_and_call(const char *str, int len)
{
	long pid = lkl_sys_getpid();

	prints++;
	/* The kernel prints before it takes calls as well. */
	if (pid != -LKL_EDEADLK && pid != -LKL_ENODEV)
		wrong++;
}

START_TEST(from_print)
{
	int fd;

	lkl_host_ops.print = print_and_call;
	start_kernel_with("loglevel=8");
	prints = 0;
	ok(lkl_mount_fs("devtmpfs"));
	fd = ok(lkl_sys_open("/devtmpfs/kmsg", LKL_O_WRONLY, 0));
	is(lkl_sys_write(fd, "<1>hello\n", 9), 9);
	ck_assert_int_gt(prints, 0);
	halt_kernel();
	ck_assert_int_eq(wrong, 0);
}
END_TEST

/* ---- a disk that is a file of the kernel's ------------------------------------- */

static char memory[1 << 20];
static atomic_int calls;
/* Of a request, which is in the kernel's memory. */
static void *buffer;

static int capacity(struct lkl_disk disk, unsigned long long *res)
{
	*res = sizeof(memory);
	calls += lkl_sys_getpid() == 1;
	return 0;
}

static int request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	long fd = lkl_sys_open("/tmp/backing", LKL_O_RDWR | LKL_O_CREAT, 0600);
	long long at = req->sector * SECTOR;
	int ret = fd < 0 ? LKL_DEV_BLK_STATUS_IOERR : LKL_DEV_BLK_STATUS_OK;

	if (req->type != LKL_DEV_BLK_TYPE_READ && req->type != LKL_DEV_BLK_TYPE_WRITE)
		ret = LKL_DEV_BLK_STATUS_UNSUP;
	for (int i = 0; i < req->count && ret == LKL_DEV_BLK_STATUS_OK; i++) {
		size_t len = req->buf[i].iov_len;
		long n;

		buffer = req->buf[i].iov_base;
		n = req->type == LKL_DEV_BLK_TYPE_WRITE ?
			lkl_sys_pwrite64(fd, req->buf[i].iov_base, len, at) :
			lkl_sys_pread64(fd, req->buf[i].iov_base, len, at);

		if (n < 0)
			ret = LKL_DEV_BLK_STATUS_IOERR;
		else if (n < (long)len)
			memset((char *)req->buf[i].iov_base + n, 0, len - n);
		at += len;
	}
	lkl_sys_close(fd);
	calls++;
	return ret;
}

static struct lkl_dev_blk_ops ops = { .get_capacity = capacity, .request = request };

static void write_through(int id)
{
	static char data[64 << 10], back[sizeof(data)];
	uint32_t dev;
	int fd;

	calls = 0;
	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	ok(lkl_sys_mknod("/tmp/disk", LKL_S_IFBLK | 0600, dev));
	fd = ok(lkl_sys_open("/tmp/disk", LKL_O_RDWR, 0));
	memset(data, 'd', sizeof(data));
	is(lkl_sys_pwrite64(fd, data, sizeof(data), 4096), sizeof(data));
	ok(lkl_sys_fsync(fd));
	ok(lkl_sys_close(fd));
	fd = ok(lkl_sys_open("/tmp/backing", LKL_O_RDONLY, 0));
	is(lkl_sys_pread64(fd, back, sizeof(back), 4096), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(back)));
	ok(lkl_sys_close(fd));
	ck_assert_int_gt(calls, 0);
}

START_TEST(from_a_disk)
{
	struct lkl_disk disk = { .ops = &ops };
	int fd, id = ok(lkl_disk_add(&disk));

	is(calls > 0, 1);
	write_through(id);
	ok(lkl_disk_remove(disk));
	/* Without such a disk nobody has business there. */
	fd = ok(lkl_sys_open("/tmp/backing", LKL_O_RDWR, 0));
	fails(lkl_sys_pwrite64(fd, buffer, 8, 0), LKL_EFAULT);
	ok(lkl_sys_close(fd));
}
END_TEST

START_TEST(from_a_disk_of_two_kernels)
{
	struct lkl_disk disk = { .ops = &ops };
	int id = ok(lkl_disk_add(&disk));

	for (int i = 0; i < 2; i++) {
		start_kernel_with("loglevel=4");
		write_through(id);
		halt_kernel();
	}
	ok(lkl_disk_remove(disk));
}
END_TEST

/* ---- a network device that reads frames from a file of the kernel's ---------------- */

static atomic_int rx_result, rx_fd = -1;
static sem_t end_of_device;
/* What was to be sent, in the kernel's memory. */
static void *_Atomic sent;

static int no_tx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	int len = 0;

	sent = iov[0].iov_base;

	for (int i = 0; i < cnt; i++)
		len += iov[i].iov_len;
	return len;
}

static int rx_from_file(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	if (rx_fd >= 0) {
		rx_result = lkl_sys_pread64(rx_fd, iov[0].iov_base, 60, 0);
		rx_fd = -1;
	}
	return -1;
}

static int rx_poll(struct lkl_netdev *nd)
{
	if (rx_fd >= 0)
		return LKL_DEV_NET_POLL_RX;
	sem_wait(&end_of_device);
	return LKL_DEV_NET_POLL_HUP;
}

static void rx_hup(struct lkl_netdev *nd)
{
	sem_post(&end_of_device);
}

START_TEST(from_a_network_device)
{
	struct lkl_dev_net_ops net_ops = {
		.tx = no_tx, .rx = rx_from_file, .poll = rx_poll, .poll_hup = rx_hup,
	};
	struct lkl_netdev nd = { .ops = &net_ops };
	int fd = ok(lkl_sys_open("/tmp/frames", LKL_O_RDWR | LKL_O_CREAT, 0600)), id, ps;
	static const struct side inside;
	static char frame[60];

	is(lkl_sys_write(fd, frame, sizeof(frame)), sizeof(frame));
	sem_init(&end_of_device, 0, 0);
	rx_fd = fd;
	id = ok(lkl_netdev_add(&nd, NULL));
	ok(lkl_if_up(ok(lkl_netdev_get_ifindex(id))));
	for (int i = 0; i < 5000 && rx_fd >= 0; i++)
		usleep(1000);
	is(rx_result, sizeof(frame));
	/* No system call has business in the kernel's own buffers. */
	ps = packet_socket(&inside, ok(lkl_netdev_get_ifindex(id)));
	is(lkl_sys_write(ps, frame, sizeof(frame)), sizeof(frame));
	for (int i = 0; i < 5000 && !sent; i++)
		usleep(1000);
	fails(lkl_sys_pwrite64(fd, sent, 8, 0), LKL_EFAULT);
	ok(lkl_sys_close(ps));
	ok(lkl_netdev_remove(id));
	ok(lkl_sys_close(fd));
}
END_TEST

/* ---- one whose rx() stays in a system call until it is told to go on ------------------ */

static int slow_pipe[2];
static atomic_int in_rx, slow_left, slow_frames;

static int slow_rx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	int len;

	if (slow_left <= 0)
		return -1;
	slow_left--;
	in_rx = 1;
	len = lkl_sys_read(slow_pipe[0], iov[0].iov_base, 60);
	in_rx = 0;
	slow_frames++;
	return len;
}

static int slow_poll(struct lkl_netdev *nd)
{
	if (slow_left > 0)
		return LKL_DEV_NET_POLL_RX;
	sem_wait(&end_of_device);
	return LKL_DEV_NET_POLL_HUP;
}

struct slow {
	struct lkl_dev_net_ops ops;
	struct lkl_netdev nd;
	int id, ifindex;
};

/* A device with its thread in rx(), for frames of which the first is not there yet. */
static void be_in_rx(struct slow *s, int frames)
{
	s->ops = (struct lkl_dev_net_ops){
		.tx = no_tx, .rx = slow_rx, .poll = slow_poll, .poll_hup = rx_hup,
	};
	s->nd = (struct lkl_netdev){ .ops = &s->ops };
	ok(lkl_sys_pipe2(slow_pipe, 0));
	sem_init(&end_of_device, 0, 0);
	slow_left = frames;
	s->id = ok(lkl_netdev_add(&s->nd, NULL));
	s->ifindex = ok(lkl_netdev_get_ifindex(s->id));
	ok(lkl_if_up(s->ifindex));
	for (int i = 0; i < 5000 && !in_rx; i++)
		usleep(1000);
	ck_assert(in_rx);
}

/* A frame to everybody, of no protocol. */
static void send_slow(void)
{
	static char frame[60];

	memset(frame, 0xff, 6);
	is(lkl_sys_write(slow_pipe[1], frame, sizeof(frame)), sizeof(frame));
}

static long received(void)
{
	static const char path[] = "/sysfs/class/net/eth0/statistics/rx_packets";
	char text[32] = "";
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));

	ok(lkl_sys_read(fd, text, sizeof(text) - 1));
	ok(lkl_sys_close(fd));
	return atol(text);
}

static void end_slow(struct slow *s)
{
	ok(lkl_netdev_remove(s->id));
	ok(lkl_sys_close(slow_pipe[0]));
	ok(lkl_sys_close(slow_pipe[1]));
}

static void await_frames(int n)
{
	for (int i = 0; i < 5000 && slow_frames < n; i++)
		usleep(1000);
	is(slow_frames, n);
}

/* Whatever the driver has the device do meanwhile. */
START_TEST(while_a_network_device_receives)
{
	struct slow s;
	long before;

	ok(lkl_mount_fs("sysfs"));
	be_in_rx(&s, 2);
	ok(lkl_if_down(s.ifindex));
	ok(lkl_if_up(s.ifindex));
	ok(lkl_if_set_mac(s.ifindex, "\2\0\0\0\0\7"));
	before = received();
	send_slow();
	send_slow();
	await_frames(2);
	for (int i = 0; i < 5000 && received() != before + 2; i++)
		usleep(1000);
	is(received(), before + 2);
	end_slow(&s);
}
END_TEST

static void *send_soon(void *arg)
{
	usleep(100000);
	send_slow();
	return NULL;
}

/* The frame comes when the device has been reset, and its buffers are others' memory. */
START_TEST(removed_while_it_receives)
{
	pthread_t sender;
	struct slow s;

	be_in_rx(&s, 1);
	ck_assert_int_eq(pthread_create(&sender, NULL, send_soon, NULL), 0);
	end_slow(&s);
	is(slow_frames, 1);
	pthread_join(sender, NULL);
}
END_TEST

START_TEST(fork_while_it_receives)
{
	struct slow s;
	int status;
	pid_t pid;

	be_in_rx(&s, 1);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(10);
		_exit(lkl_sys_getpid() != 1 || lkl_netdev_remove(s.id));
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!status, "child: %x", status);
	send_slow();
	await_frames(1);
	end_slow(&s);
}
END_TEST

/* ---- timers and threads of the host ---------------------------------------------- */

static atomic_long called;

static void LKL_ABI call_now(void *arg)
{
	called = lkl_sys_getpid();
}

START_TEST(from_a_timer_of_the_host)
{
	struct lkl_timer *timer = lkl_host_ops.timer_alloc(call_now, NULL);

	ck_assert_ptr_nonnull(timer);
	is(lkl_host_ops.timer_set_oneshot(timer, 1000000), 0);
	for (int i = 0; i < 5000 && !called; i++)
		usleep(1000);
	lkl_host_ops.timer_free(timer);
	is(called, 1);
}
END_TEST

START_TEST(from_a_thread_of_the_host)
{
	lkl_thread_t thread = lkl_host_ops.thread_create(call_now, NULL);

	ck_assert(thread);
	is(lkl_host_ops.thread_join(thread), 0);
	is(called, 1);
}
END_TEST

/* ---- handlers of signals --------------------------------------------------------- */

static atomic_int worked, refused, other;

static void on_signal(int sig)
{
	long pid = lkl_sys_getpid();

	if (pid == 1)
		worked++;
	else if (pid == -LKL_EDEADLK)
		refused++;
	else
		other++;
}

/* In the middle of whatever the thread does in the kernel, or outside of it. */
START_TEST(from_a_signal_handler)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	uint64_t until = host_ns() + 1000000000;
	static char buf[64 << 10];
	int p[2], fd = ok(lkl_sys_open("/tmp/f", LKL_O_RDWR | LKL_O_CREAT, 0600));

	ok(lkl_sys_pipe2(p, 0));
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	while (host_ns() < until) {
		struct lkl_timespec ts = { .tv_nsec = 300000 };
		uint64_t busy = host_ns() + 600000;

		while (host_ns() < busy)
			;
		is(lkl_sys_getpid(), 1);
		is(lkl_sys_pwrite64(fd, buf, sizeof(buf), 0), sizeof(buf));
		is(lkl_sys_write(p[1], buf, 1), 1);
		is(lkl_sys_read(p[0], buf, 1), 1);
		is(lkl_sys_nanosleep(&ts, NULL), 0);
	}
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	printf("# %d calls worked, %d were refused\n", worked, refused);
	ck_assert_int_gt(worked, 0);
	ck_assert_int_gt(refused, 0);
	ck_assert_int_eq(other, 0);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		from_a_disk, from_a_network_device, while_a_network_device_receives,
		removed_while_it_receives, fork_while_it_receives, from_a_timer_of_the_host,
		from_a_thread_of_the_host, from_a_signal_handler,
	};
	const TTest *const bare[] = { from_print, from_a_disk_of_two_kernels };

	return run_tests("callbacks", LIST(inside), LIST(bare), 20);
}
