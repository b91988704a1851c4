// SPDX-License-Identifier: GPL-2.0
/*
 * Virtio devices: the MMIO registers, and their coming and going with the kernel.
 */
#include <stdio.h>
#include <string.h>

#include "le.h"
#include "linux_errno.h"
#include "iomem.h"
#include "kernel.h"
#include "virtio.h"

enum {
	REG_MAGIC		= 0x000,
	REG_VERSION		= 0x004,
	REG_DEVICE_ID		= 0x008,
	REG_VENDOR_ID		= 0x00c,
	REG_DEVICE_FEATURES	= 0x010,
	REG_DEVICE_FEATURES_SEL	= 0x014,
	REG_DRIVER_FEATURES	= 0x020,
	REG_DRIVER_FEATURES_SEL	= 0x024,
	REG_QUEUE_SEL		= 0x030,
	REG_QUEUE_NUM_MAX	= 0x034,
	REG_QUEUE_NUM		= 0x038,
	REG_QUEUE_READY		= 0x044,
	REG_QUEUE_NOTIFY	= 0x050,
	REG_INTERRUPT_STATUS	= 0x060,
	REG_INTERRUPT_ACK	= 0x064,
	REG_STATUS		= 0x070,
	REG_QUEUE_DESC_LOW	= 0x080,
	REG_QUEUE_DESC_HIGH	= 0x084,
	REG_QUEUE_DRIVER_LOW	= 0x090,
	REG_QUEUE_DRIVER_HIGH	= 0x094,
	REG_QUEUE_DEVICE_LOW	= 0x0a0,
	REG_QUEUE_DEVICE_HIGH	= 0x0a4,
	REG_SHM_LEN_LOW		= 0x0b0,
	REG_SHM_BASE_HIGH	= 0x0bc,
	REG_CONFIG_GENERATION	= 0x0fc,
	REG_CONFIG		= 0x100,
};

#define MAGIC		0x74726976	/* "virt" */
#define VENDOR		0x6c6b6c00	/* "lkl" */
#define WINDOW_SIZE	0x1000

#define ISR_CONFIG	2

/* " virtio_mmio.device=0x1000@0x40000000:1234:63" for each slot. */
static char command_line[LKL_IOMEM_SLOTS * 48];

static void set_low(uint64_t *addr, uint32_t val)
{
	__atomic_store_n(addr, (*addr & 0xffffffff00000000ULL) | val, __ATOMIC_RELAXED);
}

static void set_high(uint64_t *addr, uint32_t val)
{
	__atomic_store_n(addr, (*addr & 0xffffffffULL) | (uint64_t)val << 32, __ATOMIC_RELAXED);
}

static int irq_of(const struct lkl_virtio_dev *dev)
{
	return __atomic_load_n(&dev->irq, __ATOMIC_RELAXED);
}

void lkl_virtio_interrupt(struct lkl_virtio_dev *dev, uint32_t isr)
{
	int irq = irq_of(dev);

	__atomic_fetch_or(&dev->isr, isr, __ATOMIC_SEQ_CST);
	/* The driver is there: so is the interrupt. */
	if (lkl_virtio_status(dev) & LKL_VIRTIO_S_DRIVER_OK && irq > 0) {
		lkl_hold_irq(irq, 1);
		lkl_trigger_irq(irq);
	}
}

/* The interrupt falls when nothing is left of it; also if a reset was at the same time. */
static void acknowledge(struct lkl_virtio_dev *dev, uint32_t isr)
{
	if (__atomic_and_fetch(&dev->isr, ~isr, __ATOMIC_SEQ_CST))
		return;
	lkl_hold_irq(irq_of(dev), 0);
	/* One that came meanwhile. */
	if (__atomic_load_n(&dev->isr, __ATOMIC_SEQ_CST))
		lkl_hold_irq(irq_of(dev), 1);
}

void lkl_virtio_config_changed(struct lkl_virtio_dev *dev)
{
	__atomic_fetch_add(&dev->config_generation, 1, __ATOMIC_RELEASE);
	lkl_virtio_interrupt(dev, ISR_CONFIG);
}

void lkl_virtio_broken(struct lkl_virtio_dev *dev, const char *why)
{
	uint32_t old = __atomic_fetch_or(&dev->status, LKL_VIRTIO_S_NEEDS_RESET,
					 __ATOMIC_ACQ_REL);

	if (old & LKL_VIRTIO_S_NEEDS_RESET)
		return;
	lkl_printf("virtio-%s: %s; device needs a reset\n", dev->model->name, why);
	lkl_virtio_interrupt(dev, ISR_CONFIG);
}

static void reset_device(struct lkl_virtio_dev *dev)
{
	unsigned int i;

	if (dev->model->quiesce)
		dev->model->quiesce(dev);
	for (i = 0; i < dev->queue_count; i++)
		lkl_virtqueue_reset(&dev->queue[i]);
	__atomic_store_n(&dev->driver_features, 0, __ATOMIC_RELAXED);
	if (dev->model->set_features)
		dev->model->set_features(dev, 0);
	dev->device_features_sel = 0;
	dev->driver_features_sel = 0;
	dev->queue_sel = 0;
	__atomic_store_n(&dev->status, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&dev->isr, 0, __ATOMIC_SEQ_CST);
	if (irq_of(dev) > 0)
		lkl_hold_irq(irq_of(dev), 0);
}

static void write_status(struct lkl_virtio_dev *dev, uint32_t val)
{
	uint32_t old = lkl_virtio_status(dev);

	if (!val) {
		reset_device(dev);
		return;
	}
	if (val & ~old & LKL_VIRTIO_S_FEATURES_OK) {
		uint64_t wanted = dev->driver_features;

		if (wanted & ~dev->device_features ||
		    !(wanted & LKL_VIRTIO_BIT(LKL_VIRTIO_F_VERSION_1)))
			val &= ~LKL_VIRTIO_S_FEATURES_OK;
		else if (dev->model->set_features)
			dev->model->set_features(dev, wanted);
	}
	/* Bits only come; NEEDS_RESET may come from a device thread just now. */
	__atomic_fetch_or(&dev->status, val & 0xff, __ATOMIC_ACQ_REL);
}

static void write_queue_ready(struct lkl_virtio_dev *dev,
			      struct lkl_virtio_queue *q, uint32_t val)
{
	if (!val)
		lkl_virtqueue_reset(q);
	else if (!q->ready && lkl_virtqueue_enable(q))
		lkl_virtio_broken(dev, "bad queue");
}

static uint32_t read_queue_reg(const struct lkl_virtio_queue *q,
			       unsigned int offset)
{
	switch (offset) {
	case REG_QUEUE_NUM_MAX:
		return q->num_max;
	case REG_QUEUE_READY:
		return q->ready;
	}
	return 0;
}

static uint32_t read_reg(struct lkl_virtio_dev *dev, unsigned int offset)
{
	uint32_t isr;

	switch (offset) {
	case REG_MAGIC:
		return MAGIC;
	case REG_VERSION:
		return 2;
	case REG_DEVICE_ID:
		return dev->model->device_id;
	case REG_VENDOR_ID:
		return VENDOR;
	case REG_DEVICE_FEATURES:
		if (dev->device_features_sel > 1)
			return 0;
		return dev->device_features >> (32 * dev->device_features_sel);
	case REG_INTERRUPT_STATUS:
		isr = __atomic_load_n(&dev->isr, __ATOMIC_ACQUIRE);
		if (!isr)
			acknowledge(dev, 0);
		return isr;
	case REG_STATUS:
		return lkl_virtio_status(dev);
	case REG_CONFIG_GENERATION:
		return __atomic_load_n(&dev->config_generation, __ATOMIC_ACQUIRE);
	case REG_SHM_LEN_LOW ... REG_SHM_BASE_HIGH:
		/* All ones: there are no shared memory regions. */
		return 0xffffffff;
	}
	if (dev->queue_sel < dev->queue_count)
		return read_queue_reg(&dev->queue[dev->queue_sel], offset);
	return 0;
}

static void write_queue_reg(struct lkl_virtio_dev *dev, unsigned int offset,
			    uint32_t val)
{
	struct lkl_virtio_queue *q;

	if (dev->queue_sel >= dev->queue_count)
		return;
	q = &dev->queue[dev->queue_sel];
	if (offset == REG_QUEUE_READY) {
		write_queue_ready(dev, q, val);
		return;
	}
	/* The ring of a queue at work stays where it is. */
	if (q->ready)
		return;
	switch (offset) {
	case REG_QUEUE_NUM:
		q->num = val;
		break;
	case REG_QUEUE_DESC_LOW:
		set_low(&q->desc_addr, val);
		break;
	case REG_QUEUE_DESC_HIGH:
		set_high(&q->desc_addr, val);
		break;
	case REG_QUEUE_DRIVER_LOW:
		set_low(&q->driver_addr, val);
		break;
	case REG_QUEUE_DRIVER_HIGH:
		set_high(&q->driver_addr, val);
		break;
	case REG_QUEUE_DEVICE_LOW:
		set_low(&q->device_addr, val);
		break;
	case REG_QUEUE_DEVICE_HIGH:
		set_high(&q->device_addr, val);
		break;
	}
}

static void write_driver_features(struct lkl_virtio_dev *dev, uint32_t val)
{
	if (lkl_virtio_status(dev) & LKL_VIRTIO_S_FEATURES_OK)
		return;
	if (dev->driver_features_sel == 0)
		set_low(&dev->driver_features, val);
	else if (dev->driver_features_sel == 1)
		set_high(&dev->driver_features, val);
}

static void write_reg(struct lkl_virtio_dev *dev, unsigned int offset, uint32_t val)
{
	switch (offset) {
	case REG_DEVICE_FEATURES_SEL:
		dev->device_features_sel = val;
		break;
	case REG_DRIVER_FEATURES:
		write_driver_features(dev, val);
		break;
	case REG_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = val;
		break;
	case REG_QUEUE_SEL:
		dev->queue_sel = val;
		break;
	case REG_QUEUE_NOTIFY:
		if (val < dev->queue_count && dev->queue[val].ready)
			dev->model->notify(dev, val);
		break;
	case REG_INTERRUPT_ACK:
		acknowledge(dev, val);
		break;
	case REG_STATUS:
		write_status(dev, val);
		break;
	default:
		write_queue_reg(dev, offset, val);
	}
}

/* A device may change it meanwhile: the driver sees that by the generation. */
static void read_config(const uint8_t *config, uint8_t *val, int size)
{
	for (int i = 0; i < size; i++)
		val[i] = __atomic_load_n(&config[i], __ATOMIC_ACQUIRE);
}

static int mmio_read(void *data, unsigned int offset, void *val, int size)
{
	struct lkl_virtio_dev *dev = data;
	uint32_t reg;

	if (offset >= REG_CONFIG) {
		offset -= REG_CONFIG;
		memset(val, 0, size);
		if (offset + size <= dev->config_len)
			read_config((uint8_t *)dev->config + offset, val, size);
		return 0;
	}
	if (size != 4 || offset & 3)
		return -LKL_ERR_INVAL;
	reg = lkl_le32(read_reg(dev, offset));
	memcpy(val, &reg, sizeof(reg));
	return 0;
}

static int mmio_write(void *data, unsigned int offset, const void *val, int size)
{
	struct lkl_virtio_dev *dev = data;
	uint32_t reg;

	if (offset >= REG_CONFIG) {
		offset -= REG_CONFIG;
		if (dev->model->config_write && offset + size <= dev->config_len)
			dev->model->config_write(dev, offset, val, size);
		return 0;
	}
	if (size != 4 || offset & 3)
		return -LKL_ERR_INVAL;
	memcpy(&reg, val, sizeof(reg));
	write_reg(dev, offset, lkl_le32(reg));
	return 0;
}

static const struct lkl_iomem_ops mmio_ops = {
	.read = mmio_read,
	.write = mmio_write,
};

/* The device in @slot, NULL if the slot is empty. */
static struct lkl_virtio_dev *device(int slot)
{
	return lkl_iomem_data(slot);
}

static int take_irq(struct lkl_virtio_dev *dev)
{
	int irq = lkl_get_free_irq("virtio");

	__atomic_store_n(&dev->irq, irq, __ATOMIC_RELAXED);
	return irq < 0 ? irq : 0;
}

static void drop_irq(struct lkl_virtio_dev *dev)
{
	int irq = __atomic_exchange_n(&dev->irq, 0, __ATOMIC_RELAXED);

	if (irq > 0)
		lkl_put_irq(irq, "virtio");
}

/* The kernel runs: make it probe @dev. */
static int plug(struct lkl_virtio_dev *dev)
{
	lkl_long params[6] = { lkl_iomem_base(dev->slot), WINDOW_SIZE, 0, dev->slot };
	long ret;

	ret = lkl_kernel_keep();
	if (ret)
		return ret;
	ret = take_irq(dev);
	params[2] = irq_of(dev);
	lkl_kernel_let_go();
	if (!ret)
		ret = lkl_syscall(LKL_CALL_VIRTIO_ADD, params);
	if (ret < 0)
		return ret;
	/* Nobody has it where the kernel has ended meanwhile. */
	lkl_kernel_keep();
	if (irq_of(dev) > 0)
		dev->platform_id = ret;
	lkl_kernel_let_go();
	return 0;
}

static void free_queues(struct lkl_virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->queue_count; i++)
		lkl_virtqueue_destroy(&dev->queue[i]);
}

int lkl_virtio_add(struct lkl_virtio_dev *dev)
{
	int ret = 0, err, running;
	unsigned int i;

	if (!dev->queue_count || dev->queue_count > LKL_VIRTIO_QUEUES_MAX)
		return -LKL_ERR_INVAL;
	dev->device_features |= LKL_VIRTIO_BIT(LKL_VIRTIO_F_VERSION_1) |
				LKL_VIRTIO_BIT(LKL_VIRTIO_F_INDIRECT_DESC) |
				LKL_VIRTIO_BIT(LKL_VIRTIO_F_EVENT_IDX);
	__atomic_store_n(&dev->irq, 0, __ATOMIC_RELAXED);
	dev->platform_id = -1;
	for (i = 0; i < dev->queue_count && !ret; i++)
		ret = lkl_virtqueue_init(dev, i);
	if (ret)
		goto fail;

	/* Who forks, starts or ends a kernel meanwhile finds the whole device, or nothing. */
	ret = lkl_kernel_keep();
	if (ret)
		goto fail;
	dev->slot = lkl_iomem_add(dev, WINDOW_SIZE, &mmio_ops);
	running = lkl_is_running();
	lkl_kernel_let_go();
	if (dev->slot < 0) {
		ret = dev->slot;
		goto fail;
	}
	if (running)
		ret = plug(dev);
	if (!ret)
		return dev->slot;
	err = lkl_kernel_keep();
	drop_irq(dev);
	lkl_iomem_remove(dev->slot);
	if (!err)
		lkl_kernel_let_go();
fail:
	free_queues(dev);
	return ret;
}

/* The kernel is done with @dev; see that the host is, too. */
static void stop_device(struct lkl_virtio_dev *dev)
{
	unsigned int i;

	reset_device(dev);
	if (dev->model->drain)
		dev->model->drain(dev);
	for (i = 0; i < dev->queue_count; i++)
		lkl_virtio_wait_idle(&dev->queue[i]);
}

int lkl_virtio_remove(struct lkl_virtio_dev *dev)
{
	long err, ret = 0;

	if (lkl_is_running() && dev->platform_id >= 0) {
		lkl_long params[6] = { dev->platform_id };

		ret = lkl_syscall(LKL_CALL_VIRTIO_REMOVE, params);
	}
	err = lkl_kernel_keep();
	if (err)
		return err;
	/* A kernel that ended meanwhile has no device any more. */
	if (ret < 0 && lkl_is_running()) {
		lkl_kernel_let_go();
		return ret;
	}
	stop_device(dev);
	drop_irq(dev);
	lkl_iomem_remove(dev->slot);
	lkl_kernel_let_go();
	free_queues(dev);
	return 0;
}

int lkl_virtio_start(void)
{
	size_t len = 0;
	int slot, ret;

	for (slot = 0; slot < LKL_IOMEM_SLOTS; slot++) {
		struct lkl_virtio_dev *dev = device(slot);

		if (!dev)
			continue;
		ret = take_irq(dev);
		if (ret) {
			lkl_virtio_stop();
			return ret;
		}
		dev->platform_id = slot;
		len += snprintf(command_line + len, sizeof(command_line) - len,
				" virtio_mmio.device=0x%x@0x%llx:%d:%d",
				WINDOW_SIZE, lkl_iomem_base(slot), irq_of(dev), slot);
	}
	lkl_host_ops.virtio_devices = len ? command_line : NULL;
	return 0;
}

void lkl_virtio_stop(void)
{
	int slot;

	for (slot = 0; slot < LKL_IOMEM_SLOTS; slot++) {
		struct lkl_virtio_dev *dev = device(slot);

		if (!dev)
			continue;
		stop_device(dev);
		drop_irq(dev);
		dev->platform_id = -1;
	}
	lkl_host_ops.virtio_devices = NULL;
}

void lkl_virtio_fork_prepare(void)
{
	int slot, round;

	for (round = 0; round < LKL_VIRTIO_FORK_ROUNDS; round++) {
		for (slot = 0; slot < LKL_IOMEM_SLOTS; slot++) {
			struct lkl_virtio_dev *dev = device(slot);

			if (dev && dev->model->fork_prepare)
				dev->model->fork_prepare(dev, round);
		}
	}
}

void lkl_virtio_fork_done(int child)
{
	int slot;

	for (slot = 0; slot < LKL_IOMEM_SLOTS; slot++) {
		struct lkl_virtio_dev *dev = device(slot);

		if (dev && dev->model->fork_done)
			dev->model->fork_done(dev, child);
	}
}
