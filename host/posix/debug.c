// SPDX-License-Identifier: GPL-2.0
/*
 * lkl_register_dbg_handler(): Ctrl-Z opens a small shell on the terminal that looks
 * around in the kernel. It runs in a thread of its own, since the thread that gets
 * the signal may be anywhere; the application goes on meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <lkl.h>

static sem_t asked;

/* Here, wherever the kernel's messages go. */
static void complain(const char *what, long err)
{
	printf("%s: %s\n", what, lkl_strerror(err));
}

static void cmd_ls(const char *arg)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	int err;

	dir = lkl_opendir(*arg ? arg : ".", &err);
	if (!dir) {
		complain("ls", err);
		return;
	}
	while ((entry = lkl_readdir(dir)))
		printf("%s\n", entry->d_name);
	lkl_closedir(dir);
}

static void cmd_cat(const char *arg)
{
	char buf[4096];
	long fd, n;

	fd = lkl_sys_open(arg, LKL_O_RDONLY, 0);
	if (fd < 0) {
		complain("cat", fd);
		return;
	}
	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	if (n < 0)
		complain("cat", n);
	lkl_sys_close(fd);
}

static void cmd_cd(const char *arg)
{
	long err = lkl_sys_chdir(*arg ? arg : "/");

	if (err)
		complain("cd", err);
}

static void cmd_pwd(const char *arg)
{
	char buf[4096];
	long n = lkl_sys_getcwd(buf, sizeof(buf));

	if (n < 0)
		complain("pwd", n);
	else
		printf("%s\n", buf);
}

static void cmd_mount(const char *arg)
{
	lkl_mount_fs("proc");
	cmd_cat("/proc/mounts");
}

/* The kernel's messages. */
static void cmd_dmesg(const char *arg)
{
	static char buf[256 << 10];
	long n = lkl_sys_syslog(3, buf, sizeof(buf));

	if (n < 0)
		complain("dmesg", n);
	else
		fwrite(buf, 1, n, stdout);
}

static void cmd_help(const char *arg);

static const struct command {
	const char *name;
	void (*run)(const char *arg);
} commands[] = {
	{ "cat", cmd_cat },
	{ "cd", cmd_cd },
	{ "dmesg", cmd_dmesg },
	{ "help", cmd_help },
	{ "ls", cmd_ls },
	{ "mount", cmd_mount },
	{ "pwd", cmd_pwd },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void cmd_help(const char *arg)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("%s ", commands[i].name);
	printf("exit\n");
}

static void run(char *line)
{
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = 0;
	arg += strspn(arg, " ");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(line, commands[i].name)) {
			commands[i].run(arg);
			return;
		}
	}
	if (*line)
		cmd_help(arg);
}

static void shell(void)
{
	char line[4096];

	for (;;) {
		printf("lkl> ");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "exit"))
			break;
		run(line);
	}
	clearerr(stdin);
}

static void *serve(void *unused)
{
	for (;;) {
		while (sem_wait(&asked) && errno == EINTR)
			;
		shell();
	}
	return NULL;
}

static void ask(int sig)
{
	int saved_errno = errno;

	sem_post(&asked);
	errno = saved_errno;
}

static void start(void)
{
	struct sigaction action = { .sa_handler = ask, .sa_flags = SA_RESTART };
	sigset_t all, old;
	pthread_t thread;
	int err;

	if (sem_init(&asked, 0, 0))
		return;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		return;
	pthread_detach(thread);
	sigaction(SIGTSTP, &action, NULL);
}

void lkl_register_dbg_handler(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}
