// SPDX-License-Identifier: GPL-2.0
/*
 * What stands between a selftest of the kernel tree and the kernel in this process.
 * The names of the C library's functions in the test's object are changed: NAME is
 * shim_NAME here, for those in shim.h. main() is shim_test.
 *
 * Processes and threads stay the host's; fork() takes the kernel along. Signals are the
 * kernel's inside, but for what goes to other processes, and SIGALRM is the host's as well: with these
 * the frame of many tests watches over its children.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "shim.h"

int shim_test(int argc, char **argv, char **envp);

static long result(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	long params[6] = { a, b, c, d, e, f };

	return result(lkl_syscall(nr, params));
}

#define SAME(name, nr)							\
long shim_##name(long a, long b, long c, long d, long e, long f)	\
{									\
	return call(__lkl__NR_##nr, a, b, c, d, e, f);			\
}
SHIM_SAME(SAME)

/* Calls that the kernel inside has under a newer name, or not with these words. */

int shim_open(const char *path, int flags, int mode)
{
	return result(lkl_sys_open(path, flags, mode));
}

int shim_creat(const char *path, int mode)
{
	return result(lkl_sys_creat(path, mode));
}

int shim_access(const char *path, int mode)
{
	return result(lkl_sys_access(path, mode));
}

int shim_unlink(const char *path)
{
	return result(lkl_sys_unlink(path));
}

int shim_rmdir(const char *path)
{
	return result(lkl_sys_rmdir(path));
}

int shim_remove(const char *path)
{
	long err = lkl_sys_unlink(path);

	return result(err == -LKL_EISDIR ? lkl_sys_rmdir(path) : err);
}

int shim_mkdir(const char *path, int mode)
{
	return result(lkl_sys_mkdir(path, mode));
}

int shim_symlink(const char *to, const char *path)
{
	return result(lkl_sys_symlink(to, path));
}

int shim_chown(const char *path, unsigned int uid, unsigned int gid)
{
	return result(lkl_sys_chown(path, uid, gid));
}

int shim_umount(const char *path)
{
	return result(lkl_sys_umount((char *)path, 0));
}

/* A file or folder of its own: what the end of @template is has been used by nobody. */
static long make_unique(char *template, long (*make)(const char *path))
{
	static unsigned int count;
	char *end = template + strlen(template) - 6;
	long ret;

	do {
		sprintf(end, "%06u", ++count);
		ret = make(template);
	} while (ret == -LKL_EEXIST);
	return result(ret);
}

static long make_folder(const char *path)
{
	return lkl_sys_mkdir(path, 0700);
}

static long make_file(const char *path)
{
	return lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT | LKL_O_EXCL, 0600);
}

char *shim_mkdtemp(char *template)
{
	return make_unique(template, make_folder) ? NULL : template;
}

int shim_mkstemp(char *template)
{
	return make_unique(template, make_file);
}

int shim_shm_open(const char *name, int flags, unsigned int mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/dev/shm/%s", name + (name[0] == '/'));
	return result(lkl_sys_open(path, flags | LKL_O_CLOEXEC, mode));
}

int shim_shm_unlink(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/dev/shm/%s", name + (name[0] == '/'));
	return result(lkl_sys_unlink(path));
}

/* One that exists; no link of the folders on the way is followed by us. */
char *shim_realpath(const char *path, char *resolved)
{
	char link[64], *to = resolved ? resolved : malloc(PATH_MAX);
	long n, fd = lkl_sys_open(path, LKL_O_PATH, 0);

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
	n = lkl_sys_readlink(link, to, PATH_MAX - 1);
	lkl_sys_close(fd);
	to[n < 0 ? 0 : n] = 0;
	return to;
}

int shim_seteuid(unsigned int uid)
{
	return call(__lkl__NR_setresuid, -1, uid, -1, 0, 0, 0);
}

ssize_t shim_readlink(const char *path, char *buf, size_t size)
{
	return result(lkl_sys_readlink(path, buf, size));
}

int shim_pipe(int *fds)
{
	return result(lkl_sys_pipe(fds));
}

int shim_dup2(int from, int to)
{
	if (from == to)
		return to;
	return result(lkl_sys_dup3(from, to, 0));
}

int shim_poll(void *fds, unsigned int n, int timeout)
{
	return result(lkl_sys_poll(fds, n, timeout));
}

int shim_select(int n, void *in, void *out, void *ex, void *timeout)
{
	return result(lkl_sys_select(n, in, out, ex, timeout));
}

int shim_epoll_create(int size)
{
	return result(lkl_sys_epoll_create(size));
}

int shim_epoll_wait(int fd, void *events, int max, int timeout)
{
	return result(lkl_sys_epoll_wait(fd, events, max, timeout));
}

int shim_eventfd(unsigned int value, int flags)
{
	return result(lkl_sys_eventfd2(value, flags));
}

ssize_t shim_send(int fd, const void *buf, size_t size, int flags)
{
	return call(__lkl__NR_sendto, fd, (long)buf, size, flags, 0, 0);
}

ssize_t shim_recv(int fd, void *buf, size_t size, int flags)
{
	return call(__lkl__NR_recvfrom, fd, (long)buf, size, flags, 0, 0);
}

time_t shim_time(time_t *where)
{
	struct lkl_timespec ts = { 0 };

	lkl_sys_clock_gettime(LKL_CLOCK_REALTIME, (void *)&ts);
	if (where)
		*where = ts.tv_sec;
	return ts.tv_sec;
}

int shim_usleep(unsigned int us)
{
	struct lkl_timespec ts = { us / 1000000, us % 1000000 * 1000 };

	return result(lkl_sys_nanosleep((void *)&ts, NULL));
}

unsigned int shim_sleep(unsigned int seconds)
{
	struct lkl_timespec ts = { .tv_sec = seconds };

	return lkl_sys_nanosleep((void *)&ts, (void *)&ts) ? ts.tv_sec + !!ts.tv_nsec : 0;
}

/* The one that returns the error itself. */
int shim_clock_nanosleep(int clock, int flags, const void *request, void *remain)
{
	return -lkl_sys_clock_nanosleep(clock, flags, (void *)request, remain);
}

int shim_mq_open(const char *name, int flags, long mode, void *attr)
{
	if (name[0] != '/') {
		errno = EINVAL;
		return -1;
	}
	return call(__lkl__NR_mq_open, (long)(name + 1), flags, mode, (long)attr, 0, 0);
}

int shim_mq_unlink(const char *name)
{
	return call(__lkl__NR_mq_unlink, (long)(name + 1), 0, 0, 0, 0, 0);
}

int shim_mq_send(int queue, const char *text, size_t len, unsigned int priority)
{
	return call(__lkl__NR_mq_timedsend, queue, (long)text, len, priority, 0, 0);
}

ssize_t shim_mq_receive(int queue, char *text, size_t size, unsigned int *priority)
{
	return call(__lkl__NR_mq_timedreceive, queue, (long)text, size, (long)priority, 0, 0);
}

int shim_mq_getattr(int queue, void *attr)
{
	return call(__lkl__NR_mq_getsetattr, queue, 0, (long)attr, 0, 0, 0);
}

int shim_mq_setattr(int queue, void *attr, void *old)
{
	return call(__lkl__NR_mq_getsetattr, queue, (long)attr, (long)old, 0, 0, 0);
}

static int convert(long ret, const struct lkl_stat *from, struct stat *to)
{
	if (ret)
		return result(ret);
	memset(to, 0, sizeof(*to));
	to->st_dev = from->st_dev;
	to->st_ino = from->st_ino;
	to->st_mode = from->st_mode;
	to->st_nlink = from->st_nlink;
	to->st_uid = from->st_uid;
	to->st_gid = from->st_gid;
	to->st_rdev = from->st_rdev;
	to->st_size = from->st_size;
	to->st_blksize = from->st_blksize;
	to->st_blocks = from->st_blocks;
	return 0;
}

int shim_stat(const char *path, struct stat *to)
{
	struct lkl_stat st;

	return convert(lkl_sys_stat(path, &st), &st, to);
}

int shim_lstat(const char *path, struct stat *to)
{
	struct lkl_stat st;

	return convert(lkl_sys_lstat(path, &st), &st, to);
}

int shim_fstat(int fd, struct stat *to)
{
	struct lkl_stat st;

	return convert(lkl_sys_fstat(fd, &st), &st, to);
}

int shim_fstatat(int dir, const char *path, struct stat *to, int flags)
{
	struct lkl_stat st;

	return convert(lkl_sys_fstatat(dir, path, &st, flags), &st, to);
}

int shim_statvfs(const char *path, struct statvfs *to)
{
	struct lkl_statfs st;
	long ret = lkl_sys_statfs(path, &st);

	if (ret)
		return result(ret);
	memset(to, 0, sizeof(*to));
	to->f_bsize = st.f_bsize;
	to->f_frsize = st.f_frsize;
	to->f_blocks = st.f_blocks;
	to->f_bfree = st.f_bfree;
	to->f_bavail = st.f_bavail;
	to->f_files = st.f_files;
	to->f_ffree = to->f_favail = st.f_ffree;
	to->f_namemax = st.f_namelen;
	/* All but the bit that says that there are such flags. */
	to->f_flag = st.f_flags & ~0x20;
	return 0;
}

/* Folders; entries are the same on both sides. */

DIR *shim_opendir(const char *path)
{
	int err;
	void *dir = lkl_opendir(path, &err);

	if (!dir)
		errno = -err;
	return dir;
}

DIR *shim_fdopendir(int fd)
{
	int err;
	void *dir = lkl_fdopendir(fd, &err);

	if (!dir)
		errno = -err;
	return dir;
}

struct dirent *shim_readdir(DIR *dir)
{
	void *entry = lkl_readdir((void *)dir);

	if (!entry && lkl_errdir((void *)dir))
		errno = -lkl_errdir((void *)dir);
	return entry;
}

int shim_dirfd(DIR *dir)
{
	return lkl_dirfd((void *)dir);
}

int shim_closedir(DIR *dir)
{
	return result(lkl_closedir((void *)dir));
}

/* Signals, of which the C library has wider sets than the kernel. */

int shim_sigaction(int number, const struct sigaction *act, struct sigaction *old)
{
	struct lkl_sigaction to = { 0 }, from = { 0 };
	long ret;

	if (number == SIGALRM && sigaction(number, act, old))
		return -1;
	if (act) {
		to.lkl_sa_handler = act->sa_handler;
		to.sa_flags = act->sa_flags;
		memcpy(&to.sa_mask, &act->sa_mask, sizeof(to.sa_mask));
	}
	ret = lkl_sys_rt_sigaction(number, act ? &to : NULL, &from, sizeof(lkl_sigset_t));
	if (old) {
		memset(old, 0, sizeof(*old));
		old->sa_handler = from.lkl_sa_handler;
		old->sa_flags = from.sa_flags;
		memcpy(&old->sa_mask, &from.sa_mask, sizeof(from.sa_mask));
	}
	return result(ret);
}

void (*shim_signal(int number, void (*handler)(int)))(int)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	return shim_sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
}

int shim_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (old)
		sigemptyset(old);
	return result(lkl_sys_rt_sigprocmask(how, (void *)set, (void *)old, sizeof(lkl_sigset_t)));
}

int shim_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return shim_sigprocmask(how, set, old) ? errno : 0;
}

int shim_sigpending(sigset_t *set)
{
	sigemptyset(set);
	return result(lkl_sys_rt_sigpending((void *)set, sizeof(lkl_sigset_t)));
}

int shim_sigsuspend(const sigset_t *set)
{
	return result(lkl_sys_rt_sigsuspend((void *)set, sizeof(lkl_sigset_t)));
}

int shim_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return result(lkl_sys_rt_sigtimedwait((void *)set, (void *)info, (void *)timeout,
					      sizeof(lkl_sigset_t)));
}

int shim_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return shim_sigtimedwait(set, info, NULL);
}

int shim_sigwait(const sigset_t *set, int *number)
{
	*number = shim_sigtimedwait(set, NULL, NULL);
	return *number < 0 ? errno : 0;
}

int shim_signalfd(int fd, const sigset_t *set, int flags)
{
	return result(lkl_sys_signalfd4(fd, (void *)set, sizeof(lkl_sigset_t), flags));
}

int shim_kill(pid_t pid, int number)
{
	return pid == lkl_sys_getpid() ? result(lkl_sys_kill(pid, number)) : kill(pid, number);
}

int shim_raise(int number)
{
	return result(lkl_sys_tgkill(lkl_sys_getpid(), lkl_sys_gettid(), number));
}

int shim_pause(void)
{
	return result(lkl_sys_ppoll(NULL, 0, NULL, NULL, 0));
}

int shim_timer_create(int clock, struct sigevent *event, timer_t *timer)
{
	int id = 0;
	long ret = lkl_sys_timer_create(clock, (void *)event, &id);

	*timer = (timer_t)(long)id;
	return result(ret);
}

/* Memory without a file is the application's. */
void *shim_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS)
		return mmap(addr, size, prot, flags, fd, offset);
	return (void *)call(__lkl__NR_mmap, (long)addr, size, prot, flags, fd, offset);
}

int shim_munmap(void *addr, size_t size)
{
	return lkl_sys_munmap(addr, size) == 0 ? 0 : munmap(addr, size);
}

int shim_mprotect(void *addr, size_t size, int prot)
{
	long err = lkl_sys_mprotect((unsigned long)addr, size, prot);

	/* The application's memory is sealed for the kernel inside. */
	return err == -LKL_EPERM ? mprotect(addr, size, prot) : result(err);
}

/* The only limit that tests set for the kernel inside; others are for the process. */
int shim_setrlimit(int resource, const struct rlimit *limit)
{
	if (resource != RLIMIT_MSGQUEUE)
		return setrlimit(resource, limit);
	return result(lkl_sys_prlimit64(0, resource, (void *)limit, NULL));
}

int shim_getrlimit(int resource, struct rlimit *limit)
{
	if (resource != RLIMIT_MSGQUEUE)
		return getrlimit(resource, limit);
	return result(lkl_sys_prlimit64(0, resource, NULL, (void *)limit));
}

/* The kernel returns what is never negative. */
int shim_getpriority(int which, unsigned int who)
{
	long ret = lkl_sys_getpriority(which, who);

	return ret < 0 ? result(ret) : 20 - ret;
}

/* Tests ask for their own thread's. */
int shim_pthread_getcpuclockid(pthread_t thread, clockid_t *clock)
{
	if (!pthread_equal(thread, pthread_self()))
		return ESRCH;
	*clock = LKL_CLOCK_THREAD_CPUTIME_ID;
	return 0;
}

/*
 * Processes are the host's, and so would their namespaces be: what a test looks for in
 * them is not of the kernel inside, and only root could make them.
 */
int shim_clone(int (*function)(void *), void *stack, int flags, void *argument)
{
	const int namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			       CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	if (flags & namespaces) {
		fprintf(stderr, "shim: there are no processes inside for a namespace\n");
		errno = EINVAL;
		return -1;
	}
	return clone(function, stack, flags, argument);
}

/* Programs are the host's. */
int shim_system(const char *command)
{
	fprintf(stderr, "shim: there are no programs inside: %s\n", command);
	errno = ENOSYS;
	return -1;
}

char *shim_if_indextoname(unsigned int index, char *name)
{
	struct lkl_ifreq ifr = { .lkl_ifr_ifindex = index };
	long fd = lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0);
	long ret = fd < 0 ? fd : lkl_sys_ioctl(fd, LKL_SIOCGIFNAME, (lkl_long)&ifr);

	lkl_sys_close(fd);
	if (ret) {
		errno = -ret;
		return NULL;
	}
	return strcpy(name, ifr.ifr_ifrn.ifrn_name);
}

unsigned int shim_if_nametoindex(const char *name)
{
	int index = lkl_ifname_to_ifindex(name);

	return index < 0 ? 0 : index;
}

/* What the host's numbers are here, plus one. */
static const unsigned short numbers[] = {
#include "numbers.h"
};

/* From here on calls have the same number everywhere. */
#define SAME_NUMBERS	424

long shim_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr >= SAME_NUMBERS)
		return call(nr, a, b, c, d, e, f);
	if (nr < 0 || nr >= (long)(sizeof(numbers) / sizeof(numbers[0])) || !numbers[nr]) {
		fprintf(stderr, "shim: there is no call %ld inside\n", nr);
		errno = ENOSYS;
		return -1;
	}
	return call(numbers[nr] - 1, a, b, c, d, e, f);
}

/* Files inside as streams: for what tests read and set in /proc. */

static ssize_t stream_read(void *cookie, char *buf, size_t size)
{
	return result(lkl_sys_read((long)cookie, buf, size));
}

static ssize_t stream_write(void *cookie, const char *buf, size_t size)
{
	long n = lkl_sys_write((long)cookie, (char *)buf, size);

	return n < 0 ? 0 : n;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	long ret = lkl_sys_lseek((long)cookie, *offset, whence);

	if (ret < 0)
		return result(ret);
	*offset = ret;
	return 0;
}

static int stream_close(void *cookie)
{
	return result(lkl_sys_close((long)cookie));
}

FILE *shim_fopen(const char *path, const char *mode)
{
	const cookie_io_functions_t functions = {
		stream_read, stream_write, stream_seek, stream_close,
	};
	int flags = mode[0] == 'r' ? LKL_O_RDONLY : LKL_O_WRONLY | LKL_O_CREAT;
	int fd;

	if (strchr(mode, '+'))
		flags = (flags & ~LKL_O_WRONLY) | LKL_O_RDWR;
	if (mode[0] == 'w')
		flags |= LKL_O_TRUNC;
	if (mode[0] == 'a')
		flags |= LKL_O_APPEND;
	fd = shim_open(path, flags, 0666);
	return fd < 0 ? NULL : fopencookie((void *)(long)fd, mode, functions);
}

/* What the script around a test would do: "FILE=TEXT", a setting of the kernel's. */
static long setup(const char *setting)
{
	const char *text = setting ? strchr(setting, '=') : NULL;
	char path[256];
	long fd, err;

	if (!text)
		return 0;
	snprintf(path, sizeof(path), "%.*s", (int)(text - setting), setting);
	fd = lkl_sys_open(path, LKL_O_WRONLY, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_write(fd, (char *)text + 1, strlen(text + 1));
	lkl_sys_close(fd);
	return err;
}

/* Only root can do all that the tests do, and here everybody is. */
static int prepare(void)
{
	long err = 0;

	for (int i = 0; i < 3 && err >= 0; i++)
		err = lkl_sys_open("/", LKL_O_RDONLY, 0);
	if (err >= 0)
		err = lkl_mount_fs("proc");
	if (err >= 0)
		err = lkl_mount_fs("sysfs");
	lkl_sys_mkdir("/dev", 0755);
	if (err >= 0)
		err = lkl_sys_mount("dev", "/dev", "devtmpfs", 0, NULL);
	lkl_sys_mkdir("/dev/shm", 01777);
	lkl_sys_mkdir("/dev/mqueue", 01777);
	if (err >= 0)
		err = lkl_sys_mount("mqueue", "/dev/mqueue", "mqueue", 0, NULL);
	lkl_sys_mkdir("/tmp", 01777);
	if (err >= 0)
		err = lkl_sys_mount("tmp", "/tmp", "tmpfs", 0, NULL);
	if (err >= 0)
		err = lkl_sys_chdir("/tmp");
	if (err >= 0)
		err = lkl_if_up(1);
	if (err >= 0)
		err = setup(getenv("LKL_SELFTEST_SETUP"));
	return err;
}

/* Before the constructors of the test, which ask what the kernel can do. */
static void __attribute__((constructor(101))) start(void)
{
	int err;

	lkl_host_ops.print = NULL;
	err = lkl_init(&lkl_host_ops);
	if (!err)
		err = lkl_start_kernel("mem=256M");
	if (!err)
		err = prepare();
	if (err < 0) {
		fprintf(stderr, "shim: %s\n", lkl_strerror(err));
		exit(1);
	}
}

int main(int argc, char **argv, char **envp)
{
	return shim_test(argc, argv, envp);
}
