// SPDX-License-Identifier: GPL-2.0
/* Devices that the host adds and removes while the kernel runs. */
#include <linux/blkdev.h>
#include <linux/platform_device.h>
#include <asm/entry.h>

long lkl_virtio_add(u64 base, u64 size, int irq)
{
	const struct resource res[] = {
		DEFINE_RES_MEM(base, size),
		DEFINE_RES_IRQ(irq),
	};
	struct platform_device *dev;

	/* Numbered by their interrupt, which is theirs alone. */
	dev = platform_device_register_simple("virtio-mmio", 1000 + irq, res,
					      ARRAY_SIZE(res));
	return IS_ERR(dev) ? PTR_ERR(dev) : dev->id;
}

static int has_id(struct device *dev, const void *id)
{
	const struct platform_device *pdev = to_platform_device(dev);

	return pdev->id == *(const int *)id && !strcmp(pdev->name, "virtio-mmio");
}

/* Whether somebody has a disk below @dev open, or mounted. */
static int is_in_use(struct device *dev, void *unused)
{
	if (dev->class == &block_class && !bdev_is_partition(dev_to_bdev(dev)))
		return !!disk_openers(dev_to_disk(dev));
	return device_for_each_child(dev, NULL, is_in_use);
}

long lkl_virtio_remove(int id)
{
	struct device *dev = bus_find_device(&platform_bus_type, NULL, &id, has_id);
	long err = 0;

	if (!dev)
		return -ENODEV;
	if (is_in_use(dev, NULL))
		err = -EBUSY;
	else
		platform_device_unregister(to_platform_device(dev));
	put_device(dev);
	return err;
}
