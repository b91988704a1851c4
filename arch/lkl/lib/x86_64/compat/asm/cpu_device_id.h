/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of processors that a driver is for. Those that go by extensions work;
 * processors are not told apart by model.
 */
#ifndef _LKL_COMPAT_ASM_CPU_DEVICE_ID_H
#define _LKL_COMPAT_ASM_CPU_DEVICE_ID_H

#include <linux/mod_devicetable.h>
#include <asm/fpu/api.h>

#define X86_MATCH_FEATURE(isa, data) \
	{ .feature = (isa), .driver_data = (unsigned long)(data) }
#define X86_MATCH_VFM(vfm, data) \
	{ .family = X86_FAMILY_ANY + 1 }

#define INTEL_SKYLAKE_X 1

static const struct {
	u32 x86_vfm;
} boot_cpu_data __maybe_unused;

static inline const struct x86_cpu_id *x86_match_cpu(const struct x86_cpu_id *id)
{
	for (; id->feature || id->family; id++)
		if (!id->family && isa_has(id->feature))
			return id;
	return NULL;
}

#endif
