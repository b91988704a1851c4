// SPDX-License-Identifier: GPL-2.0
/*
 * 4 KiB random reads with O_DIRECT, 32 at a time through io_uring: of the disk inside,
 * and of the image that it is by the host. Both use the same few lines over the rings,
 * since no library of the host can enter our kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "bench.h"
#include "image.h"

#define IMAGE_SIZE	(1ULL << 30)
#define BLOCK		4096
#define DEPTH		32
#define READS		100000
#define TMPFS		0x01021994

struct kernel {
	long (*setup)(unsigned int entries, struct lkl_io_uring_params *p);
	long (*enter)(int fd, unsigned int submit, unsigned int wait);
	/* An errno if negative, but no less than -4095. */
	long (*mmap)(size_t len, int fd, uint64_t offset);
};

static long our_setup(unsigned int entries, struct lkl_io_uring_params *p)
{
	return lkl_sys_io_uring_setup(entries, p);
}

static long our_enter(int fd, unsigned int submit, unsigned int wait)
{
	return lkl_sys_io_uring_enter(fd, submit, wait, LKL_IORING_ENTER_GETEVENTS,
				      NULL, 0);
}

static long our_mmap(size_t len, int fd, uint64_t offset)
{
	return (long)lkl_sys_mmap(NULL, len, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_POPULATE, fd, offset);
}

static long host_result(long ret)
{
	return ret == -1 ? -errno : ret;
}

static long host_setup(unsigned int entries, struct lkl_io_uring_params *p)
{
	return host_result(syscall(SYS_io_uring_setup, entries, p));
}

static long host_enter(int fd, unsigned int submit, unsigned int wait)
{
	return host_result(syscall(SYS_io_uring_enter, fd, submit, wait,
				   LKL_IORING_ENTER_GETEVENTS, NULL, 0));
}

static long host_mmap(size_t len, int fd, uint64_t offset)
{
	return host_result((long)mmap(NULL, len, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_POPULATE, fd, offset));
}

static const struct kernel lkl = { our_setup, our_enter, our_mmap };
static const struct kernel host = { host_setup, host_enter, host_mmap };

struct ring {
	const struct kernel *kernel;
	int fd;
	struct lkl_io_uring_sqe *sqe;
	struct lkl_io_uring_cqe *cqe;
	unsigned int *sq_tail, *sq_array, *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
};

static long must(long ret, const char *what)
{
	if (ret < 0 && ret >= -4095)
		bench_die("%s: %s", what, lkl_strerror(ret));
	return ret;
}

static void ring_open(struct ring *r, const struct kernel *k)
{
	struct lkl_io_uring_params p = { .flags = 0 };
	size_t sq_len, cq_len;
	char *rings;

	r->kernel = k;
	r->fd = must(k->setup(DEPTH, &p), "io_uring_setup");
	if (!(p.features & LKL_IORING_FEAT_SINGLE_MMAP))
		bench_die("an io_uring that is too old");
	sq_len = p.sq_off.array + p.sq_entries * sizeof(unsigned int);
	cq_len = p.cq_off.cqes + p.cq_entries * sizeof(*r->cqe);
	rings = (char *)must(k->mmap(sq_len > cq_len ? sq_len : cq_len, r->fd,
				     LKL_IORING_OFF_SQ_RING), "mmap of the rings");
	r->sqe = (void *)must(k->mmap(p.sq_entries * sizeof(*r->sqe), r->fd,
				      LKL_IORING_OFF_SQES), "mmap of the entries");
	r->sq_tail = (unsigned int *)(rings + p.sq_off.tail);
	r->sq_array = (unsigned int *)(rings + p.sq_off.array);
	r->sq_mask = *(unsigned int *)(rings + p.sq_off.ring_mask);
	r->cq_head = (unsigned int *)(rings + p.cq_off.head);
	r->cq_tail = (unsigned int *)(rings + p.cq_off.tail);
	r->cq_mask = *(unsigned int *)(rings + p.cq_off.ring_mask);
	r->cqe = (struct lkl_io_uring_cqe *)(rings + p.cq_off.cqes);
}

static void ring_read(struct ring *r, int fd, char *buf, uint64_t offset, uint64_t id)
{
	unsigned int tail = *r->sq_tail, i = tail & r->sq_mask;

	memset(&r->sqe[i], 0, sizeof(r->sqe[i]));
	r->sqe[i].opcode = LKL_IORING_OP_READ;
	r->sqe[i].fd = fd;
	r->sqe[i].off = offset;
	r->sqe[i].addr = (uintptr_t)buf;
	r->sqe[i].len = BLOCK;
	r->sqe[i].user_data = id;
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

/* Thousands of reads in a second; each block says where it is. */
static double random_reads(const struct kernel *k, struct ring *r, int fd)
{
	static char *buf[DEPTH];
	static uint64_t where[DEPTH];
	unsigned int started = 0, done = 0, submit = 0;
	uint64_t begin, random = 88172645463325252ULL;

	for (int i = 0; i < DEPTH; i++)
		if (!buf[i] && posix_memalign((void **)&buf[i], BLOCK, BLOCK))
			bench_die("no memory");
	begin = bench_now();
	while (done < READS) {
		unsigned int head = *r->cq_head;
		unsigned int tail = __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);

		for (; head != tail; head++, done++) {
			const struct lkl_io_uring_cqe *cqe = &r->cqe[head & r->cq_mask];
			uint64_t id = cqe->user_data;

			if (cqe->res != BLOCK)
				bench_die("read: %s", lkl_strerror(cqe->res));
			if (*(uint64_t *)buf[id] != where[id])
				bench_die("read: wrong data");
			where[id] = 0;
		}
		__atomic_store_n(r->cq_head, head, __ATOMIC_RELEASE);
		for (int i = 0; i < DEPTH && started < READS; i++) {
			if (where[i])
				continue;
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			where[i] = (random % (IMAGE_SIZE / BLOCK - 1) + 1) * BLOCK;
			ring_read(r, fd, buf[i], where[i], i);
			started++;
			submit++;
		}
		if (done < READS)
			submit -= must(k->enter(r->fd, submit, 1), "io_uring_enter");
	}
	return done / ((bench_now() - begin) / 1e9) / 1e3;
}

/* An image, the descriptors of it in either kernel, and their rings. */
struct job {
	struct image image;
	struct ring ours, hosts;
	int our_fd, host_fd;
};

static double our_reads(void *arg)
{
	struct job *j = arg;

	return random_reads(&lkl, &j->ours, j->our_fd);
}

static double host_reads(void *arg)
{
	struct job *j = arg;

	return random_reads(&host, &j->hosts, j->host_fd);
}

static void fill(const struct image *img)
{
	static char data[256 * BLOCK];

	for (uint64_t pos = 0; pos < IMAGE_SIZE; pos += sizeof(data)) {
		for (size_t i = 0; i < sizeof(data); i += BLOCK)
			*(uint64_t *)(data + i) = pos + i;
		if (pwrite(img->fd, data, sizeof(data), pos) != sizeof(data))
			bench_die("cannot write the image");
	}
	bench_os(fsync(img->fd), "fsync");
}

/* @direct: the image is opened so, that it is the disk which is measured. */
static void job_start(struct job *j, const char *dir, const char *name, int direct)
{
	char node[32];
	uint32_t dev;

	image_create(&j->image, dir, name, IMAGE_SIZE, 0);
	fill(&j->image);
	j->host_fd = bench_os(open(j->image.path, O_RDONLY | O_DIRECT), j->image.path);
	if (direct) {
		close(j->image.fd);
		j->image.fd = bench_os(open(j->image.path, O_RDWR | O_DIRECT), "open");
	}
	image_add(&j->image);
	bench_lkl(lkl_get_virtio_blkdev(j->image.disk_id, 0, &dev), "disk");
	snprintf(node, sizeof(node), "/bench-%s", name);
	bench_lkl(lkl_sys_mknod(node, LKL_S_IFBLK | 0600, dev), "mknod");
	j->our_fd = bench_lkl(lkl_sys_open(node, LKL_O_RDONLY | LKL_O_DIRECT, 0), node);
	ring_open(&j->ours, &lkl);
	ring_open(&j->hosts, &host);
}

int main(int argc, char **argv)
{
	static struct job memory, disk;
	struct bench_row row = {
		.unit = "k/s", .order = MORE_IS_BETTER, .ratio = 0.7,
		.ours = our_reads, .host = host_reads,
	};
	const char *dir = getenv("B");
	struct statfs fs;

	bench_init(argc, argv);
	bench_lkl(lkl_start_kernel("loglevel=0"), "start");

	row.what = "4 KiB O_DIRECT io_uring reads, 32 deep, tmpfs";
	row.arg = &memory;
	job_start(&memory, NULL, "memory", 0);
	bench_run(&row);

	row.what = "4 KiB O_DIRECT io_uring reads, 32 deep, disk";
	row.arg = &disk;
	if (!dir)
		dir = ".";
	if (!statfs(dir, &fs) && fs.f_type != TMPFS) {
		job_start(&disk, dir, "disk", 1);
		bench_run(&row);
	}
	lkl_sys_halt();
	return 0;
}
