/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_CHECKSUM_H
#define _ASM_LKL_CHECKSUM_H

#include <linux/in6.h>

/* In place of the one in lib/checksum.c. */
unsigned int do_csum(const unsigned char *buff, int len);
#define do_csum do_csum

#include <asm-generic/checksum.h>

/* In place of the one in net/ipv6. */
__sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr,
			__u32 len, __u8 proto, __wsum sum);
#define _HAVE_ARCH_IPV6_CSUM

#endif
