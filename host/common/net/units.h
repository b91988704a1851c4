/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers with units, as tc writes them. */
#ifndef LKL_NET_UNITS_H
#define LKL_NET_UNITS_H

#include <stdint.h>

/* Each: 0, or -EINVAL if @s is not such a number or is too large. */

/* "10mbit", "1.5gbit", "100kbps", "1000" (bit/s): bytes per second. */
int lkl_parse_rate(const char *s, uint64_t *bytes_per_s);
/* "32kb", "2m", "1500": bytes. */
int lkl_parse_size(const char *s, uint64_t *bytes);
/* "1.5s", "20ms", "100us", "50" (us): ns. */
int lkl_parse_time(const char *s, uint64_t *ns);
/* "0.5%" or "0.5", up to 100: as a fraction of UINT32_MAX. */
int lkl_parse_percent(const char *s, uint32_t *fraction);
/* A plain decimal or hexadecimal number from @min to @max. */
int lkl_parse_count(const char *s, uint64_t min, uint64_t max, uint64_t *count);

#endif
