// SPDX-License-Identifier: GPL-2.0
/* Passphrases from the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "message.h"
#include "secret.h"

static int read_line(struct secret *secret, int tty)
{
	char c;

	secret->data = calloc(1, PASSPHRASE_MAX);
	if (!secret->data)
		return -1;
	while (read(tty, &c, 1) == 1 && c != '\n' && secret->len < PASSPHRASE_MAX)
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
