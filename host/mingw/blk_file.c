// SPDX-License-Identifier: GPL-2.0
/*
 * Disks in files and physical drives: opening them, and doing a request in a plain
 * blocking way. Engines use the latter for all they cannot do better.
 */
#include <string.h>
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>

#include "blk_file.h"
#include "iov.h"
#include "linux_errno.h"

#define SECTOR		512
#define ZERO_CHUNK	(64 * 1024)
/* One call never does more than this. */
#define CHUNK_MAX	(1u << 30)
#define THREADS		4
/* What a hole is rounded to; NTFS frees in such steps. */
#define HOLE		65536

/* In order of preference. */
const struct blk_engine *const lkl_blk_engines[] = {
	&lkl_blk_engine_iocp,
	&lkl_blk_engine_threads,
	NULL
};

/* ---- plain I/O --------------------------------------------------------------- */

static DWORD event_slot;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static void CALLBACK close_event(void *event)
{
	if (event)
		CloseHandle(event);
}

static BOOL CALLBACK new_slot(INIT_ONCE *unused, void *arg, void **context)
{
	event_slot = FlsAlloc(close_event);
	return TRUE;
}

/* An event for the calling thread's I/O, of which ports hear nothing. */
static HANDLE own_event(void)
{
	HANDLE event;

	InitOnceExecuteOnce(&once, new_slot, NULL, NULL);
	event = FlsGetValue(event_slot);
	if (!event) {
		event = CreateEventW(NULL, TRUE, FALSE, NULL);
		FlsSetValue(event_slot, event);
	}
	/* The lowest bit keeps the completion away from a port. */
	return (HANDLE)((uintptr_t)event | 1);
}

/* Waits for what @started told: 0 or a Windows error; bytes in @done. */
static DWORD finish(struct blk_file *f, BOOL started, OVERLAPPED *ov, DWORD *done)
{
	if (!started && GetLastError() != ERROR_IO_PENDING)
		return GetLastError();
	if (!GetOverlappedResult(f->handle, ov, done, TRUE))
		return GetLastError();
	return 0;
}

static OVERLAPPED at(uint64_t offset)
{
	OVERLAPPED ov = {
		.Offset = (DWORD)offset,
		.OffsetHigh = offset >> 32,
		.hEvent = own_event(),
	};

	return ov;
}

int lkl_blk_file_short(const struct blk_file *f, uint64_t offset, char *buf, size_t len,
		       size_t done)
{
	if (offset + done < f->size)
		return LKL_DEV_BLK_STATUS_IOERR;
	memset(buf + done, 0, len - done);
	return LKL_DEV_BLK_STATUS_OK;
}

static int read_at(struct blk_file *f, uint64_t offset, char *buf, size_t len)
{
	while (len) {
		DWORD want = len < CHUNK_MAX ? len : CHUNK_MAX, done = 0, err;
		OVERLAPPED ov = at(offset);

		err = finish(f, ReadFile(f->handle, buf, want, NULL, &ov), &ov, &done);
		if (err == ERROR_HANDLE_EOF || (!err && !done))
			return lkl_blk_file_short(f, offset, buf, len, 0);
		if (err)
			return LKL_DEV_BLK_STATUS_IOERR;
		offset += done;
		buf += done;
		len -= done;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int write_at(struct blk_file *f, uint64_t offset, const char *buf, size_t len)
{
	while (len) {
		DWORD want = len < CHUNK_MAX ? len : CHUNK_MAX, done = 0;
		OVERLAPPED ov = at(offset);

		if (finish(f, WriteFile(f->handle, buf, want, NULL, &ov), &ov, &done) || !done)
			return LKL_DEV_BLK_STATUS_IOERR;
		offset += done;
		buf += done;
		len -= done;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int do_rw(struct blk_file *f, struct lkl_blk_io *io)
{
	uint64_t offset = io->offset;
	int ret = LKL_DEV_BLK_STATUS_OK;

	for (int i = 0; i < io->n_iov && ret == LKL_DEV_BLK_STATUS_OK; i++) {
		const struct iovec *v = &io->iov[i];

		ret = io->op == LKL_BLK_READ ? read_at(f, offset, v->iov_base, v->iov_len) :
					       write_at(f, offset, v->iov_base, v->iov_len);
		offset += v->iov_len;
	}
	return ret;
}

static int do_flush(struct blk_file *f)
{
	return FlushFileBuffers(f->handle) ? LKL_DEV_BLK_STATUS_OK : LKL_DEV_BLK_STATUS_IOERR;
}

static DWORD control(struct blk_file *f, DWORD code, void *in, DWORD size)
{
	OVERLAPPED ov = at(0);
	DWORD done;

	return finish(f, DeviceIoControl(f->handle, code, in, size, NULL, 0, NULL, &ov), &ov,
		      &done);
}

/* A file must be sparse before space can be given back; it stays so. */
static int make_sparse(struct blk_file *f)
{
	FILE_SET_SPARSE_BUFFER on = { .SetSparse = TRUE };

	if (!f->is_sparse && !control(f, FSCTL_SET_SPARSE, &on, sizeof(on)))
		f->is_sparse = 1;
	return f->is_sparse;
}

static int punch(struct blk_file *f, struct lkl_blk_io *io)
{
	FILE_ZERO_DATA_INFORMATION range = {
		.FileOffset.QuadPart = io->offset,
		.BeyondFinalZero.QuadPart = io->offset + io->len,
	};

	if (!f->can_punch)
		return LKL_DEV_BLK_STATUS_UNSUP;
	if (make_sparse(f) && !control(f, FSCTL_SET_ZERO_DATA, &range, sizeof(range)))
		return LKL_DEV_BLK_STATUS_OK;
	f->can_punch = 0;
	return LKL_DEV_BLK_STATUS_UNSUP;
}

static int do_zero(struct blk_file *f, struct lkl_blk_io *io)
{
	static const char zeroes[ZERO_CHUNK] __attribute__((aligned(4096)));
	uint64_t offset = io->offset, left = io->len;
	int ret = LKL_DEV_BLK_STATUS_OK;

	if (io->flags & LKL_BLK_F_UNMAP && punch(f, io) == LKL_DEV_BLK_STATUS_OK)
		return LKL_DEV_BLK_STATUS_OK;
	while (left && ret == LKL_DEV_BLK_STATUS_OK) {
		size_t part = left < sizeof(zeroes) ? left : sizeof(zeroes);

		ret = write_at(f, offset, zeroes, part);
		offset += part;
		left -= part;
	}
	return ret;
}

int lkl_blk_file_do(struct blk_file *f, struct lkl_blk_io *io)
{
	int ret = LKL_DEV_BLK_STATUS_UNSUP;

	switch (io->op) {
	case LKL_BLK_READ:
		return do_rw(f, io);
	case LKL_BLK_FLUSH:
		return do_flush(f);
	case LKL_BLK_WRITE:
		ret = do_rw(f, io);
		break;
	case LKL_BLK_DISCARD:
		ret = punch(f, io);
		break;
	case LKL_BLK_ZERO:
		ret = do_zero(f, io);
		break;
	}
	if (ret == LKL_DEV_BLK_STATUS_OK && io->flags & LKL_BLK_F_FUA)
		ret = do_flush(f);
	return ret;
}

/* ---- opening ------------------------------------------------------------------ */

static NTSTATUS query(HANDLE handle, void *to, ULONG size, int what)
{
	static NTSTATUS (NTAPI *query_file)(HANDLE handle, IO_STATUS_BLOCK *status, void *to,
					    ULONG size, int what);
	IO_STATUS_BLOCK status;

	if (!query_file)
		query_file = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
						    "NtQueryInformationFile");
	return query_file(handle, &status, to, size, what);
}

/* Classes of the call above. */
#define FILE_ACCESS_CLASS	8
#define FILE_MODE_CLASS		16
#define MODE_SYNCHRONOUS	0x30

/* What the application may do with its handle. 0 or a negative errno. */
static int check_access(struct blk_file *f, HANDLE handle)
{
	ACCESS_MASK access;

	if (query(handle, &access, sizeof(access), FILE_ACCESS_CLASS))
		return -LKL_ERR_BADF;
	if (!(access & FILE_READ_DATA))
		return -LKL_ERR_BADF;
	/* Without the right to write, writes could only append. */
	f->base.read_only = !(access & FILE_WRITE_DATA);
	return 0;
}

/*
 * The file once more, for overlapped I/O: what completes at our port is ours. With
 * the application's own handle if others may not open the file.
 */
static void open_again(struct blk_file *f, HANDLE handle)
{
	DWORD access = GENERIC_READ | (f->base.read_only ? 0 : GENERIC_WRITE);
	ULONG mode = 0;

	f->handle = ReOpenFile(handle, access,
			       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			       FILE_FLAG_OVERLAPPED);
	if (f->handle != INVALID_HANDLE_VALUE) {
		f->overlapped = 1;
		return;
	}
	f->handle = handle;
	f->borrowed = 1;
	f->overlapped = !query(handle, &mode, sizeof(mode), FILE_MODE_CLASS) &&
			!(mode & MODE_SYNCHRONOUS);
}

static DWORD ask(struct blk_file *f, DWORD code, void *in, DWORD in_size, void *out,
		 DWORD size)
{
	OVERLAPPED ov = at(0);
	DWORD done;

	return finish(f, DeviceIoControl(f->handle, code, in, in_size, out, size, NULL, &ov),
		      &ov, &done);
}

static void probe_sectors(struct blk_file *f)
{
	STORAGE_PROPERTY_QUERY alignment = {
		.PropertyId = StorageAccessAlignmentProperty,
		.QueryType = PropertyStandardQuery,
	};
	STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR d = { 0 };

	if (ask(f, IOCTL_STORAGE_QUERY_PROPERTY, &alignment, sizeof(alignment), &d, sizeof(d)))
		return;
	if (d.BytesPerLogicalSector >= SECTOR)
		f->base.logical_block_size = d.BytesPerLogicalSector;
	if (d.BytesPerPhysicalSector >= f->base.logical_block_size)
		f->base.physical_block_size = d.BytesPerPhysicalSector;
}

/* 0 or a negative errno. */
static int probe(struct blk_file *f)
{
	GET_LENGTH_INFORMATION length;
	LARGE_INTEGER size;

	if (!ask(f, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof(length))) {
		f->drive = 1;
		f->size = length.Length.QuadPart;
		if (ask(f, IOCTL_DISK_IS_WRITABLE, NULL, 0, NULL, 0))
			f->base.read_only = 1;
		probe_sectors(f);
		return 0;
	}
	if (GetFileType(f->handle) != FILE_TYPE_DISK || !GetFileSizeEx(f->handle, &size))
		return -LKL_ERR_INVAL;
	f->size = size.QuadPart;
	f->can_punch = !f->base.read_only;
	f->base.discard_granularity = HOLE;
	return 0;
}

void lkl_blk_file_close(struct blk_file *f)
{
	if (!f->borrowed)
		CloseHandle(f->handle);
}

int lkl_blk_file_open(struct blk_file *f, const struct lkl_disk *disk)
{
	int err = check_access(f, disk->handle);

	if (err)
		return err;
	open_again(f, disk->handle);
	err = probe(f);
	if (err)
		lkl_blk_file_close(f);
	f->base.can_discard = f->can_punch;
	return err;
}

int lkl_blk_file_threads(const struct blk_file *f)
{
	return THREADS;
}

/* Overlapped reads of what is cached are complete at once; others would wait. */
int lkl_blk_file_read_now(struct blk_file *f, struct lkl_blk_io *io)
{
	return 0;
}
