// SPDX-License-Identifier: GPL-2.0
#include <windows.h>

#undef strerror

static HANDLE handle_of(int fd)
{
	return (HANDLE)(intptr_t)fd;
}

/* ---- errors ------------------------------------------------------------------------- */

int compat_error(unsigned long error)
{
	static const struct {
		DWORD error;
		int number;
	} numbers[] = {
		{ ERROR_FILE_NOT_FOUND, LKL_ENOENT }, { ERROR_PATH_NOT_FOUND, LKL_ENOENT },
		{ ERROR_INVALID_NAME, LKL_ENOENT }, { ERROR_BAD_NETPATH, LKL_ENOENT },
		{ ERROR_BAD_PATHNAME, LKL_ENOENT }, { ERROR_INVALID_DRIVE, LKL_ENOENT },
		{ ERROR_ACCESS_DENIED, LKL_EACCES }, { ERROR_SHARING_VIOLATION, LKL_EBUSY },
		{ ERROR_LOCK_VIOLATION, LKL_EAGAIN }, { ERROR_FILE_EXISTS, LKL_EEXIST },
		{ ERROR_ALREADY_EXISTS, LKL_EEXIST }, { ERROR_DISK_FULL, LKL_ENOSPC },
		{ ERROR_HANDLE_DISK_FULL, LKL_ENOSPC }, { ERROR_DIR_NOT_EMPTY, LKL_ENOTEMPTY },
		{ ERROR_WRITE_PROTECT, LKL_EROFS }, { ERROR_NOT_ENOUGH_MEMORY, LKL_ENOMEM },
		{ ERROR_OUTOFMEMORY, LKL_ENOMEM }, { ERROR_TOO_MANY_OPEN_FILES, LKL_EMFILE },
		{ ERROR_INVALID_HANDLE, LKL_EBADF }, { ERROR_NOT_SAME_DEVICE, LKL_EXDEV },
		{ ERROR_DIRECTORY, LKL_ENOTDIR }, { ERROR_FILENAME_EXCED_RANGE, LKL_ENAMETOOLONG },
		{ ERROR_PRIVILEGE_NOT_HELD, LKL_EPERM }, { ERROR_INVALID_FUNCTION, LKL_EOPNOTSUPP },
		{ ERROR_NOT_SUPPORTED, LKL_EOPNOTSUPP }, { ERROR_CALL_NOT_IMPLEMENTED, LKL_EOPNOTSUPP },
		{ ERROR_INVALID_PARAMETER, LKL_EINVAL }, { ERROR_TOO_MANY_LINKS, LKL_EMLINK },
		{ ERROR_NO_UNICODE_TRANSLATION, LKL_EILSEQ }, { ERROR_FILE_TOO_LARGE, LKL_EFBIG },
		{ ERROR_CANT_ACCESS_FILE, LKL_EACCES }, { ERROR_BROKEN_PIPE, LKL_EPIPE },
		{ ERROR_NO_DATA, LKL_EPIPE }, { ERROR_PIPE_NOT_CONNECTED, LKL_EPIPE },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].error == error)
			return -numbers[i].number;
	return -LKL_EIO;
}

static int fail(void)
{
	errno = -compat_error(GetLastError());
	return -1;
}

/* ---- names -------------------------------------------------------------------------- */

wchar_t *compat_wide(const char *text)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *wide = n ? malloc(n * sizeof(wchar_t)) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, n);
	return wide;
}

char *compat_narrow(const wchar_t *text, int len)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, text, len, NULL, 0, NULL, NULL);
	char *narrow = malloc(n + 1);

	if (narrow) {
		WideCharToMultiByte(CP_UTF8, 0, text, len, narrow, n, NULL, NULL);
		narrow[n] = 0;
	}
	return narrow;
}

/*
 * "\\?\" takes the limit of 260 characters away, and the meaning of ".", ".." and "/", for
 * which the path is made absolute first. Devices, "\\.\PhysicalDrive1", are as they are.
 */
wchar_t *compat_path(const char *path)
{
	wchar_t *wide = compat_wide(path), *full;
	DWORD n = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
	int share;

	full = n ? malloc((n + 8) * sizeof(wchar_t)) : NULL;
	if (!full) {
		free(wide);
		return NULL;
	}
	GetFullPathNameW(wide, n, full + 8, NULL);
	free(wide);
	share = full[8] == '\\' && full[9] == '\\';
	if (share && (full[10] == '.' || full[10] == '?')) {
		memmove(full, full + 8, n * sizeof(wchar_t));
	} else if (share) {
		/* \\server\share */
		memcpy(full, L"\\\\?\\UNC", 7 * sizeof(wchar_t));
		memmove(full + 7, full + 9, (n - 1) * sizeof(wchar_t));
	} else {
		memcpy(full, L"\\\\?\\", 4 * sizeof(wchar_t));
		memmove(full + 4, full + 8, n * sizeof(wchar_t));
	}
	return full;
}

/* ---- files -------------------------------------------------------------------------- */

int compat_open(const char *path, int flags, ...)
{
	DWORD access = GENERIC_READ, how = OPEN_EXISTING, attributes = 0;
	wchar_t *wide = compat_path(path);
	HANDLE handle;

	if (!wide) {
		errno = LKL_EILSEQ;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDWR)
		access |= GENERIC_WRITE;
	if (flags & O_DIRECTORY)
		access = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
	if (flags & O_CREAT)
		how = OPEN_ALWAYS;
	if (flags & O_DIRECTORY)
		attributes = FILE_FLAG_BACKUP_SEMANTICS;
	handle = CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			     NULL, how, attributes, NULL);
	free(wide);
	if (handle == INVALID_HANDLE_VALUE)
		return fail();
	if (flags & O_DIRECTORY) {
		BY_HANDLE_FILE_INFORMATION info;

		if (!GetFileInformationByHandle(handle, &info) ||
		    !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
			CloseHandle(handle);
			errno = LKL_ENOTDIR;
			return -1;
		}
	}
	return (intptr_t)handle;
}

int compat_close(int fd)
{
	return CloseHandle(handle_of(fd)) ? 0 : fail();
}

static OVERLAPPED at(int64_t offset)
{
	return (OVERLAPPED){ .Offset = (DWORD)offset, .OffsetHigh = offset >> 32 };
}

ssize_t compat_pread(int fd, void *buf, size_t size, int64_t offset)
{
	OVERLAPPED ov = at(offset);
	DWORD done = 0;

	if (!ReadFile(handle_of(fd), buf, size, &done, &ov) &&
	    GetLastError() != ERROR_HANDLE_EOF)
		return fail();
	return done;
}

ssize_t compat_pwrite(int fd, const void *buf, size_t size, int64_t offset)
{
	OVERLAPPED ov = at(offset);
	DWORD done = 0;

	return WriteFile(handle_of(fd), buf, size, &done, &ov) ? (ssize_t)done : fail();
}

/* Bytes as they are; "e", after the first letter, is the rule here. */
FILE *compat_fopen(const char *path, const char *mode)
{
	wchar_t *wide = compat_path(path);
	FILE *f = NULL;

	errno = LKL_EILSEQ;
	if (wide)
		f = _wfopen(wide, *mode == 'w' ? L"wb" : L"rb");
	free(wide);
	return f;
}

/* Carriage returns at the end of a line are those of editors. */
ssize_t compat_getline(char **line, size_t *room, FILE *f)
{
	size_t len = 0;
	int c = 0;

	while (c != '\n' && (c = getc(f)) != EOF) {
		if (len + 2 > *room) {
			size_t more = *room ? 2 * *room : 128;
			char *grown = realloc(*line, more);

			if (!grown)
				return -1;
			*line = grown;
			*room = more;
		}
		(*line)[len++] = c;
	}
	if (!len)
		return -1;
	if (len > 1 && (*line)[len - 1] == '\n' && (*line)[len - 2] == '\r')
		(*line)[--len - 1] = '\n';
	(*line)[len] = 0;
	return len;
}

/* ---- the rest ----------------------------------------------------------------------- */

char *compat_strndup(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	char *copy = malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = 0;
	}
	return copy;
}

/* The C library's has its parameters in another order. */
struct comparison {
	int (*compare)(const void *a, const void *b, void *arg);
	void *arg;
};

static int turned(void *context, const void *a, const void *b)
{
	const struct comparison *c = context;

	return c->compare(a, b, c->arg);
}

void compat_qsort_r(void *base, size_t count, size_t size,
		    int (*compare)(const void *a, const void *b, void *arg), void *arg)
{
	qsort_s(base, count, size, turned, &(struct comparison){ compare, arg });
}

/* The compiler must not find that nobody reads it again. */
void compat_explicit_bzero(void *mem, size_t size)
{
	SecureZeroMemory(mem, size);
}

/* Consoles know what is wide; labels rarely are. */
int compat_wcswidth(const wchar_t *text, size_t size)
{
	return wcsnlen(text, size);
}
