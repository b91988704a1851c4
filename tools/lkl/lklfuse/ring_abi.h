/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FUSE over io_uring, as the host's kernel has it from Linux 6.14 on. The headers of
 * older systems do not know of it.
 */
#ifndef LKLFUSE_RING_ABI_H
#define LKLFUSE_RING_ABI_H

#include <stdint.h>

/* In flags2 of INIT, which FUSE_INIT_EXT in its flags announces. */
#define FUSE_INIT_OVER_IO_URING	(1U << (41 - 32))

/*
 * A command, in an entry of the ring for /dev/fuse. The first one offers memory for a
 * request of a queue, two iovecs: struct fuse_ring_head and what follows it. It completes
 * when a request is there; the second gives the reply, in the same memory, and goes on
 * to the next request.
 */
enum fuse_ring_op {
	FUSE_RING_REGISTER = 1,
	FUSE_RING_COMMIT_AND_FETCH = 2,
};

struct fuse_ring_cmd {
	uint64_t flags;
	uint64_t commit_id;
	uint16_t queue;		/* the number of a processor */
	uint8_t padding[6];
};

struct fuse_ring_head {
	char in_out[128];	/* struct fuse_in_header, struct fuse_out_header */
	char op_in[128];	/* the operation's own, struct fuse_write_in and alike */
	uint64_t flags;
	uint64_t commit_id;	/* of this request */
	uint32_t payload_size;	/* of what follows, either way */
	uint32_t padding;
	uint64_t reserved;
};

#endif
