// SPDX-License-Identifier: GPL-2.0
#include <windows.h>

#include "message.h"
#include "stream.h"
#include "transfer.h"
#include "waiter.h"

static HANDLE handle_of(int fd)
{
	return (HANDLE)(intptr_t)fd;
}

static int open_stream(const char *name, DWORD standard, DWORD access, DWORD how)
{
	HANDLE handle;
	wchar_t *path;
	DWORD mode;

	if (!strcmp(name, "-")) {
		handle = GetStdHandle(standard);
		if (GetConsoleMode(handle, &mode))
			die("an archive is not for a console; name a file, or use a pipe");
		return (intptr_t)handle;
	}
	path = compat_path(name);
	if (!path)
		die("%s: no path can be like this", name);
	handle = CreateFileW(path, access, FILE_SHARE_READ, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
	if (handle == INVALID_HANDLE_VALUE)
		die("%s: %s", name, lkl_strerror(compat_error(GetLastError())));
	free(path);
	return (intptr_t)handle;
}

int stream_open_in(const char *name)
{
	return open_stream(name, STD_INPUT_HANDLE, GENERIC_READ, OPEN_EXISTING);
}

int stream_open_out(const char *name)
{
	return open_stream(name, STD_OUTPUT_HANDLE, GENERIC_WRITE, CREATE_ALWAYS);
}

uint64_t stream_size(int fd)
{
	LARGE_INTEGER size;

	return GetFileType(handle_of(fd)) == FILE_TYPE_DISK &&
	       GetFileSizeEx(handle_of(fd), &size) ? size.QuadPart : 0;
}

static long last_error(void)
{
	DWORD error = GetLastError();

	return error == ERROR_OPERATION_ABORTED ? -LKL_EINTR : compat_error(error);
}

ssize_t stream_read(int fd, void *buf, size_t size)
{
	ssize_t ret = 0;
	DWORD done = 0;

	if (waiter_begin())
		return -LKL_EINTR;
	if (!ReadFile(handle_of(fd), buf, size, &done, NULL))
		ret = last_error();
	waiter_end();
	/* Whoever wrote is gone: that is the end. */
	return ret == -LKL_EPIPE ? 0 : ret ? ret : (ssize_t)done;
}

ssize_t stream_write(int fd, const void *buf, size_t size)
{
	ssize_t ret = 0;
	DWORD done = 0;

	if (waiter_begin())
		return -LKL_EINTR;
	if (!WriteFile(handle_of(fd), buf, size, &done, NULL))
		ret = last_error();
	else if (!done)
		ret = -LKL_EIO;
	waiter_end();
	return ret ? ret : (ssize_t)done;
}
