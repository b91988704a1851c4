// SPDX-License-Identifier: GPL-2.0
/*
 * posix FOLDER [CASE...]: does what POSIX and Linux promise of files hold there? Prints
 * "ok CASE", "not ok CASE: WHY" or "skip CASE: WHY" for each. Cases that need more than
 * one user are skipped unless root runs them. The folder has to be empty.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define USER	1234
#define GROUP	2345
#define OTHER	1235

static jmp_buf end_of_case;
static char why[512];
static bool skipped;

static void __attribute__((format(printf, 1, 2), noreturn)) fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	longjmp(end_of_case, 1);
}

static void __attribute__((noreturn)) skip(const char *reason)
{
	skipped = true;
	fail("%s", reason);
}

/* Holds. */
#define IS(x) do { \
		if (!(x)) \
			fail("line %d: not %s (errno: %s)", __LINE__, #x, strerror(errno)); \
	} while (0)

/* Succeeds, with the call's result. */
#define OK(x) ({ \
		long r_ = (x); \
		if (r_ == -1) \
			fail("line %d: %s: %s", __LINE__, #x, strerror(errno)); \
		r_; \
	})

/* Fails with that errno. */
#define ERR(e, x) do { \
		errno = 0; \
		if ((long)(x) != -1) \
			fail("line %d: %s succeeds, not %s", __LINE__, #x, #e); \
		if (errno != (e)) \
			fail("line %d: %s: %s, not %s", __LINE__, #x, strerror(errno), #e); \
	} while (0)

/* ---- helpers ------------------------------------------------------------- */

static void make(const char *path, mode_t mode, const char *text)
{
	int fd = OK(open(path, O_WRONLY | O_CREAT | O_EXCL, mode));

	IS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	OK(fchmod(fd, mode));
	OK(close(fd));
}

static bool holds(const char *path, const char *text)
{
	char buf[256] = "";
	int fd = OK(open(path, O_RDONLY));
	ssize_t n = OK(read(fd, buf, sizeof(buf) - 1));

	close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

static struct stat st_of(const char *path)
{
	struct stat st;

	OK(lstat(path, &st));
	return st;
}

static struct stat st_of_fd(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st;
}

static mode_t mode_of(const char *path)
{
	return st_of(path).st_mode & 07777;
}

static int64_t ns(struct timespec ts)
{
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Longer than the clock of any file system's times stands still. */
static void tick(void)
{
	usleep(20000);
}

#define CHANGED(path)	ns(st_of(path).st_ctim)
#define MODIFIED(path)	ns(st_of(path).st_mtim)

static bool root(void)
{
	return getuid() == 0;
}

static void as(uid_t uid, gid_t gid)
{
	gid_t none = gid;

	OK(setgroups(1, &none));
	OK(setegid(gid));
	OK(seteuid(uid));
}

static void as_root(void)
{
	if (seteuid(0) || setegid(0))
		abort();
}

static void need_root(void)
{
	if (!root())
		skip("needs root");
}

/* A child that must end well; it may use the checks, too. */
#define IN_CHILD(...) do { \
		int status_; \
		pid_t pid_ = OK(fork()); \
		if (!pid_) { \
			if (setjmp(end_of_case)) { \
				fprintf(stderr, "# child: %s\n", why); \
				_exit(1); \
			} \
			__VA_ARGS__ \
			_exit(0); \
		} \
		IS(waitpid(pid_, &status_, 0) == pid_); \
		IS(status_ == 0); \
	} while (0)

/* ---- cases ----------------------------------------------------------------- */

static void rename_files(void)
{
	struct stat a;
	int fd;

	make("a", 0644, "A");
	make("b", 0644, "B");
	a = st_of("a");
	fd = OK(open("b", O_RDONLY));
	OK(rename("a", "b"));
	ERR(ENOENT, access("a", F_OK));
	IS(st_of("b").st_ino == a.st_ino);
	IS(holds("b", "A"));
	/* What was replaced lives on. */
	IS(st_of_fd(fd).st_nlink == 0);
	IS(pread(fd, &(char){ 0 }, 1, 0) == 1);
	close(fd);
	OK(link("b", "c"));
	OK(rename("b", "c"));		/* does nothing */
	IS(st_of("b").st_nlink == 2);
	ERR(ENOENT, rename("none", "x"));
	ERR(ENOENT, rename("b", "none/x"));
	ERR(ENOTDIR, rename("b", "c/x"));
	OK(rename("b", "b"));
}

static void rename_folders(void)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/sub", 0755));
	OK(mkdir("empty", 0755));
	OK(mkdir("full", 0755));
	make("full/file", 0644, "");
	make("file", 0644, "");
	ERR(EISDIR, rename("file", "empty"));
	ERR(ENOTDIR, rename("a", "file"));
	errno = 0;
	IS(rename("a", "full") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	ERR(EINVAL, rename("a", "a/sub/x"));
	IS(st_of("a").st_nlink == 3);
	IS(st_of(".").st_nlink == 5);
	OK(rename("a", "empty"));
	IS(st_of(".").st_nlink == 4);
	OK(rename("empty/sub", "full/sub"));
	IS(st_of("empty").st_nlink == 2);
	IS(st_of("full").st_nlink == 3);
	IS(st_of("full/sub/..").st_ino == st_of("full").st_ino);
}

static void rename_flags(void)
{
	struct stat a, b;

	make("a", 0644, "A");
	OK(mkdir("b", 0755));
	make("c", 0644, "C");
	ERR(EEXIST, renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
	OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_NOREPLACE));
	OK(rename("d", "a"));
	a = st_of("a");
	b = st_of("b");
	OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
	IS(st_of("a").st_ino == b.st_ino && S_ISDIR(st_of("a").st_mode));
	IS(st_of("b").st_ino == a.st_ino && holds("b", "A"));
	ERR(ENOENT, renameat2(AT_FDCWD, "a", AT_FDCWD, "none", RENAME_EXCHANGE));
	ERR(EINVAL, renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
}

static void rename_times(void)
{
	int64_t file, from, to;

	OK(mkdir("x", 0755));
	OK(mkdir("y", 0755));
	make("x/f", 0644, "f");
	file = CHANGED("x/f");
	from = MODIFIED("x");
	to = MODIFIED("y");
	tick();
	OK(rename("x/f", "y/f"));
	IS(MODIFIED("x") > from);
	IS(MODIFIED("y") > to);
	IS(CHANGED("y/f") > file);
}

static void links(void)
{
	int64_t before;
	int fd;

	make("a", 0600, "text");
	before = CHANGED("a");
	tick();
	OK(link("a", "b"));
	IS(st_of("a").st_nlink == 2 && st_of("b").st_nlink == 2);
	IS(st_of("a").st_ino == st_of("b").st_ino);
	IS(CHANGED("a") > before);
	ERR(EEXIST, link("a", "b"));
	ERR(ENOENT, link("none", "c"));
	OK(mkdir("dir", 0755));
	ERR(EPERM, link("dir", "dir2"));
	OK(chmod("b", 0640));
	IS(mode_of("a") == 0640);
	fd = OK(open("b", O_WRONLY | O_APPEND));
	IS(write(fd, "more", 4) == 4);
	close(fd);
	IS(holds("a", "textmore"));
	OK(unlink("a"));
	IS(st_of("b").st_nlink == 1);
	IS(holds("b", "textmore"));
	OK(symlink("b", "s"));
	OK(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0));
	IS(S_ISLNK(st_of("s2").st_mode) && st_of("s2").st_nlink == 2);
	OK(linkat(AT_FDCWD, "s", AT_FDCWD, "b2", AT_SYMLINK_FOLLOW));
	IS(st_of("b2").st_ino == st_of("b").st_ino);
}

static void unlink_files(void)
{
	int64_t before;

	make("a", 0644, "x");
	OK(mkdir("dir", 0755));
	before = MODIFIED(".");
	tick();
	OK(unlink("a"));
	IS(MODIFIED(".") > before);
	ERR(ENOENT, unlink("a"));
	ERR(EISDIR, unlink("dir"));
	ERR(ENOENT, unlink("none/x"));
}

static void unlink_open(void)
{
	char buf[8] = "", name[64];
	char *map;
	int fd, again;

	make("a", 0644, "before");
	fd = OK(open("a", O_RDWR));
	OK(unlink("a"));
	IS(st_of_fd(fd).st_nlink == 0);
	IS(pread(fd, buf, 6, 0) == 6 && !strcmp(buf, "before"));
	IS(pwrite(fd, "AFTER", 5, 100000) == 5);
	OK(fsync(fd));
	OK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	IS(pread(fd, buf, 5, 100000) == 5 && !memcmp(buf, "AFTER", 5));
	OK(ftruncate(fd, 50));
	IS(st_of_fd(fd).st_size == 50);
	OK(fchmod(fd, 0600));
	IS((st_of_fd(fd).st_mode & 0777) == 0600);
	map = mmap(NULL, 50, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	IS(map != MAP_FAILED && map[0] == 'b');
	map[1] = 'X';
	munmap(map, 50);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	again = OK(open(name, O_RDONLY));
	IS(pread(again, buf, 2, 0) == 2 && buf[1] == 'X');
	close(again);
	/* A new file has nothing to do with it. */
	make("a", 0644, "new");
	IS(st_of("a").st_ino != st_of_fd(fd).st_ino);
	IS(holds("a", "new"));
	IS(pread(fd, buf, 2, 0) == 2 && buf[1] == 'X');
	close(fd);
}

static void rmdir_folders(void)
{
	int fd;

	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	make("file", 0644, "");
	errno = 0;
	IS(rmdir("a") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	ERR(ENOTDIR, rmdir("file"));
	ERR(EINVAL, rmdir("a/."));
	ERR(ENOENT, rmdir("none"));
	fd = OK(open("a/b", O_RDONLY | O_DIRECTORY));
	OK(rmdir("a/b"));
	IS(st_of("a").st_nlink == 2);
	IS(st_of_fd(fd).st_nlink == 0);
	ERR(ENOENT, openat(fd, "x", O_CREAT | O_RDWR, 0644));
	close(fd);
	OK(rmdir("a"));
}

static void mkdir_modes(void)
{
	mode_t old = umask(027);

	OK(mkdir("a", 0777));
	IS(mode_of("a") == 0750);
	close(OK(open("f", O_CREAT | O_RDWR, 0666)));
	IS(mode_of("f") == 0640);
	OK(mkfifo("p", 0666));
	IS(mode_of("p") == 0640);
	umask(0);
	OK(mkdir("b", 0777));
	IS(mode_of("b") == 0777);
	umask(old);
	ERR(EEXIST, mkdir("a", 0777));
	ERR(ENOENT, mkdir("none/a", 0777));
	ERR(ENOTDIR, mkdir("f/a", 0777));
}

static void symlinks(void)
{
	char target[PATH_MAX], buf[PATH_MAX];
	struct stat st;

	make("file", 0644, "text");
	OK(symlink("file", "s"));
	IS(holds("s", "text"));
	IS(readlink("s", buf, sizeof(buf)) == 4 && !memcmp(buf, "file", 4));
	IS(readlink("s", buf, 2) == 2);
	IS(st_of("s").st_size == 4 && S_ISLNK(st_of("s").st_mode));
	OK(stat("s", &st));
	IS(st.st_ino == st_of("file").st_ino);
	ERR(EINVAL, readlink("file", buf, sizeof(buf)));
	OK(symlink("none", "dangling"));
	ERR(ENOENT, open("dangling", O_RDONLY));
	close(OK(open("dangling", O_CREAT | O_WRONLY, 0644)));
	IS(S_ISREG(st_of("none").st_mode));
	OK(symlink("loop", "loop"));
	ERR(ELOOP, open("loop", O_RDONLY));
	ERR(ELOOP, open("s", O_RDONLY | O_NOFOLLOW));
	ERR(EEXIST, symlink("x", "s"));
	memset(target, 'y', sizeof(target));
	target[1000] = 0;
	OK(symlink(target, "long"));
	IS(readlink("long", buf, sizeof(buf)) == 1000 && !memcmp(buf, target, 1000));
}

static void names(void)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	make(name, 0644, "x");
	IS(holds(name, "x"));
	name[255] = 'n';
	name[256] = 0;
	ERR(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0644));
	ERR(ENAMETOOLONG, mkdir(name, 0755));
	/* Any byte but the two. */
	for (int i = 1; i < 256; i++) {
		snprintf(name, sizeof(name), "byte-%c", i);
		if (i != '/')
			close(OK(open(name, O_CREAT | O_EXCL | O_WRONLY, 0644)));
	}
	for (int i = 1; i < 256; i++) {
		snprintf(name, sizeof(name), "byte-%c", i);
		if (i != '/')
			OK(unlink(name));
	}
}

static void special_files(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "socket" };
	char buf[4];
	int fd;

	OK(mkfifo("fifo", 0600));
	IS(S_ISFIFO(st_of("fifo").st_mode));
	ERR(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
	fd = OK(open("fifo", O_RDWR));
	IS(write(fd, "abc", 3) == 3 && read(fd, buf, 3) == 3);
	close(fd);
	fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
	OK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	IS(S_ISSOCK(st_of("socket").st_mode));
	close(fd);
	if (!root())
		return;
	OK(mknod("char", S_IFCHR | 0600, makedev(240, 70000)));
	IS(S_ISCHR(st_of("char").st_mode));
	IS(st_of("char").st_rdev == makedev(240, 70000));
	OK(mknod("block", S_IFBLK | 0600, makedev(3, 4)));
	IS(S_ISBLK(st_of("block").st_mode) && st_of("block").st_rdev == makedev(3, 4));
}

static void permissions(void)
{
	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("closed", 0700));
	make("closed/f", 0666, "x");
	make("private", 0600, "x");
	make("readable", 0644, "x");
	make("group", 0640, "x");
	OK(chown("group", 0, GROUP));
	OK(mkdir("open", 0777));
	OK(chmod("open", 0777));
	as(USER, GROUP);
	ERR(EACCES, open("closed/f", O_RDONLY));
	ERR(EACCES, open("private", O_RDONLY));
	ERR(EACCES, open("readable", O_WRONLY));
	close(OK(open("readable", O_RDONLY)));
	close(OK(open("group", O_RDONLY)));
	ERR(EACCES, open("new", O_CREAT | O_WRONLY, 0644));
	ERR(EACCES, mkdir("new", 0755));
	ERR(EACCES, unlink("readable"));
	ERR(EACCES, rename("readable", "open/x"));
	ERR(EPERM, chmod("readable", 0777));
	ERR(EPERM, chown("readable", USER, -1));
	ERR(EACCES, truncate("readable", 0));
	make("open/mine", 0600, "x");
	IS(st_of("open/mine").st_uid == USER && st_of("open/mine").st_gid == GROUP);
	OK(mkdir("open/dir", 0700));
	IS(st_of("open/dir").st_uid == USER);
	OK(symlink("x", "open/link"));
	IS(st_of("open/link").st_uid == USER);
	OK(chmod("open/mine", 0000));
	ERR(EACCES, open("open/mine", O_RDONLY));
	ERR(EPERM, chown("open/mine", OTHER, -1));
	OK(chown("open/mine", -1, GROUP));
	as_root();
	close(OK(open("open/mine", O_RDWR)));
	as(OTHER, OTHER);
	ERR(EACCES, open("group", O_RDONLY));
	ERR(EPERM, chmod("open/mine", 0777));
	as_root();
}

static void sticky(void)
{
	need_root();
	OK(mkdir("tmp", 0777));
	OK(chmod("tmp", 01777));
	as(USER, GROUP);
	make("tmp/a", 0666, "x");
	as_root();
	as(OTHER, OTHER);
	ERR(EPERM, unlink("tmp/a"));
	ERR(EPERM, rename("tmp/a", "tmp/b"));
	make("tmp/c", 0666, "x");
	ERR(EPERM, rename("tmp/c", "tmp/a"));
	as_root();
	as(USER, GROUP);
	OK(unlink("tmp/a"));
	as_root();
}

static void setgid_folders(void)
{
	need_root();
	OK(mkdir("shared", 0777));
	OK(chown("shared", 0, GROUP));
	OK(chmod("shared", 02777));
	as(USER, OTHER);
	make("shared/f", 0644, "x");
	OK(mkdir("shared/d", 0755));
	as_root();
	IS(st_of("shared/f").st_gid == GROUP);
	IS(st_of("shared/d").st_gid == GROUP);
	IS(mode_of("shared/d") == 02755);
	IS(mode_of("shared/f") == 0644);
}

static void setuid_bits(void)
{
	int fd;

	need_root();
	OK(chmod(".", 0777));
	as(USER, GROUP);
	make("a", 0777, "x");
	OK(chmod("a", 06777));
	IS(mode_of("a") == 06777);
	as_root();
	as(OTHER, OTHER);
	fd = OK(open("a", O_WRONLY));
	IS(write(fd, "y", 1) == 1);
	close(fd);
	as_root();
	IS(mode_of("a") == 0777);
	OK(chmod("a", 06777));
	as(OTHER, OTHER);
	OK(truncate("a", 0));
	as_root();
	IS(mode_of("a") == 0777);
	OK(chmod("a", 06777));
	OK(chown("a", OTHER, OTHER));
	IS(mode_of("a") == 0777);
	/* Not by a group that one is not in. */
	OK(chown("a", USER, OTHER));
	as(USER, GROUP);
	OK(chmod("a", 02755));
	as_root();
	IS(mode_of("a") == 0755);
	OK(chmod("a", 02745));
	as(OTHER, OTHER);
	ERR(EACCES, open("a", O_WRONLY));
	as_root();
	IS(mode_of("a") == 02745);
}

static void set_times(void)
{
	struct timespec set[2] = { { 1000000000, 123456789 }, { 1500000000, 987654321 } };
	struct timespec omit[2] = { { 0, UTIME_OMIT }, { 1600000000, 5 } };
	struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct timespec old[2] = { { -1000, 0 }, { -5, 500000000 } };
	struct timespec late[2] = { { 5000000000, 1 }, { 6000000000, 2 } };
	struct timespec clock;
	int64_t before;
	struct stat st;

	make("f", 0644, "x");
	before = CHANGED("f");
	tick();
	OK(utimensat(AT_FDCWD, "f", set, 0));
	st = st_of("f");
	IS(ns(st.st_atim) == ns(set[0]) && ns(st.st_mtim) == ns(set[1]));
	IS(ns(st.st_ctim) > before);
	OK(utimensat(AT_FDCWD, "f", omit, 0));
	st = st_of("f");
	IS(ns(st.st_atim) == ns(set[0]) && ns(st.st_mtim) == ns(omit[1]));
	OK(utimensat(AT_FDCWD, "f", now, 0));
	clock_gettime(CLOCK_REALTIME, &clock);
	st = st_of("f");
	IS(llabs(ns(st.st_atim) - ns(clock)) < 5000000000LL);
	IS(llabs(ns(st.st_mtim) - ns(clock)) < 5000000000LL);
	OK(utimensat(AT_FDCWD, "f", old, 0));
	IS(MODIFIED("f") == ns(old[1]));
	OK(utimensat(AT_FDCWD, "f", late, 0));
	IS(MODIFIED("f") == ns(late[1]));
	OK(symlink("f", "s"));
	OK(utimensat(AT_FDCWD, "s", set, AT_SYMLINK_NOFOLLOW));
	IS(MODIFIED("s") == ns(set[1]) && MODIFIED("f") == ns(late[1]));
	OK(mkdir("d", 0755));
	OK(utimensat(AT_FDCWD, "d", set, 0));
	IS(MODIFIED("d") == ns(set[1]));
	if (!root())
		return;
	OK(chmod(".", 0755));
	OK(chmod("f", 0666));
	as(USER, GROUP);
	OK(utimensat(AT_FDCWD, "f", NULL, 0));		/* who may write may touch */
	ERR(EPERM, utimensat(AT_FDCWD, "f", set, 0));
	as_root();
	OK(chmod("f", 0644));
	as(USER, GROUP);
	ERR(EACCES, utimensat(AT_FDCWD, "f", NULL, 0));
	as_root();
}

/* Also of who has had nothing to do for a while. */
static void times_are_now(void)
{
	struct timespec now;
	int64_t before;

	for (int ms = 1; ms <= 256; ms *= 4) {
		usleep(ms * 1000);
		clock_gettime(CLOCK_REALTIME, &now);
		before = ns(now);
		unlink("f");
		make("f", 0644, "x");
		clock_gettime(CLOCK_REALTIME, &now);
		IS(MODIFIED("f") > before - 20000000 && MODIFIED("f") <= ns(now));
		IS(CHANGED("f") > before - 20000000 && CHANGED("f") <= ns(now));
	}
}

static void times_change(void)
{
	struct timespec set[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	int64_t c;
	int fd;

	make("f", 0644, "x");
	OK(utimensat(AT_FDCWD, "f", set, 0));
	fd = OK(open("f", O_WRONLY));
	IS(write(fd, "y", 1) == 1);
	IS(ns(st_of_fd(fd).st_mtim) != ns(set[1]));
	close(fd);
	IS(MODIFIED("f") != ns(set[1]));
	OK(utimensat(AT_FDCWD, "f", set, 0));
	OK(truncate("f", 10));
	IS(MODIFIED("f") != ns(set[1]));
	c = CHANGED("f");
	tick();
	OK(chmod("f", 0600));
	IS(CHANGED("f") > c);
	c = CHANGED("f");
	tick();
	OK(setxattr("f", "user.x", "1", 1, 0) == -1 && errno == EOPNOTSUPP ? chmod("f", 0644) : 0);
	IS(CHANGED("f") > c);
	OK(utimensat(AT_FDCWD, ".", set, 0));
	make("g", 0644, "");
	IS(MODIFIED(".") != ns(set[1]));
	OK(utimensat(AT_FDCWD, ".", set, 0));
	OK(mkdir("d", 0755));
	IS(MODIFIED(".") != ns(set[1]));
	/* A set time survives the close of a file that was written. */
	fd = OK(open("f", O_WRONLY));
	IS(write(fd, "zzz", 3) == 3);
	OK(futimens(fd, set));
	close(fd);
	IS(MODIFIED("f") == ns(set[1]));
}

static void sizes(void)
{
	char buf[100], zero[100] = "";
	int fd;

	make("f", 0644, "0123456789");
	OK(truncate("f", 4));
	IS(holds("f", "0123"));
	OK(truncate("f", 50));
	fd = OK(open("f", O_RDWR));
	IS(pread(fd, buf, 100, 0) == 50 && !memcmp(buf + 4, zero, 46));
	ERR(EINVAL, ftruncate(fd, -1));
	OK(ftruncate(fd, 1LL << 40));
	IS(st_of("f").st_size == 1LL << 40);
	IS(pread(fd, buf, 100, 1LL << 39) == 100 && !memcmp(buf, zero, 100));
	IS(pwrite(fd, "end", 3, 6LL << 30) == 3);
	OK(ftruncate(fd, (6LL << 30) + 3));
	IS(pread(fd, buf, 100, 6LL << 30) == 3 && !memcmp(buf, "end", 3));
	IS(st_of_fd(fd).st_blocks < 1000);
	close(fd);
	fd = OK(open("f", O_RDONLY));
	IS(lseek(fd, 0, SEEK_END) == (6LL << 30) + 3);
	errno = 0;
	IS(ftruncate(fd, 0) == -1 && (errno == EINVAL || errno == EBADF));
	close(fd);
	OK(mkdir("d", 0755));
	ERR(EISDIR, truncate("d", 0));
	/* What was cut off does not come back. */
	make("g", 0644, "secret secret");
	OK(truncate("g", 3));
	OK(truncate("g", 13));
	fd = OK(open("g", O_RDONLY));
	IS(read(fd, buf, 100) == 13 && !memcmp(buf, "sec\0\0\0\0\0\0\0\0\0", 13));
	close(fd);
}

static void opening(void)
{
	char buf[16] = "";
	int a, b;

	make("f", 0644, "text");
	ERR(EEXIST, open("f", O_CREAT | O_EXCL | O_RDWR, 0644));
	ERR(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
	ERR(ENOENT, open("none", O_RDONLY));
	OK(mkdir("d", 0755));
	ERR(EISDIR, open("d", O_WRONLY));
	ERR(EISDIR, open("d", O_CREAT | O_RDWR, 0644));
	a = OK(open("f", O_WRONLY | O_APPEND));
	b = OK(open("f", O_WRONLY | O_APPEND));
	IS(write(a, "1", 1) == 1 && write(b, "2", 1) == 1 && write(a, "3", 1) == 1);
	close(a);
	close(b);
	IS(holds("f", "text123"));
	a = OK(open("f", O_RDONLY));
	ERR(EBADF, write(a, "x", 1));
	b = OK(open("f", O_RDWR | O_TRUNC));
	IS(st_of_fd(a).st_size == 0 && read(a, buf, 1) == 0);
	IS(write(b, "seen", 4) == 4);
	IS(pread(a, buf, 16, 0) == 4 && !strcmp(buf, "seen"));
	close(a);
	close(b);
	/* Permissions of a new file bind later opens only. */
	a = OK(open("ro", O_CREAT | O_RDWR, 0400));
	IS(write(a, "x", 1) == 1);
	close(a);
	IS(holds("ro", "x"));
}

static void unnamed(void)
{
	char name[64];
	int fd = open(".", O_TMPFILE | O_RDWR, 0640);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		skip("no O_TMPFILE");
	OK(fd);
	IS(write(fd, "data", 4) == 4);
	IS(st_of_fd(fd).st_nlink == 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, name, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	IS(st_of_fd(fd).st_nlink == 1);
	close(fd);
	IS(holds("named", "data"));
	fd = OK(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ERR(ENOENT, linkat(AT_FDCWD, name, AT_FDCWD, "x", AT_SYMLINK_FOLLOW));
	close(fd);
}

static void reading_folders(void)
{
	enum { N = 2000 };
	static char seen[N];
	struct dirent *d;
	char name[32];
	int n, i, others = 0;
	long pos = 0;
	DIR *dir;

	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		close(OK(open(name, O_CREAT | O_WRONLY, 0644)));
	}
	dir = opendir(".");
	IS(dir);
	/* Every second one is removed meanwhile. */
	memset(seen, 0, sizeof(seen));
	for (n = 0; (d = readdir(dir)); n++) {
		if (sscanf(d->d_name, "file-%d", &i) != 1) {
			others++;
			continue;
		}
		IS(i >= 0 && i < N && !seen[i]++);
		IS(d->d_ino == st_of(d->d_name).st_ino);
		IS(d->d_type == DT_REG || d->d_type == DT_UNKNOWN);
		if (i % 2)
			OK(unlink(d->d_name));
	}
	IS(others == 2);		/* . and .. */
	for (i = 0; i < N; i++)
		IS(seen[i] == 1);
	/* From the start, and from a place in the middle. */
	rewinddir(dir);
	for (n = 0; readdir(dir); n++)
		if (n == N / 4)
			pos = telldir(dir);
	IS(n == N / 2 + 2);
	seekdir(dir, pos);
	for (i = 0; readdir(dir); i++)
		;
	IS(i == n - N / 4 - 1);
	make("new", 0644, "");
	rewinddir(dir);
	for (n = 0; readdir(dir); n++)
		;
	IS(n == N / 2 + 3);
	closedir(dir);
}

static void xattrs(void)
{
	char value[5000], list[1024];
	ssize_t n;

	make("f", 0644, "x");
	if (setxattr("f", "user.one", "1", 1, 0) && errno == EOPNOTSUPP)
		skip("no xattrs");
	ERR(ENODATA, getxattr("f", "user.two", value, sizeof(value)));
	ERR(EEXIST, setxattr("f", "user.one", "2", 1, XATTR_CREATE));
	ERR(ENODATA, setxattr("f", "user.two", "2", 1, XATTR_REPLACE));
	OK(setxattr("f", "user.two", "", 0, XATTR_CREATE));
	IS(getxattr("f", "user.two", value, sizeof(value)) == 0);
	memset(value, 'v', 2000);
	OK(setxattr("f", "user.long", value, 2000, 0));
	memset(value, 0, sizeof(value));
	IS(getxattr("f", "user.long", NULL, 0) == 2000);
	ERR(ERANGE, getxattr("f", "user.long", value, 100));
	IS(getxattr("f", "user.long", value, sizeof(value)) == 2000 && value[1999] == 'v');
	n = OK(listxattr("f", list, sizeof(list)));
	IS(memmem(list, n, "user.one", 9) && memmem(list, n, "user.two", 9) &&
	   memmem(list, n, "user.long", 10));
	ERR(ERANGE, listxattr("f", list, 5));
	OK(removexattr("f", "user.one"));
	ERR(ENODATA, removexattr("f", "user.one"));
	ERR(EOPNOTSUPP, setxattr("f", "nonsense", "x", 1, 0));
	OK(mkdir("d", 0755));
	OK(setxattr("d", "user.dir", "d", 1, 0));
	IS(getxattr("d", "user.dir", value, 10) == 1 && value[0] == 'd');
	if (!root())
		return;
	OK(symlink("f", "s"));
	OK(lsetxattr("s", "trusted.link", "l", 1, 0));
	IS(lgetxattr("s", "trusted.link", value, 10) == 1);
	ERR(ENODATA, getxattr("s", "trusted.link", value, 10));
	OK(mkfifo("p", 0644));
	OK(setxattr("p", "trusted.pipe", "p", 1, 0));
	IS(getxattr("p", "trusted.pipe", value, 10) == 1);
}

/* As in linux/posix_acl_xattr.h. */
struct acl_entry { uint16_t tag, perm; uint32_t id; };
struct acl { uint32_t version; struct acl_entry entry[5]; };

static void acls(void)
{
	/* user::rwx user:USER:rwx group::r-x mask::rwx other::--- */
	const struct acl acl = { 2, {
		{ 1, 7, -1 }, { 2, 7, USER }, { 4, 5, -1 }, { 0x10, 7, -1 }, { 0x20, 0, -1 },
	} };
	mode_t old;

	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("d", 0700));
	if (setxattr("d", "system.posix_acl_access", &acl, sizeof(acl), 0) &&
	    errno == EOPNOTSUPP)
		skip("no ACLs");
	IS(mode_of("d") == 0770);	/* the mask */
	OK(setxattr("d", "system.posix_acl_default", &acl, sizeof(acl), 0));
	as(USER, GROUP);
	make("d/mine", 0600, "x");
	as_root();
	as(OTHER, OTHER);
	ERR(EACCES, open("d/mine", O_RDONLY));
	as_root();
	/* The default ACL goes down, and the umask does not count. */
	old = umask(077);
	close(OK(open("d/f", O_CREAT | O_WRONLY, 0666)));
	OK(mkdir("d/sub", 0777));
	umask(old);
	IS(mode_of("d/f") == 0660);
	IS(getxattr("d/f", "system.posix_acl_access", NULL, 0) == sizeof(acl));
	IS(getxattr("d/sub", "system.posix_acl_default", NULL, 0) == sizeof(acl));
	as(USER, GROUP);
	close(OK(open("d/f", O_RDWR)));
	as_root();
	OK(chmod("d/f", 0600));		/* narrows the mask */
	as(USER, GROUP);
	ERR(EACCES, open("d/f", O_RDONLY));
	as_root();
	OK(removexattr("d", "system.posix_acl_default"));
	close(OK(open("d/g", O_CREAT | O_WRONLY, 0600)));
	ERR(ENODATA, getxattr("d/g", "system.posix_acl_access", NULL, 0));
}

static void locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = 10, .l_len = 10 };
	int fd;

	make("f", 0644, "x");
	fd = OK(open("f", O_RDWR));
	OK(fcntl(fd, F_SETLK, &l));
	IN_CHILD({
		struct flock m = { .l_type = F_WRLCK, .l_start = 15, .l_len = 1 };
		int own = OK(open("f", O_RDWR));

		errno = 0;
		IS(fcntl(own, F_SETLK, &m) == -1 && (errno == EAGAIN || errno == EACCES));
		OK(fcntl(own, F_GETLK, &m));
		IS(m.l_type == F_WRLCK && m.l_start == 10 && m.l_pid == getppid());
		m = (struct flock){ .l_type = F_WRLCK, .l_start = 20, .l_len = 1 };
		OK(fcntl(own, F_SETLK, &m));
	});
	OK(flock(fd, LOCK_EX));
	IN_CHILD({
		int own = OK(open("f", O_RDWR));

		ERR(EWOULDBLOCK, flock(own, LOCK_EX | LOCK_NB));
	});
	OK(flock(fd, LOCK_UN));
	IN_CHILD({
		int own = OK(open("f", O_RDWR));

		OK(flock(own, LOCK_EX | LOCK_NB));
	});
	close(fd);
}

static void allocation(void)
{
	char buf[4096], zero[4096] = "";
	struct stat st;
	int fd = OK(open("f", O_CREAT | O_RDWR, 0644));

	if (fallocate(fd, 0, 0, 1 << 20) && errno == EOPNOTSUPP)
		skip("no fallocate");
	st = st_of_fd(fd);
	IS(st.st_size == 1 << 20 && st.st_blocks >= 2048);
	OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 1 << 20, 1 << 20));
	IS(st_of_fd(fd).st_size == 1 << 20 && st_of_fd(fd).st_blocks >= 4096);
	memset(buf, 'x', sizeof(buf));
	for (int i = 0; i < 256; i++)
		IS(pwrite(fd, buf, 4096, i * 4096) == 4096);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 65536)) {
		IS(errno == EOPNOTSUPP);
	} else {
		IS(pread(fd, buf, 4096, 8192) == 4096 && !memcmp(buf, zero, 4096));
		IS(pread(fd, buf, 4096, 4096) == 4096 && buf[0] == 'x');
		IS(pread(fd, buf, 4096, 8192 + 65536) == 4096 && buf[0] == 'x');
	}
	if (fallocate(fd, FALLOC_FL_ZERO_RANGE, 500000, 1000)) {
		IS(errno == EOPNOTSUPP);
	} else {
		IS(pread(fd, buf, 1002, 499999) == 1002);
		IS(buf[0] == 'x' && buf[1001] == 'x' && !memcmp(buf + 1, zero, 1000));
	}
	ERR(EINVAL, fallocate(fd, 0, -1, 10));
	close(fd);
}

static void holes(void)
{
	int fd = OK(open("f", O_CREAT | O_RDWR, 0644));

	OK(ftruncate(fd, 64 << 20));
	/* Right away, and after it has gone to the disk. */
	for (int i = 0; i < 2; i++) {
		off_t at = (16 << 20) * (i + 1), data, hole;

		IS(pwrite(fd, "data", 4, at) == 4);
		data = OK(lseek(fd, at - (1 << 20), SEEK_DATA));
		/* Who knows no holes says that all is data. */
		if (data == at - (1 << 20))
			skip("no SEEK_DATA");
		IS(data <= at && data > at - 65536);
		hole = OK(lseek(fd, at, SEEK_HOLE));
		IS(hole > at && hole <= at + 65536);
		OK(fsync(fd));
	}
	IS(lseek(fd, 0, SEEK_HOLE) == 0);
	ERR(ENXIO, lseek(fd, 40 << 20, SEEK_DATA));
	ERR(ENXIO, lseek(fd, 65 << 20, SEEK_DATA));
	IS(lseek(fd, 63 << 20, SEEK_HOLE) == 63 << 20);
	close(fd);
}

static void copying(void)
{
	char buf[16] = "";
	loff_t from = 2, to = 1;
	int a, b;

	make("a", 0644, "0123456789");
	make("b", 0644, "..........");
	a = OK(open("a", O_RDWR));
	b = OK(open("b", O_RDWR));
	IS(pwrite(a, "X", 1, 3) == 1);	/* not on the disk yet */
	IS(copy_file_range(a, &from, b, &to, 4, 0) == 4);
	IS(from == 6 && to == 5);
	IS(pread(b, buf, 10, 0) == 10 && !strcmp(buf, ".2X45....."));
	from = 100;
	IS(copy_file_range(a, &from, b, &to, 4, 0) == 0);
	close(a);
	close(b);
}

static void mappings(void)
{
	char *map, *private, buf[8] = "";
	int fd = OK(open("f", O_CREAT | O_RDWR, 0644));

	OK(ftruncate(fd, 10000));
	map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	IS(map != MAP_FAILED);
	memcpy(map + 5000, "mapped", 6);
	IS(pread(fd, buf, 6, 5000) == 6 && !memcmp(buf, "mapped", 6));
	IS(pwrite(fd, "written", 7, 8000) == 7);
	IS(!memcmp(map + 8000, "written", 7));
	OK(msync(map, 10000, MS_SYNC));
	private = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	IS(private != MAP_FAILED);
	private[5000] = 'X';
	IS(map[5000] == 'm');
	munmap(private, 10000);
	munmap(map, 10000);
	close(fd);
	fd = OK(open("f", O_RDONLY));
	errno = 0;
	IS(mmap(NULL, 10, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	close(fd);
}

static void data(void)
{
	struct iovec iov[2] = { { "abc", 3 }, { "def", 3 } };
	struct pollfd p = { .events = POLLIN | POLLOUT };
	char *page, buf[8] = "";
	int fd = OK(open("f", O_CREAT | O_RDWR, 0644));

	IS(writev(fd, iov, 2) == 6);
	IS(pwrite(fd, "X", 1, 1) == 1);
	IS(lseek(fd, -3, SEEK_CUR) == 3);
	IS(read(fd, buf, 8) == 3 && !memcmp(buf, "def", 3));
	p.fd = fd;
	IS(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT));
	OK(fdatasync(fd));
	close(fd);
	IS(holds("f", "aXcdef"));
	fd = OK(open("s", O_CREAT | O_RDWR | O_SYNC, 0644));
	IS(write(fd, "sync", 4) == 4);
	close(fd);
	IS(!posix_memalign((void **)&page, 4096, 8192));
	fd = open("direct", O_CREAT | O_RDWR | O_DIRECT, 0644);
	if (fd < 0) {
		IS(errno == EINVAL);
		return;
	}
	memset(page, 'd', 8192);
	IS(pwrite(fd, page, 8192, 0) == 8192);
	memset(page, 0, 8192);
	IS(pread(fd, page, 4096, 4096) == 4096 && page[4095] == 'd');
	IS(st_of_fd(fd).st_size == 8192);
	close(fd);
	free(page);
}

static void space(void)
{
	struct statvfs a, b;
	int fd;

	OK(statvfs(".", &a));
	IS(a.f_blocks > 0 && a.f_bfree <= a.f_blocks && a.f_bavail <= a.f_bfree);
	IS(a.f_namemax >= 255 && a.f_frsize > 0);
	fd = OK(open("f", O_CREAT | O_RDWR, 0644));
	for (int i = 0; i < 2048; i++)
		IS(write(fd, "0123456789abcdef", 16) == 16);
	OK(ftruncate(fd, 4 << 20));
	if (!fallocate(fd, 0, 0, 4 << 20)) {
		OK(fsync(fd));
		OK(statvfs(".", &b));
		IS(b.f_bfree < a.f_bfree);
	}
	close(fd);
}

static void flags(void)
{
	struct fstrim_range trim = { .len = ULLONG_MAX };
	int fd, value = 0;

	need_root();
	make("f", 0644, "x");
	fd = OK(open("f", O_RDONLY));
	if (ioctl(fd, FS_IOC_GETFLAGS, &value) && errno == ENOTTY)
		skip("no inode flags");
	value |= FS_IMMUTABLE_FL;
	OK(ioctl(fd, FS_IOC_SETFLAGS, &value));
	ERR(EPERM, unlink("f"));
	ERR(EPERM, truncate("f", 0));
	ERR(EPERM, rename("f", "g"));
	ERR(EPERM, link("f", "g"));
	value = 0;
	OK(ioctl(fd, FS_IOC_GETFLAGS, &value));
	IS(value & FS_IMMUTABLE_FL);
	value &= ~FS_IMMUTABLE_FL;
	OK(ioctl(fd, FS_IOC_SETFLAGS, &value));
	OK(chown("f", USER, GROUP));
	as(USER, GROUP);
	value |= FS_IMMUTABLE_FL;
	ERR(EPERM, ioctl(fd, FS_IOC_SETFLAGS, &value));
	as_root();
	close(fd);
	fd = OK(open("f", O_RDWR));
	IS(pwrite(fd, "y", 1, 0) == 1);
	OK(fsync(fd));
	errno = 0;
	IS(!ioctl(fd, FITRIM, &trim) || errno == EOPNOTSUPP);
	ERR(ENOTTY, ioctl(fd, _IOR('L', 99, int), &value));
	close(fd);
}

/* ---- running ------------------------------------------------------------------ */

#define CASE(f) { #f, f }

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	CASE(rename_files), CASE(rename_folders), CASE(rename_flags), CASE(rename_times),
	CASE(links), CASE(unlink_files), CASE(unlink_open), CASE(rmdir_folders),
	CASE(mkdir_modes), CASE(symlinks), CASE(names), CASE(special_files),
	CASE(permissions), CASE(sticky), CASE(setgid_folders), CASE(setuid_bits),
	CASE(set_times), CASE(times_are_now), CASE(times_change), CASE(sizes), CASE(opening), CASE(unnamed),
	CASE(reading_folders), CASE(xattrs), CASE(acls), CASE(locks), CASE(allocation),
	CASE(holes), CASE(copying), CASE(mappings), CASE(data), CASE(space), CASE(flags),
};

static bool wanted(const char *name, char **list)
{
	if (!*list)
		return true;
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static int bad;

	if (argc < 2 || chdir(argv[1])) {
		fprintf(stderr, "usage: %s FOLDER [CASE...]\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *name = cases[i].name;

		if (!wanted(name, argv + 2))
			continue;
		if (mkdir(name, 0755) || chdir(name)) {
			printf("not ok %s: mkdir: %s\n", name, strerror(errno));
			return 1;
		}
		skipped = false;
		if (!setjmp(end_of_case)) {
			cases[i].run();
			printf("ok %s\n", name);
		} else if (skipped) {
			printf("skip %s: %s\n", name, why);
		} else {
			printf("not ok %s: %s\n", name, why);
			bad = 1;
		}
		if (root())
			as_root();
		if (chdir(".."))
			return 1;
	}
	return bad;
}
