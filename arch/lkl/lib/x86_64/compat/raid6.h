/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included ahead of the sources of lib/raid6 for x86: after the kernel's headers,
 * which are not to see that these are compiled as if for x86.
 */
#include <linux/raid/pq.h>

#define CONFIG_X86_64 1
#define CONFIG_AS_AVX512 1
