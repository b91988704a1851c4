// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "net_filter.h"

#define ETH_P_8021Q	0x8100

void lkl_net_filter_reset(struct lkl_net_filter *f)
{
	uint8_t mac[6];

	memcpy(mac, f->mac, sizeof(mac));
	memset(f, 0, sizeof(*f));
	memcpy(f->mac, mac, sizeof(mac));
}

static int has_mac(const struct lkl_net_macs *macs, const uint8_t *mac)
{
	int i;

	for (i = 0; i < macs->n; i++)
		if (!memcmp(macs->mac[i], mac, 6))
			return 1;
	return macs->all;
}

static int vlan_passes(const struct lkl_net_filter *f, const uint8_t *frame)
{
	unsigned int vid;

	if (!f->vlan_active || (frame[12] << 8 | frame[13]) != ETH_P_8021Q)
		return 1;
	vid = (frame[14] << 8 | frame[15]) & 0xfff;
	return f->vlans[vid / 32] >> (vid % 32) & 1;
}

int lkl_net_filter_pass(const struct lkl_net_filter *f, const uint8_t *frame, size_t len)
{
	static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

	if (!f->active || f->promisc)
		return 1;
	if (len < LKL_NET_FILTER_BYTES || !vlan_passes(f, frame))
		return 0;
	if (!memcmp(frame, broadcast, 6))
		return !f->no_bcast;
	if (frame[0] & 1)
		return !f->no_multi && (f->all_multi || has_mac(&f->multi, frame));
	if (!memcmp(frame, f->mac, 6))
		return 1;
	return !f->no_uni && (f->all_uni || has_mac(&f->uni, frame));
}
