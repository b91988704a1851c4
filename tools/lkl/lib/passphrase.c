// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "message.h"
#include "passphrase.h"

/* The limits of cryptsetup. */
#define FILE_MAX	(8 << 20)
#define LINE_SIZE	512

void secret_free(struct secret *secret)
{
	if (secret->data)
		explicit_bzero(secret->data, secret->len);
	free(secret->data);
	secret->data = NULL;
	secret->len = 0;
}

static int read_all(struct secret *secret, int fd, const char *path)
{
	ssize_t n;

	/* In one piece, so that no copy is left behind by realloc(). */
	secret->data = malloc(FILE_MAX + 1);
	if (!secret->data) {
		error("%s: out of memory", path);
		return -1;
	}
	do {
		n = read(fd, secret->data + secret->len, FILE_MAX + 1 - secret->len);
		if (n > 0)
			secret->len += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		error("%s: %s", path, strerror(errno));
	else if (secret->len > FILE_MAX)
		error("%s is too long for a key, 8 MiB are the limit", path);
	else if (!secret->len)
		error("%s is empty", path);
	else
		return 0;
	secret_free(secret);
	return -1;
}

int secret_read(struct secret *secret, const char *path)
{
	int fd, ret;

	secret->data = NULL;
	secret->len = 0;
	if (!strcmp(path, "-"))
		return read_all(secret, STDIN_FILENO, "standard input");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		error("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = read_all(secret, fd, path);
	close(fd);
	return ret;
}

static int read_line(struct secret *secret, int tty)
{
	char c;

	secret->data = calloc(1, LINE_SIZE);
	if (!secret->data)
		return -1;
	while (read(tty, &c, 1) == 1 && c != '\n' && secret->len < LINE_SIZE)
		secret->data[secret->len++] = c;
	return secret->len ? 0 : -1;
}

static volatile sig_atomic_t caught;

static void catch(int sig)
{
	caught = sig;
}

/* A terminal must not be left without echo: what would end us waits until it has it. */
static const int ending[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP };
#define ENDING ((int)(sizeof(ending) / sizeof(ending[0])))

static int ask(struct secret *secret, int tty, const struct termios *terminal, const char *title)
{
	struct sigaction action = { .sa_handler = catch }, before[ENDING];
	struct termios silent = *terminal;
	char prompt[1100];
	int i, n, ret;

	caught = 0;
	for (i = 0; i < ENDING; i++)
		sigaction(ending[i], &action, &before[i]);
	silent.c_lflag &= ~ECHO;
	silent.c_lflag |= ICANON | ECHONL;
	tcsetattr(tty, TCSAFLUSH, &silent);
	n = snprintf(prompt, sizeof(prompt), "Passphrase for %s: ", title);
	ret = write(tty, prompt, n) == n ? read_line(secret, tty) : -1;
	tcsetattr(tty, TCSAFLUSH, terminal);
	for (i = 0; i < ENDING; i++)
		sigaction(ending[i], &before[i], NULL);
	if (caught)
		raise(caught);
	return ret;
}

int secret_ask(struct secret *secret, const char *title, const char *otherwise)
{
	struct termios terminal;
	int tty, ret;

	secret->data = NULL;
	secret->len = 0;
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0 || tcgetattr(tty, &terminal)) {
		error("%s needs a passphrase, and there is no terminal to ask for it; use %s",
		      title, otherwise);
		if (tty >= 0)
			close(tty);
		return -1;
	}
	ret = ask(secret, tty, &terminal, title);
	close(tty);
	if (ret) {
		error("%s: no passphrase was given", title);
		secret_free(secret);
	}
	return ret;
}
