// SPDX-License-Identifier: GPL-2.0
/* Passphrases from the console. */
#include <windows.h>

#include "message.h"
#include "secret.h"
#include "waiter.h"

static int read_line(struct secret *secret, HANDLE console)
{
	wchar_t line[PASSPHRASE_MAX];
	DWORD len = 0;

	/* Ctrl-C does not end it everywhere. */
	if (waiter_begin())
		return -1;
	if (!ReadConsoleW(console, line, PASSPHRASE_MAX, &len, NULL))
		len = 0;
	waiter_end();
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	secret->data = calloc(1, 3 * PASSPHRASE_MAX);
	if (secret->data && len)
		secret->len = WideCharToMultiByte(CP_UTF8, 0, line, len, secret->data, 3 * PASSPHRASE_MAX,
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
	/* What is typed from now on is not shown. */
	SetConsoleMode(console, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT);
	fprintf(stderr, "Passphrase for %s: ", title);
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
