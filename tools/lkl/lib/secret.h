/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_TOOLS_SECRET_H
#define LKL_TOOLS_SECRET_H

#include <stddef.h>

/* A key or passphrase; wiped when it is freed. */
struct secret {
	char *data;
	size_t len;
};

/* All of the file @path, or of standard input for "-". 0, or -1 with a message printed. */
int secret_read(struct secret *secret, const char *path);
void secret_free(struct secret *secret);

/* passphrase.c of the host */

/* A passphrase may have as many bytes, as with cryptsetup. */
#define PASSPHRASE_MAX	512

/*
 * Asks on the terminal, without echo: "Passphrase for TITLE: ". 0, or -1 with a message
 * printed, which tells of the option @otherwise if there is no terminal.
 */
int secret_ask(struct secret *secret, const char *title, const char *otherwise);

#endif
