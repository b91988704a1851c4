/* SPDX-License-Identifier: GPL-2.0 */
/* Included ahead of the drivers of arch/arm64/crypto. */
#ifndef _LKL_CRYPTO_H
#define _LKL_CRYPTO_H

#include <linux/cpufeature.h>
#include <linux/module.h>
#include <asm/isa.h>

/* Names of arch/arm64 for extensions; 0 stands for what all have. */
#define ISA_ASIMD	0
#define cpu_have_named_feature(name)	isa_has(ISA_##name)

/* The driver is for processors with that extension only. */
#define module_cpu_feature_match(name, init)				\
static int __init lkl_feature_init(void)				\
{									\
	return isa_has(ISA_##name) ? init() : -ENODEV;			\
}									\
module_init(lkl_feature_init)

/* For the table by which modules would be loaded. */
struct cpu_feature {
	u32 isa;
};
#define cpu_feature(name)	ISA_##name

#endif
