// SPDX-License-Identifier: GPL-2.0
/*
 * sandboxed [-r|-w] ACTION IMAGE: opens a volume, enters the sandbox as a program does,
 * then does what code of an attacker would do there, and says how the host answered:
 * "done", or the error. Being killed is up to the host. "work" is what a program does.
 * -r and -w: with SANDBOX_READ_FILES, SANDBOX_WRITE_FILES.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <lkl.h>

#include "message.h"
#include "sandbox.h"
#include "volume.h"

static struct volume *vol;
/* The library's own ring, -1 if it has none. */
static int ring_fd = -1;

static long do_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long do_create(void)
{
	return open("/tmp/lkl-sandboxed", O_RDWR | O_CREAT, 0600);
}

static long do_tmpfile(void)
{
	return open("/tmp", O_RDWR | O_TMPFILE, 0600);
}

static long do_openat2(void)
{
	struct { unsigned long long flags, mode, resolve; } how = { O_RDONLY, 0, 0 };

	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how));
}

static long do_unlink(void)
{
	return unlink("/tmp/lkl-sandboxed-victim");
}

static long do_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long do_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long do_socketpair(void)
{
	int fds[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static long do_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/run/nobody" };

	return connect(0, (struct sockaddr *)&to, sizeof(to));
}

static long do_exec(void)
{
	return execl("/bin/true", "true", NULL);
}

static long do_fork(void)
{
	long pid = syscall(SYS_fork);

	if (!pid)
		_exit(0);
	return pid;
}

static long do_clone(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}

static long do_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static long do_signal(void)
{
	return kill(getppid(), SIGCONT);
}

static long do_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED ? -1 : 0;
}

static long do_protect(void)
{
	static char page[8192];

	return mprotect((void *)(((unsigned long)page + 4095) & ~4095UL), 4096,
			PROT_READ | PROT_EXEC);
}

static long do_ring(void)
{
	struct io_uring_params p = { 0 };

	return syscall(SYS_io_uring_setup, 8, &p);
}

/* The ring that is there takes orders from its own thread alone. */
static long do_old_ring(void)
{
	return syscall(SYS_io_uring_enter, ring_fd, 1, 0, 0, NULL, 0);
}

static long do_stat(void)
{
	char buf[256];

	return readlink("/proc/self/exe", buf, sizeof(buf));
}

static void *in_thread(void *arg)
{
	return arg;
}

/* All that a program does: files inside, threads, I/O beyond the caches. */
static long do_work(void)
{
	static char buf[1 << 20];
	pthread_t thread;
	char path[256];
	long fd, n, i;

	if (pthread_create(&thread, NULL, in_thread, NULL) || pthread_join(thread, NULL))
		return -1;
	snprintf(path, sizeof(path), "%s/sandboxed", vol->path);
	fd = lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0600);
	for (i = 0; i < 16; i++)
		if (lkl_sys_write(fd, buf, sizeof(buf)) != sizeof(buf))
			return -1;
	if (lkl_sys_fsync(fd) || lkl_sys_fadvise64(fd, 0, 0, POSIX_FADV_DONTNEED))
		return -1;
	lkl_sys_lseek(fd, 0, SEEK_SET);
	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0)
		;
	if (lkl_sys_ftruncate(fd, 0) || lkl_sys_close(fd))
		return -1;
	lkl_sys_sync();
	return n;
}

static const struct {
	const char *name;
	long (*run)(void);
} actions[] = {
	{ "open", do_open }, { "create", do_create }, { "tmpfile", do_tmpfile },
	{ "openat2", do_openat2 }, { "unlink", do_unlink }, { "inet", do_inet },
	{ "unix", do_unix }, { "socketpair", do_socketpair }, { "connect", do_connect },
	{ "exec", do_exec }, { "fork", do_fork }, { "clone", do_clone },
	{ "ptrace", do_ptrace }, { "signal", do_signal }, { "executable", do_executable },
	{ "protect", do_protect }, { "ring", do_ring }, { "old-ring", do_old_ring },
	{ "stat", do_stat }, { "work", do_work },
};

static void find_ring(void)
{
	char path[64], target[256];
	int fd;
	long n;

	for (fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n > 0 && (target[n] = 0, strstr(target, "[io_uring]")))
			ring_fd = fd;
	}
}

int main(int argc, char **argv)
{
	struct volume_options o = { .n_images = 1 };
	unsigned int flags = 0, i;
	long ret;
	int c;

	message_init(argv[0]);
	while ((c = getopt(argc, argv, "rw")) != -1)
		flags |= c == 'r' ? SANDBOX_READ_FILES : SANDBOX_WRITE_FILES;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, argv[optind]))
			break;
	if (i == sizeof(actions) / sizeof(actions[0]))
		die("no action %s", argv[optind]);
	o.images = (const char *const *)&argv[optind + 1];
	if (volume_open(&o, &vol))
		return 1;
	find_ring();
	if (sandbox_enter(flags))
		return 1;
	ret = actions[i].run();
	puts(ret < 0 ? strerrorname_np(errno) : "done");
	fflush(stdout);
	return volume_close(vol) ? 1 : 0;
}
