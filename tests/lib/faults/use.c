// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faults.h"
#include "log.h"
#include "test.h"
#include "use.h"

#define SECTOR		512
#define LKL_MNT_DETACH	2
#define LKL_FADV_DONTNEED 4

static char *image;
static size_t image_size;
static enum way way;
/* No call is to fail. */
static int strict;
/* Files that fsync() has promised to keep. */
static int kept;
static int disk_fd = -1;

void wrong(const char *what)
{
	fprintf(stderr, "%s\n", what);
	_exit(WRONG);
}

/* ---- the disk -------------------------------------------------------------- */

static int capacity(struct lkl_disk disk, unsigned long long *res)
{
	*res = image_size;
	return 0;
}

static void transfer(char *at, const struct lkl_blk_req *req, size_t limit)
{
	for (int i = 0; i < req->count && limit; i++) {
		size_t len = req->buf[i].iov_len < limit ? req->buf[i].iov_len : limit;

		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, at, len);
		else
			memcpy(at, req->buf[i].iov_base, len);
		at += len;
		limit -= len;
	}
}

static int request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	char *at = image + req->sector * SECTOR;

	if (faults_hit(FAULT_DISK_SLOW))
		usleep(200000);
	if (faults_hit(FAULT_DISK_ERROR))
		return LKL_DEV_BLK_STATUS_IOERR;
	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
	case LKL_DEV_BLK_TYPE_WRITE:
		if (faults_hit(FAULT_DISK_SHORT)) {
			transfer(at, req, SECTOR);
			return LKL_DEV_BLK_STATUS_IOERR;
		}
		transfer(at, req, SIZE_MAX);
		return LKL_DEV_BLK_STATUS_OK;
	case LKL_DEV_BLK_TYPE_FLUSH:
		return LKL_DEV_BLK_STATUS_OK;
	}
	return LKL_DEV_BLK_STATUS_UNSUP;
}

static struct lkl_dev_blk_ops disk_ops = { .get_capacity = capacity, .request = request };

/* ---- what a program does ------------------------------------------------------ */

/* No result is out of range, whatever it is. */
static long sane(long result, const char *what)
{
	if (result < -4095 || (strict && result < 0)) {
		fprintf(stderr, "%s: %ld\n", what, result);
		_exit(WRONG);
	}
	return result;
}

#define sane(call) sane(call, #call)

#define FILE_SIZE	(1 << 20)
#define PIECE		(256 << 10)

/* What is at @offset of a file. */
static void fill(char *data, size_t len, size_t offset)
{
	for (size_t i = 0; i < len; i += sizeof(uint32_t)) {
		uint32_t word = (offset + i) * 2654435761u;

		memcpy(data + i, &word, sizeof(word));
	}
}

/* What is read is what was written: @len bytes at @offset, however few they are. */
static void compare(const char *data, long len, size_t offset)
{
	static char want[PIECE];

	fill(want, sizeof(want), offset);
	if (len > 0 && memcmp(data, want, len))
		wrong("a file has other data than was written");
}

static long write_all(long fd)
{
	static char data[PIECE];

	for (long done = 0; done < FILE_SIZE; ) {
		long n;

		fill(data, sizeof(data), done);
		n = sane(lkl_sys_write(fd, data, sizeof(data)));
		/* A part would be at the end of the room, or of the memory. */
		if (n != PIECE)
			return -1;
		done += n;
	}
	return 0;
}

static void read_all(long fd)
{
	static char data[PIECE];

	for (long at = 0; at < FILE_SIZE; at += PIECE)
		compare(data, sane(lkl_sys_pread64(fd, data, sizeof(data), at)), at);
}

/* Whether @path is written now, and safe. */
static int write_file(const char *path)
{
	long fd = sane(lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0600));
	int safe;

	if (fd < 0)
		return 0;
	safe = !write_all(fd) && !sane(lkl_sys_fsync(fd));
	if (safe) {
		/* From the disk, not from memory. */
		sane(lkl_sys_fadvise64(fd, 0, 0, LKL_FADV_DONTNEED));
		read_all(fd);
	}
	sane(lkl_sys_close(fd));
	return safe;
}

static void use_files(const char *mnt)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/folder", mnt);
	sane(lkl_sys_mkdir(path, 0700));
	snprintf(path, sizeof(path), "%s/folder/file", mnt);
	write_file(path);
	sane(lkl_sys_unlink(path));
	snprintf(path, sizeof(path), "%s/kept", mnt);
	kept = write_file(path);
}

static void *connect_to(void *addr)
{
	long fd = sane(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));

	if (fd < 0)
		return NULL;
	sane(lkl_sys_connect(fd, addr, sizeof(struct lkl_sockaddr_in)));
	sane(lkl_sys_write(fd, "hello", 5));
	sane(lkl_sys_close(fd));
	return NULL;
}

static void use_network(void)
{
	struct lkl_sockaddr_in addr = { .sin_family = LKL_AF_INET };
	struct lkl_timeval patience = { .tv_usec = 200000 };
	pthread_t client;
	char buf[16];
	long fd, other;

	sane(lkl_if_up(1));
	sane(lkl_if_set_ipv4(1, htobe32(0x0a000001), 8));
	fd = sane(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
	if (fd < 0)
		return;
	addr.sin_port = htobe16(80);
	sane(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO_OLD, (char *)&patience,
				sizeof(patience)));
	if (!sane(lkl_sys_bind(fd, (void *)&addr, sizeof(addr))) &&
	    !sane(lkl_sys_listen(fd, 4)) &&
	    !pthread_create(&client, NULL, connect_to, &addr)) {
		other = sane(lkl_sys_accept(fd, NULL, NULL));
		if (other >= 0) {
			sane(lkl_sys_read(other, buf, sizeof(buf)));
			sane(lkl_sys_close(other));
		}
		pthread_join(client, NULL);
	}
	sane(lkl_sys_close(fd));
}

/* One frame, from one end to the other. */
static void send_frame(int from, int to)
{
	struct lkl_sockaddr_ll addr = {
		.sll_family = LKL_AF_PACKET, .sll_protocol = htobe16(0x88b5), .sll_ifindex = to,
	};
	struct lkl_timeval patience = { .tv_usec = 200000 };
	unsigned char frame[100] = { 255, 255, 255, 255, 255, 255, 2, [12] = 0x88, 0xb5 }, got[200];
	long in = sane(lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_RAW, 0)), out, n;

	out = sane(lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_RAW, 0));
	sane(lkl_sys_setsockopt(in, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO_OLD, (char *)&patience,
				sizeof(patience)));
	sane(lkl_sys_bind(in, (void *)&addr, sizeof(addr)));
	addr.sll_ifindex = from;
	sane(lkl_sys_sendto(out, frame, sizeof(frame), 0, (void *)&addr, sizeof(addr)));
	n = sane(lkl_sys_read(in, (char *)got, sizeof(got)));
	if (n > 0 && (n != sizeof(frame) || memcmp(got, frame, n)))
		wrong("a frame has changed on its way");
	sane(lkl_sys_close(out));
	sane(lkl_sys_close(in));
}

/* Two devices that are connected, as long as they are there. */
static void use_ends(struct lkl_netdev *ends[2])
{
	int ids[2], index[2] = { -1, -1 };

	for (int i = 0; i < 2; i++) {
		ids[i] = sane(lkl_netdev_add(ends[i], NULL));
		if (ids[i] < 0)
			continue;
		index[i] = sane(lkl_netdev_get_ifindex(ids[i]));
		sane(lkl_if_up(index[i]));
	}
	if (index[0] > 0 && index[1] > 0)
		for (int i = 0; i < 8; i++)
			send_frame(index[i % 2], index[!(i % 2)]);
	for (int i = 0; i < 2; i++) {
		if (ids[i] >= 0)
			sane(lkl_netdev_remove(ids[i]));
		lkl_netdev_free(ends[i]);
	}
}

static void use_pair(void)
{
	struct lkl_netdev *ends[2];

	if (!sane(lkl_netdev_pair_create(ends, LKL_NET_OFFLOAD_ALL)))
		use_ends(ends);
}

static struct lkl_netdev *create(int type, int fd)
{
	char param[20];

	snprintf(param, sizeof(param), "fd:%d", fd);
	return type == SOCK_STREAM ? lkl_netdev_stream_create(param) :
				     lkl_netdev_dgram_create(param);
}

/* The same over sockets of the host. */
static void use_sockets(int type)
{
	struct lkl_netdev *ends[2];
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds))
		return;
	for (int i = 0; i < 2; i++)
		ends[i] = create(type, fds[i]);
	if (ends[0] && ends[1]) {
		use_ends(ends);
		return;
	}
	if (strict)
		wrong("no device over a socket");
	for (int i = 0; i < 2; i++)
		if (ends[i])
			lkl_netdev_free(ends[i]);
}

static volatile int signals;

static void on_signal(int number)
{
	signals++;
}

/* A handler that the kernel promised to call is called, whatever else goes wrong. */
static void use_signals(void)
{
	struct lkl_sigaction action = { .lkl_sa_handler = on_signal };

	if (sane(lkl_sys_rt_sigaction(LKL_SIGUSR1, &action, NULL, sizeof(lkl_sigset_t))))
		return;
	signals = 0;
	if (sane(lkl_sys_tgkill(lkl_sys_getpid(), lkl_sys_gettid(), LKL_SIGUSR1)))
		return;
	if (signals != 1)
		wrong("a signal came more or less than once");
}

static struct lkl_sem *expired;

static void LKL_ABI expire(void *arg)
{
	lkl_host_ops.sem_up(expired);
}

static void LKL_ABI note(void *arg)
{
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELAXED);
}

static void use_timer(void)
{
	struct lkl_timer *timer = lkl_host_ops.timer_alloc(expire, NULL);

	if (!timer)
		return;
	if (!lkl_host_ops.timer_set_oneshot(timer, 1000000))
		lkl_host_ops.sem_down_until(expired, lkl_host_ops.time() + 1000000000);
	lkl_host_ops.timer_free(timer);
}

/* What the host does for device models. */
static void use_host(void)
{
	static const char zeroes[4096];
	void *mem = lkl_host_ops.mem_alloc(sizeof(zeroes));
	void *page = lkl_host_ops.page_alloc(sizeof(zeroes));
	lkl_thread_t thread;
	int noted = 0;

	if (mem)
		memset(mem, 1, sizeof(zeroes));
	lkl_host_ops.mem_free(mem);
	if (page && memcmp(page, zeroes, sizeof(zeroes)))
		wrong("pages are not empty");
	if (page)
		lkl_host_ops.page_free(page, sizeof(zeroes));
	expired = lkl_host_ops.sem_alloc(0);
	if (expired) {
		use_timer();
		lkl_host_ops.sem_free(expired);
	}
	thread = lkl_host_ops.thread_create(note, &noted);
	if (thread && !lkl_host_ops.thread_join(thread) && !noted)
		wrong("a thread was joined before it ended");
}

#define PAGE 4096

/* Pages of the image with something in them. */
static unsigned short *pages;
static unsigned int n_pages;

void use_image_is(char *data, size_t size)
{
	static const char zeroes[PAGE];

	image = data;
	image_size = size;
	pages = malloc(size / PAGE * sizeof(*pages));
	if (!pages || size / PAGE > USHRT_MAX)
		wrong("an image that is too large");
	for (size_t i = 0; i < size / PAGE; i++)
		if (memcmp(image + i * PAGE, zeroes, PAGE))
			pages[n_pages++] = i;
}

/* A copy of the image in a file that has no name: in memory, where the disk would take its time. */
static int image_file(void)
{
	const char *dir = getenv("LKL_TEST_TMP");
	int fd = test_all() ? open(dir ? dir : "/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600) :
			      memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, image_size))
		wrong("no file for the image");
	for (unsigned int i = 0; i < n_pages; i++) {
		off_t at = (off_t)pages[i] * PAGE;

		if (pwrite(fd, image + at, PAGE, at) != PAGE)
			wrong("no file for the image");
	}
	return fd;
}

static struct lkl_disk disk(void)
{
	if (way == WAY_MEMORY)
		return (struct lkl_disk){ .ops = &disk_ops };
	return (struct lkl_disk){ .fd = disk_fd };
}

void use_begin(enum way w, int is_strict)
{
	way = w;
	strict = is_strict;
	if (way != WAY_MEMORY)
		disk_fd = image_file();
	if (lkl_disk_set_engine(way == WAY_URING ? "uring" : way == WAY_THREADS ? "threads" : NULL))
		_exit(NO_WAY);
}

void use_kernel(void)
{
	struct lkl_disk d = disk();
	char mnt[64];
	int id;

	id = sane(lkl_disk_add(&d));
	if (id >= 0 && !sane(lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt)))) {
		use_files(mnt);
		sane(lkl_umount_dev(id, 0, 0, 2000));
	}
	use_network();
	use_pair();
	if (way != WAY_MEMORY)
		use_sockets(way == WAY_URING ? SOCK_STREAM : SOCK_DGRAM);
	use_signals();
	use_host();
	if (id >= 0 && sane(lkl_disk_remove(d)) == -LKL_EBUSY)
		sane(lkl_umount_dev(id, 0, LKL_MNT_DETACH, 0));
}

/*
 * What was promised to be safe is there; on a disk that said that it did not write what it was
 * to, the file system may be broken. What can be read of the file is right in any case.
 */
static void find_kept(void)
{
	struct lkl_disk d = disk();
	char mnt[64], path[300];
	int id = lkl_disk_add(&d);
	long fd;

	if (id < 0)
		wrong("no disk after the fault");
	if (lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt))) {
		if (!log_disk_failed())
			wrong("a file system is gone that was safe");
	} else {
		snprintf(path, sizeof(path), "%s/kept", mnt);
		fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
		if (fd >= 0) {
			read_all(fd);
			lkl_sys_close(fd);
		} else if (!log_disk_failed()) {
			fprintf(stderr, "%s: %s\n", path, lkl_strerror(fd));
			wrong("a file is gone that was safe");
		}
		lkl_umount_dev(id, 0, 0, 2000);
	}
	if (lkl_disk_remove(d))
		wrong("a disk that cannot be removed after the fault");
}

/* As if nothing had been. */
void use_again(void)
{
	strict = 0;
	lkl_cleanup();
	if (lkl_start_kernel("mem=64M " LOG_LEVEL) || lkl_sys_getpid() != 1)
		wrong("no kernel after the fault");
	if (kept)
		find_kept();
	if (lkl_sys_halt())
		wrong("no end of the kernel after the fault");
}
