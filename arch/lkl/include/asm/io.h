/* SPDX-License-Identifier: GPL-2.0 */
/* Device registers are reached through the host; there is no other I/O memory. */
#ifndef _ASM_LKL_IO_H
#define _ASM_LKL_IO_H

#include <linux/types.h>

u64 lkl_io_read(const volatile void __iomem *addr, int size);
void lkl_io_write(volatile void __iomem *addr, u64 value, int size);

#define LKL_IO_ACCESSORS(suffix, type)					\
static inline type __raw_read##suffix(const volatile void __iomem *addr) \
{									\
	return lkl_io_read(addr, sizeof(type));				\
}									\
static inline void __raw_write##suffix(type value,			\
				       volatile void __iomem *addr)	\
{									\
	lkl_io_write(addr, value, sizeof(type));			\
}
LKL_IO_ACCESSORS(b, u8)
LKL_IO_ACCESSORS(w, u16)
LKL_IO_ACCESSORS(l, u32)
LKL_IO_ACCESSORS(q, u64)
#undef LKL_IO_ACCESSORS

#define __raw_readb __raw_readb
#define __raw_readw __raw_readw
#define __raw_readl __raw_readl
#define __raw_readq __raw_readq
#define __raw_writeb __raw_writeb
#define __raw_writew __raw_writew
#define __raw_writel __raw_writel
#define __raw_writeq __raw_writeq

void __iomem *ioremap(phys_addr_t addr, size_t size);
void iounmap(volatile void __iomem *addr);
#define ioremap ioremap
#define iounmap iounmap

#include <asm-generic/io.h>

#endif
