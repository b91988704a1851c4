// SPDX-License-Identifier: GPL-2.0
#include <windows.h>
#include <winioctl.h>

#include "image.h"
#include "image_file.h"
#include "message.h"

/* Locks keep others from the bytes that they are on: this one is behind the end of any file. */
#define LOCK_AT_HIGH	0x40000000

int image_lock(int fd, const char *name, int exclusive)
{
	OVERLAPPED at = { .OffsetHigh = LOCK_AT_HIGH };

	if (LockFileEx((HANDLE)(intptr_t)fd, LOCKFILE_FAIL_IMMEDIATELY |
		       (exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0), 0, 1, 0, &at))
		return 0;
	if (GetLastError() == ERROR_LOCK_VIOLATION || GetLastError() == ERROR_IO_PENDING) {
		error("%s is in use by another program%s", name,
		      exclusive ? "; wait until it is done" : " that changes it");
		return -1;
	}
	/* Drives have no locks. */
	return 0;
}

int image_lock_for_server(const struct image *image)
{
	error("%s is no raw image, and no other is understood here; convert it with qemu-img",
	      image->name);
	return -1;
}

static int is_empty(HANDLE handle)
{
	LARGE_INTEGER size;

	return GetFileSizeEx(handle, &size) && !size.QuadPart;
}

static int is_drive(HANDLE handle)
{
	GET_LENGTH_INFORMATION length;
	DWORD got;

	return DeviceIoControl(handle, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof(length),
			       &got, NULL);
}

/*
 * Sharing is for the library, which opens the file once more, and for other readers;
 * who opened it for writing before us keeps us out.
 */
int image_open_file(struct image *image)
{
	DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
	DWORD access = GENERIC_READ | (image->read_only ? 0 : GENERIC_WRITE);
	wchar_t *path = compat_path(image->name);
	const char *name = image->name;
	HANDLE handle;
	int err;

	if (!path) {
		error("%s: no path can be like this", name);
		return -1;
	}
	handle = CreateFileW(path, access, share, NULL, OPEN_EXISTING, 0, NULL);
	err = compat_error(GetLastError());
	if (handle == INVALID_HANDLE_VALUE && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES &&
	    GetFileAttributesW(path) & FILE_ATTRIBUTE_DIRECTORY)
		error("%s is neither a file nor a block device", name);
	else if (handle == INVALID_HANDLE_VALUE && err == -LKL_EBUSY)
		error("%s is in use by another program", name);
	else if (handle == INVALID_HANDLE_VALUE && err == -LKL_EACCES && !image->read_only)
		error("%s may not be written (%s); open it read-only", name, lkl_strerror(err));
	else if (handle == INVALID_HANDLE_VALUE)
		error("%s: %s", name, lkl_strerror(err));
	free(path);
	if (handle == INVALID_HANDLE_VALUE)
		return -1;
	image->fd = (intptr_t)handle;
	if (!is_empty(handle) || is_drive(handle))
		return 0;
	error("%s is empty", name);
	return -1;
}

void image_fill_disk(struct image *image)
{
	image->disk.handle = (HANDLE)(intptr_t)image->fd;
}
