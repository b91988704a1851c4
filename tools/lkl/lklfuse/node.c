// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

/* Nodes with descriptors that nobody uses: about 16 MiB of the kernel inside. */
#define IDLE_MAX	8192
#define DIR_LOCKS	64
#define TABLE_MIN	1024
#define HANDLE_MAX	128

struct node {
	struct node *next;			/* in its bucket */
	struct node *older, *newer;		/* idle, with descriptors */
	uint64_t ino;
	uint64_t lookups;
	uint64_t position;			/* of @path, a folder's; node_lock_dir() */
	uint32_t dev;
	uint16_t mode;
	bool idle : 1;
	bool pinned : 1;			/* its descriptor is all that keeps it */
	int path;				/* node_path(), or -1 */
	int data;				/* node_data(), or -1 */
	int direct;				/* node_direct(), -1, or err if there is none */
	unsigned int users;			/* of the descriptors */
	int handle_type;
	uint16_t handle_bytes;			/* 0: none, never close @path */
	unsigned char handle[];
};

/* The kernel's struct file_handle, with room. */
struct handle {
	unsigned int bytes;
	int type;
	unsigned char data[HANDLE_MAX];
};

static struct node *root;
static bool handles;
static bool read_only;

/* Guards all below, and every node; never held during a call into the kernel. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node **table;
static size_t buckets, count;
static struct node *oldest, *newest;
static unsigned int n_idle;

static pthread_mutex_t dir_locks[DIR_LOCKS];

/*
 * File systems that export handles, but may not find the inode again once it has left
 * memory.
 */
static bool handles_are_reliable(const char *type)
{
	return strcmp(type, "vfat") && strcmp(type, "msdos");
}

static long get_handle(int dir, const char *name, int flags, struct handle *handle)
{
	int mount_id;

	handle->bytes = HANDLE_MAX;
	return lkl_sys_name_to_handle_at(dir, name, (struct lkl_file_handle *)handle,
					 &mount_id, flags);
}

void fd_name(char name[FD_NAME_SIZE], int fd)
{
	snprintf(name, FD_NAME_SIZE, "/proc/self/fd/%d", fd);
}

uint64_t node_id(const struct node *node)
{
	return node == root ? 1 : (uintptr_t)node;
}

struct node *node_of(uint64_t id)
{
	return id == 1 ? root : (struct node *)(uintptr_t)id;
}

struct node *node_root(void)
{
	return root;
}

/* ---- the table (all: lock held) ----------------------------------------- */

static size_t bucket_of(uint32_t dev, uint64_t ino)
{
	return ((ino * 0x9e3779b97f4a7c15ULL) ^ dev * 0x85ebca6bULL) >> 20 & (buckets - 1);
}

static struct node *find(uint32_t dev, uint64_t ino)
{
	struct node *node = table[bucket_of(dev, ino)];

	while (node && (node->ino != ino || node->dev != dev))
		node = node->next;
	return node;
}

/* Doubles the table; without memory it stays as it is, and slower. */
static void grow(void)
{
	struct node **old = table, *node, *next;
	size_t n = buckets;
	struct node **more = calloc(n * 2, sizeof(*more));

	if (!more)
		return;
	table = more;
	buckets = n * 2;
	for (size_t i = 0; i < n; i++) {
		for (node = old[i]; node; node = next) {
			size_t b = bucket_of(node->dev, node->ino);

			next = node->next;
			node->next = table[b];
			table[b] = node;
		}
	}
	free(old);
}

static void insert(struct node *node)
{
	size_t b;

	if (count >= buckets)
		grow();
	b = bucket_of(node->dev, node->ino);
	node->next = table[b];
	table[b] = node;
	count++;
}

static void drop(struct node *node)
{
	struct node **at = &table[bucket_of(node->dev, node->ino)];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	count--;
}

/* ---- descriptors (lock held) --------------------------------------------- */

/* May its descriptors be closed? */
static bool closable(const struct node *node)
{
	return node->handle_bytes && !node->pinned && node != root &&
	       (node->path >= 0 || node->data >= 0 || node->direct >= 0);
}

static void busy(struct node *node)
{
	if (!node->idle)
		return;
	*(node->older ? &node->older->newer : &oldest) = node->newer;
	*(node->newer ? &node->newer->older : &newest) = node->older;
	node->idle = false;
	n_idle--;
}

static void idle(struct node *node)
{
	if (node->idle || node->users || !closable(node))
		return;
	node->older = newest;
	node->newer = NULL;
	*(newest ? &newest->newer : &oldest) = node;
	newest = node;
	node->idle = true;
	n_idle++;
}

struct closing {
	int path, data, direct;
};

static const struct closing nothing = { -1, -1, -1 };

static void close_all(struct closing c)
{
	if (c.path >= 0)
		lkl_sys_close(c.path);
	if (c.data >= 0)
		lkl_sys_close(c.data);
	if (c.direct >= 0)
		lkl_sys_close(c.direct);
}

static struct closing take_descriptors(struct node *node)
{
	struct closing c = { node->path, node->data, node->direct };

	busy(node);
	node->path = -1;
	node->data = -1;
	if (node->direct >= 0)
		node->direct = -1;
	node->position = 0;
	return c;
}

/* What has to be closed for the limit's sake, without the lock. */
static struct closing evict(void)
{
	if (n_idle <= IDLE_MAX)
		return nothing;
	return take_descriptors(oldest);
}

void node_put(struct node *node)
{
	struct closing c;

	pthread_mutex_lock(&lock);
	if (!--node->users)
		idle(node);
	c = evict();
	pthread_mutex_unlock(&lock);
	close_all(c);
}

/* ---- opening ---------------------------------------------------------------- */

static long open_handle(struct node *node, int flags)
{
	struct handle handle = { .bytes = node->handle_bytes, .type = node->handle_type };

	memcpy(handle.data, node->handle, node->handle_bytes);
	return lkl_sys_open_by_handle_at(root->path, (struct lkl_file_handle *)&handle,
					 flags | LKL_O_CLOEXEC);
}

static int path_flags(uint16_t mode)
{
	if (LKL_S_ISDIR(mode))
		return LKL_O_RDONLY | LKL_O_DIRECTORY | LKL_O_NOATIME;
	return LKL_O_PATH | LKL_O_NOFOLLOW;
}

/* Puts the new @fd into *@slot; if another thread was faster, that one's is used. */
static int install(struct node *node, int *slot, int fd)
{
	int unused = -1;

	pthread_mutex_lock(&lock);
	if (*slot < 0) {
		*slot = fd;
	} else {
		unused = fd;
		fd = *slot;
	}
	pthread_mutex_unlock(&lock);
	if (unused >= 0)
		lkl_sys_close(unused);
	return fd;
}

/* Counts a user and returns *@slot, or else *@other. */
static int use(struct node *node, const int *slot, const int *other)
{
	int fd;

	pthread_mutex_lock(&lock);
	busy(node);
	node->users++;
	fd = *slot >= 0 ? *slot : *other;
	pthread_mutex_unlock(&lock);
	return fd;
}

int node_path(struct node *node)
{
	/* That for data serves as well. */
	long fd = use(node, &node->path, &node->data);

	if (fd >= 0)
		return fd;
	fd = open_handle(node, path_flags(node->mode));
	if (fd >= 0)
		return install(node, &node->path, fd);
	node_put(node);
	return fd;
}

static long reopen(struct node *node, int flags)
{
	char name[FD_NAME_SIZE];
	int fd = node->path >= 0 ? node->path : node->data;

	if (fd < 0)
		return open_handle(node, flags);
	fd_name(name, fd);
	return lkl_sys_open(name, flags | LKL_O_CLOEXEC, 0);
}

int node_data(struct node *node)
{
	long fd;

	if (LKL_S_ISDIR(node->mode))
		return node_path(node);
	fd = use(node, &node->data, &node->data);
	if (fd >= 0)
		return fd;
	if (!LKL_S_ISREG(node->mode)) {
		node_put(node);
		return -LKL_EINVAL;
	}
	fd = read_only ? -LKL_EROFS : reopen(node, LKL_O_RDWR);
	/* Append-only files can be opened in one way, immutable ones in another. */
	if (fd == -LKL_EPERM)
		fd = reopen(node, LKL_O_RDWR | LKL_O_APPEND);
	if (fd < 0 && fd != -LKL_ENFILE && fd != -LKL_EMFILE && fd != -LKL_ENOMEM)
		fd = reopen(node, LKL_O_RDONLY);
	if (fd >= 0)
		return install(node, &node->data, fd);
	node_put(node);
	return fd;
}

void node_keep_data(struct node *node, int fd)
{
	use(node, &node->data, &node->data);
	install(node, &node->data, fd);
	node_put(node);
}

int node_direct(struct node *node)
{
	long fd = use(node, &node->direct, &node->direct);

	if (fd >= 0)
		return fd;
	if (fd == -1)
		fd = reopen(node, (read_only ? LKL_O_RDONLY : LKL_O_RDWR) | LKL_O_DIRECT);
	if (fd >= 0)
		return install(node, &node->direct, fd);
	/* Not every file system can; there is no need to try again. */
	if (fd == -LKL_EINVAL)
		node->direct = fd;
	node_put(node);
	return fd;
}

void node_reopen(struct node *node)
{
	struct closing c = nothing;

	pthread_mutex_lock(&lock);
	if (!node->users && !node->pinned) {
		busy(node);
		c = (struct closing){ -1, node->data, node->direct };
		node->data = -1;
		node->direct = -1;
		idle(node);
	}
	pthread_mutex_unlock(&lock);
	close_all(c);
}

/* ---- lookup -------------------------------------------------------------------- */

static uint32_t attr_dev(const struct lkl_statx *attr)
{
	return attr->stx_dev_major << 20 | attr->stx_dev_minor;
}

static struct node *found(const struct lkl_statx *attr)
{
	struct node *node;

	pthread_mutex_lock(&lock);
	node = find(attr_dev(attr), attr->stx_ino);
	if (node)
		node->lookups++;
	pthread_mutex_unlock(&lock);
	return node;
}

/* A node that is not in the table yet: @dir and @name as for name_to_handle_at(). */
static int create(int dir, const char *name, int flags, const struct lkl_statx *attr,
		  struct node **result)
{
	struct node *node, *other;
	struct handle handle;
	long ret;

	if (!handles || get_handle(dir, name, flags, &handle))
		handle.bytes = 0;
	node = calloc(1, sizeof(*node) + handle.bytes);
	if (!node)
		return -LKL_ENOMEM;
	node->ino = attr->stx_ino;
	node->dev = attr_dev(attr);
	node->mode = attr->stx_mode;
	node->lookups = 1;
	node->path = -1;
	node->data = -1;
	node->direct = -1;
	node->handle_bytes = handle.bytes;
	if (handle.bytes) {
		node->handle_type = handle.type;
		memcpy(node->handle, handle.data, handle.bytes);
	} else {
		char again[FD_NAME_SIZE];

		if (!*name) {
			fd_name(again, dir);
			name = again;
		}
		ret = lkl_sys_openat(dir, name, (name == again ?
				     path_flags(attr->stx_mode) & ~LKL_O_NOFOLLOW :
				     path_flags(attr->stx_mode)) | LKL_O_CLOEXEC, 0);
		if (ret < 0) {
			free(node);
			return ret;
		}
		node->path = ret;
	}

	pthread_mutex_lock(&lock);
	other = find(node->dev, node->ino);
	if (other)
		other->lookups++;
	else
		insert(node);
	pthread_mutex_unlock(&lock);
	if (other) {
		close_all((struct closing){ node->path, -1, -1 });
		free(node);
		node = other;
	}
	*result = node;
	return 0;
}

static int lookup(int dir, const char *name, int statx_flags, int handle_flags,
		  struct node **node, struct lkl_statx *attr)
{
	long ret;

	ret = lkl_sys_statx(dir, name, statx_flags, NODE_STATX_MASK, attr);
	if (ret)
		return ret;
	*node = found(attr);
	return *node ? 0 : create(dir, name, handle_flags, attr, node);
}

int node_lookup(int dir, const char *name, struct node **node, struct lkl_statx *attr)
{
	return lookup(dir, name, LKL_AT_SYMLINK_NOFOLLOW, 0, node, attr);
}

int node_lookup_fd(int fd, struct node **node, struct lkl_statx *attr)
{
	return lookup(fd, "", LKL_AT_EMPTY_PATH, LKL_AT_EMPTY_PATH, node, attr);
}

void node_adopt(struct node *node, int fd)
{
	pthread_mutex_lock(&lock);
	busy(node);
	node->pinned = true;
	pthread_mutex_unlock(&lock);
	install(node, &node->data, fd);
}

void node_forget(struct node *node, uint64_t n)
{
	struct closing c;

	if (node == root)
		return;
	pthread_mutex_lock(&lock);
	node->lookups -= n < node->lookups ? n : node->lookups;
	if (node->lookups || node->users) {
		pthread_mutex_unlock(&lock);
		return;
	}
	drop(node);
	c = take_descriptors(node);
	pthread_mutex_unlock(&lock);
	close_all(c);
	free(node);
}

struct node *node_pin(int dir, const char *name)
{
	struct lkl_statx attr;
	struct node *node;

	if (lkl_sys_statx(dir, name, LKL_AT_SYMLINK_NOFOLLOW, LKL_STATX_INO, &attr))
		return NULL;
	node = found(&attr);
	if (!node)
		return NULL;
	if (node_path(node) < 0) {
		node_forget(node, 1);
		return NULL;
	}
	return node;
}

void node_unpin(struct node *node)
{
	struct lkl_statx attr;
	bool nameless;

	if (!node)
		return;
	nameless = !lkl_sys_statx(node->path >= 0 ? node->path : node->data, "",
				  LKL_AT_EMPTY_PATH, LKL_STATX_NLINK, &attr) &&
		   (!attr.stx_nlink || LKL_S_ISDIR(node->mode));
	pthread_mutex_lock(&lock);
	node->pinned = nameless;
	pthread_mutex_unlock(&lock);
	node_put(node);
	node_forget(node, 1);
}

long node_seek(struct node *node, int fd, uint64_t position)
{
	long ret;

	if (position && position == node->position)
		return 0;
	ret = lkl_sys_lseek(fd, position, SEEK_SET);
	if (ret < 0)
		return ret;
	node->position = position;
	return 0;
}

void node_moved(struct node *node, uint64_t position)
{
	node->position = position;
}

static pthread_mutex_t *dir_lock(const struct node *node)
{
	return &dir_locks[((uintptr_t)node >> 6) % DIR_LOCKS];
}

void node_lock_dir(struct node *node)
{
	pthread_mutex_lock(dir_lock(node));
}

void node_unlock_dir(struct node *node)
{
	pthread_mutex_unlock(dir_lock(node));
}

/* ---- the table's life -------------------------------------------------------- */

int nodes_open(const char *path, const char *type, bool ro)
{
	struct lkl_rlimit64 limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
	struct lkl_statx attr;
	struct handle handle;
	long fd;
	int ret;

	for (int i = 0; i < DIR_LOCKS; i++)
		pthread_mutex_init(&dir_locks[i], NULL);
	read_only = ro;
	buckets = TABLE_MIN;
	table = calloc(buckets, sizeof(*table));
	if (!table)
		return -LKL_ENOMEM;
	lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, &limit, NULL);
	fd = lkl_sys_open(path, path_flags(LKL_S_IFDIR) | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = node_lookup_fd(fd, &root, &attr);
	if (ret) {
		lkl_sys_close(fd);
		return ret;
	}
	if (root->path >= 0)
		lkl_sys_close(root->path);
	root->path = fd;
	handles = handles_are_reliable(type) && !get_handle(fd, "", LKL_AT_EMPTY_PATH, &handle);
	return 0;
}

void nodes_close(void)
{
	struct node *node, *next;

	for (size_t i = 0; i < buckets; i++) {
		for (node = table[i]; node; node = next) {
			next = node->next;
			close_all((struct closing){ node->path, node->data, node->direct });
			free(node);
		}
	}
	free(table);
	table = NULL;
	buckets = 0;
	root = NULL;
}
