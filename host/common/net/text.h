/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses as text, without the host's C library, which not every host has for it. */
#ifndef LKL_NET_TEXT_H
#define LKL_NET_TEXT_H

#include <stddef.h>

/* Room for any address as text. */
#define LKL_ADDR_TEXT 48

/* An address of LKL_AF_INET or LKL_AF_INET6, all of @s: 0 or -EINVAL. */
int lkl_parse_addr(int af, const char *s, void *addr);
/* One of either family, which is stored in @af. */
int lkl_parse_any_addr(const char *s, int *af, void *addr);
/* "02:00:00:00:00:01" */
int lkl_parse_mac(const char *s, unsigned char mac[6]);
/* Writes an address into @buf, LKL_ADDR_TEXT bytes; returns it. */
const char *lkl_format_addr(int af, const void *addr, char *buf);

#endif
