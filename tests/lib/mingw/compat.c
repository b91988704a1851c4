// SPDX-License-Identifier: GPL-2.0
#include <windows.h>

static HANDLE handle_of(int fd)
{
	return (HANDLE)(intptr_t)fd;
}

int compat_open(const char *path, int flags, ...)
{
	DWORD access = (flags & 3) == O_RDONLY ? GENERIC_READ :
		       (flags & 3) == O_WRONLY ? GENERIC_WRITE : GENERIC_READ | GENERIC_WRITE;
	DWORD how = OPEN_EXISTING;
	HANDLE handle;

	if (flags & O_CREAT)
		how = flags & O_TRUNC ? CREATE_ALWAYS : OPEN_ALWAYS;
	handle = CreateFileA(path, access,
			     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
			     flags & O_DIRECT ? FILE_FLAG_NO_BUFFERING : 0, NULL);
	return handle == INVALID_HANDLE_VALUE ? -1 : (int)(intptr_t)handle;
}

int compat_close(int fd)
{
	return CloseHandle(handle_of(fd)) ? 0 : -1;
}

static OVERLAPPED at(long long offset)
{
	OVERLAPPED ov = { .Offset = (DWORD)offset, .OffsetHigh = offset >> 32 };

	return ov;
}

long long compat_pread(int fd, void *buf, size_t size, long long offset)
{
	OVERLAPPED ov = at(offset);
	DWORD done = 0;

	if (!ReadFile(handle_of(fd), buf, size, &done, &ov) &&
	    GetLastError() != ERROR_HANDLE_EOF)
		return -1;
	return done;
}

long long compat_pwrite(int fd, const void *buf, size_t size, long long offset)
{
	OVERLAPPED ov = at(offset);
	DWORD done = 0;

	return WriteFile(handle_of(fd), buf, size, &done, &ov) ? (long long)done : -1;
}

int compat_ftruncate(int fd, long long size)
{
	LARGE_INTEGER end = { .QuadPart = size };

	return SetFilePointerEx(handle_of(fd), end, NULL, FILE_BEGIN) &&
	       SetEndOfFile(handle_of(fd)) ? 0 : -1;
}

static DWORD protection(int prot)
{
	return prot & PROT_WRITE ? PAGE_READWRITE : prot & PROT_READ ? PAGE_READONLY :
								       PAGE_NOACCESS;
}

void *compat_mmap(void *addr, size_t size, int prot, int flags, int fd, long long offset)
{
	void *p = VirtualAlloc(addr, size, MEM_RESERVE | MEM_COMMIT, protection(prot));

	return p ? p : MAP_FAILED;
}

int compat_mprotect(void *addr, size_t size, int prot)
{
	DWORD before;

	return VirtualProtect(addr, size, protection(prot), &before) ? 0 : -1;
}

int compat_munmap(void *addr, size_t size)
{
	/* A part of it is not given back, but gone all the same. */
	return VirtualFree(addr, size, MEM_DECOMMIT) ? 0 : -1;
}

int compat_setenv(const char *name, const char *value, int replace)
{
	return !replace && getenv(name) ? 0 : _putenv_s(name, value);
}

int compat_unsetenv(const char *name)
{
	return _putenv_s(name, "");
}
