/* SPDX-License-Identifier: GPL-2.0 */
/* Little-endian fields of device structures. */
#ifndef LKL_COMMON_LE_H
#define LKL_COMMON_LE_H

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define lkl_le16(x) ((uint16_t)(x))
#define lkl_le32(x) ((uint32_t)(x))
#define lkl_le64(x) ((uint64_t)(x))
#else
#define lkl_le16(x) __builtin_bswap16(x)
#define lkl_le32(x) __builtin_bswap32(x)
#define lkl_le64(x) __builtin_bswap64(x)
#endif

#endif
