// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of the host over the kernel's netlink. The program runs as a child with a
 * seccomp filter that hands its socket calls to us, the supervisor. A netlink socket of
 * its is then one of the kernel inside; what the program gets for it is an eventfd, that
 * can be read when the socket can, so that it may wait for it. We read and write the
 * program's memory for each call. All other sockets are the host's, untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#define CHILD_STACK	(64 << 10)
#define SOCKETS_MAX	64
#define DATA_MAX	(8 << 20)	/* of one message; a large set of nft */
#define IOV_COUNT	64

/* One netlink socket of the program. */
struct sock {
	int fd;			/* its number there, -1 if this is free */
	int inside;		/* the kernel's */
	int ready;		/* our eventfd */
	int set;		/* whether that can be read */
};

struct run {
	int listener;
	pid_t pid;
	struct sock socks[SOCKETS_MAX];
	char *data;		/* DATA_MAX bytes */
};

/* ---- the child ------------------------------------------------------------------- */

struct start {
	const char *path;
	const char *const *argv;
	const int *fds;
	sigset_t mask;
	int listener;
	int err;
};

#define CALLS_WATCHED 11

static const int watched[CALLS_WATCHED] = {
	SYS_socket, SYS_bind, SYS_connect, SYS_getsockname, SYS_setsockopt, SYS_getsockopt,
	SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, SYS_close,
};

static int install_filter(void)
{
	struct sock_filter code[CALLS_WATCHED + 6];
	struct sock_fprog prog = { .filter = code };
	int n = 0, i;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (i = 0; i < CALLS_WATCHED; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 watched[i], CALLS_WATCHED - i, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	prog.len = n;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &prog);
}

/*
 * Shares memory with the supervisor, which waits until the program runs, and descriptors
 * until the filter's is there.
 */
static int child_main(void *arg)
{
	struct start *s = arg;
	int i, fds[3];

	s->err = 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		goto fail;
	s->listener = install_filter();
	if (s->listener < 0 || unshare(CLONE_FILES))
		goto fail;
	/* First out of the way, since one may be where another belongs. */
	for (i = 0; s->fds && i < 3; i++) {
		fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			goto fail;
	}
	for (i = 0; s->fds && i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto fail;
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	execv(s->path, (char *const *)s->argv);
fail:
	s->err = errno;
	_exit(127);
}

static int find_program(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH"), *dir;
	char all[4096];
	char *save = NULL;

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return access(path, X_OK);
	}
	snprintf(all, sizeof(all), "%.3000s:/usr/sbin:/sbin", dirs ? dirs : "/usr/bin:/bin");
	for (dir = strtok_r(all, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		if (snprintf(path, size, "%s/%s", dir, name) < (int)size && !access(path, X_OK))
			return 0;
	}
	return -1;
}

static int linux_err(int err)
{
	/* Host and kernel are both Linux, with the same numbers on these processors. */
	return -err;
}

/* The program's pid, or err. */
static int start_child(struct start *s)
{
	char *stack;
	sigset_t all;
	int pid;

	stack = malloc(CHILD_STACK);
	if (!stack)
		return -LKL_ENOMEM;
	s->listener = -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &s->mask);
	pid = clone(child_main, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, s);
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
	if (pid < 0)
		pid = linux_err(errno);
	free(stack);
	if (pid > 0 && s->err) {
		waitpid(pid, NULL, __WALL);
		if (s->listener >= 0)
			close(s->listener);
		/* Filters with a listener came with 5.0, and may be forbidden. */
		return s->listener < 0 ? -LKL_ENOSYS : linux_err(s->err);
	}
	return pid;
}

/* ---- the program's memory ----------------------------------------------------------- */

static int get(struct run *r, unsigned long from, void *to, size_t size)
{
	struct iovec l = { to, size }, f = { (void *)from, size };

	return !size || process_vm_readv(r->pid, &l, 1, &f, 1, 0) == (ssize_t)size ?
	       0 : -LKL_EFAULT;
}

static int put(struct run *r, unsigned long to, const void *from, size_t size)
{
	struct iovec l = { (void *)from, size }, f = { (void *)to, size };

	return !size || process_vm_writev(r->pid, &l, 1, &f, 1, 0) == (ssize_t)size ?
	       0 : -LKL_EFAULT;
}

/* ---- its calls ------------------------------------------------------------------------ */

static struct sock *find_sock(struct run *r, int fd)
{
	int i;

	for (i = 0; i < SOCKETS_MAX; i++)
		if (r->socks[i].fd == fd)
			return &r->socks[i];
	return NULL;
}

static void drop_sock(struct sock *s)
{
	lkl_sys_close(s->inside);
	close(s->ready);
	s->fd = -1;
}

/* Lets the eventfd say what the socket would. */
static void update_ready(struct sock *s)
{
	struct lkl_pollfd p = { .fd = s->inside, .events = LKL_POLLIN };
	int can = lkl_sys_poll(&p, 1, 0) == 1;
	uint64_t value = 1;

	if (can == s->set)
		return;
	s->set = can;
	if ((can ? write(s->ready, &value, sizeof(value)) :
		   read(s->ready, &value, sizeof(value))) < 0)
		s->set = !can;
}

static long call_socket(struct run *r, const struct seccomp_notif *n)
{
	int type = n->data.args[1], fd;
	struct seccomp_notif_addfd add = { .id = n->id };
	struct sock *s = find_sock(r, -1);

	if (!s)
		return -LKL_EMFILE;
	s->inside = lkl_sys_socket(LKL_AF_NETLINK, SOCK_RAW | LKL_SOCK_CLOEXEC, n->data.args[2]);
	if (s->inside < 0)
		return s->inside;
	s->set = 0;
	s->ready = eventfd(0, EFD_CLOEXEC | (type & SOCK_NONBLOCK ? EFD_NONBLOCK : 0));
	if (s->ready < 0) {
		lkl_sys_close(s->inside);
		return -LKL_EMFILE;
	}
	add.srcfd = s->ready;
	add.newfd_flags = type & SOCK_CLOEXEC ? O_CLOEXEC : 0;
	fd = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (fd < 0) {
		fd = linux_err(errno);
		drop_sock(s);
		return fd;
	}
	s->fd = fd;
	return fd;
}

/* A structure that is given with its size, as addresses and options are. */
static long call_with_buffer(struct run *r, struct sock *s, const struct seccomp_data *d,
			     unsigned long at, size_t size,
			     long (*call)(struct sock *s, const struct seccomp_data *d,
					  void *buf, size_t size))
{
	char buf[256];

	if (size > sizeof(buf))
		return -LKL_EINVAL;
	return get(r, at, buf, size) ? -LKL_EFAULT : call(s, d, buf, size);
}

static long do_bind(struct sock *s, const struct seccomp_data *d, void *buf, size_t size)
{
	return lkl_sys_bind(s->inside, buf, size);
}

static long do_connect(struct sock *s, const struct seccomp_data *d, void *buf, size_t size)
{
	return lkl_sys_connect(s->inside, buf, size);
}

static long do_setsockopt(struct sock *s, const struct seccomp_data *d, void *buf, size_t size)
{
	return lkl_sys_setsockopt(s->inside, d->args[1], d->args[2], buf, size);
}

/* getsockname() and getsockopt(): a structure, and its size that goes both ways. */
static long call_get(struct run *r, struct sock *s, const struct seccomp_data *d)
{
	int opt = d->nr == SYS_getsockopt, size;
	unsigned long at = d->args[opt ? 3 : 1], size_at = d->args[opt ? 4 : 2];
	char buf[256];
	long ret;

	if (get(r, size_at, &size, sizeof(size)))
		return -LKL_EFAULT;
	if (size < 0)
		return -LKL_EINVAL;
	if (size > (int)sizeof(buf))
		size = sizeof(buf);
	ret = opt ? lkl_sys_getsockopt(s->inside, d->args[1], d->args[2], buf, &size) :
		    lkl_sys_getsockname(s->inside, (struct lkl_sockaddr *)buf, &size);
	if (ret)
		return ret;
	return put(r, at, buf, size) || put(r, size_at, &size, sizeof(size)) ? -LKL_EFAULT : 0;
}

static long call_sendto(struct run *r, struct sock *s, const struct seccomp_data *d)
{
	struct lkl_sockaddr_nl to;
	size_t size = d->args[5];

	if (d->args[2] > DATA_MAX || size > sizeof(to))
		return -LKL_EMSGSIZE;
	if (get(r, d->args[1], r->data, d->args[2]) || get(r, d->args[4], &to, size))
		return -LKL_EFAULT;
	return lkl_sys_sendto(s->inside, r->data, d->args[2], d->args[3],
			      size ? (struct lkl_sockaddr *)&to : NULL, size);
}

/* Reads a msghdr with its vector; the size of the vector's buffers, or err. */
static long get_msg(struct run *r, unsigned long at, struct msghdr *h, struct iovec *iov)
{
	size_t total = 0, i;

	if (get(r, at, h, sizeof(*h)))
		return -LKL_EFAULT;
	if (h->msg_iovlen > IOV_COUNT)
		return -LKL_EMSGSIZE;
	if (get(r, (unsigned long)h->msg_iov, iov, h->msg_iovlen * sizeof(*iov)))
		return -LKL_EFAULT;
	for (i = 0; i < h->msg_iovlen; i++) {
		if (iov[i].iov_len > DATA_MAX - total)
			return -LKL_EMSGSIZE;
		total += iov[i].iov_len;
	}
	return total;
}

static long call_sendmsg(struct run *r, struct sock *s, const struct seccomp_data *d)
{
	struct iovec iov[IOV_COUNT];
	struct lkl_sockaddr_nl to;
	struct msghdr h;
	size_t i, done = 0;
	long total;

	total = get_msg(r, d->args[1], &h, iov);
	if (total < 0)
		return total;
	if (!h.msg_name)
		h.msg_namelen = 0;
	if (h.msg_namelen > sizeof(to))
		return -LKL_EINVAL;
	if (get(r, (unsigned long)h.msg_name, &to, h.msg_namelen))
		return -LKL_EFAULT;
	for (i = 0; i < h.msg_iovlen; done += iov[i++].iov_len)
		if (get(r, (unsigned long)iov[i].iov_base, r->data + done, iov[i].iov_len))
			return -LKL_EFAULT;
	return lkl_sys_sendto(s->inside, r->data, total, d->args[2], h.msg_namelen ?
			      (struct lkl_sockaddr *)&to : NULL, h.msg_namelen);
}

/*
 * Receives at most @size bytes, as recvmsg() does. Looks from time to time whether the
 * program, which waits as well, is still there.
 */
static long receive(struct run *r, const struct seccomp_notif *n, struct sock *s, size_t size,
		    unsigned int flags, struct lkl_user_msghdr *m, struct lkl_sockaddr_nl *from)
{
	struct lkl_iovec iov = { .iov_base = r->data, .iov_len = size };
	struct lkl_pollfd p = { .fd = s->inside, .events = LKL_POLLIN };
	uint64_t id = n->id;
	/* The program and we share the eventfd's open file, and with it this flag. */
	int nonblock = flags & LKL_MSG_DONTWAIT || fcntl(s->ready, F_GETFL) & O_NONBLOCK;

	while (!nonblock && !lkl_sys_poll(&p, 1, 100))
		if (ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id))
			return -LKL_EINTR;
	memset(m, 0, sizeof(*m));
	m->msg_name = from;
	m->msg_namelen = sizeof(*from);
	m->msg_iov = &iov;
	m->msg_iovlen = 1;
	return lkl_sys_recvmsg(s->inside, m, flags | LKL_MSG_DONTWAIT);
}

static long call_recvfrom(struct run *r, const struct seccomp_notif *n, struct sock *s)
{
	const struct seccomp_data *d = &n->data;
	size_t size = d->args[2] < DATA_MAX ? d->args[2] : DATA_MAX;
	struct lkl_user_msghdr m;
	struct lkl_sockaddr_nl from;
	long got = receive(r, n, s, size, d->args[3], &m, &from);
	int room;

	if (got < 0)
		return got;
	if (put(r, d->args[1], r->data, got < (long)size ? got : (long)size))
		return -LKL_EFAULT;
	if (!d->args[4])
		return got;
	if (get(r, d->args[5], &room, sizeof(room)) || room < 0)
		return -LKL_EFAULT;
	if (put(r, d->args[4], &from, room < m.msg_namelen ? room : m.msg_namelen) ||
	    put(r, d->args[5], &m.msg_namelen, sizeof(room)))
		return -LKL_EFAULT;
	return got;
}

static long call_recvmsg(struct run *r, const struct seccomp_notif *n, struct sock *s)
{
	const struct seccomp_data *d = &n->data;
	struct iovec iov[IOV_COUNT];
	struct lkl_user_msghdr m;
	struct lkl_sockaddr_nl from;
	struct msghdr h;
	long total, got, left, part;
	size_t i;

	total = get_msg(r, d->args[1], &h, iov);
	if (total < 0)
		return total;
	got = receive(r, n, s, total, d->args[2], &m, &from);
	if (got < 0)
		return got;
	left = got < total ? got : total;
	for (i = 0; i < h.msg_iovlen && left; i++, left -= part) {
		part = left < (long)iov[i].iov_len ? left : (long)iov[i].iov_len;
		if (put(r, (unsigned long)iov[i].iov_base,
			r->data + ((got < total ? got : total) - left), part))
			return -LKL_EFAULT;
	}
	if (h.msg_name) {
		if (h.msg_namelen > (socklen_t)m.msg_namelen)
			h.msg_namelen = m.msg_namelen;
		if (put(r, (unsigned long)h.msg_name, &from, h.msg_namelen))
			return -LKL_EFAULT;
		h.msg_namelen = m.msg_namelen;
	}
	h.msg_controllen = 0;
	h.msg_flags = m.msg_flags;
	return put(r, d->args[1], &h, sizeof(h)) ? -LKL_EFAULT : got;
}

static long do_call(struct run *r, const struct seccomp_notif *n, struct sock *s)
{
	const struct seccomp_data *d = &n->data;

	switch (d->nr) {
	case SYS_bind:
		return call_with_buffer(r, s, d, d->args[1], d->args[2], do_bind);
	case SYS_connect:
		return call_with_buffer(r, s, d, d->args[1], d->args[2], do_connect);
	case SYS_setsockopt:
		return call_with_buffer(r, s, d, d->args[3], d->args[4], do_setsockopt);
	case SYS_getsockname:
	case SYS_getsockopt:
		return call_get(r, s, d);
	case SYS_sendto:
		return call_sendto(r, s, d);
	case SYS_sendmsg:
		return call_sendmsg(r, s, d);
	case SYS_recvfrom:
		return call_recvfrom(r, n, s);
	default:
		return call_recvmsg(r, n, s);
	}
}

/* Answers one call; 0, or -1 when the program is gone. */
static int serve(struct run *r)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp resp = { 0 };
	struct sock *s;
	long ret;

	if (ioctl(r->listener, SECCOMP_IOCTL_NOTIF_RECV, &n))
		return errno == EINTR || errno == ENOENT ? 0 : -1;
	resp.id = n.id;
	s = n.data.nr == SYS_socket ? NULL : find_sock(r, n.data.args[0]);
	if (n.data.nr == SYS_socket && n.data.args[0] == AF_NETLINK) {
		ret = call_socket(r, &n);
	} else if (!s || n.data.nr == SYS_close) {
		if (s)
			drop_sock(s);
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ret = 0;
	} else {
		ret = do_call(r, &n, s);
		update_ready(s);
	}
	if (ret < 0)
		resp.error = ret;
	else
		resp.val = ret;
	/* It may have been killed meanwhile: then there is nobody to answer. */
	ioctl(r->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	return 0;
}

static void serve_all(struct run *r)
{
	struct pollfd p = { .fd = r->listener, .events = POLLIN };

	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		if (p.revents & POLLIN) {
			if (serve(r))
				break;
		} else if (p.revents) {
			break;
		}
	}
}

int lkl_netlink_exec(const char *const argv[], const int fds[3])
{
	struct start start = { .argv = argv, .fds = fds };
	struct run r = { 0 };
	char path[4096];
	int i, status;

	if (!lkl_is_running())
		return -LKL_ENODEV;
	if (find_program(argv[0], path, sizeof(path)))
		return -LKL_ENOENT;
	r.data = malloc(DATA_MAX);
	if (!r.data)
		return -LKL_ENOMEM;
	start.path = path;
	r.pid = start_child(&start);
	if (r.pid < 0) {
		free(r.data);
		return r.pid;
	}
	r.listener = start.listener;
	for (i = 0; i < SOCKETS_MAX; i++)
		r.socks[i].fd = -1;
	serve_all(&r);
	for (i = 0; i < SOCKETS_MAX; i++)
		if (r.socks[i].fd >= 0)
			drop_sock(&r.socks[i]);
	close(r.listener);
	free(r.data);
	while (waitpid(r.pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
