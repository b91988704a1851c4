// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lkl.h>

#include "units.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit rates[] = {
	{ "", 1.0 / 8 }, { "bit", 1.0 / 8 },
	{ "kbit", 1e3 / 8 }, { "mbit", 1e6 / 8 }, { "gbit", 1e9 / 8 }, { "tbit", 1e12 / 8 },
	{ "kibit", 1024.0 / 8 }, { "mibit", 1048576.0 / 8 }, { "gibit", 1073741824.0 / 8 },
	{ "bps", 1 }, { "kbps", 1e3 }, { "mbps", 1e6 }, { "gbps", 1e9 },
	{ NULL, 0 }
};

static const struct unit sizes[] = {
	{ "", 1 }, { "b", 1 }, { "k", 1024 }, { "kb", 1024 }, { "m", 1048576 },
	{ "mb", 1048576 }, { "g", 1073741824 }, { "gb", 1073741824 },
	{ "bit", 1.0 / 8 }, { "kbit", 128 }, { "mbit", 131072 }, { "gbit", 134217728 },
	{ NULL, 0 }
};

static const struct unit times[] = {
	{ "", 1e3 }, { "s", 1e9 }, { "sec", 1e9 }, { "ms", 1e6 }, { "msec", 1e6 },
	{ "us", 1e3 }, { "usec", 1e3 }, { "ns", 1 }, { "nsec", 1 },
	{ NULL, 0 }
};

/* The number at the start of @s, not negative, and what follows it. */
static int number(const char *s, double *value, const char **rest)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -LKL_EINVAL;
	*value = strtod(s, &end);
	*rest = end;
	return *value >= 0 && *value < 1e18 ? 0 : -LKL_EINVAL;
}

static int with_unit(const char *s, const struct unit *units, uint64_t *result)
{
	const char *unit;
	double value;

	if (number(s, &value, &unit))
		return -LKL_EINVAL;
	for (; units->name; units++) {
		if (strcasecmp(units->name, unit))
			continue;
		value = value * units->factor + 0.5;
		if (value >= 1e18)
			return -LKL_EINVAL;
		*result = value;
		return 0;
	}
	return -LKL_EINVAL;
}

int lkl_parse_rate(const char *s, uint64_t *bytes_per_s)
{
	return with_unit(s, rates, bytes_per_s);
}

int lkl_parse_size(const char *s, uint64_t *bytes)
{
	return with_unit(s, sizes, bytes);
}

int lkl_parse_time(const char *s, uint64_t *ns)
{
	return with_unit(s, times, ns);
}

int lkl_parse_percent(const char *s, uint32_t *fraction)
{
	const char *rest;
	double value;

	if (number(s, &value, &rest) || (strcmp(rest, "") && strcmp(rest, "%")) || value > 100)
		return -LKL_EINVAL;
	*fraction = value / 100 * UINT32_MAX + 0.5;
	return 0;
}

int lkl_parse_count(const char *s, uint64_t min, uint64_t max, uint64_t *count)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -LKL_EINVAL;
	errno = 0;
	*count = strtoull(s, &end, s[0] == '0' && (s[1] | 0x20) == 'x' ? 16 : 10);
	return errno || *end || *count < min || *count > max ? -LKL_EINVAL : 0;
}
