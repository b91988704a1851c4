// SPDX-License-Identifier: GPL-2.0
/*
 * DHCP of an interface that has no address yet, in packets of our own. Those that we send come
 * from 0.0.0.0, where IP would take the address of another interface. Some servers answer to
 * the address that they offer, which IP would drop as somebody else's; what else it would have
 * looked at is looked at here.
 */
#include <string.h>

#include <lkl.h>
#include <lkl/linux/filter.h>
#include <lkl/linux/if_packet.h>

#include "dhcp.h"

/* Of IPv4 and UDP. */
#define IP_MIN		20
#define IP_LENGTH_AT	2
#define IP_FRAGMENT_AT	6
#define IP_TTL_AT	8
#define IP_PROTOCOL_AT	9
#define IP_SUM_AT	10
#define IP_FROM_AT	12
#define IP_TO_AT	16
#define UDP_HEADER	8
#define UDP_TO_AT	2
#define UDP_LENGTH_AT	4
#define UDP_SUM_AT	6
#define UDP		17
#define SUM_RIGHT	0xffff

/* UDP to the port of clients, not in fragments. */
static const struct lkl_sock_filter to_client[] = {
	{ LKL_BPF_LD | LKL_BPF_B | LKL_BPF_ABS, 0, 0, IP_PROTOCOL_AT },
	{ LKL_BPF_JMP | LKL_BPF_JEQ | LKL_BPF_K, 0, 6, UDP },
	{ LKL_BPF_LD | LKL_BPF_H | LKL_BPF_ABS, 0, 0, IP_FRAGMENT_AT },
	{ LKL_BPF_JMP | LKL_BPF_JSET | LKL_BPF_K, 4, 0, 0x3fff },
	{ LKL_BPF_LDX | LKL_BPF_B | LKL_BPF_MSH, 0, 0, 0 },
	{ LKL_BPF_LD | LKL_BPF_H | LKL_BPF_IND, 0, 0, UDP_TO_AT },
	{ LKL_BPF_JMP | LKL_BPF_JEQ | LKL_BPF_K, 0, 1, DHCP_CLIENT_PORT },
	{ LKL_BPF_RET | LKL_BPF_K, 0, 0, 0xffff },
	{ LKL_BPF_RET | LKL_BPF_K, 0, 0, 0 },
};

long lkl_dhcp_open(int ifindex)
{
	struct lkl_sock_fprog prog = {
		.len = sizeof(to_client) / sizeof(to_client[0]),
		.filter = (struct lkl_sock_filter *)to_client,
	};
	struct lkl_sockaddr_ll ll = {
		.sll_family = LKL_AF_PACKET,
		.sll_protocol = __builtin_bswap16(LKL_ETH_P_IP),
		.sll_ifindex = ifindex,
	};
	/* Nothing comes before it is bound, so nothing gets past the filter. */
	long fd = lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_DGRAM | LKL_SOCK_CLOEXEC, 0), err;
	int one = 1;

	if (fd < 0)
		return fd;
	err = lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_ATTACH_FILTER, (char *)&prog,
				 sizeof(prog));
	if (!err)
		err = lkl_sys_setsockopt(fd, LKL_SOL_PACKET, LKL_PACKET_AUXDATA, (char *)&one,
					 sizeof(one));
	if (!err)
		err = lkl_sys_bind(fd, (struct lkl_sockaddr *)&ll, sizeof(ll));
	if (err) {
		lkl_sys_close(fd);
		return err;
	}
	return fd;
}

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = value >> 8;
	p[1] = value;
}

/* Adds @len bytes to the sum @more; what is right, its checksum among it, gives SUM_RIGHT. */
static uint32_t sum16(const uint8_t *p, size_t len, uint32_t more)
{
	size_t i;

	for (i = 0; i < len; i++)
		more += i & 1 ? p[i] : p[i] << 8;
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return more;
}

/* Of UDP: over addresses, protocol and length too. @len: of header and data. */
static uint32_t sum_udp(const uint8_t *packet, const uint8_t *udp, size_t len)
{
	return sum16(udp, len, sum16(packet + IP_FROM_AT, 8, UDP + len));
}

long lkl_dhcp_shout(int fd, const struct dhcp_msg *msg, size_t len)
{
	uint8_t packet[IP_MIN + UDP_HEADER + sizeof(*msg)] = { 4 << 4 | IP_MIN / 4 };
	uint8_t *udp = packet + IP_MIN;
	struct lkl_sockaddr_ll to;
	int size = sizeof(to);
	long err;

	put16(packet + IP_LENGTH_AT, IP_MIN + UDP_HEADER + len);
	packet[IP_TTL_AT] = 64;
	packet[IP_PROTOCOL_AT] = UDP;
	memset(packet + IP_TO_AT, 255, 4);
	put16(packet + IP_SUM_AT, ~sum16(packet, IP_MIN, 0));
	put16(udp, DHCP_CLIENT_PORT);
	put16(udp + UDP_TO_AT, DHCP_SERVER_PORT);
	put16(udp + UDP_LENGTH_AT, UDP_HEADER + len);
	memcpy(udp + UDP_HEADER, msg, len);
	put16(udp + UDP_SUM_AT, ~sum_udp(packet, udp, UDP_HEADER + len));
	/* The interface that it is bound to; no number if that is gone. */
	err = lkl_sys_getsockname(fd, (struct lkl_sockaddr *)&to, &size);
	if (err)
		return err;
	if (to.sll_ifindex <= 0)
		return -LKL_ENODEV;
	to.sll_halen = LKL_ETH_ALEN;
	memset(to.sll_addr, 255, LKL_ETH_ALEN);
	return lkl_sys_sendto(fd, packet, IP_MIN + UDP_HEADER + len, 0,
			      (struct lkl_sockaddr *)&to, sizeof(to));
}

/* Whether the sender left the checksum of UDP to a device, and there was none on the way. */
static int sum_is_missing(struct lkl_user_msghdr *m)
{
	struct lkl_cmsghdr *c = m->msg_control;
	struct lkl_tpacket_auxdata aux;

	if (m->msg_controllen < sizeof(*c) + sizeof(aux) || c->cmsg_level != LKL_SOL_PACKET ||
	    c->cmsg_type != LKL_PACKET_AUXDATA)
		return 0;
	memcpy(&aux, c + 1, sizeof(aux));
	return aux.tp_status & LKL_TP_STATUS_CSUMNOTREADY;
}

long lkl_dhcp_hear(int fd, struct dhcp_msg *msg)
{
	uint8_t packet[1500];
	struct lkl_iovec iov = { .iov_base = packet, .iov_len = sizeof(packet) };
	uint64_t control[8];
	struct lkl_user_msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	long got = lkl_sys_recvmsg(fd, &m, LKL_MSG_DONTWAIT);
	const uint8_t *udp;
	size_t ip, len;

	if (got < 0)
		return got;
	ip = (packet[0] & 15) * 4;
	udp = packet + ip;
	if (got < IP_MIN || packet[0] >> 4 != 4 || ip < IP_MIN ||
	    (size_t)got < ip + UDP_HEADER)
		return 0;
	len = get16(udp + UDP_LENGTH_AT);
	if (len < UDP_HEADER || ip + len > get16(packet + IP_LENGTH_AT) || ip + len > (size_t)got)
		return 0;
	if (sum16(packet, ip, 0) != SUM_RIGHT)
		return 0;
	/* A server that computes none puts 0 there. */
	if (get16(udp + UDP_SUM_AT) && !sum_is_missing(&m) &&
	    sum_udp(packet, udp, len) != SUM_RIGHT)
		return 0;
	len -= UDP_HEADER;
	if (len > sizeof(*msg))
		len = sizeof(*msg);
	memcpy(msg, udp + UDP_HEADER, len);
	return len;
}
