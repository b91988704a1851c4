// SPDX-License-Identifier: GPL-2.0
/*
 * What is there: a folder "small" with files "file-N", which exist from their making to
 * their removal, and a file "data" of whatever is read. What is written is forgotten.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "ceiling.h"

#define DATA_MAX	(1U << 20)
#define POLL_NS		50000
#define FILES_MAX	100000
#define FOREVER		(1ULL << 32)

enum { ROOT = 1, SMALL, DATA, FILE_0 };

/* Of the server, which is a process of its own. */
static int dev = -1;
static int writeback;
static char *request, *pages;
/* Files by their inode numbers; they outlive the server. */
static uint64_t *sizes;
static char *exists;

static void reply(uint64_t unique, int error, const void *out, size_t len)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + len, .error = -error, .unique = unique,
	};
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)out, len } };

	if (writev(dev, iov, len ? 2 : 1) < 0 && errno == ENODEV)
		_exit(0);
}

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		bench_die("no memory");
	return p;
}

/* 0 if nothing can have that name. */
static uint64_t ino_of(const char *name)
{
	if (!strcmp(name, "small"))
		return SMALL;
	if (!strcmp(name, "data"))
		return DATA;
	if (strncmp(name, "file-", 5) || atoi(name + 5) >= FILES_MAX)
		return 0;
	return FILE_0 + atoi(name + 5);
}

static struct fuse_attr attr_of(uint64_t ino)
{
	return (struct fuse_attr) {
		.ino = ino, .size = sizes[ino], .nlink = 1, .blksize = 4096,
		.mode = ino <= SMALL ? S_IFDIR | 0700 : S_IFREG | 0600,
	};
}

static void made(const struct fuse_in_header *in, uint64_t ino, int opened)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = {
		.entry = {
			.nodeid = ino, .entry_valid = FOREVER, .attr_valid = FOREVER,
			.attr = attr_of(ino),
		},
		.open.open_flags = writeback ? FOPEN_KEEP_CACHE : FOPEN_DIRECT_IO,
	};

	exists[ino] = 1;
	reply(in->unique, 0, &out, opened ? sizeof(out) : sizeof(out.entry));
}

static void init(const struct fuse_in_header *in)
{
	const struct fuse_init_in *host = (const void *)(in + 1);

	reply(in->unique, 0, &(struct fuse_init_out) {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = DATA_MAX, .max_write = DATA_MAX, .max_background = 64,
		.congestion_threshold = 48, .max_pages = DATA_MAX / 4096, .time_gran = 1,
		.flags = host->flags & ((writeback ? FUSE_WRITEBACK_CACHE : 0) | FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES |
					FUSE_NO_OPEN_SUPPORT | FUSE_NO_OPENDIR_SUPPORT |
					FUSE_PARALLEL_DIROPS | FUSE_HANDLE_KILLPRIV_V2),
	}, sizeof(struct fuse_init_out));
}

static void answer(const struct fuse_in_header *in)
{
	const void *arg = in + 1;
	const struct fuse_write_in *write = arg;
	const struct fuse_read_in *read = arg;
	uint64_t ino = in->nodeid;

	switch (in->opcode) {
	case FUSE_INIT:
		init(in);
		break;
	case FUSE_LOOKUP:
		ino = ino_of(arg);
		if (ino && exists[ino])
			made(in, ino, 0);
		else
			reply(in->unique, ENOENT, NULL, 0);
		break;
	case FUSE_MKDIR:
		made(in, ino_of((const char *)arg + sizeof(struct fuse_mkdir_in)), 0);
		break;
	case FUSE_CREATE:
		ino = ino_of((const char *)arg + sizeof(struct fuse_create_in));
		sizes[ino] = 0;
		made(in, ino, 1);
		break;
	case FUSE_UNLINK:
		exists[ino_of(arg)] = 0;
		reply(in->unique, 0, NULL, 0);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		reply(in->unique, 0, &(struct fuse_attr_out) {
			.attr_valid = FOREVER, .attr = attr_of(ino),
		}, sizeof(struct fuse_attr_out));
		break;
	case FUSE_WRITE:
		if (sizes[ino] < write->offset + write->size)
			sizes[ino] = write->offset + write->size;
		reply(in->unique, 0, &(struct fuse_write_out) { .size = write->size },
		      sizeof(struct fuse_write_out));
		break;
	case FUSE_READ:
		reply(in->unique, 0, pages, read->offset >= sizes[ino] ? 0 :
		      sizes[ino] - read->offset < read->size ?
		      sizes[ino] - read->offset : read->size);
		break;
	case FUSE_GETXATTR:
		reply(in->unique, ENODATA, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	case FUSE_FSYNC:
	case FUSE_SYNCFS:
		reply(in->unique, 0, NULL, 0);
		break;
	default:
		reply(in->unique, ENOSYS, NULL, 0);
	}
}

/* Polls for a moment before it sleeps. */
static void serve(void)
{
	struct pollfd wait = { .fd = dev, .events = POLLIN };
	uint64_t end = 0;

	request = shared(DATA_MAX + 4096);
	pages = shared(DATA_MAX);
	for (;;) {
		ssize_t n = read(dev, request, DATA_MAX + 4096);

		if (n > 0) {
			answer((const void *)request);
			end = bench_now() + POLL_NS;
		} else if (errno == EAGAIN) {
			if (bench_now() > end)
				poll(&wait, 1, -1);
		} else if (errno != EINTR && errno != ENOENT) {
			_exit(0);
		}
	}
}

/* The same readahead as the programs that root mounts with. */
static void read_ahead(const char *mnt)
{
	char name[64];
	struct stat st;
	int fd;

	if (stat(mnt, &st))
		return;
	snprintf(name, sizeof(name), "/sys/class/bdi/0:%u/read_ahead_kb", (unsigned)st.st_dev);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%u\n", DATA_MAX >> 10);
	close(fd);
}

static void make_files(struct ceiling *c)
{
	if (c->sizes)
		return;
	c->sizes = shared((FILES_MAX + FILE_0) * sizeof(*c->sizes));
	c->exists = shared(FILES_MAX + FILE_0);
	c->exists[SMALL] = 1;
}

const char *ceiling_mount(struct ceiling *c, const char *mnt)
{
	char options[128];

	make_files(c);
	dev = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (dev < 0)
		return "no /dev/fuse";
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	if (mount("ceiling", mnt, "fuse.ceiling", MS_NOSUID | MS_NODEV, options)) {
		close(dev);
		return "needs root";
	}
	sizes = c->sizes;
	exists = c->exists;
	writeback = c->writeback;
	c->server = fork();
	if (!c->server)
		serve();
	close(dev);
	read_ahead(mnt);
	return NULL;
}

void ceiling_umount(struct ceiling *c, const char *mnt)
{
	umount2(mnt, MNT_DETACH);
	waitpid(c->server, NULL, 0);
}
