// SPDX-License-Identifier: GPL-2.0
/* Frames over two FIFOs, as over stream sockets. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net_fd.h"
#include "net_stream.h"

#define PIPE_SIZE	(1 << 20)

/*
 * Opened for both directions a FIFO opens at once, and never ends. -1 with @why.
 */
static int open_fifo(const char *path, struct lkl_net_why *why)
{
	struct stat st;
	int fd;

	if (mkfifo(path, 0600) && errno != EEXIST) {
		lkl_net_fail(why, 0, "%s: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		lkl_net_fail(why, 0, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISFIFO(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		lkl_net_fail(why, 0, "%s is no FIFO", path);
		return -1;
	}
#ifdef F_SETPIPE_SZ
	/* As much as an ordinary user may have; less is slower. */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
	return fd;
}

static long fifo_send(lkl_sock_t s, const struct iovec *iov, int n)
{
	ssize_t done = writev(s, iov, n);

	return done < 0 ? -lkl_sock_errno() : done;
}

int lkl_net_open_pipe(const char *param, uint32_t offload, struct lkl_net_why *why,
		      struct lkl_net_backend **b)
{
	const char *bar = strchr(param, '|');
	int in, out, err;
	char *rx;

	if (!bar || bar == param || !bar[1])
		return lkl_net_fail(why, -EINVAL, "\"%s\": not \"RX|TX\", the paths of two "
				    "FIFOs", param);
	rx = strndup(param, bar - param);
	if (!rx)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	in = open_fifo(rx, why);
	out = in < 0 ? -1 : open_fifo(bar + 1, why);
	err = -errno;
	free(rx);
	if (out < 0) {
		if (in >= 0)
			close(in);
		return err;
	}
	*b = lkl_net_stream_new(in, out, fifo_send, why);
	if (!*b)
		return -ENOMEM;
	(*b)->offload = offload;
	(*b)->hdr_len = offload ? LKL_NET_HDR_LEN : 0;
	(*b)->offload_fixed = 1;
	return 0;
}
