// SPDX-License-Identifier: GPL-2.0
/* Sharing an interface of the host by a packet socket. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/iov.h"
#include "net_fd.h"

/* The socket's header is the short one. */
#define HDR_LEN		10
#define BUF_SIZE	(4 << 20)
#define TAG_AT		(HDR_LEN + 12)

struct raw {
	struct net_fd f;
	/* For frames with a VLAN tag; received in one thread. */
	char frame[LKL_NET_FRAME_MAX + 4];
};

/* The tag that the host took out of a frame, from the message's ancillary data. 0: none. */
static uint32_t tag_of(struct msghdr *msg)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			return 0;
		return (aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid + 0u :
			ETH_P_8021Q) << 16 | aux.tp_vlan_tci;
	}
	return 0;
}

/* Puts @tag back into the frame in @iov; its new length. */
static long insert_tag(struct raw *r, const struct iovec *iov, int n, long len, uint32_t tag)
{
	char *frame = r->frame;
	uint16_t start;

	if (len < TAG_AT || len > LKL_NET_FRAME_MAX)
		return 0;
	lkl_iov_read(iov, n, frame + 4, len);
	lkl_iov_read(iov, n, frame, TAG_AT);
	frame[TAG_AT] = tag >> 24;
	frame[TAG_AT + 1] = tag >> 16;
	frame[TAG_AT + 2] = tag >> 8;
	frame[TAG_AT + 3] = tag;
	/* Where the checksum starts, if it is still to be done. */
	if (frame[0] & LKL_NET_HDR_F_NEEDS_CSUM) {
		memcpy(&start, frame + 6, 2);
		start += 4;
		memcpy(frame + 6, &start, 2);
	}
	return lkl_iov_write(iov, n, frame, len + 4);
}

static long raw_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))]
		__attribute__((aligned(sizeof(size_t))));
	struct msghdr msg = {
		.msg_iov = iov,
		.msg_iovlen = n,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct net_fd *f = to_fd(b);
	long len = recvmsg(f->fd[queue], &msg, MSG_DONTWAIT);
	uint32_t tag;

	if (len < 0)
		return lkl_net_fd_rx_error(f, queue, errno);
	tag = tag_of(&msg);
	return tag ? insert_tag((struct raw *)b, iov, n, len, tag) : len;
}

/* The socket checks headers, and refuses a frame whose header is wrong: so be it. */
static const struct lkl_net_backend_ops raw_ops = {
	.name = "raw",
	.tx = lkl_net_fd_tx,
	.rx = raw_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.hup = lkl_net_fd_hup,
	.attach = lkl_net_fd_attach,
	.detach = lkl_net_fd_detach,
	.fork_done = lkl_net_fd_fork_done,
	.free = lkl_net_fd_free,
};

static int set_up(int fd, int ifindex)
{
	struct packet_mreq promisc = {
		.mr_ifindex = ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};
	int on = 1, size = BUF_SIZE;

	/* What the host sends there, and what we do, does not come back. */
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc)))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
}

int lkl_net_open_raw(const char *ifname, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	int ifindex = if_nametoindex(ifname), err;
	struct raw *r;

	if (!ifindex)
		return lkl_net_fail(why, -ENODEV, "%s: the host has no such interface",
				    ifname);
	r = calloc(1, sizeof(*r));
	if (!r)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	err = lkl_net_fd_init(&r->f, &raw_ops);
	if (err) {
		lkl_net_fail(why, err, "%s", strerror(-err));
		goto fail;
	}
	r->f.fd[0] = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = r->f.fd[0] < 0 ? -errno : set_up(r->f.fd[0], ifindex);
	if (err) {
		lkl_net_fail(why, err, "%s: packet socket: %s%s", ifname, strerror(-err),
			     err == -EPERM ? "; it needs root or CAP_NET_RAW" : "");
		goto fail;
	}
	/* The host passes on what it has, whole segments among it. */
	r->f.base.hdr_len = HDR_LEN;
	r->f.base.offload = LKL_NET_OFFLOAD_ALL;
	r->f.base.offload_fixed = 1;
	*b = &r->f.base;
	return 0;
fail:
	lkl_net_fd_free(&r->f.base, 0);
	return err;
}
