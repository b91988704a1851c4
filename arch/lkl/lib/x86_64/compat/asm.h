/* SPDX-License-Identifier: GPL-2.0 */
/* Included ahead of assembly code for the x86 kernel. */
#include <linux/linkage.h>

#define RET ret

#define CONFIG_X86_64 1
#define CONFIG_AS_AVX512 1
#define CONFIG_AS_SHA1_NI 1
#define CONFIG_AS_SHA256_NI 1
#define CONFIG_AS_VAES 1
#define CONFIG_AS_VPCLMULQDQ 1
