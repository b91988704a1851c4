/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Structures of the socket calls, which the kernel leaves to the C library to
 * define. Written without prefix; scripts/headers.py adds it, and the constants.
 */
#ifndef _EXTRA_LINUX_SOCKET_H
#define _EXTRA_LINUX_SOCKET_H

#include <linux/types.h>
#include <linux/uio.h>
#include <asm/socket.h>
#include <asm/fcntl.h>
#include <linux/sockios.h>

typedef __kernel_sa_family_t sa_family_t;
typedef unsigned int socklen_t;

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

#define sockaddr_storage __kernel_sockaddr_storage

struct linger {
	int l_onoff;
	int l_linger;		/* seconds */
};

/* What the kernel reads in sendmsg() and recvmsg(). */
struct user_msghdr {
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	__kernel_size_t msg_iovlen;
	void *msg_control;
	__kernel_size_t msg_controllen;
	unsigned int msg_flags;
};

#define msghdr user_msghdr

struct mmsghdr {
	struct user_msghdr msg_hdr;
	unsigned int msg_len;
};

struct cmsghdr {
	__kernel_size_t cmsg_len;	/* with this header */
	int cmsg_level;
	int cmsg_type;
};

#define CMSG_ALIGN(len) \
	(((len) + sizeof(long) - 1) & ~(__kernel_size_t)(sizeof(long) - 1))
#define CMSG_LEN(len)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + (len))
#define CMSG_SPACE(len)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(len))
#define CMSG_DATA(cmsg) \
	((unsigned char *)(cmsg) + CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(msg) \
	((msg)->msg_controllen >= sizeof(struct cmsghdr) ? \
	 (struct cmsghdr *)(msg)->msg_control : (struct cmsghdr *)0)
#define CMSG_NXTHDR(msg, cmsg) cmsg_next((msg), (cmsg))

/* The control message after @cmsg in @msg, NULL if that was the last one. */
static __inline__ struct cmsghdr *cmsg_next(const struct user_msghdr *msg,
					    struct cmsghdr *cmsg)
{
	char *end = (char *)msg->msg_control + msg->msg_controllen;
	char *next = (char *)cmsg + CMSG_ALIGN(cmsg->cmsg_len);

	if (cmsg->cmsg_len < sizeof(struct cmsghdr) ||
	    (__kernel_size_t)(end - (char *)cmsg) <
	    CMSG_ALIGN(cmsg->cmsg_len) + sizeof(struct cmsghdr))
		return (struct cmsghdr *)0;
	return (struct cmsghdr *)(void *)next;
}

struct ucred {
	__u32 pid;
	__u32 uid;
	__u32 gid;
};

#endif
