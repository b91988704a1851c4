// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "text.h"

/* Four decimal numbers without leading zeroes; what follows them, or NULL. */
static const char *parse_v4(const char *s, unsigned char *addr)
{
	unsigned int value;
	int i, digits;

	for (i = 0; i < 4; i++) {
		if (i && *s++ != '.')
			return NULL;
		value = 0;
		for (digits = 0; *s >= '0' && *s <= '9'; digits++) {
			if (digits && !value)
				return NULL;
			value = value * 10 + (*s++ - '0');
			if (value > 255)
				return NULL;
		}
		if (!digits)
			return NULL;
		addr[i] = value;
	}
	return s;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of up to four hexadecimal digits; what follows it, or NULL. */
static const char *parse_group(const char *s, unsigned char *addr)
{
	unsigned int value = 0;
	int digits;

	for (digits = 0; hex(*s) >= 0; digits++, s++) {
		if (digits == 4)
			return NULL;
		value = value << 4 | hex(*s);
	}
	addr[0] = value >> 8;
	addr[1] = value;
	return digits ? s : NULL;
}

/* Whether an IPv4 address is next, rather than a group. */
static int dotted(const char *s)
{
	return s[strspn(s, "0123456789")] == '.';
}

static int parse_v6(const char *s, unsigned char *addr)
{
	int len = 0, gap = -1;

	memset(addr, 0, 16);
	if (s[0] == ':' && s[1] != ':')
		return -LKL_EINVAL;
	while (*s) {
		if (s[0] == ':' && s[1] == ':') {
			if (gap >= 0)
				return -LKL_EINVAL;
			gap = len;
			s += 2;
			continue;
		}
		if (len && gap != len && *s++ != ':')
			return -LKL_EINVAL;
		if (len == 16)
			return -LKL_EINVAL;
		if (dotted(s)) {
			s = len <= 12 ? parse_v4(s, addr + len) : NULL;
			len += 4;
			if (!s || *s)
				return -LKL_EINVAL;
		} else {
			s = parse_group(s, addr + len);
			len += 2;
			if (!s)
				return -LKL_EINVAL;
		}
	}
	if (gap < 0)
		return len == 16 ? 0 : -LKL_EINVAL;
	if (len == 16)
		return -LKL_EINVAL;
	memmove(addr + 16 - (len - gap), addr + gap, len - gap);
	memset(addr + gap, 0, 16 - len);
	return 0;
}

int lkl_parse_addr(int af, const char *s, void *addr)
{
	if (af == LKL_AF_INET6)
		return parse_v6(s, addr);
	s = parse_v4(s, addr);
	return s && !*s ? 0 : -LKL_EINVAL;
}

int lkl_parse_any_addr(const char *s, int *af, void *addr)
{
	*af = strchr(s, ':') ? LKL_AF_INET6 : LKL_AF_INET;
	return lkl_parse_addr(*af, s, addr);
}

int lkl_parse_mac(const char *s, unsigned char mac[6])
{
	int i;

	for (i = 0; i < 6; i++, s += 2) {
		if (i && *s++ != ':')
			return -LKL_EINVAL;
		if (hex(s[0]) < 0 || hex(s[1]) < 0)
			return -LKL_EINVAL;
		mac[i] = hex(s[0]) << 4 | hex(s[1]);
	}
	return *s ? -LKL_EINVAL : 0;
}

static const char *format_v6(const unsigned char *a, char *buf)
{
	int i, start = -1, best = 1, run = 0, pos = 0;

	/* The longest run of two or more empty groups, the first of equals, is left out. */
	for (i = 0; i < 8; i++) {
		run = a[2 * i] || a[2 * i + 1] ? 0 : run + 1;
		if (run > best) {
			best = run;
			start = i - run + 1;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == start) {
			pos += sprintf(buf + pos, "::");
			i += best - 1;
			continue;
		}
		pos += sprintf(buf + pos, "%s%x", i && (start < 0 || i != start + best) ? ":" : "",
			       a[2 * i] << 8 | a[2 * i + 1]);
	}
	return buf;
}

const char *lkl_format_addr(int af, const void *addr, char *buf)
{
	const unsigned char *a = addr;

	if (af == LKL_AF_INET6)
		return format_v6(a, buf);
	snprintf(buf, LKL_ADDR_TEXT, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	return buf;
}
