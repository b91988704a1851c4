// SPDX-License-Identifier: GPL-2.0
/*
 * A packet socket for all interfaces, and a thread that writes what it gives. An
 * interface is described in the file when its first packet comes.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "capture.h"
#include "message.h"

#define SNAPLEN		262144
#define BUFFER		(32 << 20)

/* Of pcapng. */
#define BLOCK_SECTION	0x0a0d0d0a
#define BLOCK_INTERFACE	1
#define BLOCK_PACKET	6
#define BYTE_ORDER_MAGIC	0x1a2b3c4d
#define OPT_END		0
#define OPT_IF_NAME	2
#define OPT_IF_TSRESOL	9
#define LINK_ETHERNET	1
#define LINK_RAW	101

#define INTERFACES_MAX	256

static struct {
	FILE *file;
	const char *path;
	int sock;
	int stop;			/* an eventfd */
	pthread_t thread;
	int ids[INTERFACES_MAX];	/* ifindex by number in the file */
	int count;
	int failed;
} cap;

static void put(const void *data, size_t size)
{
	static const char zeroes[4];

	if (fwrite(data, 1, size, cap.file) != size ||
	    fwrite(zeroes, 1, -size & 3, cap.file) != (-size & 3))
		cap.failed = 1;
}

static void put32(uint32_t value)
{
	put(&value, 4);
}

static void put_option(uint16_t code, const void *data, uint16_t size)
{
	uint16_t head[2] = { code, size };

	put(head, 4);
	put(data, size);
}

static void put_section(void)
{
	put32(BLOCK_SECTION);
	put32(28);
	put32(BYTE_ORDER_MAGIC);
	put32(1);		/* version 1.0 */
	put32(0xffffffff);	/* of unknown length */
	put32(0xffffffff);
	put32(28);
}

/* The number that @ifindex has in the file. */
static int interface_id(int ifindex, int hatype)
{
	struct lkl_ifreq ifr = { .lkl_ifr_ifindex = ifindex };
	const uint8_t nanoseconds = 9;
	uint32_t size;
	uint16_t link;
	int i;

	for (i = 0; i < cap.count; i++)
		if (cap.ids[i] == ifindex)
			return i;
	if (cap.count == INTERFACES_MAX)
		return -1;
	if (lkl_sys_ioctl(cap.sock, LKL_SIOCGIFNAME, (unsigned long)&ifr))
		snprintf(ifr.lkl_ifr_name, LKL_IFNAMSIZ, "if%d", ifindex);
	link = hatype == LKL_ARPHRD_ETHER || hatype == LKL_ARPHRD_LOOPBACK ?
	       LINK_ETHERNET : LINK_RAW;
	size = 16 + 4 + ((strlen(ifr.lkl_ifr_name) + 3) & ~3u) + 8 + 4 + 4;
	put32(BLOCK_INTERFACE);
	put32(size);
	put32(link);		/* and two bytes that are reserved */
	put32(SNAPLEN);
	put_option(OPT_IF_NAME, ifr.lkl_ifr_name, strlen(ifr.lkl_ifr_name));
	put_option(OPT_IF_TSRESOL, &nanoseconds, 1);
	put32(OPT_END);
	put32(size);
	cap.ids[cap.count] = ifindex;
	return cap.count++;
}

static void put_packet(int id, uint64_t ns, const void *data, uint32_t size, uint32_t full)
{
	uint32_t block = 32 + ((size + 3) & ~3u);

	put32(BLOCK_PACKET);
	put32(block);
	put32(id);
	put32(ns >> 32);
	put32(ns);
	put32(size);
	put32(full);
	put(data, size);
	put32(block);
}

/* The time that the kernel gave a packet, or now. */
static uint64_t time_of(struct lkl_user_msghdr *m)
{
	struct lkl_cmsghdr *c = m->msg_control;
	struct lkl_timespec ts;

	if (m->msg_controllen >= sizeof(*c) + sizeof(ts) &&
	    c->cmsg_level == LKL_SOL_SOCKET && c->cmsg_type == LKL_SO_TIMESTAMPNS_OLD)
		memcpy(&ts, c + 1, sizeof(ts));
	else
		lkl_sys_clock_gettime(LKL_CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Takes one packet; 0 if there is none. */
static int take(char *buf)
{
	struct lkl_sockaddr_ll from;
	struct lkl_iovec iov = { .iov_base = buf, .iov_len = SNAPLEN };
	uint64_t control[8];
	struct lkl_user_msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	long len = lkl_sys_recvmsg(cap.sock, &m, LKL_MSG_DONTWAIT | LKL_MSG_TRUNC);
	int id;

	if (len < 0)
		return len == -LKL_ENETDOWN;	/* one interface went; the others go on */
	id = interface_id(from.sll_ifindex, from.sll_hatype);
	if (id >= 0)
		put_packet(id, time_of(&m), buf, len < SNAPLEN ? len : SNAPLEN, len);
	return 1;
}

static void *capture_main(void *arg)
{
	struct lkl_pollfd fds[] = {
		{ .fd = cap.sock, .events = LKL_POLLIN }, { .fd = cap.stop, .events = LKL_POLLIN },
	};
	char *buf = arg;
	int stop = 0;

	while (!stop && lkl_sys_poll(fds, 2, -1) >= 0) {
		/* What came before the end is captured. */
		stop = fds[1].revents;
		while (take(buf))
			;
	}
	free(buf);
	return NULL;
}

void capture_start(const char *path, const char *name)
{
	struct lkl_sockaddr_ll ll = { .sll_family = LKL_AF_PACKET };
	int one = 1, size = BUFFER, err;
	char *buf = malloc(SNAPLEN);

	if (name) {
		ll.sll_ifindex = lkl_ifname_to_ifindex(name);
		if (ll.sll_ifindex < 0)
			die("interface %s: %s", name, lkl_strerror(ll.sll_ifindex));
	}
	cap.path = path;
	cap.file = fopen(path, "wb");
	if (!cap.file)
		die("%s: %s", path, strerror(errno));
	put_section();
	ll.sll_protocol = __builtin_bswap16(LKL_ETH_P_ALL);
	cap.stop = lkl_sys_eventfd2(0, 0);
	cap.sock = lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_RAW | LKL_SOCK_CLOEXEC,
				  ll.sll_protocol);
	if (!buf || cap.sock < 0 || cap.stop < 0)
		die("packet socket: %s", lkl_strerror(cap.sock));
	lkl_sys_setsockopt(cap.sock, LKL_SOL_SOCKET, LKL_SO_TIMESTAMPNS_OLD, (char *)&one,
			   sizeof(one));
	lkl_sys_setsockopt(cap.sock, LKL_SOL_SOCKET, LKL_SO_RCVBUFFORCE, (char *)&size,
			   sizeof(size));
	err = name ? lkl_sys_bind(cap.sock, (struct lkl_sockaddr *)&ll, sizeof(ll)) : 0;
	if (err)
		die("packet socket: %s", lkl_strerror(err));
	if (pthread_create(&cap.thread, NULL, capture_main, buf))
		die("no thread for the capture");
}

int capture_stop(void)
{
	struct lkl_tpacket_stats stats = { 0 };
	int size = sizeof(stats), failed;
	uint64_t one = 1;

	if (!cap.file)
		return 0;
	lkl_sys_write(cap.stop, (char *)&one, sizeof(one));
	pthread_join(cap.thread, NULL);
	lkl_sys_getsockopt(cap.sock, LKL_SOL_PACKET, LKL_PACKET_STATISTICS, (char *)&stats, &size);
	if (stats.tp_drops)
		warning("%s: %u of %u packets were missed", cap.path, stats.tp_drops,
			stats.tp_packets);
	lkl_sys_close(cap.sock);
	lkl_sys_close(cap.stop);
	failed = fclose(cap.file) || cap.failed;
	if (failed)
		error("%s: not everything could be written", cap.path);
	cap.file = NULL;
	return failed ? -1 : 0;
}
