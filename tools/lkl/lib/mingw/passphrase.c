// SPDX-License-Identifier: GPL-2.0
/* Keys from files, and passphrases from the console. */
#include <io.h>
#include <windows.h>

#include "message.h"
#include "passphrase.h"

/* The limits of cryptsetup. */
#define FILE_MAX	(8 << 20)
#define LINE_SIZE	512

void secret_free(struct secret *secret)
{
	if (secret->data)
		SecureZeroMemory(secret->data, secret->len);
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
		error("%s: cannot be read", path);
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
	if (!strcmp(path, "-")) {
		_setmode(_fileno(stdin), _O_BINARY);
		return read_all(secret, stdin, "standard input");
	}
	f = fopen(path, "rb");
	if (!f) {
		error("%s: %s", path, strerror(errno));
		return -1;
	}
	ret = read_all(secret, f, path);
	fclose(f);
	return ret;
}

static int read_line(struct secret *secret, HANDLE console)
{
	wchar_t line[LINE_SIZE];
	DWORD len = 0;

	if (!ReadConsoleW(console, line, LINE_SIZE, &len, NULL))
		return -1;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	secret->data = calloc(1, 3 * LINE_SIZE);
	if (secret->data && len)
		secret->len = WideCharToMultiByte(CP_UTF8, 0, line, len, secret->data, 3 * LINE_SIZE,
						  NULL, NULL);
	SecureZeroMemory(line, sizeof(line));
	return secret->len ? 0 : -1;
}

int secret_ask(struct secret *secret, const char *title, const char *otherwise)
{
	HANDLE console = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
				     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
				     NULL);
	DWORD mode;
	int ret;

	secret->data = NULL;
	secret->len = 0;
	if (console == INVALID_HANDLE_VALUE || !GetConsoleMode(console, &mode)) {
		error("%s needs a passphrase, and there is no terminal to ask for it; use %s",
		      title, otherwise);
		if (console != INVALID_HANDLE_VALUE)
			CloseHandle(console);
		return -1;
	}
	fprintf(stderr, "Passphrase for %s: ", title);
	SetConsoleMode(console, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT);
	ret = read_line(secret, console);
	SetConsoleMode(console, mode);
	fputc('\n', stderr);
	CloseHandle(console);
	if (ret) {
		error("%s: no passphrase was given", title);
		secret_free(secret);
	}
	return ret;
}
