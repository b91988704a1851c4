// SPDX-License-Identifier: GPL-2.0
/* Addresses of sockets, and opening them: what hosts have in common. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "linux_errno.h"
#include "net_sock_os.h"

/* Room for an address as text, "[IPV6]:PORT". */
#define TEXT_MAX	64
/* What may wait in the host for the other end. */
#define BUF_SIZE	(1 << 20)

const char *lkl_sock_scheme(const char *param, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(param, scheme, n) ? NULL : param + n;
}

/* The last call failed, on @name. */
static int failed(const char *name, const char *hint, struct lkl_net_why *why)
{
	int err = lkl_sock_errno();

	return lkl_net_fail(why, -err, "%s: %s%s", name, lkl_strerror(-err), hint);
}

/* ---- addresses -------------------------------------------------------------------- */

int lkl_sock_unix(const char *path, struct lkl_sock_addr *addr, struct lkl_net_why *why)
{
	size_t n = strlen(path);

	if (!n || n >= sizeof(addr->un.sun_path))
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\": the path of a socket has 1 to "
				    "%zu bytes", path, sizeof(addr->un.sun_path) - 1);
	memset(addr, 0, sizeof(*addr));
	addr->un.sun_family = AF_UNIX;
	memcpy(addr->un.sun_path, path, n);
	addr->len = offsetof(struct sockaddr_un, sun_path) + n + 1;
	return 0;
}

static int port_number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text < '0' || *text > '9' || *end || n < 1 || n > 65535 ? -1 : (int)n;
}

/* @text: "HOST:PORT", of @len bytes; the host is a number, that of IPv6 in brackets. */
static int inet_address(const char *text, size_t len, struct lkl_sock_addr *addr,
			struct lkl_net_why *why)
{
	char copy[TEXT_MAX], *host = copy, *colon, *end;
	int port;

	memset(addr, 0, sizeof(*addr));
	if (len >= sizeof(copy))
		goto bad;
	memcpy(copy, text, len);
	copy[len] = 0;
	colon = strrchr(copy, ':');
	if (!colon || colon == copy)
		goto bad;
	*colon = 0;
	port = port_number(colon + 1);
	if (port < 0)
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%.*s\": a port is a number from 1 to "
				    "65535", (int)len, text);
	end = colon - 1;
	if (*host == '[' && *end == ']') {
		host++;
		*end = 0;
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons(port);
		addr->len = sizeof(addr->in6);
		if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1)
			return 0;
	} else {
		addr->in.sin_family = AF_INET;
		addr->in.sin_port = htons(port);
		addr->len = sizeof(addr->in);
		if (inet_pton(AF_INET, host, &addr->in.sin_addr) == 1)
			return 0;
	}
bad:
	return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%.*s\" is no address: 127.0.0.1:PORT or "
			    "[::1]:PORT, in numbers", (int)len, text);
}

static int stream_address(const char *address, struct lkl_sock_addr *addr,
			  struct lkl_net_why *why)
{
	const char *inet = lkl_sock_scheme(address, "tcp:");

	return inet ? inet_address(inet, strlen(inet), addr, why) :
		lkl_sock_unix(address, addr, why);
}

/* ---- opening ---------------------------------------------------------------------- */

static int new_socket(const struct lkl_sock_addr *addr, int type, lkl_sock_t *s,
		      struct lkl_net_why *why)
{
	const char *family = addr->any.sa_family == AF_UNIX ? "Unix sockets" : "socket";
	int size = BUF_SIZE;

	*s = lkl_sock_new(addr->any.sa_family, type);
	if (*s == LKL_NO_SOCK)
		return failed(family, "", why);
	if (type == SOCK_DGRAM) {
		setsockopt(*s, SOL_SOCKET, SO_SNDBUF, (const char *)&size, sizeof(size));
		setsockopt(*s, SOL_SOCKET, SO_RCVBUF, (const char *)&size, sizeof(size));
	}
	return 0;
}

/* Whether nobody has the Unix socket of that name open. */
static int is_left_over(const struct lkl_sock_addr *addr, int type)
{
	lkl_sock_t s = lkl_sock_new(AF_UNIX, type);
	int left;

	if (s == LKL_NO_SOCK)
		return 0;
	left = !lkl_sock_unblock(s) && connect(s, &addr->any, addr->len) &&
	       lkl_sock_errno() == LKL_ERR_CONNREFUSED;
	lkl_sock_close(s);
	return left;
}

int lkl_sock_bind(lkl_sock_t s, const struct lkl_sock_addr *addr, int type, const char *name,
		  struct lkl_net_why *why)
{
	if (!bind(s, &addr->any, addr->len))
		return 0;
	if (lkl_sock_errno() != LKL_ERR_ADDRINUSE)
		return failed(name, "", why);
	if (addr->any.sa_family == AF_UNIX && is_left_over(addr, type)) {
		lkl_sock_unlink(addr->un.sun_path);
		if (!bind(s, &addr->any, addr->len))
			return 0;
		return failed(name, "", why);
	}
	return lkl_net_fail(why, -LKL_ERR_ADDRINUSE, "%s: %s; another program listens there", name,
			    lkl_strerror(-LKL_ERR_ADDRINUSE));
}

/* Frames are not to wait for others. */
static void set_no_delay(lkl_sock_t s)
{
	int one = 1;

	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (const char *)&one, sizeof(one));
}

int lkl_sock_connect(const char *address, lkl_sock_t *s, struct lkl_net_why *why)
{
	struct lkl_sock_addr addr;
	int err = stream_address(address, &addr, why);

	if (!err)
		err = new_socket(&addr, SOCK_STREAM, s, why);
	if (err)
		return err;
	if (connect(*s, &addr.any, addr.len)) {
		err = lkl_sock_errno();
		err = failed(address, err == LKL_ERR_NOENT || err == LKL_ERR_CONNREFUSED ?
			     "; nobody listens there (listen:ADDRESS waits)" : "", why);
	} else if (lkl_sock_unblock(*s)) {
		err = failed(address, "", why);
	}
	if (!err && addr.any.sa_family != AF_UNIX)
		set_no_delay(*s);
	if (err)
		lkl_sock_close(*s);
	return err;
}

int lkl_sock_listen(const char *address, lkl_sock_t *s, char **path, struct lkl_net_why *why)
{
	struct lkl_sock_addr addr;
	int err = stream_address(address, &addr, why);

	*path = NULL;
	if (!err)
		err = new_socket(&addr, SOCK_STREAM, s, why);
	if (err)
		return err;
	lkl_sock_share_port(*s);
	err = lkl_sock_bind(*s, &addr, SOCK_STREAM, address, why);
	if (!err && (listen(*s, 1) || lkl_sock_unblock(*s)))
		err = failed(address, "", why);
	/* What is accepted has it from here. */
	if (!err && addr.any.sa_family != AF_UNIX)
		set_no_delay(*s);
	if (!err && addr.any.sa_family == AF_UNIX) {
		*path = strdup(address);
		if (!*path)
			err = lkl_net_fail(why, -LKL_ERR_NOMEM, "no memory");
	}
	if (err)
		lkl_sock_close(*s);
	return err;
}

int lkl_sock_udp(const char *addresses, lkl_sock_t *s, struct lkl_net_why *why)
{
	const char *bar = strchr(addresses, '|');
	struct lkl_sock_addr local, remote;
	int err;

	if (!bar)
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\": not \"udp:HOST:PORT|HOST:PORT\", "
				    "the first of them ours", addresses);
	err = inet_address(addresses, bar - addresses, &local, why);
	if (!err)
		err = inet_address(bar + 1, strlen(bar + 1), &remote, why);
	if (!err && local.any.sa_family != remote.any.sa_family)
		err = lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\": one address is of IPv4 and one of "
				   "IPv6", addresses);
	if (!err)
		err = new_socket(&local, SOCK_DGRAM, s, why);
	if (err)
		return err;
	err = lkl_sock_bind(*s, &local, SOCK_DGRAM, addresses, why);
	/* Connected it takes frames from nobody else. */
	if (!err && (connect(*s, &remote.any, remote.len) || lkl_sock_unblock(*s)))
		err = failed(addresses, "", why);
	if (err)
		lkl_sock_close(*s);
	return err;
}
