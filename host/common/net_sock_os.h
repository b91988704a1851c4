/* SPDX-License-Identifier: GPL-2.0 */
/* The calls that all hosts have for sockets. */
#ifndef LKL_COMMON_NET_SOCK_OS_H
#define LKL_COMMON_NET_SOCK_OS_H

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#include <afunix.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif

#include "net_sock.h"

/* An address of any family, as the calls take it. */
struct lkl_sock_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};

/*
 * Errors by their names, of which hosts have "E" or "WSAE" in front, and what they are on
 * Linux; those below 35 are the same on all that have them.
 */
#define LKL_SOCK_ERRORS(error)						\
	error(WOULDBLOCK, 11) error(ACCES, 13) error(INVAL, 22)		\
	error(MFILE, 24) error(NAMETOOLONG, 36) error(PROTOTYPE, 91)	\
	error(PROTONOSUPPORT, 93) error(AFNOSUPPORT, 97)		\
	error(ADDRINUSE, 98) error(ADDRNOTAVAIL, 99) error(NETDOWN, 100)	\
	error(NETUNREACH, 101) error(CONNRESET, 104) error(NOBUFS, 105)	\
	error(TIMEDOUT, 110) error(CONNREFUSED, 111) error(HOSTUNREACH, 113)

/* The address of the Unix socket @path. 0 or -EINVAL. */
int lkl_sock_unix(const char *path, struct lkl_sock_addr *addr, struct lkl_net_why *why);
/*
 * Binds @s to @addr, which @name describes; a Unix socket may lie there that nobody uses
 * any more. 0 or a negative errno.
 */
int lkl_sock_bind(lkl_sock_t s, const struct lkl_sock_addr *addr, int type, const char *name,
		  struct lkl_net_why *why);

#endif
