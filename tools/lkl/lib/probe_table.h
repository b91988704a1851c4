/* SPDX-License-Identifier: GPL-2.0 */
/* What probe_own.c and probe_table.c have for each other. */
#ifndef LKL_TOOLS_PROBE_TABLE_H
#define LKL_TOOLS_PROBE_TABLE_H

#include <stddef.h>

struct device;

/* The partitions of @dev, if it has a table. 0, or -1 with a message printed. */
int probe_table(struct device *dev);

/* Text of little-endian UTF-16 of at most @len bytes. */
void probe_utf16(char *to, size_t size, const unsigned char *from, size_t len);
/* 16 bytes in the order in which they are. */
void probe_uuid(char uuid[37], const unsigned char *u);

#endif
