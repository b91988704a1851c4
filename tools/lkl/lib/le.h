/* SPDX-License-Identifier: GPL-2.0 */
/* Little-endian numbers at any place. */
#ifndef LKL_TOOLS_LE_H
#define LKL_TOOLS_LE_H

#include <stdint.h>

static inline uint32_t le16(const unsigned char *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t le32(const unsigned char *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static inline uint64_t le64(const unsigned char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

#endif
