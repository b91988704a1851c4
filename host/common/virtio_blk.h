/* SPDX-License-Identifier: GPL-2.0 */
/* The virtio block device. */
#ifndef LKL_COMMON_VIRTIO_BLK_H
#define LKL_COMMON_VIRTIO_BLK_H

#include "blk_backend.h"

struct lkl_virtio_blk;

/*
 * A disk over @backend with @queues queues. On success the device owns the
 * backend; its number is in @id. NULL with a negative errno in @err. May block.
 */
struct lkl_virtio_blk *lkl_virtio_blk_add(struct lkl_blk_backend *backend,
					  int queues, int *id, int *err);
/* Takes the disk from the kernel. 0 or a negative errno. May block. */
int lkl_virtio_blk_remove(struct lkl_virtio_blk *blk);
/* Opens what the backend may need later. free. */
void lkl_virtio_blk_start(struct lkl_virtio_blk *blk);
/* In a child of fork(): what it writes gets to the backend again. free. */
void lkl_virtio_blk_take_over(struct lkl_virtio_blk *blk);
/* N in the kernel's name for the device, virtio-mmio.N; negative without one. */
int lkl_virtio_blk_platform_id(const struct lkl_virtio_blk *blk);

#endif
