// SPDX-License-Identifier: GPL-2.0
/*
 * TAP interfaces of FreeBSD: a device /dev/tapN for each. Frames have no header in
 * front, so that offloads are left to the kernel inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_tap.h>
#include <net/if_tun.h>
#include <unistd.h>

#include "net_fd.h"

static const struct lkl_net_backend_ops tap_ops = {
	.name = "tap",
	.tx = lkl_net_fd_tx,
	.rx = lkl_net_fd_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.fork_done = lkl_net_fd_fork_done,
	.free = lkl_net_fd_free,
};

static const char *tap_hint(int err)
{
	switch (err) {
	case ENOENT:
		return "; root makes it: kldload if_tuntap; ifconfig tap create";
	case EPERM:
	case EACCES:
		return "; root allows it: sysctl net.link.tap.user_open=1, and the right to "
		       "open the device";
	case EBUSY:
		return "; another program uses it";
	}
	return "";
}

int lkl_net_open_tap(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	char path[MAXPATHLEN];
	struct net_fd *f;
	int err;

	if (param[0] != '/' && (!*param || strlen(param) >= IFNAMSIZ || strchr(param, ',')))
		return lkl_net_fail(why, -EINVAL, "\"%s\" is no name of an interface; queues=N is for "
				    "Linux only", param);
	f = calloc(1, sizeof(*f));
	err = f ? lkl_net_fd_init(f, &tap_ops) : -ENOMEM;
	if (err) {
		free(f);
		return lkl_net_fail(why, err, "no memory or too many open files");
	}
	snprintf(path, sizeof(path), "%s%s", param[0] == '/' ? "" : "/dev/", param);
	f->fd[0] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (f->fd[0] < 0) {
		err = lkl_net_fail(why, -errno, "%s: %s%s", path, strerror(errno),
				   tap_hint(errno));
		lkl_net_fd_free(&f->base, 0);
		return err;
	}
	*b = &f->base;
	return 0;
}
