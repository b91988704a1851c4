/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_NET_NETMAP_USER_H
#define STAND_IN_NET_NETMAP_USER_H

#include <stdint.h>

/* What the library uses of netmap(4). */

#define NIOCTXSYNC	0x6994

struct netmap_slot {
	uint32_t buf_idx;
	uint16_t len;
	uint16_t flags;
};

/* Slots from head up to tail are the user's; the system looks at head and moves tail. */
struct netmap_ring {
	uint32_t num_slots;
	uint32_t nr_buf_size;
	uint32_t head, cur, tail;
	struct netmap_slot slot[8];
	char *stand_in_buffers;
};

struct netmap_if {
	struct netmap_ring *stand_in_tx, *stand_in_rx;
};

struct nm_desc {
	int fd;
	struct netmap_if *nifp;
	uint16_t first_tx_ring, last_tx_ring;
	uint16_t first_rx_ring, last_rx_ring;
};

struct nm_pkthdr {
	uint32_t caplen;
	uint32_t len;
};

#define NETMAP_TXRING(nifp, n)	((nifp)->stand_in_tx)
#define NETMAP_BUF(ring, i)	((ring)->stand_in_buffers + (i) * (ring)->nr_buf_size)

static inline int nm_ring_empty(struct netmap_ring *ring)
{
	return ring->head == ring->tail;
}

static inline uint32_t nm_ring_next(struct netmap_ring *ring, uint32_t i)
{
	return i + 1 == ring->num_slots ? 0 : i + 1;
}

struct nm_desc *nm_open(const char *name, const void *req, uint64_t flags, const void *parent);
int nm_close(struct nm_desc *d);
unsigned char *nm_nextpkt(struct nm_desc *d, struct nm_pkthdr *head);

int stand_in_ioctl(int fd, unsigned long what, void *arg);
#define ioctl stand_in_ioctl

#endif
