/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_TOOLS_ENDIAN_H
#define LKL_TOOLS_ENDIAN_H

#include <stdint.h>

/* Little-endian, as all processors with Windows. */
#define le16toh(x)	((uint16_t)(x))
#define le32toh(x)	((uint32_t)(x))
#define htole16(x)	((uint16_t)(x))
#define htole32(x)	((uint32_t)(x))

#endif
