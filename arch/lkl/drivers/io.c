// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/io.h>
#include <asm/thread.h>

u64 lkl_io_read(const volatile void __iomem *addr, int size)
{
	u64 value = 0;

	if (WARN_ON(lkl_ops->iomem_access((void __force *)addr, &value, size, 0)))
		value = ~0ULL;
	return value;
}
EXPORT_SYMBOL(lkl_io_read);

void lkl_io_write(volatile void __iomem *addr, u64 value, int size)
{
	WARN_ON(lkl_ops->iomem_access((void __force *)addr, &value, size, 1));
}
EXPORT_SYMBOL(lkl_io_write);

void __iomem *ioremap(phys_addr_t addr, size_t size)
{
	return (void __iomem __force *)lkl_ops->ioremap(addr, size);
}
EXPORT_SYMBOL(ioremap);

void iounmap(volatile void __iomem *addr)
{
}
EXPORT_SYMBOL(iounmap);
