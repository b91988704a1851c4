// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a tree of files that is hard on a file system, and verifies it, either
 * through the library on images or through the host's kernel on a folder:
 *
 *   fstree [OPTIONS] write|verify image IMAGE...
 *   fstree [OPTIONS] write|verify folder DIR
 *   fstree [OPTIONS] compare IMAGE DIR     the image holds what the folder holds
 *
 *   -t TYPE    file system; -o OPTS mount options ("%1" is the second disk's path)
 *   -r         mount read-only
 *   -n N       entries of the large folder (default 100000)
 *   -N N       longest name (255)
 *   -s GIB     where the last block of the sparse file lies (5; 0: no such file)
 *   -x, -l, -L, -m  no xattrs, no hard links, no symbolic links, no permissions
 *
 * Contents follow from names, so that nothing has to be remembered between the two.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

static struct {
	const char *type;
	const char *mount_opts;
	int read_only;
	int many;
	int name_max;
	int sparse_gib;
	int no_xattrs, no_links, no_symlinks, no_modes;
} opt = { .type = "ext4", .many = 100000, .name_max = 255, .sparse_gib = 5 };

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1);
}

/* ---- the two kernels ------------------------------------------------------- */

struct attr {
	unsigned int mode, nlink;
	unsigned long long size;
};

/* Each as the system call of its name; a negative errno on failure. */
struct kernel {
	long (*open)(const char *path, int write, int excl);
	long (*close)(int fd);
	long (*pwrite)(int fd, const void *buf, size_t len, unsigned long long at);
	long (*pread)(int fd, void *buf, size_t len, unsigned long long at);
	long (*fsync)(int fd);
	long (*mkdir)(const char *path);
	long (*rmdir)(const char *path);
	long (*unlink)(const char *path);
	long (*link)(const char *from, const char *to);
	long (*rename)(const char *from, const char *to);
	long (*symlink)(const char *target, const char *path);
	long (*readlink)(const char *path, char *buf, size_t size);
	long (*chmod)(const char *path, unsigned int mode);
	long (*lstat)(const char *path, struct attr *attr);
	long (*setxattr)(const char *path, const char *name, const void *v, size_t len);
	long (*getxattr)(const char *path, const char *name, void *v, size_t len);
	/* Calls @f with each name but "." and "..". */
	long (*list)(const char *path, void (*f)(const char *name));
};

static long inside_open(const char *path, int write, int excl)
{
	return lkl_sys_open(path, (write ? LKL_O_RDWR | LKL_O_CREAT : LKL_O_RDONLY) |
			    (excl ? LKL_O_EXCL : 0), 0644);
}

static long inside_close(int fd)
{
	return lkl_sys_close(fd);
}

static long inside_pwrite(int fd, const void *buf, size_t len, unsigned long long at)
{
	return lkl_sys_pwrite64(fd, (void *)buf, len, at);
}

static long inside_pread(int fd, void *buf, size_t len, unsigned long long at)
{
	return lkl_sys_pread64(fd, buf, len, at);
}

static long inside_fsync(int fd)
{
	return lkl_sys_fsync(fd);
}

static long inside_mkdir(const char *path)
{
	return lkl_sys_mkdir(path, 0755);
}

static long inside_rmdir(const char *path)
{
	return lkl_sys_rmdir(path);
}

static long inside_unlink(const char *path)
{
	return lkl_sys_unlink(path);
}

static long inside_link(const char *from, const char *to)
{
	return lkl_sys_link(from, to);
}

static long inside_rename(const char *from, const char *to)
{
	return lkl_sys_rename(from, to);
}

static long inside_symlink(const char *target, const char *path)
{
	return lkl_sys_symlink(target, path);
}

static long inside_readlink(const char *path, char *buf, size_t size)
{
	return lkl_sys_readlink(path, buf, size);
}

static long inside_chmod(const char *path, unsigned int mode)
{
	return lkl_sys_chmod(path, mode);
}

static long inside_lstat(const char *path, struct attr *attr)
{
	struct lkl_stat st;
	long ret = lkl_sys_lstat(path, &st);

	if (!ret)
		*attr = (struct attr){ st.st_mode, st.st_nlink, st.st_size };
	return ret;
}

static long inside_setxattr(const char *path, const char *name, const void *v, size_t len)
{
	return lkl_sys_setxattr(path, name, (void *)v, len, 0);
}

static long inside_getxattr(const char *path, const char *name, void *v, size_t len)
{
	return lkl_sys_getxattr(path, name, v, len);
}

static long inside_list(const char *path, void (*f)(const char *name))
{
	struct lkl_linux_dirent64 *de;
	struct lkl_dir *dir;
	int err = 0;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	while ((de = lkl_readdir(dir)))
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			f(de->d_name);
	err = lkl_errdir(dir);
	lkl_closedir(dir);
	return err;
}

static const struct kernel inside = {
	.open = inside_open, .close = inside_close, .pwrite = inside_pwrite,
	.pread = inside_pread, .fsync = inside_fsync, .mkdir = inside_mkdir,
	.rmdir = inside_rmdir, .unlink = inside_unlink, .link = inside_link,
	.rename = inside_rename, .symlink = inside_symlink,
	.readlink = inside_readlink, .chmod = inside_chmod, .lstat = inside_lstat,
	.setxattr = inside_setxattr, .getxattr = inside_getxattr, .list = inside_list,
};

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long host_open(const char *path, int write, int excl)
{
	return or_errno(open(path, (write ? O_RDWR | O_CREAT : O_RDONLY) |
			     (excl ? O_EXCL : 0), 0644));
}

static long host_close(int fd)
{
	return or_errno(close(fd));
}

static long host_pwrite(int fd, const void *buf, size_t len, unsigned long long at)
{
	return or_errno(pwrite(fd, buf, len, at));
}

static long host_pread(int fd, void *buf, size_t len, unsigned long long at)
{
	return or_errno(pread(fd, buf, len, at));
}

static long host_fsync(int fd)
{
	return or_errno(fsync(fd));
}

static long host_mkdir(const char *path)
{
	return or_errno(mkdir(path, 0755));
}

static long host_rmdir(const char *path)
{
	return or_errno(rmdir(path));
}

static long host_unlink(const char *path)
{
	return or_errno(unlink(path));
}

static long host_link(const char *from, const char *to)
{
	return or_errno(link(from, to));
}

static long host_rename(const char *from, const char *to)
{
	return or_errno(rename(from, to));
}

static long host_symlink(const char *target, const char *path)
{
	return or_errno(symlink(target, path));
}

static long host_readlink(const char *path, char *buf, size_t size)
{
	return or_errno(readlink(path, buf, size));
}

static long host_chmod(const char *path, unsigned int mode)
{
	return or_errno(chmod(path, mode));
}

static long host_lstat(const char *path, struct attr *attr)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	*attr = (struct attr){ st.st_mode, st.st_nlink, st.st_size };
	return 0;
}

static long host_setxattr(const char *path, const char *name, const void *v, size_t len)
{
	return or_errno(setxattr(path, name, v, len, 0));
}

static long host_getxattr(const char *path, const char *name, void *v, size_t len)
{
	return or_errno(getxattr(path, name, v, len));
}

static long host_list(const char *path, void (*f)(const char *name))
{
	struct dirent *de;
	DIR *dir = opendir(path);

	if (!dir)
		return -errno;
	while ((de = readdir(dir)))
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			f(de->d_name);
	closedir(dir);
	return 0;
}

static const struct kernel host = {
	.open = host_open, .close = host_close, .pwrite = host_pwrite,
	.pread = host_pread, .fsync = host_fsync, .mkdir = host_mkdir,
	.rmdir = host_rmdir, .unlink = host_unlink, .link = host_link,
	.rename = host_rename, .symlink = host_symlink, .readlink = host_readlink,
	.chmod = host_chmod, .lstat = host_lstat, .setxattr = host_setxattr,
	.getxattr = host_getxattr, .list = host_list,
};

static const struct kernel *k;
static const char *top;

/* @ret, or the end of the program with what failed on @path. */
static long must(long ret, const char *what, const char *path)
{
	if (ret < 0)
		die("%s %.300s: %s", what, path, lkl_strerror(ret));
	return ret;
}

/* The path of @fmt below the top; good until the eighth call after this one. */
static const char *__attribute__((format(printf, 1, 2))) at(const char *fmt, ...)
{
	static char paths[8][8192];
	static int next;
	char *path = paths[next++ % 8];
	int len = snprintf(path, sizeof(paths[0]), "%s/", top);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + len, sizeof(paths[0]) - len, fmt, args);
	va_end(args);
	return path;
}

/* ---- contents --------------------------------------------------------------- */

#define CHUNK 65536

static unsigned long long mix(unsigned long long x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

/* Bytes of the file @name (below the top) from @pos on. */
static void contents(const char *name, unsigned long long pos, unsigned char *buf,
		     size_t len)
{
	unsigned long long seed = 0;
	size_t i;

	while (*name)
		seed = mix(seed * 31 + (unsigned char)*name++);
	for (i = 0; i < len; i++, pos++)
		buf[i] = mix(seed + pos / 8) >> pos % 8 * 8;
}

static const char *name_of(const char *path)
{
	return path + strlen(top) + 1;
}

static void write_range(int fd, const char *path, unsigned long long pos,
			unsigned long long len)
{
	static unsigned char buf[CHUNK];

	while (len) {
		size_t part = len < CHUNK ? len : CHUNK;

		contents(name_of(path), pos, buf, part);
		if (must(k->pwrite(fd, buf, part, pos), "write", path) != (long)part)
			die("write %s: short", path);
		pos += part;
		len -= part;
	}
}

static void verify_range(int fd, const char *path, unsigned long long pos,
			 unsigned long long len)
{
	static unsigned char buf[CHUNK], want[CHUNK];

	while (len) {
		size_t part = len < CHUNK ? len : CHUNK;

		if (must(k->pread(fd, buf, part, pos), "read", path) != (long)part)
			die("read %s at %llu: short", path, pos);
		contents(name_of(path), pos, want, part);
		if (memcmp(buf, want, part))
			die("%s: other contents between %llu and %llu", path, pos, pos + part);
		pos += part;
		len -= part;
	}
}

static void write_file(const char *path, unsigned long long size)
{
	int fd = must(k->open(path, 1, 1), "create", path);

	write_range(fd, path, 0, size);
	must(k->close(fd), "close", path);
}

static void verify_file(const char *path, unsigned long long size)
{
	int fd = must(k->open(path, 0, 0), "open", path);
	struct attr attr;

	must(k->lstat(path, &attr), "stat", path);
	if (attr.size != size)
		die("%s: %llu bytes, not %llu", path, attr.size, size);
	verify_range(fd, path, 0, size);
	must(k->close(fd), "close", path);
}

/* ---- the parts of the tree ------------------------------------------------ */

static const unsigned long long sizes[] = {
	0, 1, 59, 511, 512, 513, 4095, 4096, 4097, 65535, 65536, 100000, 1 << 20,
	(5 << 20) + 3,
};

#define SIZES	((int)(sizeof(sizes) / sizeof(sizes[0])))
#define FOLDERS	8

static void plain_write(void)
{
	int d, i;

	for (d = 0; d < FOLDERS; d++) {
		must(k->mkdir(at("d%d", d)), "mkdir", at("d%d", d));
		for (i = 0; i < SIZES; i++)
			write_file(at("d%d/f%d", d, i), sizes[i]);
	}
	/* Some that go again, and some that move. */
	for (i = 0; i < 200; i++)
		write_file(at("gone%d", i), 5000);
	for (i = 0; i < 200; i++)
		must(k->unlink(at("gone%d", i)), "unlink", at("gone%d", i));
	must(k->mkdir(at("empty")), "mkdir", at("empty"));
	must(k->rmdir(at("empty")), "rmdir", at("empty"));
	must(k->rename(at("d0"), at("r0")), "rename", at("d0"));
	must(k->rename(at("r0"), at("d0")), "rename", at("r0"));
}

static void plain_verify(void)
{
	struct attr attr;
	int d, i;

	for (d = 0; d < FOLDERS; d++)
		for (i = 0; i < SIZES; i++)
			verify_file(at("d%d/f%d", d, i), sizes[i]);
	if (k->lstat(at("gone7"), &attr) != -LKL_ENOENT)
		die("gone7 is there");
}

static void modes_write(void)
{
	unsigned int mode;

	for (mode = 0400; mode < 01000; mode += 0111) {
		write_file(at("mode%o", mode), 10);
		must(k->chmod(at("mode%o", mode), mode), "chmod", at("mode%o", mode));
	}
}

static void modes_verify(void)
{
	unsigned int mode;
	struct attr attr;

	for (mode = 0400; mode < 01000; mode += 0111) {
		must(k->lstat(at("mode%o", mode), &attr), "stat", at("mode%o", mode));
		if ((attr.mode & 07777) != mode)
			die("mode%o: %o", mode, attr.mode);
	}
}

/* Five blocks, far apart. */
static unsigned long long sparse_block(int i)
{
	return ((unsigned long long)opt.sparse_gib << 30) / 4 * i / 4096 * 4096;
}

static void sparse_write(void)
{
	const char *path = at("sparse");
	int i, fd = must(k->open(path, 1, 1), "create", path);

	for (i = 0; i <= 4; i++)
		write_range(fd, path, sparse_block(i), 4096);
	must(k->fsync(fd), "fsync", path);
	must(k->close(fd), "close", path);
}

static void sparse_verify(void)
{
	const char *path = at("sparse");
	int i, j, fd = must(k->open(path, 0, 0), "open", path);
	static unsigned char buf[CHUNK];
	struct attr attr;

	must(k->lstat(path, &attr), "stat", path);
	if (attr.size != sparse_block(4) + 4096)
		die("sparse: %llu bytes", attr.size);
	for (i = 0; i <= 4; i++) {
		verify_range(fd, path, sparse_block(i), 4096);
		if (i == 4)
			break;
		must(k->pread(fd, buf, sizeof(buf), sparse_block(i) + 4096), "read", path);
		for (j = 0; j < CHUNK; j++)
			if (buf[j])
				die("sparse: a hole holds data");
	}
	must(k->close(fd), "close", path);
}

static void xattrs_write(void)
{
	unsigned char value[1000];
	char name[32];
	int i;

	write_file(at("xattrs"), 100);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "user.attr%d", i);
		contents(name, 0, value, sizeof(value));
		must(k->setxattr(at("xattrs"), name, value, i == 19 ? 1000 : i * 5 + 1),
		     "setxattr", name);
	}
}

static void xattrs_verify(void)
{
	unsigned char value[1000], want[1000];
	char name[32];
	int i, len;

	for (i = 0; i < 20; i++) {
		len = i == 19 ? 1000 : i * 5 + 1;
		snprintf(name, sizeof(name), "user.attr%d", i);
		contents(name, 0, want, sizeof(want));
		if (must(k->getxattr(at("xattrs"), name, value, sizeof(value)), "getxattr",
			 name) != len || memcmp(value, want, len))
			die("%s: another value", name);
	}
}

static void links_write(void)
{
	int i;

	write_file(at("link"), 12345);
	for (i = 0; i < 20; i++)
		must(k->link(at("link"), at("d1/link%d", i)), "link", at("d1/link%d", i));
}

static void links_verify(void)
{
	struct attr attr;
	int i;

	verify_file(at("link"), 12345);
	must(k->lstat(at("link"), &attr), "stat", at("link"));
	if (attr.nlink != 21)
		die("link: %u links", attr.nlink);
	for (i = 0; i < 20; i++) {
		must(k->lstat(at("d1/link%d", i), &attr), "stat", at("d1/link%d", i));
		if (attr.nlink != 21 || attr.size != 12345)
			die("link%d: another file", i);
	}
}

static const int symlink_sizes[] = { 1, 50, 200, 900 };

static void symlink_target(char *target, int size)
{
	int i;

	for (i = 0; i < size; i++)
		target[i] = i % 50 == 40 ? '/' : 't';
	target[size] = 0;
}

static void symlinks_write(void)
{
	char target[1024];
	int i;

	for (i = 0; i < 4; i++) {
		symlink_target(target, symlink_sizes[i]);
		must(k->symlink(target, at("symlink%d", i)), "symlink", at("symlink%d", i));
	}
}

static void symlinks_verify(void)
{
	char target[1024], got[2048];
	int i;

	for (i = 0; i < 4; i++) {
		symlink_target(target, symlink_sizes[i]);
		if (must(k->readlink(at("symlink%d", i), got, sizeof(got)), "readlink",
			 at("symlink%d", i)) != symlink_sizes[i] ||
		    memcmp(got, target, symlink_sizes[i]))
			die("symlink%d: another target", i);
	}
}

/* @name becomes the longest possible, different for each @i. */
static const char *long_name(int i)
{
	static char name[256];
	int len = snprintf(name, sizeof(name), "%d", i);

	memset(name + len, 'a' + i % 26, opt.name_max - len);
	name[opt.name_max] = 0;
	return name;
}

static void names_write(void)
{
	int i;

	must(k->mkdir(at("names")), "mkdir", at("names"));
	for (i = 0; i < 50; i++)
		write_file(at("names/%s", long_name(i)), 100);
}

static void names_verify(void)
{
	int i;

	for (i = 0; i < 50; i++)
		verify_file(at("names/%s", long_name(i)), 100);
}

static unsigned char *seen;
static int seen_count;

static void see(const char *name)
{
	int i = -1;

	if (sscanf(name, "entry-%d", &i) != 1 || i < 0 || i >= opt.many)
		die("many/%s: who made that?", name);
	if (seen[i]++)
		die("many/%s: twice", name);
	seen_count++;
}

static void many_write(void)
{
	int i, fd;

	must(k->mkdir(at("many")), "mkdir", at("many"));
	for (i = 0; i < opt.many; i++) {
		const char *path = at("many/entry-%d", i);

		fd = must(k->open(path, 1, 1), "create", path);
		must(k->close(fd), "close", path);
	}
}

static void many_verify(void)
{
	struct attr attr;
	int i;

	seen = calloc(1, opt.many);
	must(k->list(at("many"), see), "list", at("many"));
	if (seen_count != opt.many)
		die("many: %d entries, not %d", seen_count, opt.many);
	free(seen);
	for (i = 0; i < opt.many; i += 97)
		must(k->lstat(at("many/entry-%d", i), &attr), "stat",
		     at("many/entry-%d", i));
}

static void write_tree(void)
{
	plain_write();
	names_write();
	if (!opt.no_modes)
		modes_write();
	if (opt.sparse_gib)
		sparse_write();
	if (!opt.no_xattrs)
		xattrs_write();
	if (!opt.no_links)
		links_write();
	if (!opt.no_symlinks)
		symlinks_write();
	many_write();
}

static void verify_tree(void)
{
	plain_verify();
	names_verify();
	if (!opt.no_modes)
		modes_verify();
	if (opt.sparse_gib)
		sparse_verify();
	if (!opt.no_xattrs)
		xattrs_verify();
	if (!opt.no_links)
		links_verify();
	if (!opt.no_symlinks)
		symlinks_verify();
	many_verify();
}

/* ---- comparing -------------------------------------------------------------- */

static size_t compare_from;
static int compared;

static int compare_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	const char *there = at("%s", path + compare_from);
	static char a[CHUNK], b[CHUNK];
	struct attr attr;
	long n, pos, fd;
	int mine;

	(void)flag;
	if (ftw->level == 0)
		return 0;
	must(k->lstat(there, &attr), "stat", there);
	if ((attr.mode & S_IFMT) != (st->st_mode & S_IFMT))
		die("%s: another type of file", there);
	compared++;
	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, a, sizeof(a));
		if (must(k->readlink(there, b, sizeof(b)), "readlink", there) != n ||
		    memcmp(a, b, n))
			die("%s: another target", there);
	}
	if (!S_ISREG(st->st_mode))
		return 0;
	if (attr.size != (unsigned long long)st->st_size)
		die("%s: %llu bytes, not %lld", there, attr.size, (long long)st->st_size);
	mine = open(path, O_RDONLY);
	fd = must(k->open(there, 0, 0), "open", there);
	for (pos = 0; (n = pread(mine, a, sizeof(a), pos)) > 0; pos += n)
		if (must(k->pread(fd, b, n, pos), "read", there) != n || memcmp(a, b, n))
			die("%s: other contents near %ld", there, pos);
	close(mine);
	k->close(fd);
	return 0;
}

static void compare_tree(const char *dir)
{
	compare_from = strlen(dir) + 1;
	if (nftw(dir, compare_one, 20, FTW_PHYS))
		die("%s: %s", dir, strerror(errno));
	printf("%d files compared\n", compared);
}

/* ---- mounting inside ------------------------------------------------------ */

#define DISKS 4

static struct lkl_disk disks[DISKS];
static int disk_count;

static void attach(const char *image)
{
	struct lkl_disk *disk = &disks[disk_count];
	char node[32];
	uint32_t dev;
	int id;

	if (disk_count == DISKS)
		die("too many disks");
	disk->fd = open(image, (opt.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (disk->fd < 0)
		die("%s: %s", image, strerror(errno));
	id = must(lkl_disk_add(disk), "add", image);
	must(lkl_get_virtio_blkdev(id, 0, &dev), "find", image);
	snprintf(node, sizeof(node), "/disk%d", disk_count++);
	must(lkl_sys_mknod(node, LKL_S_IFBLK | 0600, dev), "mknod", node);
}

static void start(char **images)
{
	/* LKL_LOG in the environment shows more than the kernel's last words. */
	must(lkl_init(&lkl_host_ops), "init", "");
	must(lkl_start_kernel("mem=512M loglevel=%d", getenv("LKL_LOG") ? 7 : 5), "start",
	     "");
	while (*images)
		attach(*images++);
	top = "/mnt";
	must(lkl_sys_mkdir(top, 0755), "mkdir", top);
	must(lkl_sys_mount("/disk0", (char *)top, (char *)opt.type,
			   opt.read_only ? LKL_MS_RDONLY : 0, (void *)opt.mount_opts),
	     "mount", opt.type);
	k = &inside;
}

static void stop(void)
{
	must(lkl_umount_timeout(top, 0, 10000), "unmount", top);
	while (disk_count--) {
		must(lkl_disk_remove(disks[disk_count]), "remove", "disk");
		close(disks[disk_count].fd);
	}
	must(lkl_sys_halt(), "halt", "");
	lkl_cleanup();
}

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:o:rn:N:s:xlLm")) != -1) {
		switch (c) {
		case 't': opt.type = optarg; break;
		case 'o': opt.mount_opts = optarg; break;
		case 'r': opt.read_only = 1; break;
		case 'n': opt.many = atoi(optarg); break;
		case 'N': opt.name_max = atoi(optarg); break;
		case 's': opt.sparse_gib = atoi(optarg); break;
		case 'x': opt.no_xattrs = 1; break;
		case 'l': opt.no_links = 1; break;
		case 'L': opt.no_symlinks = 1; break;
		case 'm': opt.no_modes = 1; break;
		default: die("see the top of fstree.c");
		}
	}
}

int main(int argc, char **argv)
{
	char *compare[2] = { NULL, NULL };
	const char *what;
	int in_image;

	options(argc, argv);
	if (argc - optind < 3)
		die("see the top of fstree.c");
	what = argv[optind];
	if (!strcmp(what, "compare")) {
		opt.read_only = 1;
		compare[0] = argv[optind + 1];
		start(compare);
		compare_tree(argv[optind + 2]);
		stop();
		return 0;
	}
	in_image = !strcmp(argv[optind + 1], "image");
	if (in_image) {
		start(argv + optind + 2);
	} else {
		top = argv[optind + 2];
		k = &host;
	}
	umask(0);
	if (!strcmp(what, "write"))
		write_tree();
	else
		verify_tree();
	if (in_image)
		stop();
	return 0;
}
