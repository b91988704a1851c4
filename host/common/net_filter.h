/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which frames a network device passes on to its driver: receive mode, addresses,
 * VLANs, as the driver set them through the control queue.
 */
#ifndef LKL_COMMON_NET_FILTER_H
#define LKL_COMMON_NET_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define LKL_NET_MACS_MAX	64
/* Destination, source, VLAN tag: what lkl_net_filter_pass() looks at. */
#define LKL_NET_FILTER_BYTES	16

struct lkl_net_macs {
	int n;
	/* There were too many for the table: any passes. */
	int all;
	uint8_t mac[LKL_NET_MACS_MAX][6];
};

/* Written with the CPU token held; read by the device's thread as well. */
struct lkl_net_filter {
	uint8_t mac[6];
	/* The driver said what it wants; before, everything passes. */
	int active;
	uint8_t promisc;
	uint8_t all_multi;
	uint8_t all_uni;
	uint8_t no_multi;
	uint8_t no_uni;
	uint8_t no_bcast;
	struct lkl_net_macs uni;
	struct lkl_net_macs multi;
	int vlan_active;
	uint32_t vlans[4096 / 32];
};

/* Everything passes, as after a reset; the address stays. */
void lkl_net_filter_reset(struct lkl_net_filter *f);
/* Whether the frame that starts with @len bytes at @frame passes. */
int lkl_net_filter_pass(const struct lkl_net_filter *f, const uint8_t *frame, size_t len);

static inline void lkl_net_filter_vlan(struct lkl_net_filter *f, uint16_t vid, int pass)
{
	uint32_t bit = 1u << (vid % 32);

	if (pass)
		f->vlans[vid / 32] |= bit;
	else
		f->vlans[vid / 32] &= ~bit;
}

#endif
