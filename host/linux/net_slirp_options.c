// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net_slirp.h"

#define DEFAULT_MTU	65520

/* A number from @min to @max that is all of @text. -1 if it is not. */
static long number(const char *text, long min, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text < '0' || *text > '9' || *end || n < min || n > max ? -1 : n;
}

static struct in_addr nth(const struct lkl_slirp_options *o, uint32_t n)
{
	struct in_addr addr = { .s_addr = htonl(ntohl(o->net.s_addr) + n) };

	return addr;
}

static void set_net(struct lkl_slirp_options *o, struct in_addr net, int len)
{
	o->mask.s_addr = htonl(~0u << (32 - len));
	o->net.s_addr = net.s_addr & o->mask.s_addr;
	o->host = nth(o, 2);
	o->dns = nth(o, 3);
	o->dhcp = nth(o, 15);
}

static void set_net6(struct lkl_slirp_options *o, const struct in6_addr *net, int len)
{
	o->net6 = *net;
	o->len6 = len;
	o->host6 = *net;
	o->host6.s6_addr[15] |= 2;
	o->dns6 = *net;
	o->dns6.s6_addr[15] |= 3;
}

/* "ADDRESS/LEN" */
static int parse_net(struct lkl_slirp_options *o, int family, char *value)
{
	char *slash = strchr(value, '/');
	struct in6_addr net6;
	struct in_addr net;
	int len;

	if (!slash)
		return -EINVAL;
	*slash = 0;
	if (family == AF_INET) {
		/* There has to be room for the fifteenth. */
		len = number(slash + 1, 8, 27);
		if (len < 0 || inet_pton(AF_INET, value, &net) != 1)
			return -EINVAL;
		set_net(o, net, len);
		return 0;
	}
	len = number(slash + 1, 8, 120);
	if (len < 0 || inet_pton(AF_INET6, value, &net6) != 1)
		return -EINVAL;
	set_net6(o, &net6, len);
	return 0;
}

/*
 * Takes "ADDRESS:PORT" or "[ADDRESS6]:PORT" off *@text, up to a colon or the end. An
 * empty address leaves that of @addr.
 */
static int take_endpoint(char **text, struct sockaddr_storage *addr, socklen_t *len)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;
	char *host = *text, *end, *port;
	int n;

	if (*host == '[') {
		host++;
		end = strchr(host, ']');
		if (!end || end[1] != ':')
			return -EINVAL;
		*end++ = 0;
		memset(addr, 0, sizeof(*addr));
		sin6->sin6_family = AF_INET6;
		if (inet_pton(AF_INET6, host, &sin6->sin6_addr) != 1)
			return -EINVAL;
		*len = sizeof(*sin6);
	} else {
		end = strchr(host, ':');
		if (!end)
			return -EINVAL;
		*end = 0;
		if (*host && inet_pton(AF_INET, host, &sin->sin_addr) != 1)
			return -EINVAL;
	}
	port = end + 1;
	*text = strchr(port, ':');
	if (*text)
		*(*text)++ = 0;
	n = number(port, 1, 65535);
	if (n < 0)
		return -EINVAL;
	if (addr->ss_family == AF_INET6)
		sin6->sin6_port = htons(n);
	else
		sin->sin_port = htons(n);
	return 0;
}

/* "tcp:HOST:PORT:GUEST:PORT" */
static int parse_fwd(struct lkl_slirp_options *o, char *value)
{
	struct lkl_slirp_fwd *f = &o->fwd[o->n_fwd];
	struct sockaddr_in *host = (struct sockaddr_in *)&f->host;
	struct sockaddr_in *guest = (struct sockaddr_in *)&f->guest;
	char *rest = value + 4;

	if (o->n_fwd == LKL_SLIRP_FWD_MAX)
		return -EINVAL;
	snprintf(f->text, sizeof(f->text), "%s", value);
	f->udp = !strncmp(value, "udp:", 4);
	if (!f->udp && strncmp(value, "tcp:", 4))
		return -EINVAL;
	host->sin_family = AF_INET;
	f->host_len = sizeof(*host);
	guest->sin_family = AF_INET;
	guest->sin_addr = o->dhcp;
	f->guest_len = sizeof(*guest);
	if (take_endpoint(&rest, &f->host, &f->host_len) || !rest ||
	    take_endpoint(&rest, &f->guest, &f->guest_len) || rest)
		return -EINVAL;
	/* The library does not translate between the two. */
	if (f->host.ss_family != f->guest.ss_family)
		return -EINVAL;
	o->n_fwd++;
	return 0;
}

static int parse_one(struct lkl_slirp_options *o, char *key)
{
	char *value = strchr(key, '=');
	long n;

	if (!strcmp(key, "restrict")) {
		o->restricted = 1;
		return 0;
	}
	if (!value)
		return -EINVAL;
	*value++ = 0;
	if (!strcmp(key, "hostfwd"))
		return parse_fwd(o, value);
	if (!strcmp(key, "net"))
		return parse_net(o, AF_INET, value);
	if (!strcmp(key, "net6"))
		return parse_net(o, AF_INET6, value);
	if (!strcmp(key, "host"))
		return inet_pton(AF_INET, value, &o->host) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "dns"))
		return inet_pton(AF_INET, value, &o->dns) == 1 ? 0 : -EINVAL;
	if (!strcmp(key, "mtu")) {
		n = number(value, 1280, 65520);
		o->mtu = n;
		return n < 0 ? -EINVAL : 0;
	}
	return -EINVAL;
}

int lkl_slirp_parse(const char *param, struct lkl_slirp_options *o, struct lkl_net_why *why)
{
	struct in6_addr net6 = { .s6_addr = { 0xfe, 0xc0 } };
	struct in_addr net = { .s_addr = htonl(0x0a000200) };
	char *copy = strdup(param), *word, *save;
	char text[128];
	int err = 0;

	memset(o, 0, sizeof(*o));
	o->mtu = DEFAULT_MTU;
	set_net(o, net, 24);
	set_net6(o, &net6, 64);
	if (!copy)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	for (word = strtok_r(copy, ",", &save); word && !err;
	     word = strtok_r(NULL, ",", &save)) {
		snprintf(text, sizeof(text), "%s", word);
		err = parse_one(o, word);
	}
	free(copy);
	return err ? lkl_net_fail(why, err, "\"%s\" is no option of slirp, or its value makes "
				  "no sense", text) : 0;
}
