// SPDX-License-Identifier: GPL-2.0
/*
 * The system's own calls open names in open folders, without a limit of length and
 * without following links.
 */
#include <windows.h>
#include <winternl.h>

#include "fs.h"
#include "names.h"

#define ACCESS_READ	(FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA | SYNCHRONIZE)
#define ACCESS_FOLDER	(ACCESS_READ | FILE_TRAVERSE)
#define SHARE_ALL	(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* Of the system's own header, which cannot be included with the others. */
#define STATUS_OBJECT_NAME_COLLISION	((NTSTATUS)0xc0000035)
#define STATUS_STOPPED_ON_SYMLINK	((NTSTATUS)0x8000002d)
#define STATUS_FILE_IS_A_DIRECTORY	((NTSTATUS)0xc00000ba)
#define STATUS_NOT_A_DIRECTORY		((NTSTATUS)0xc0000103)
#define STATUS_NOT_IMPLEMENTED		((NTSTATUS)0xc0000002)
#define STATUS_INVALID_DEVICE_REQUEST	((NTSTATUS)0xc0000010)

/* 1601 to 1970, in steps of 100 ns. */
#define EPOCH	116444736000000000LL
#define TICKS	10000000LL

struct reparse_point {
	uint32_t tag;
	uint16_t size, reserved;
	uint16_t target_at, target_size, shown_at, shown_size;
	/* Symbolic links have flags here, junctions do not. */
	unsigned char rest[MAXIMUM_REPARSE_DATA_BUFFER_SIZE - 16];
};

#define TAG_SYMLINK	0xa000000cU
#define TAG_JUNCTION	0xa0000003U
#define SYMLINK_RELATIVE	1U

static HANDLE handle_of(int fd)
{
	return (HANDLE)(intptr_t)fd;
}

static long last_error(void)
{
	return compat_error(GetLastError());
}

static long status_error(NTSTATUS status)
{
	switch (status) {
	case STATUS_OBJECT_NAME_COLLISION:
		return -LKL_EEXIST;
	case STATUS_FILE_IS_A_DIRECTORY:
		return -LKL_EISDIR;
	case STATUS_NOT_A_DIRECTORY:
		return -LKL_ENOTDIR;
	case STATUS_STOPPED_ON_SYMLINK:
		return -LKL_ELOOP;
	case STATUS_NOT_IMPLEMENTED:
	case STATUS_INVALID_DEVICE_REQUEST:
		return -LKL_EOPNOTSUPP;
	default:
		return compat_error(RtlNtStatusToDosError(status));
	}
}

/* ---- opening ------------------------------------------------------------------------- */

static long open_as(int dir, const char *name, DWORD access, DWORD disposition, DWORD options)
{
	wchar_t wide[NAME_UNITS];
	long units = names_to_wide(wide, name);
	UNICODE_STRING string = { .Buffer = wide };
	OBJECT_ATTRIBUTES object = {
		.Length = sizeof(object), .RootDirectory = handle_of(dir), .ObjectName = &string,
	};
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	HANDLE handle;

	if (units < 0)
		return units;
	string.Length = units * sizeof(wchar_t);
	string.MaximumLength = string.Length;
	status = NtCreateFile(&handle, access, &object, &io, NULL, FILE_ATTRIBUTE_NORMAL, SHARE_ALL,
			      disposition, options | FILE_SYNCHRONOUS_IO_NONALERT |
			      FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0);
	return status ? status_error(status) : (long)(intptr_t)handle;
}

/* The tag of a link that is open itself, else 0. */
static uint32_t link_tag(HANDLE handle)
{
	FILE_ATTRIBUTE_TAG_INFO info;

	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof(info)) ||
	    !(info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		return 0;
	return info.ReparseTag == TAG_SYMLINK || info.ReparseTag == TAG_JUNCTION ? info.ReparseTag :
										  0;
}

static int is_reparse_point(HANDLE handle)
{
	FILE_ATTRIBUTE_TAG_INFO info;

	return GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof(info)) &&
	       info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
}

/*
 * No link is followed. What else is done by reparse points (compressed files, files that
 * are in a cloud) is opened as what it shows.
 */
static long open_plain(int dir, const char *name, DWORD access, DWORD options)
{
	long fd = open_as(dir, name, access, FILE_OPEN, options | FILE_OPEN_REPARSE_POINT);

	if (fd < 0 || !is_reparse_point(handle_of(fd)))
		return fd;
	if (link_tag(handle_of(fd))) {
		CloseHandle(handle_of(fd));
		return -LKL_ELOOP;
	}
	CloseHandle(handle_of(fd));
	return open_as(dir, name, access, FILE_OPEN, options);
}

static long host_open_dir(int dir, const char *name)
{
	return open_plain(dir, name, ACCESS_FOLDER, FILE_DIRECTORY_FILE);
}

static long host_reach_dir(int dir, const char *name)
{
	return open_plain(dir, name, FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
			  FILE_DIRECTORY_FILE);
}

long fs_host_resolve(const char *path)
{
	int fd = open(path, O_DIRECTORY);

	return fd < 0 ? -errno : fd;
}

static long host_reach(int dir, const char *name)
{
	return open_as(dir, name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN,
		       FILE_OPEN_REPARSE_POINT);
}

static long host_open_file(int dir, const char *name)
{
	return open_plain(dir, name, ACCESS_READ, FILE_NON_DIRECTORY_FILE);
}

static long host_create(int dir, const char *name, uint32_t mode)
{
	return open_as(dir, name, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, FILE_CREATE,
		       FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT);
}

static long host_close(int fd)
{
	return CloseHandle(handle_of(fd)) ? 0 : last_error();
}

/* For attributes: any file itself, links as well. The caller closes it if it is not @dir. */
static long open_itself(int dir, const char *name, DWORD access)
{
	if (!*name)
		return dir;
	return open_as(dir, name, access | SYNCHRONIZE, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
}

static void close_itself(long fd, int dir)
{
	if (fd != dir)
		CloseHandle(handle_of(fd));
}

/* ---- looking ------------------------------------------------------------------------- */

static struct timespec to_time(FILETIME t)
{
	int64_t ticks = ((int64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) - EPOCH;
	int64_t s = ticks >= 0 ? ticks / TICKS : -((TICKS - 1 - ticks) / TICKS);

	return (struct timespec){ .tv_sec = s, .tv_nsec = (ticks - s * TICKS) * 100 };
}

/* There are no modes: what is read-only, or a folder, can be told. */
static uint32_t mode_of(DWORD attributes, uint32_t tag)
{
	if (tag)
		return S_IFLNK | 0777;
	if (attributes & FILE_ATTRIBUTE_DIRECTORY)
		return S_IFDIR | 0755;
	return S_IFREG | (attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0644);
}

static long host_stat(int dir, const char *name, struct attributes *attr)
{
	long fd = open_itself(dir, name, FILE_READ_ATTRIBUTES), ret = 0;
	BY_HANDLE_FILE_INFORMATION info;
	FILE_STANDARD_INFO sizes;

	if (fd < 0)
		return fd;
	if (!GetFileInformationByHandle(handle_of(fd), &info)) {
		ret = last_error();
	} else {
		*attr = (struct attributes){
			.mode = mode_of(info.dwFileAttributes, link_tag(handle_of(fd))),
			.links = info.nNumberOfLinks,
			.size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow,
			.dev = info.dwVolumeSerialNumber,
			.ino = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow,
			.atime = to_time(info.ftLastAccessTime),
			.mtime = to_time(info.ftLastWriteTime),
		};
		/* Only of what is sparse, or compressed, does the difference matter. */
		attr->stored = attr->size;
		if (info.dwFileAttributes & (FILE_ATTRIBUTE_SPARSE_FILE |
					     FILE_ATTRIBUTE_COMPRESSED) &&
		    GetFileInformationByHandleEx(handle_of(fd), FileStandardInfo, &sizes,
						 sizeof(sizes)))
			attr->stored = sizes.AllocationSize.QuadPart;
		if (S_ISDIR(attr->mode))
			attr->links = 1;
	}
	close_itself(fd, dir);
	return ret;
}

#define LIST_SIZE	16384

/* 0 if it did not fit. */
static size_t put_entry(char *to, size_t room, const FILE_ID_BOTH_DIR_INFO *info)
{
	size_t head = offsetof(struct lkl_linux_dirent64, d_name), size;
	struct lkl_linux_dirent64 *entry = (struct lkl_linux_dirent64 *)to;
	char name[3 * NAME_UNITS];
	long len = names_from_wide(name, sizeof(name), info->FileName,
				   info->FileNameLength / sizeof(wchar_t));

	if (len < 0)
		return 0;
	size = (head + len + 1 + 7) & ~(size_t)7;
	if (size > room)
		return 0;
	entry->d_ino = info->FileId.QuadPart;
	entry->d_reclen = size;
	entry->d_type = info->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? DT_UNKNOWN :
			info->FileAttributes & FILE_ATTRIBUTE_DIRECTORY ? DT_DIR : DT_REG;
	memcpy(entry->d_name, name, len + 1);
	return size;
}

/*
 * UTF-8 takes up to three bytes for each two of UTF-16, our heads are shorter than the
 * system's: what fits half of the caller's room there fits all of it here.
 */
static long host_list(int fd, void *buf, size_t size)
{
	char list[LIST_SIZE] __attribute__((aligned(8)));
	size_t room = size / 2 < LIST_SIZE ? size / 2 : LIST_SIZE, used = 0, at = 0;
	FILE_ID_BOTH_DIR_INFO *info;

	if (!GetFileInformationByHandleEx(handle_of(fd), FileIdBothDirectoryInfo, list, room))
		return GetLastError() == ERROR_NO_MORE_FILES ? 0 : last_error();
	do {
		size_t n;

		info = (FILE_ID_BOTH_DIR_INFO *)(list + at);
		n = put_entry((char *)buf + used, size - used, info);
		if (!n)
			return -LKL_ENAMETOOLONG;
		used += n;
		at += info->NextEntryOffset;
	} while (info->NextEntryOffset);
	return used;
}

static long host_pread(int fd, void *buf, size_t len, uint64_t pos)
{
	long n = pread(fd, buf, len, pos);

	return n < 0 ? -errno : n;
}

/* The next data, or hole, of a file that may be sparse. */
static int64_t host_seek(int fd, uint64_t pos, int whence)
{
	FILE_ALLOCATED_RANGE_BUFFER from = { .FileOffset.QuadPart = pos }, range;
	LARGE_INTEGER size;
	DWORD got;

	if (!GetFileSizeEx(handle_of(fd), &size))
		return last_error();
	if (pos >= (uint64_t)size.QuadPart)
		return -LKL_ENXIO;
	from.Length.QuadPart = size.QuadPart - pos;
	if (!DeviceIoControl(handle_of(fd), FSCTL_QUERY_ALLOCATED_RANGES, &from, sizeof(from), &range,
			     sizeof(range), &got, NULL) && GetLastError() != ERROR_MORE_DATA)
		return last_error();
	if (whence == SEEK_DATA) {
		if (got < sizeof(range))
			return -LKL_ENXIO;
		return range.FileOffset.QuadPart > (int64_t)pos ? range.FileOffset.QuadPart :
								  (int64_t)pos;
	}
	if (got < sizeof(range) || range.FileOffset.QuadPart > (int64_t)pos)
		return pos;
	return range.FileOffset.QuadPart + range.Length.QuadPart;
}

static long read_reparse_point(int dir, const char *name, struct reparse_point *point)
{
	long fd = open_itself(dir, name, FILE_READ_ATTRIBUTES), ret = 0;
	DWORD got;

	if (fd < 0)
		return fd;
	memset(point, 0, sizeof(*point));
	if (!DeviceIoControl(handle_of(fd), FSCTL_GET_REPARSE_POINT, NULL, 0, point,
			     sizeof(*point), &got, NULL))
		ret = last_error();
	close_itself(fd, dir);
	return ret;
}

/* As Linux would write it; drives stay "C:/". */
static long host_readlink(int dir, const char *name, char *buf, size_t size)
{
	struct reparse_point point;
	long ret = read_reparse_point(dir, name, &point);
	const unsigned char *names = point.rest + (point.tag == TAG_SYMLINK ? 4 : 0);
	size_t len;
	char *target;

	if (ret)
		return ret;
	if ((point.tag != TAG_SYMLINK && point.tag != TAG_JUNCTION) ||
	    point.shown_at + point.shown_size > sizeof(point.rest) - 4)
		return -LKL_EINVAL;
	target = compat_narrow((const wchar_t *)(names + point.shown_at),
			       point.shown_size / sizeof(wchar_t));
	if (!target)
		return -LKL_ENOMEM;
	for (char *at = target; *at; at++)
		if (*at == '\\')
			*at = '/';
	len = strlen(target);
	memcpy(buf, target, len < size ? len : size);
	free(target);
	return len < size ? len : size;
}

/* ---- changing ------------------------------------------------------------------------ */

static long host_pwrite(int fd, const void *buf, size_t len, uint64_t pos)
{
	long n = pwrite(fd, buf, len, pos);

	return n < 0 ? -errno : n;
}

static long host_truncate(int fd, uint64_t size)
{
	FILE_END_OF_FILE_INFO end = { .EndOfFile.QuadPart = size };

	return SetFileInformationByHandle(handle_of(fd), FileEndOfFileInfo, &end, sizeof(end)) ?
	       0 : last_error();
}

/* What was written is the system's, which writes it in its time, as with any copy. */
static long host_syncfs(int fd)
{
	return 0;
}

static long host_mkdir(int dir, const char *name, uint32_t mode)
{
	long fd = open_as(dir, name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_CREATE,
			  FILE_DIRECTORY_FILE);

	return fd < 0 ? fd : host_close(fd);
}

static long host_unlink(int dir, const char *name)
{
	FILE_BASIC_INFO writable = { .FileAttributes = FILE_ATTRIBUTE_NORMAL };
	FILE_DISPOSITION_INFO gone = { .DeleteFile = TRUE };
	long fd, ret = 0;

	fd = open_as(dir, name, DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
		     FILE_OPEN, FILE_OPEN_REPARSE_POINT);
	if (fd < 0)
		return fd;
	SetFileInformationByHandle(handle_of(fd), FileBasicInfo, &writable, sizeof(writable));
	if (!SetFileInformationByHandle(handle_of(fd), FileDispositionInfo, &gone, sizeof(gone)))
		ret = last_error();
	CloseHandle(handle_of(fd));
	return ret;
}

/* Fills @point for a link to @target; its size in bytes, or a negative errno. */
static long make_point(struct reparse_point *point, const char *target)
{
	wchar_t *wide = compat_wide(target);
	unsigned int size = wide ? wcslen(wide) * sizeof(wchar_t) : 0;
	uint32_t flags = *target == '/' ? 0 : SYMLINK_RELATIVE;

	if (!wide || 2 * size + 4 > sizeof(point->rest)) {
		free(wide);
		return wide ? -LKL_ENAMETOOLONG : -LKL_EILSEQ;
	}
	for (wchar_t *at = wide; *at; at++)
		if (*at == '/')
			*at = '\\';
	*point = (struct reparse_point){
		.tag = TAG_SYMLINK, .size = 12 + 2 * size,
		.target_at = 0, .target_size = size, .shown_at = size, .shown_size = size,
	};
	memcpy(point->rest, &flags, 4);
	memcpy(point->rest + 4, wide, size);
	memcpy(point->rest + 4 + size, wide, size);
	free(wide);
	return 8 + point->size;
}

/* Who may make links is a matter of rights. It is one to a file, whatever it leads to. */
static long host_symlink(const char *target, int dir, const char *name)
{
	struct reparse_point point;
	long size = make_point(&point, target), fd, ret = 0;
	DWORD got;

	if (size < 0)
		return size;
	fd = host_create(dir, name, 0);
	if (fd < 0)
		return fd;
	if (!DeviceIoControl(handle_of(fd), FSCTL_SET_REPARSE_POINT, &point, size, NULL, 0, &got,
			     NULL))
		ret = last_error();
	CloseHandle(handle_of(fd));
	if (ret)
		host_unlink(dir, name);
	return ret;
}

static long host_link(int from_dir, const char *from, int dir, const char *name)
{
	struct {
		FILE_LINK_INFORMATION info;
		wchar_t rest[NAME_UNITS];
	} link = { .info = { .RootDirectory = handle_of(dir) } };
	wchar_t wide[NAME_UNITS];
	long units = names_to_wide(wide, name), fd;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	if (units < 0)
		return units;
	memcpy((char *)&link + offsetof(FILE_LINK_INFORMATION, FileName), wide,
	       units * sizeof(wchar_t));
	link.info.FileNameLength = units * sizeof(wchar_t);
	fd = open_itself(from_dir, from, FILE_WRITE_ATTRIBUTES);
	if (fd < 0)
		return fd;
	status = NtSetInformationFile(handle_of(fd), &io, &link, sizeof(link),
				      FileLinkInformation);
	close_itself(fd, from_dir);
	return status ? status_error(status) : 0;
}

static long host_mknod(int dir, const char *name, uint32_t mode, uint32_t major,
		       uint32_t minor)
{
	return -LKL_EOPNOTSUPP;
}

static long host_chown(int dir, const char *name, uint32_t uid, uint32_t gid)
{
	return -LKL_EOPNOTSUPP;
}

static long host_chmod(int dir, const char *name, uint32_t mode)
{
	return -LKL_EOPNOTSUPP;
}

static LARGE_INTEGER from_time(struct timespec t)
{
	return (LARGE_INTEGER){ .QuadPart = t.tv_sec * TICKS + t.tv_nsec / 100 + EPOCH };
}

static long host_utimes(int dir, const char *name, const struct timespec times[2])
{
	FILE_BASIC_INFO info = {
		.LastAccessTime = from_time(times[0]), .LastWriteTime = from_time(times[1]),
	};
	/* What @dir was opened for is reading, perhaps. */
	long fd = open_as(dir, name, FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN,
			  FILE_OPEN_REPARSE_POINT), ret = 0;

	if (fd < 0)
		return fd;
	if (!SetFileInformationByHandle(handle_of(fd), FileBasicInfo, &info, sizeof(info)))
		ret = last_error();
	CloseHandle(handle_of(fd));
	return ret;
}

/* ---- extended attributes: those of Windows are others -------------------------------- */

static long host_listxattr(int dir, const char *name, char *buf, size_t size)
{
	return 0;
}

static long host_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	return -LKL_EOPNOTSUPP;
}

static long host_setxattr(int dir, const char *name, const char *attr, const void *value,
			  size_t size)
{
	return -LKL_EOPNOTSUPP;
}

static long host_removexattr(int dir, const char *name, const char *attr)
{
	return -LKL_EOPNOTSUPP;
}

const struct fs fs_host = {
	.has_drives = 1,
	.open_dir = host_open_dir, .reach_dir = host_reach_dir,
	.reach = host_reach, .open_file = host_open_file, .create = host_create, .close = host_close,
	.list = host_list, .stat = host_stat, .pread = host_pread,
	.pwrite = host_pwrite, .seek = host_seek, .truncate = host_truncate,
	.syncfs = host_syncfs, .mkdir = host_mkdir, .symlink = host_symlink,
	.readlink = host_readlink, .link = host_link, .mknod = host_mknod,
	.unlink = host_unlink, .chown = host_chown, .chmod = host_chmod,
	.utimes = host_utimes, .listxattr = host_listxattr, .getxattr = host_getxattr,
	.setxattr = host_setxattr, .removexattr = host_removexattr,
};
