/* SPDX-License-Identifier: GPL-2.0 */
/* The virtio network device. */
#ifndef LKL_COMMON_VIRTIO_NET_H
#define LKL_COMMON_VIRTIO_NET_H

#include "net_backend.h"

struct lkl_virtio_net;

/*
 * A device over @backend for @nd, whose mac it keeps up to date. @mac may be NULL.
 * On success its number is in @id. NULL with a negative errno in @err. May block.
 */
struct lkl_virtio_net *lkl_virtio_net_add(struct lkl_net_backend *backend,
					  struct lkl_netdev *nd, const uint8_t *mac,
					  uint32_t offload, int *id, int *err);
/* Takes the device from the kernel; the backend stays. 0 or a negative errno. May block. */
int lkl_virtio_net_remove(struct lkl_virtio_net *net);
struct lkl_net_backend *lkl_virtio_net_backend(const struct lkl_virtio_net *net);
struct lkl_netdev *lkl_virtio_net_netdev(const struct lkl_virtio_net *net);
/* The cable, which has to be plugged in on both ends: this is ours. */
void lkl_virtio_net_set_cable(struct lkl_virtio_net *net, int in);
/* N in the kernel's name for the device, virtio-mmio.N; negative without one. */
int lkl_virtio_net_platform_id(const struct lkl_virtio_net *net);

#endif
