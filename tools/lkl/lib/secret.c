// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "secret.h"

/* The limit of cryptsetup. */
#define FILE_MAX	(8 << 20)

void secret_free(struct secret *secret)
{
	if (secret->data)
		explicit_bzero(secret->data, secret->len);
	free(secret->data);
	secret->data = NULL;
	secret->len = 0;
}

/* In one piece, so that no copy is left behind; nor in a buffer of the C library. */
static int read_all(struct secret *secret, FILE *f, const char *path)
{
	setvbuf(f, NULL, _IONBF, 0);
	secret->data = malloc(FILE_MAX + 1);
	if (!secret->data) {
		error("%s: out of memory", path);
		return -1;
	}
	secret->len = fread(secret->data, 1, FILE_MAX + 1, f);
	if (ferror(f))
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
	FILE *f;
	int ret;

	secret->data = NULL;
	secret->len = 0;
	if (!strcmp(path, "-"))
		return read_all(secret, stdin, "standard input");
	f = fopen(path, "re");
	if (!f) {
		error("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = read_all(secret, f, path);
	fclose(f);
	return ret;
}
