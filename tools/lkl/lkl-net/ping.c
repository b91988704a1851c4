// SPDX-License-Identifier: GPL-2.0
/* ICMP and ICMPv6 echo. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>

#include "calls.h"
#include "message.h"
#include "ping.h"
#include "test.h"

#define ECHO_REQUEST4	8
#define ECHO_REPLY4	0
#define ECHO_REQUEST6	128
#define ECHO_REPLY6	129

/* The wait for the last answers. */
#define LAST_NS		2000000000ULL

struct echo {
	uint8_t type, code;
	uint16_t sum, id, seq;
	uint64_t sent;		/* ns */
};

struct run {
	int fd, v6, json;
	struct address to;
	uint16_t id;
	unsigned int sent, received, duplicates;
	uint8_t answered[65536 / 8];		/* bits, by sequence number */
	double min, max, total;			/* ms */
	char *buf;
	size_t size;				/* of a request */
};

static uint16_t checksum(const void *data, size_t size)
{
	const uint8_t *d = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < size; i += 2)
		sum += d[i] << 8 | d[i + 1];
	if (size & 1)
		sum += d[size - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static long send_one(struct run *r)
{
	struct echo *e = (struct echo *)r->buf;

	memset(r->buf, 0x2a, r->size);
	memset(e, 0, sizeof(*e));
	e->type = r->v6 ? ECHO_REQUEST6 : ECHO_REQUEST4;
	e->id = r->id;
	e->seq = htons(++r->sent);
	r->answered[(uint16_t)r->sent / 8] &= ~(1 << r->sent % 8);
	e->sent = now_ns();
	/* That of ICMPv6 covers addresses as well, and is the kernel's. */
	if (!r->v6)
		e->sum = checksum(r->buf, r->size);
	return calls->sendto(r->fd, r->buf, r->size, &r->to.ss, r->to.size);
}

static void print_answer(long len, const struct address *from, unsigned int seq, int ttl,
			 double ms, int duplicate)
{
	printf("%ld bytes from %s: seq %u", len, address_text(from), seq);
	if (ttl >= 0)
		printf(", ttl %d", ttl);
	printf(", %.3f ms%s\n", ms, duplicate ? ", duplicate" : "");
	fflush(stdout);
}

static void take(struct run *r, const char *packet, long len, const struct address *from)
{
	const struct echo *e = (const struct echo *)packet;
	int ttl = -1, duplicate;
	unsigned int seq;
	double ms;

	/* A raw IPv4 socket gives the IP header as well. */
	if (!r->v6) {
		int header = (packet[0] & 15) * 4;

		ttl = (uint8_t)packet[8];
		packet += header;
		len -= header;
		e = (const struct echo *)packet;
	}
	if (len < (long)sizeof(*e) || e->type != (r->v6 ? ECHO_REPLY6 : ECHO_REPLY4) ||
	    e->id != r->id)
		return;
	seq = ntohs(e->seq);
	duplicate = r->answered[seq / 8] >> seq % 8 & 1;
	r->answered[seq / 8] |= 1 << seq % 8;
	ms = (now_ns() - e->sent) / 1e6;
	if (!r->json)
		print_answer(len, from, seq, ttl, ms, duplicate);
	r->duplicates += duplicate;
	if (duplicate)
		return;
	r->received++;
	r->total += ms;
	if (r->received == 1 || ms < r->min)
		r->min = ms;
	if (ms > r->max)
		r->max = ms;
}

/* Takes answers until @deadline, or until every request has one if @last. */
static void collect(struct run *r, uint64_t deadline, int last)
{
	static char packet[65536] __attribute__((aligned(8)));
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct address from;
	uint64_t now;
	long len;

	while (!interrupted && (now = now_ns()) < deadline && !(last && r->received >= r->sent)) {
		if (calls->poll(&p, 1, (deadline - now) / 1000000 + 1) != 1)
			continue;
		from.size = sizeof(from.ss);
		len = calls->recvfrom(r->fd, packet, sizeof(packet), &from.ss, &from.size);
		if (len >= 28 || (r->v6 && len > 0))
			take(r, packet, len, &from);
	}
}

static void summary(const struct run *r, const char *host)
{
	double mean = r->received ? r->total / r->received : 0;
	double loss = r->sent ? 100.0 * (r->sent - r->received) / r->sent : 0;

	if (r->json) {
		printf("{\"host\": \"%s\", \"sent\": %u, \"received\": %u, \"duplicates\": %u, "
		       "\"loss_percent\": %.1f, \"min_ms\": %.3f, \"mean_ms\": %.3f, "
		       "\"max_ms\": %.3f}\n", host, r->sent, r->received, r->duplicates, loss,
		       r->min, mean, r->max);
		return;
	}
	printf("%u sent, %u received, ", r->sent, r->received);
	if (r->duplicates)
		printf("%u duplicate%s, ", r->duplicates, r->duplicates > 1 ? "s" : "");
	printf("%.1f%% lost", loss);
	if (r->received)
		printf("; min %.3f, mean %.3f, max %.3f ms", r->min, mean, r->max);
	putchar('\n');
}

int ping(const char *host, unsigned int count, double interval, unsigned int size, int json)
{
	struct run r = { .json = json, .id = getpid() };
	uint64_t next;
	long err = 0;

	if (address_parse(host, 0, &r.to))
		die("%s: no IP address", host);
	r.v6 = r.to.ss.ss_family == AF_INET6;
	r.size = sizeof(struct echo) + size;
	r.buf = malloc(r.size);
	if (!r.buf)
		die("no memory");
	r.fd = calls->socket(r.to.ss.ss_family, SOCK_RAW | SOCK_CLOEXEC,
			     r.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (r.fd < 0)
		die("raw socket: %s", lkl_strerror(r.fd));
	next = now_ns();
	while (!interrupted && (!count || r.sent < count)) {
		err = send_one(&r);
		if (err < 0 && !json)
			error("%s: %s", host, lkl_strerror(err));
		next += interval * 1e9;
		if (!count || r.sent < count)
			collect(&r, next, 0);
	}
	collect(&r, now_ns() + LAST_NS, 1);
	summary(&r, host);
	calls->close(r.fd);
	free(r.buf);
	return r.received ? 0 : 1;
}
