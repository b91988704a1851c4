// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <message.h>

#include "channel.h"
#include "process.h"

/* How long programs that still use a file system may finish after a signal. */
#define GRACE_MS	2000

/* How often --unmount looks whether all is done, and after how many times it says so. */
#define WAIT_PAUSE_NS	2000000
#define WAIT_PATIENCE	5000

/* How far the host reads ahead, in requests of the largest size. */
#define READ_AHEAD_REQUESTS	4

/* Words between the processes, one byte each. */
#define READY		'R'
#define STOP		'S'

static bool background;
static int control = -1;	/* to the other process */
static int terminal = -1;	/* where messages go until all is well */

/* ---- in the process that serves ---------------------------------------------- */

void process_ready(void)
{
	const char word = READY;

	if (background) {
		message_to(STDERR_FILENO);
		close(terminal);
	}
	if (write(control, &word, 1) != 1)
		return;		/* nobody waits any more */
}

/* The monitor's word, or its end, which changes nothing: unmounting works without it. */
static void *listen_to_monitor(void *arg)
{
	char word;

	while (read(control, &word, 1) == 1)
		if (word == STOP)
			channel_stop();
	return NULL;
}

static void to_background(int log)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (null < 0 || chdir("/"))
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	close(null);
}

void process_leave_terminal(int log)
{
	pthread_t thread;

	if (background) {
		terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		message_to(terminal);
		to_background(log);
	} else if (log >= 0) {
		message_to(log);
	}
	if (!pthread_create(&thread, NULL, listen_to_monitor, NULL))
		pthread_detach(thread);
}

/* ---- unmounting ------------------------------------------------------------------ */

/* 0, or an errno. Only root unmounts by himself. */
static int unmount(const char *mountpoint, bool lazy)
{
	const char *argv[] = { "fusermount3", "-u", "-q", "--", mountpoint, NULL };
	const char *lazy_argv[] = { "fusermount3", "-u", "-q", "-z", "--", mountpoint, NULL };
	int status;
	pid_t pid;

	if (!geteuid())
		return umount2(mountpoint, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) ?
			errno : 0;
	pid = fork();
	if (!pid) {
		execvp(argv[0], (char **)(lazy ? lazy_argv : argv));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return ENOENT;
	return status ? EBUSY : 0;
}

/* ---- the monitor ------------------------------------------------------------------ */

struct monitor {
	const struct options *options;
	pid_t server;
	int signals;
	int log;
	int report;		/* to the process that was started; -1 in the foreground */
	bool ready;
	bool unmounting, stopped;
	int folder;		/* the root of what is mounted, while unmounting */
};

static void write_pid(const char *name)
{
	FILE *f = fopen(name, "we");

	if (!f || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f))
		warning("%s: %s", name, strerror(errno));
}

/*
 * FUSE reads ahead by 128 KiB, whatever it is asked for, and only root may change that.
 * Without it everything works, but slower. By several requests, so that the next one is
 * there when one has been answered.
 */
static void read_further_ahead(const char *mountpoint)
{
	char name[64];
	struct stat st;
	int fd;

	if (geteuid() || stat(mountpoint, &st))
		return;
	snprintf(name, sizeof(name), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%lu\n", READ_AHEAD_REQUESTS * CHANNEL_DATA_MAX >> 10);
	close(fd);
}

static void usable(struct monitor *m)
{
	const char word = READY;

	m->ready = true;
	read_further_ahead(m->options->mountpoint);
	if (m->options->pid_file)
		write_pid(m->options->pid_file);
	if (m->report < 0)
		return;
	to_background(m->log);
	if (write(m->report, &word, 1) != 1)
		return;
	close(m->report);
}

static void tell_to_stop(struct monitor *m)
{
	const char word = STOP;

	if (m->folder >= 0) {
		syncfs(m->folder);
		close(m->folder);
		m->folder = -1;
	}
	m->stopped = true;
	if (write(control, &word, 1) != 1)
		kill(m->server, SIGKILL);
}

/*
 * A signal. What programs have written arrives in the image in any case; who goes on
 * using the file system loses it: after a while, or at the second signal.
 */
static void begin_unmount(struct monitor *m)
{
	if (!m->ready) {
		kill(m->server, SIGKILL);
		return;
	}
	if (m->unmounting) {
		tell_to_stop(m);
		return;
	}
	m->unmounting = true;
	m->folder = open(m->options->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->folder < 0 || syncfs(m->folder)) {
		tell_to_stop(m);
		return;
	}
	close(m->folder);
	m->folder = -1;
	/* If nobody uses it, that is all; but another mount namespace may have a copy. */
	if (!unmount(m->options->mountpoint, false))
		return;
	m->folder = open(m->options->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (unmount(m->options->mountpoint, true))
		tell_to_stop(m);
}

static void monitor_signal(struct monitor *m)
{
	struct signalfd_siginfo info;

	if (read(m->signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD)
		begin_unmount(m);
}

static void monitor_control(struct monitor *m, struct pollfd *poll)
{
	char word;

	if (read(control, &word, 1) != 1)
		poll->fd = -1;
	else if (word == READY)
		usable(m);
}

/* Takes a mount point away that nobody serves any more, whatever the host's caches still know. */
static void clear_away(const struct monitor *m)
{
	struct statx st;

	if (!statx(AT_FDCWD, m->options->mountpoint, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st))
		return;
	/* Rings end a while after their process, and may still have taken the question. */
	if (errno == ENOTCONN || errno == ECONNABORTED || errno == ECANCELED)
		unmount(m->options->mountpoint, true);
}

static int monitor_run(struct monitor *m)
{
	struct pollfd fds[] = {
		{ .fd = m->signals, .events = POLLIN },
		{ .fd = control, .events = POLLIN },
	};
	int status, n;

	while (!waitpid(m->server, &status, WNOHANG)) {
		n = poll(fds, 2, m->unmounting && !m->stopped ? GRACE_MS : -1);
		if (!n)
			tell_to_stop(m);
		if (n <= 0)
			continue;
		if (fds[0].revents)
			monitor_signal(m);
		if (fds[1].revents)
			monitor_control(m, &fds[1]);
	}
	/* Whatever it still had to say. */
	if (!m->ready && fds[1].fd >= 0 && recv(control, &(char){ 0 }, 1, MSG_DONTWAIT) == 1)
		usable(m);
	clear_away(m);
	if (m->options->pid_file && m->ready)
		unlink(m->options->pid_file);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (!m->unmounting || m->ready)
		error("%s: the process that served it was killed by a signal (%s)",
		      m->options->mountpoint, strsignal(WTERMSIG(status)));
	return 1;
}

/* ---- starting ---------------------------------------------------------------------- */

static int open_log(const char *name)
{
	int fd;

	if (!name)
		return -1;
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		die("%s: %s", name, strerror(errno));
	return fd;
}

static int run_monitor(const struct options *options, int report,
		       int (*serve)(const struct options *options, int log))
{
	struct monitor m = {
		.options = options, .report = report, .folder = -1,
		.log = open_log(options->log_file),
	};
	sigset_t set;
	int pair[2];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	m.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (m.signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("%s", strerror(errno));
	m.server = fork();
	if (m.server < 0)
		die("cannot start a process: %s", strerror(errno));
	control = pair[m.server ? 0 : 1];
	close(pair[m.server ? 1 : 0]);
	if (m.server)
		return monitor_run(&m);
	close(m.signals);
	if (report >= 0)
		close(report);
	/* It ends when it is unmounted; signals are the monitor's. */
	exit(serve(options, m.log));
}

int process_run(const struct options *options,
		int (*serve)(const struct options *options, int log))
{
	int pipes[2], status;
	pid_t pid;
	char word;

	background = !options->foreground;
	if (!background)
		return run_monitor(options, -1, serve);
	if (pipe2(pipes, O_CLOEXEC))
		die("%s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid) {
		close(pipes[0]);
		exit(run_monitor(options, pipes[1], serve));
	}
	close(pipes[1]);
	if (read(pipes[0], &word, 1) == 1)
		return 0;
	/* It has said why. */
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || !WEXITSTATUS(status))
		return 1;
	return WEXITSTATUS(status);
}

/* ---- --unmount -------------------------------------------------------------------- */

/* Undoes the \ooo of /proc/self/mountinfo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

/* The image behind @mountpoint, to be freed; NULL if nothing of ours is mounted there. */
static char *mounted_image(const char *mountpoint)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *result = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		char *where, *rest = strstr(line, " - "), *type, *source, *save;

		if (!rest)
			continue;
		*rest = 0;
		type = strtok_r(rest + 3, " ", &save);
		source = strtok_r(NULL, " ", &save);
		where = strtok_r(line, " ", &save);
		for (int i = 0; where && i < 4; i++)
			where = strtok_r(NULL, " ", &save);
		if (!where || !source)
			continue;
		unescape(where);
		if (strcmp(where, mountpoint))
			continue;
		/* The last one hides those before. */
		free(result);
		result = NULL;
		if (!strcmp(type, "fuse.lklfuse")) {
			unescape(source);
			result = strdup(source);
		}
	}
	free(line);
	if (f)
		fclose(f);
	return result;
}

/* Until the lock on the open @image, which the process that serves has, is gone. */
static void wait_for_lock(int fd, const char *image)
{
	const struct timespec pause = { .tv_nsec = WAIT_PAUSE_NS };
	struct flock whole = { .l_type = F_RDLCK };
	unsigned int waited = 0;

	while (fcntl(fd, F_OFD_SETLK, &whole) && (errno == EAGAIN || errno == EACCES)) {
		nanosleep(&pause, NULL);
		if (++waited == WAIT_PATIENCE)
			warning("%s: waiting until all is written; or is it still mounted in another mount namespace?",
				image);
	}
}

int process_unmount(const char *mountpoint)
{
	char *path = realpath(mountpoint, NULL), *image;
	int fd, err;

	if (path)
		mountpoint = path;
	image = mounted_image(mountpoint);
	if (!image)
		die("%s: nothing that this program has mounted", mountpoint);
	/* The lock on it ends when all is written. */
	fd = open(image, O_RDONLY | O_CLOEXEC);
	err = unmount(mountpoint, false);
	if (err)
		die("%s: cannot be unmounted: %s", mountpoint,
		    err == EBUSY ? "programs still use it, or somebody else has mounted it" :
		    err == ENOENT ? "there is no fusermount3; install fuse3" : strerror(err));
	if (fd < 0) {
		warning("%s cannot be opened to wait for it (%s); wait for the program's end",
			image, strerror(errno));
	} else {
		wait_for_lock(fd, image);
		close(fd);
	}
	free(image);
	free(path);
	return 0;
}
