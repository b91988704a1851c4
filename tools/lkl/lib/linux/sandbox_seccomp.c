// SPDX-License-Identifier: GPL-2.0
/*
 * The filter of system calls. What is not in a list below fails with EPERM, so that a
 * library that tries something goes on without; what only an attacker would do ends the
 * process.
 */
#include "message.h"
#include "sandbox.h"

#ifdef HAVE_LIBSECCOMP
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Bits of open() that change something; the second is O_TMPFILE without O_DIRECTORY. */
#define OPEN_WRITES (O_ACCMODE | O_CREAT | O_TRUNC | 020000000)

/* Bits of clone() that a thread has, and those of namespaces, which it has not. */
#define CLONE_THREAD_BITS (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
#define CLONE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			  CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static const int always[] = {
	/* Descriptors that are open. */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev),
	SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(syncfs), SCMP_SYS(sync_file_range), SCMP_SYS(fallocate),
	SCMP_SYS(ftruncate), SCMP_SYS(fadvise64), SCMP_SYS(copy_file_range),
	SCMP_SYS(sendfile), SCMP_SYS(splice), SCMP_SYS(tee), SCMP_SYS(vmsplice),
	SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(flock), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(memfd_create), SCMP_SYS(io_uring_enter), SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	/* Memory. */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(mincore), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(msync),
	/* Threads and time. */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
	SCMP_SYS(getcpu), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getpgrp), SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(time), SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(timer_create), SCMP_SYS(timer_settime),
	SCMP_SYS(timer_gettime), SCMP_SYS(timer_delete), SCMP_SYS(alarm), SCMP_SYS(setitimer),
	SCMP_SYS(wait4), SCMP_SYS(waitid),
	/* Signals to ourselves. */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigpending),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(pause),
};

static const int reads_files[] = {
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getcwd), SCMP_SYS(chdir),
	SCMP_SYS(fchdir), SCMP_SYS(statfs), SCMP_SYS(getxattr), SCMP_SYS(lgetxattr),
	SCMP_SYS(fgetxattr), SCMP_SYS(listxattr), SCMP_SYS(llistxattr), SCMP_SYS(flistxattr),
};

static const int writes_files[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(creat), SCMP_SYS(truncate),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
	SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(fchown),
	SCMP_SYS(fchownat), SCMP_SYS(utimensat), SCMP_SYS(umask), SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
};

/* Nothing here ever does these things. */
static const int attacks[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_register), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(fsopen),
	SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(bind),
	SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
};

/* Allowed with certain arguments: argument @arg, of which the bits @mask are @value. */
struct limited {
	int call;
	unsigned int arg;
	uint64_t mask;
	uint64_t value;
};

static const struct limited limits[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(clone), 0, CLONE_THREAD_BITS | CLONE_NAMESPACES, CLONE_THREAD_BITS },
	/* To whom the socket is connected, not to an address. */
	{ SCMP_SYS(sendto), 4, ~0ULL, 0 },
	/* The calling thread. */
	{ SCMP_SYS(sched_setaffinity), 0, ~0U, 0 },
	/* Reading limits. */
	{ SCMP_SYS(prlimit64), 2, ~0ULL, 0 },
	{ SCMP_SYS(prctl), 0, ~0U, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, ~0U, PR_GET_NAME },
	{ SCMP_SYS(fcntl), 1, ~0U, F_GETFL },
	{ SCMP_SYS(fcntl), 1, ~0U, F_SETFL },
	{ SCMP_SYS(fcntl), 1, ~0U, F_GETFD },
	{ SCMP_SYS(fcntl), 1, ~0U, F_SETFD },
	{ SCMP_SYS(fcntl), 1, ~0U, F_DUPFD_CLOEXEC },
	{ SCMP_SYS(fcntl), 1, ~0U, F_OFD_SETLK },
	{ SCMP_SYS(fcntl), 1, ~0U, F_GETPIPE_SZ },
	{ SCMP_SYS(fcntl), 1, ~0U, F_SETPIPE_SZ },
	{ SCMP_SYS(fcntl), 1, ~0U, F_ADD_SEALS },
	/* Terminals and the size of pipes; block devices. */
	{ SCMP_SYS(ioctl), 1, ~0U, TCGETS },
	{ SCMP_SYS(ioctl), 1, ~0U, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, ~0U, FIONREAD },
	{ SCMP_SYS(ioctl), 1, ~0U, FIONBIO },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKGETSIZE64 },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKSSZGET },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKPBSZGET },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKIOOPT },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKROGET },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKDISCARD },
	{ SCMP_SYS(ioctl), 1, ~0U, BLKZEROOUT },
	/* fstat() of the C library: by the descriptor, with an empty path. */
	{ SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
};

static const struct limited reading_limits[] = {
	{ SCMP_SYS(open), 1, OPEN_WRITES, O_RDONLY },
	{ SCMP_SYS(openat), 2, OPEN_WRITES, O_RDONLY },
	{ SCMP_SYS(ioctl), 1, ~0U, FS_IOC_GETFLAGS },
	{ SCMP_SYS(ioctl), 1, ~0U, FS_IOC_FSGETXATTR },
	{ SCMP_SYS(ioctl), 1, ~0U, FS_IOC_FIEMAP },
};

static const struct limited writing_limits[] = {
	{ SCMP_SYS(ioctl), 1, ~0U, FS_IOC_SETFLAGS },
	{ SCMP_SYS(ioctl), 1, ~0U, FS_IOC_FSSETXATTR },
};

/* Calls that the host or the library does not know are none that anybody could make. */
static int add(scmp_filter_ctx filter, uint32_t action, int call)
{
	int err = seccomp_rule_add(filter, action, call, 0);

	return err == -EINVAL || err == -EFAULT || err == -EDOM ? 0 : err;
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, unsigned int n)
{
	int err = 0;

	while (!err && n--)
		err = add(filter, action, *calls++);
	return err;
}

static int add_limited(scmp_filter_ctx filter, const struct limited *l, unsigned int n)
{
	int err = 0;

	for (; !err && n--; l++) {
		struct scmp_arg_cmp cmp = SCMP_CMP(l->arg, SCMP_CMP_MASKED_EQ, l->mask, l->value);

		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, l->call, 1, cmp);
	}
	return err;
}

/* Signals are for this process alone. */
static int add_signals(scmp_filter_ctx filter)
{
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				   SCMP_A0(SCMP_CMP_EQ, getpid()));

	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
				       SCMP_A0(SCMP_CMP_EQ, getpid()));
	return err;
}

/* The lookup of names may try a socket of the host; a network is for attackers. */
static int add_sockets(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_NE, AF_UNIX));
}

static int build(scmp_filter_ctx filter, unsigned int flags)
{
	/* For all threads that there are. */
	int err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (!err)
		err = add_all(filter, SCMP_ACT_KILL_PROCESS, attacks, COUNT(attacks));
	if (!err)
		err = add_all(filter, SCMP_ACT_ALLOW, always, COUNT(always));
	if (!err)
		err = add_limited(filter, limits, COUNT(limits));
	if (!err)
		err = add_signals(filter);
	if (!err)
		err = add_sockets(filter);
	/* Their arguments are in memory, where a filter cannot look: use the older one. */
	if (!err)
		err = add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
	if (!err)
		err = add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2));
	if (!err && flags & (SANDBOX_READ_FILES | SANDBOX_WRITE_FILES)) {
		err = add_all(filter, SCMP_ACT_ALLOW, reads_files, COUNT(reads_files));
		if (!err)
			err = add_limited(filter, reading_limits, COUNT(reading_limits));
	}
	if (!err && flags & SANDBOX_WRITE_FILES) {
		err = add_all(filter, SCMP_ACT_ALLOW, writes_files, COUNT(writes_files));
		if (!err)
			err = add_limited(filter, writing_limits, COUNT(writing_limits));
	}
	return err;
}

int sandbox_filter(unsigned int flags)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter ? build(filter, flags) : -ENOMEM;

	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	if (!err)
		return 0;
	error("the filter of system calls cannot be set up: %s; --no-sandbox does without",
	      strerror(-err));
	return -1;
}

#else

int sandbox_filter(unsigned int flags)
{
	(void)flags;
	warning("built without libseccomp: system calls are not filtered");
	return 0;
}

#endif
