// SPDX-License-Identifier: GPL-2.0
/*
 * TAP adapters of Windows: the driver tap-windows6 shows each as a device that is read and
 * written frame by frame, by overlapped I/O. Frames have no header in front, so that offloads
 * are left to the kernel inside.
 *
 * Whether a read or write is done its OVERLAPPED tells; the completion port only ends the
 * waiting, and keeps what threads have started from ending with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#include "iov.h"
#include "linux_errno.h"
#include "lock.h"
#include "net_types.h"

/* The driver's: a DWORD, whether the cable is in. */
#define SET_MEDIA_STATUS	CTL_CODE(FILE_DEVICE_UNKNOWN, 6, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Where Windows keeps the names that users give to adapters. */
#define ADAPTERS	L"SYSTEM\\CurrentControlSet\\Control\\Network\\" \
			L"{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define NAME_SIZE	260
#define GUID_SIZE	64

/* Reads that wait for a frame, and writes under way. */
#define FRAMES		16

struct io {
	OVERLAPPED ov;
	/* Its result is to be asked for. */
	int started;
	char frame[LKL_NET_FRAME_MAX];
};

/* Each a ring: done in the order in which they were started. */
struct tap {
	struct lkl_net_backend base;
	HANDLE device;
	HANDLE port;
	lkl_lock_t lock;
	/* Under @lock. */
	unsigned int next_read, next_write;
	int dead;
	int woken;
	struct io reads[FRAMES];
	struct io writes[FRAMES];
};

static struct tap *to_tap(struct lkl_net_backend *b)
{
	return (struct tap *)b;
}

/* 0, or the error with which the device refuses it. */
static DWORD start_read(struct tap *t, struct io *io)
{
	memset(&io->ov, 0, sizeof(io->ov));
	io->started = 1;
	if (ReadFile(t->device, io->frame, sizeof(io->frame), NULL, &io->ov) ||
	    GetLastError() == ERROR_IO_PENDING || GetLastError() == ERROR_MORE_DATA)
		return 0;
	io->started = 0;
	return GetLastError();
}

/* Whether it is done, or was never started. */
static int is_done(const struct io *io)
{
	return !io->started || HasOverlappedIoCompleted(&io->ov);
}

static int tap_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n, size_t len)
{
	struct tap *t = to_tap(b);
	struct io *io;
	int err = 0;

	lkl_lock(t->lock);
	io = &t->writes[t->next_write % FRAMES];
	if (!is_done(io)) {
		err = -LKL_ERR_AGAIN;
	} else {
		t->next_write++;
		memset(&io->ov, 0, sizeof(io->ov));
		lkl_iov_read(iov, n, io->frame, len);
		/* What the adapter does not take is lost, as on a wire. */
		io->started = WriteFile(t->device, io->frame, len, NULL, &io->ov) ||
			      GetLastError() == ERROR_IO_PENDING;
	}
	lkl_unlock(t->lock);
	return err;
}

static long tap_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct tap *t = to_tap(b);
	long ret = -LKL_ERR_AGAIN;
	int ends = 0;
	DWORD len = 0;
	struct io *io;

	lkl_lock(t->lock);
	io = &t->reads[t->next_read % FRAMES];
	if (!t->dead && is_done(io)) {
		/* One that is too long is none. */
		ret = 0;
		if (GetOverlappedResult(t->device, &io->ov, &len, FALSE))
			ret = lkl_iov_write(iov, n, io->frame, len) == len ? len : 0;
		else
			ends = GetLastError() != ERROR_MORE_DATA;
		t->next_read++;
		/* The adapter was removed or switched off. */
		ends = ends || start_read(t, io);
		t->dead = ends;
	}
	lkl_unlock(t->lock);
	if (ends)
		lkl_net_link(b, 0);
	return ret;
}

/* What of @w is so. 1 if there is a reason not to wait. */
static int ready(struct tap *t, const struct lkl_net_wait *w, struct lkl_net_wait *is)
{
	int woken;

	lkl_lock(t->lock);
	is->rx = w->rx && !t->dead && is_done(&t->reads[t->next_read % FRAMES]);
	is->tx = w->tx && is_done(&t->writes[t->next_write % FRAMES]);
	woken = t->woken;
	t->woken = 0;
	lkl_unlock(t->lock);
	return is->rx || is->tx || woken;
}

static void tap_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct tap *t = to_tap(b);
	OVERLAPPED_ENTRY entries[4 * FRAMES];
	struct lkl_net_wait is = { 0 };
	int is_ready;
	ULONG n;

	/* Also without waiting: what the port has gathered must not grow. */
	do {
		is_ready = ready(t, w, &is);
		GetQueuedCompletionStatusEx(t->port, entries, 4 * FRAMES, &n,
					    is_ready ? 0 : INFINITE, FALSE);
	} while (!is_ready);
	*w = is;
}

static void tap_wake(struct lkl_net_backend *b)
{
	struct tap *t = to_tap(b);

	lkl_lock(t->lock);
	t->woken = 1;
	lkl_unlock(t->lock);
	PostQueuedCompletionStatus(t->port, 0, 0, NULL);
}

static void finish(struct tap *t, struct io *list)
{
	DWORD len;

	for (int i = 0; i < FRAMES; i++)
		if (list[i].started)
			while (!GetOverlappedResult(t->device, &list[i].ov, &len, FALSE) &&
			       GetLastError() == ERROR_IO_INCOMPLETE)
				Sleep(1);
}

static void tap_free(struct lkl_net_backend *b, int forked)
{
	struct tap *t = to_tap(b);

	if (t->device != INVALID_HANDLE_VALUE) {
		/* Until then the buffers are the driver's. */
		CancelIoEx(t->device, NULL);
		finish(t, t->reads);
		finish(t, t->writes);
		CloseHandle(t->device);
	}
	if (t->port)
		CloseHandle(t->port);
	lkl_lock_free(t->lock);
	free(t);
}

static const struct lkl_net_backend_ops tap_ops = {
	.name = "tap",
	.tx = tap_tx,
	.rx = tap_rx,
	.wait = tap_wait,
	.wake = tap_wake,
	.free = tap_free,
};

/* ---- opening ------------------------------------------------------------------ */

/* Whether the adapter @guid goes by @name. */
static int is_called(HKEY adapters, const wchar_t *guid, const wchar_t *name)
{
	wchar_t key[GUID_SIZE + 16], found[NAME_SIZE];
	DWORD size = sizeof(found);

	_snwprintf(key, GUID_SIZE + 16, L"%ls\\Connection", guid);
	return !RegGetValueW(adapters, key, L"Name", RRF_RT_REG_SZ, NULL, found, &size) &&
	       !_wcsicmp(found, name);
}

/* The GUID of the adapter @name, which may be one. 0 if there is none of that name. */
static int find_adapter(const wchar_t *name, wchar_t guid[GUID_SIZE])
{
	HKEY adapters;
	DWORD len;
	int found = 0;

	if (name[0] == '{' && wcslen(name) < GUID_SIZE) {
		wcscpy(guid, name);
		return 1;
	}
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, ADAPTERS, 0, KEY_READ, &adapters))
		return 0;
	for (int i = 0; !found && (len = GUID_SIZE,
	     !RegEnumKeyExW(adapters, i, guid, &len, NULL, NULL, NULL, NULL)); i++)
		found = is_called(adapters, guid, name);
	RegCloseKey(adapters);
	return found;
}

/* The device of the adapter @name. 0 or a negative errno. */
static int open_device(struct tap *t, const char *name, struct lkl_net_why *why)
{
	wchar_t wide[NAME_SIZE], guid[GUID_SIZE], path[GUID_SIZE + 32];

	if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide, NAME_SIZE) ||
	    !find_adapter(wide, guid))
		return lkl_net_fail(why, -LKL_ERR_NODEV, "there is no adapter \"%s\"; tap-windows6, "
				    "which OpenVPN brings along, makes them: tapctl create --name "
				    "NAME", name);
	_snwprintf(path, GUID_SIZE + 32, L"\\\\.\\Global\\%ls.tap", guid);
	t->device = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
				FILE_ATTRIBUTE_SYSTEM | FILE_FLAG_OVERLAPPED, NULL);
	if (t->device != INVALID_HANDLE_VALUE)
		return 0;
	switch (GetLastError()) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return lkl_net_fail(why, -LKL_ERR_NODEV, "\"%s\" is no adapter of tap-windows6", name);
	case ERROR_ACCESS_DENIED:
	case ERROR_GEN_FAILURE:
	case ERROR_SHARING_VIOLATION:
		return lkl_net_fail(why, -LKL_ERR_BUSY, "\"%s\" is in use by another program, or not "
				    "for this user", name);
	}
	return lkl_net_fail(why, -LKL_ERR_IO, "\"%s\" cannot be opened: error %lu", name,
			    GetLastError());
}

/* Puts the cable in. */
static int plug_in(struct tap *t)
{
	OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
	DWORD on = 1, len;
	int ok;

	if (!ov.hEvent)
		return -1;
	ok = DeviceIoControl(t->device, SET_MEDIA_STATUS, &on, sizeof(on), &on, sizeof(on), &len,
			     &ov);
	if (!ok && GetLastError() == ERROR_IO_PENDING)
		ok = GetOverlappedResult(t->device, &ov, &len, TRUE);
	CloseHandle(ov.hEvent);
	return ok ? 0 : -1;
}

static int start(struct tap *t)
{
	t->port = CreateIoCompletionPort(t->device, NULL, 0, 0);
	if (!t->port)
		return -1;
	/* What is done at once needs to end nobody's waiting. */
	SetFileCompletionNotificationModes(t->device, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
					   FILE_SKIP_SET_EVENT_ON_HANDLE);
	for (int i = 0; i < FRAMES; i++)
		if (start_read(t, &t->reads[i]))
			return -1;
	return 0;
}

int lkl_net_open_tap(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	struct tap *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return lkl_net_fail(why, -LKL_ERR_NOMEM, "no memory");
	t->base.ops = &tap_ops;
	t->base.queues = 1;
	t->device = INVALID_HANDLE_VALUE;
	t->lock = lkl_lock_new();
	err = t->lock ? open_device(t, param, why) :
			lkl_net_fail(why, -LKL_ERR_NOMEM, "no memory");
	if (!err && (plug_in(t) || start(t)))
		err = lkl_net_fail(why, -LKL_ERR_IO, "\"%s\" cannot be brought up: error %lu", param,
				   GetLastError());
	if (err) {
		tap_free(&t->base, 0);
		return err;
	}
	*b = &t->base;
	return 0;
}
