// SPDX-License-Identifier: GPL-2.0
/* TAP and macvtap interfaces of Linux: what differs is how they are opened. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_fd.h"

/* Newer than the headers that Debian 12 has. */
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

struct tap {
	struct net_fd f;
	int attached[LKL_NET_QUEUES_MAX];
	/* A socket that has a macvtap interface take the frames of all groups; or -1. */
	int groups_fd;
};

static unsigned int tun_flags(uint32_t guest)
{
	unsigned int flags = 0;

	if (!(guest & LKL_NET_GUEST_CSUM))
		return 0;
	flags |= TUN_F_CSUM;
	if (guest & LKL_NET_GUEST_TSO4)
		flags |= TUN_F_TSO4;
	if (guest & LKL_NET_GUEST_TSO6)
		flags |= TUN_F_TSO6;
	if (guest & LKL_NET_GUEST_ECN && flags & (TUN_F_TSO4 | TUN_F_TSO6))
		flags |= TUN_F_TSO_ECN;
	if (guest & LKL_NET_GUEST_USO)
		flags |= TUN_F_USO4 | TUN_F_USO6;
	return flags;
}

static int tap_set_offload(struct lkl_net_backend *b, uint32_t guest)
{
	/* It is a property of the interface, not of the queue. */
	if (!b->hdr_len)
		return guest ? -EINVAL : 0;
	return ioctl(to_fd(b)->fd[0], TUNSETOFFLOAD, tun_flags(guest)) ? -errno : 0;
}

/* The host spreads frames over the queues that are attached. */
static int tap_set_queues(struct lkl_net_backend *b, int n)
{
	struct tap *t = (struct tap *)b;
	int i;

	for (i = 0; i < b->queues && b->queues > 1; i++) {
		struct ifreq ifr = { 0 };

		if (t->attached[i] == (i < n))
			continue;
		ifr.ifr_flags = i < n ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
		if (ioctl(t->f.fd[i], TUNSETQUEUE, &ifr))
			return -errno;
		t->attached[i] = i < n;
	}
	return 0;
}

static void close_groups(struct tap *t)
{
	if (t->groups_fd >= 0)
		close(t->groups_fd);
	t->groups_fd = -1;
}

static void tap_fork_done(struct lkl_net_backend *b, int child)
{
	if (child)
		close_groups((struct tap *)b);
	lkl_net_fd_fork_done(b, child);
}

static void tap_free(struct lkl_net_backend *b, int forked)
{
	close_groups((struct tap *)b);
	lkl_net_fd_free(b, forked);
}

static const struct lkl_net_backend_ops tap_ops = {
	.name = "tap",
	.tx = lkl_net_fd_tx,
	.rx = lkl_net_fd_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.hup = lkl_net_fd_hup,
	.attach = lkl_net_fd_attach,
	.detach = lkl_net_fd_detach,
	.set_queues = tap_set_queues,
	.set_offload = tap_set_offload,
	.fork_done = tap_fork_done,
	.free = tap_free,
};

static struct tap *new_tap(struct lkl_net_why *why)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (t && !lkl_net_fd_init(&t->f, &tap_ops)) {
		t->groups_fd = -1;
		return t;
	}
	free(t);
	lkl_net_fail(why, 0, "no memory or too many open files");
	return NULL;
}

/* Takes the interface @ifr of an open device. 0 or a negative errno. */
static int take(int fd, struct ifreq *ifr, uint32_t offload, int queues)
{
	int size = LKL_NET_HDR_LEN;

	ifr->ifr_flags = IFF_TAP | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0) |
			 (queues > 1 ? IFF_MULTI_QUEUE : 0);
	if (ioctl(fd, TUNSETIFF, ifr)) {
		/* One that was made for several has to be asked for as such. */
		ifr->ifr_flags |= IFF_MULTI_QUEUE;
		if (errno != EINVAL || queues > 1 || ioctl(fd, TUNSETIFF, ifr))
			return -errno;
	}
	if (offload && ioctl(fd, TUNSETVNETHDRSZ, &size))
		return -errno;
	return 0;
}

/* What of @offload the interface can do. */
static uint32_t able(int fd, uint32_t offload)
{
	const uint32_t uso = LKL_NET_GUEST_USO | LKL_NET_HOST_USO;

	if (!offload)
		return 0;
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6))
		offload &= ~uso;
	ioctl(fd, TUNSETOFFLOAD, 0);
	return offload;
}

/* "NAME" or "NAME,queues=N" */
static int parse(const char *param, char name[IFNAMSIZ], int *queues,
		 struct lkl_net_why *why)
{
	const char *comma = strchr(param, ',');
	size_t len = comma ? (size_t)(comma - param) : strlen(param);
	char *end;

	*queues = 1;
	if (!len || len >= IFNAMSIZ)
		return lkl_net_fail(why, -EINVAL, "\"%s\": the name of an interface has 1 "
				    "to %d characters", param, IFNAMSIZ - 1);
	memcpy(name, param, len);
	name[len] = 0;
	if (!comma)
		return 0;
	if (strncmp(comma, ",queues=", 8))
		return lkl_net_fail(why, -EINVAL, "\"%s\": not \"NAME,queues=N\"", param);
	*queues = strtol(comma + 8, &end, 10);
	if (*end || *queues < 1 || *queues > LKL_NET_QUEUES_MAX)
		return lkl_net_fail(why, -EINVAL, "\"%s\": 1 to %d queues", param,
				    LKL_NET_QUEUES_MAX);
	return 0;
}

static const char *tap_hint(int err)
{
	switch (err) {
	case EPERM:
		return "; it has to be made by root: ip tuntap add NAME mode tap user USER";
	case EBUSY:
		return "; another program uses it";
	case EINVAL:
		return "; it exists and is no TAP interface, or has another number of "
		       "queues (multi_queue)";
	}
	return "";
}

int lkl_net_open_tap(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	struct ifreq ifr = { 0 };
	char name[IFNAMSIZ] = "";
	struct tap *t;
	int queues, i, err;

	err = parse(param, name, &queues, why);
	if (err)
		return err;
	t = new_tap(why);
	if (!t)
		return -ENOMEM;
	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	for (i = 0; i < queues; i++) {
		t->f.fd[i] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (t->f.fd[i] < 0) {
			err = lkl_net_fail(why, -errno, "/dev/net/tun: %s",
					   strerror(errno));
			goto fail;
		}
		err = take(t->f.fd[i], &ifr, offload, queues);
		if (err) {
			lkl_net_fail(why, err, "%s: %s%s", name, strerror(-err),
				     tap_hint(-err));
			goto fail;
		}
		t->attached[i] = 1;
	}
	t->f.base.queues = queues;
	t->f.base.hdr_len = offload ? LKL_NET_HDR_LEN : 0;
	t->f.base.offload = able(t->f.fd[0], offload);
	*b = &t->f.base;
	return 0;
fail:
	tap_free(&t->f.base, 0);
	return err;
}

/* Whether the interface takes the frames of all groups by itself. */
static int takes_all(const char *ifname)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), all;
	struct ifreq ifr = { 0 };

	strcpy(ifr.ifr_name, ifname);
	all = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &ifr) &&
	      ifr.ifr_flags & (IFF_ALLMULTI | IFF_PROMISC);
	if (fd >= 0)
		close(fd);
	return all;
}

/*
 * The host passes on frames of the groups that its own stack has joined on the interface, and
 * does not know of those joined inside: it has to pass on all, as long as the device is there.
 */
static void take_groups(struct tap *t)
{
	struct packet_mreq all = { .mr_type = PACKET_MR_ALLMULTI };
	struct ifreq ifr = { 0 };

	if (ioctl(t->f.fd[0], TUNGETIFF, &ifr))
		return;
	all.mr_ifindex = if_nametoindex(ifr.ifr_name);
	/* A protocol of 0: nothing is received. */
	t->groups_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (t->groups_fd >= 0 && !setsockopt(t->groups_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
					     &all, sizeof(all)))
		return;
	if (!takes_all(ifr.ifr_name))
		lkl_printf("lkl: macvtap: multicast, and with it IPv6, will not work well; root "
			   "can help: ip link set %s allmulticast on\n", ifr.ifr_name);
}

int lkl_net_open_macvtap(const char *path, uint32_t offload, struct lkl_net_why *why,
			 struct lkl_net_backend **b)
{
	struct ifreq ifr = { 0 };
	struct tap *t = new_tap(why);
	int err, fd;

	if (!t)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		err = lkl_net_fail(why, -errno, "%s: %s; a macvtap interface of index N has "
				   "the device /dev/tapN", path, strerror(errno));
		goto fail;
	}
	t->f.fd[0] = fd;
	err = take(fd, &ifr, offload, 1);
	if (err) {
		lkl_net_fail(why, err, "%s: %s; no macvtap device?", path, strerror(-err));
		goto fail;
	}
	/* Frames for other addresses do not come here. */
	if (!ioctl(fd, SIOCGIFHWADDR, &ifr)) {
		t->f.base.has_mac = 1;
		memcpy(t->f.base.mac, ifr.ifr_hwaddr.sa_data, 6);
	}
	t->f.base.hdr_len = offload ? LKL_NET_HDR_LEN : 0;
	t->f.base.offload = able(fd, offload);
	take_groups(t);
	*b = &t->f.base;
	return 0;
fail:
	tap_free(&t->f.base, 0);
	return err;
}
