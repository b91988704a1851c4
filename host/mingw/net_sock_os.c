// SPDX-License-Identifier: GPL-2.0
/* Sockets by the calls of Windows. */
#include <stdlib.h>
#include <string.h>

#include "net_sock_os.h"
#include "linux_errno.h"

/* Buffers for one call; what is left over is sent by the next. */
#define BUFS_MAX	64
#define PATH_MAX_W	512

/* The first event is the one that wakes, the others are for sockets. */
struct lkl_sock_waiter {
	WSAEVENT events[1 + LKL_SOCK_WAITS];
};

int lkl_sock_errno(void)
{
	int err = WSAGetLastError();

#define error(name, number) case WSAE##name: return number;
	switch (err) {
	LKL_SOCK_ERRORS(error)
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return LKL_ERR_NOENT;
	}
#undef error
	return LKL_ERR_IO;
}

/* Never undone: other devices may follow, and the end of the process does. */
static int start(void)
{
	static int started;
	WSADATA data;

	if (__atomic_load_n(&started, __ATOMIC_ACQUIRE))
		return 0;
	if (WSAStartup(MAKEWORD(2, 2), &data))
		return -1;
	__atomic_store_n(&started, 1, __ATOMIC_RELEASE);
	return 0;
}

lkl_sock_t lkl_sock_new(int family, int type)
{
	if (start())
		return LKL_NO_SOCK;
	return WSASocketW(family, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

void lkl_sock_close(lkl_sock_t s)
{
	closesocket(s);
}

int lkl_sock_unblock(lkl_sock_t s)
{
	u_long on = 1;

	return ioctlsocket(s, FIONBIO, &on);
}

/* Ports of closed connections may be taken as it is; this keeps others from taking ours. */
void lkl_sock_share_port(lkl_sock_t s)
{
	BOOL on = TRUE;

	setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof(on));
}

lkl_sock_t lkl_sock_accept(lkl_sock_t listener)
{
	lkl_sock_t s = accept(listener, NULL, NULL);

	if (s == LKL_NO_SOCK)
		return s;
	SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0);
	/* It is tied to the listener's event otherwise. */
	WSAEventSelect(s, NULL, 0);
	lkl_sock_unblock(s);
	return s;
}

int lkl_sock_given(const char *param, int type, lkl_sock_t *s, struct lkl_net_why *why)
{
	char *end;
	long long n = strtoll(param + 3, &end, 10);
	int real = 0, size = sizeof(real);
	WSAPROTOCOL_INFOW info;

	if (start() || end == param + 3 || *end || n < 0 ||
	    getsockopt(n, SOL_SOCKET, SO_TYPE, (char *)&real, &size))
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\" is no open socket", param);
	if (real != type)
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\" is a socket of another type",
				    param);
	/* The application keeps its own. */
	*s = WSADuplicateSocketW(n, GetCurrentProcessId(), &info) ? LKL_NO_SOCK : (lkl_sock_t)
		WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
			   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	if (*s == LKL_NO_SOCK || lkl_sock_unblock(*s))
		return lkl_net_fail(why, -lkl_sock_errno(), "\"%s\" cannot be duplicated", param);
	return 0;
}

/* Paths of sockets are UTF-8, as Windows has it. */
void lkl_sock_unlink(const char *path)
{
	wchar_t wide[PATH_MAX_W];

	if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, PATH_MAX_W))
		DeleteFileW(wide);
}

long lkl_sock_send(lkl_sock_t s, const struct iovec *iov, int n)
{
	WSABUF bufs[BUFS_MAX];
	DWORD sent = 0;
	int i;

	for (i = 0; i < n && i < BUFS_MAX; i++) {
		bufs[i].buf = iov[i].iov_base;
		bufs[i].len = iov[i].iov_len;
	}
	if (WSASend(s, bufs, i, &sent, 0, NULL, NULL))
		return -lkl_sock_errno();
	return sent;
}

long lkl_sock_recv(lkl_sock_t s, void *buf, size_t len)
{
	int n = recv(s, buf, len, 0);

	return n < 0 ? -lkl_sock_errno() : n;
}

struct lkl_sock_waiter *lkl_sock_waiter_new(void)
{
	struct lkl_sock_waiter *w = calloc(1, sizeof(*w));
	int i;

	for (i = 0; w && !start() && i <= LKL_SOCK_WAITS; i++) {
		/* The first one resets itself. */
		w->events[i] = CreateEventW(NULL, i > 0, FALSE, NULL);
		if (!w->events[i])
			break;
	}
	if (w && i > LKL_SOCK_WAITS)
		return w;
	lkl_sock_waiter_free(w);
	return NULL;
}

void lkl_sock_waiter_free(struct lkl_sock_waiter *w)
{
	int i;

	for (i = 0; w && i <= LKL_SOCK_WAITS; i++)
		if (w->events[i])
			CloseHandle(w->events[i]);
	free(w);
}

void lkl_sock_waiter_wake(struct lkl_sock_waiter *w)
{
	SetEvent(w->events[0]);
}

/*
 * Whoever asks for events anew is told of what is there already, so this waits for states as
 * poll() does. Sockets stay in the mode of not blocking.
 */
void lkl_sock_waiter_wait(struct lkl_sock_waiter *w, struct lkl_sock_wait *list, int n, int now)
{
	WSAEVENT waited[1 + LKL_SOCK_WAITS] = { w->events[0] };
	int i, count = 1;

	for (i = 0; i < n; i++) {
		if (list[i].sock == LKL_NO_SOCK || !(list[i].in || list[i].out)) {
			list[i].in = 0;
			list[i].out = 0;
			continue;
		}
		WSAResetEvent(w->events[i + 1]);
		WSAEventSelect(list[i].sock, w->events[i + 1], FD_CLOSE |
			       (list[i].in ? FD_READ | FD_ACCEPT : 0) | (list[i].out ? FD_WRITE : 0));
		waited[count++] = w->events[i + 1];
	}
	WaitForMultipleObjects(count, waited, FALSE, now ? 0 : INFINITE);
	for (i = 0; i < n; i++) {
		WSANETWORKEVENTS seen = { 0 };

		if (!list[i].in && !list[i].out)
			continue;
		/* What the socket cannot tell, the call that follows will. */
		if (WSAEnumNetworkEvents(list[i].sock, NULL, &seen))
			seen.lNetworkEvents = FD_CLOSE;
		list[i].in = list[i].in && seen.lNetworkEvents & ~FD_WRITE;
		list[i].out = list[i].out && seen.lNetworkEvents & (FD_WRITE | FD_CLOSE);
	}
}
