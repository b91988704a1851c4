// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lkl.h>

#include "calls.h"
#include "iperf3.h"
#include "message.h"
#include "meter.h"
#include "test.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SOL_MPTCP	284
#define MPTCP_INFO	1

#define CONNECT_MS	10000

/* ---- connections ---------------------------------------------------------------------- */

long client_connect(const struct client_options *o)
{
	int one = 1, zero = 0, flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, size;
	struct pollfd p = { .events = POLLOUT };
	struct address to;
	long fd, err;

	if (address_parse(o->host, o->port, &to))
		return -EINVAL;
	fd = calls->socket(to.ss.ss_family, flags, o->mptcp ? IPPROTO_MPTCP : 0);
	if (fd < 0)
		return fd;
	err = calls->connect(fd, &to.ss, to.size);
	if (err == -EINPROGRESS) {
		p.fd = fd;
		err = calls->poll(&p, 1, CONNECT_MS);
		size = sizeof(zero);
		err = err < 0 ? err : !err ? -ETIMEDOUT :
		      calls->getsockopt(fd, SOL_SOCKET, SO_ERROR, &zero, &size);
		if (!err)
			err = -zero;
	}
	if (err) {
		calls->close(fd);
		return err;
	}
	calls->setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
	return fd;
}

/* What a nonblocking send or receive found: negative only for errors. */
static long unless_again(long ret)
{
	return ret == -EAGAIN ? 0 : ret;
}

/* Subflows beyond the first, or -1 if the connection fell back to TCP. */
static int extra_subflows(int fd)
{
	unsigned char info[128] = { 0 };
	int size = sizeof(info);

	/* The first byte of struct mptcp_info; TCP does not know the option. */
	return calls->getsockopt(fd, SOL_MPTCP, MPTCP_INFO, info, &size) ? -1 : info[0];
}

/* Reads the reports that are there; 1 at the end of the stream. */
static long take_reports(int fd, struct meter *m, struct test_report *r, size_t *have)
{
	static char part[sizeof(*r)];
	long got;

	for (;;) {
		got = calls->recv(fd, part + *have, sizeof(*r) - *have, MSG_DONTWAIT);
		if (got <= 0)
			return got == 0 ? 1 : unless_again(got);
		*have += got;
		if (*have < sizeof(*r))
			continue;
		memcpy(r, part, sizeof(*r));
		*have = 0;
		meter_add(m, r->ns, r->bytes);
	}
}

/* Sends what there is room for: 0 or err. */
static long send_some(int fd, const char *buf)
{
	long sent = unless_again(calls->send(fd, buf, CHUNK, MSG_DONTWAIT));

	return sent < 0 ? sent : 0;
}

static long upload(int fd, struct meter *m, struct result *res)
{
	uint64_t end = m->start + m->o->seconds * 1e9, limit = end + 30000000000ULL;
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct test_report report = { 0 };
	char *buf = malloc(CHUNK);
	size_t have = 0;
	int sending = 1;
	long ret = 0;

	if (!buf)
		return -ENOMEM;
	memset(buf, 0x55, CHUNK);
	while (ret >= 0 && !interrupted && now_ns() < limit) {
		if (sending && now_ns() >= end) {
			res->subflows = extra_subflows(fd);
			calls->shutdown(fd, SHUT_WR);
			sending = 0;
			p.events = POLLIN;
		}
		ret = calls->poll(&p, 1, 50);
		if (ret > 0 && p.revents & POLLIN)
			ret = take_reports(fd, m, &report, &have);
		else if (ret > 0 && sending)
			ret = send_some(fd, buf);
		if (p.revents & POLLIN && ret == 1)
			break;
	}
	free(buf);
	res->bytes = report.bytes;
	res->ns = report.ns;
	return ret < 0 ? ret : sending && !interrupted ? -ECONNRESET : 0;
}

static long download(int fd, struct meter *m, struct result *res)
{
	uint64_t end = m->start + m->o->seconds * 1e9, limit = end + 30000000000ULL, now, first = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *buf = malloc(CHUNK);
	int asking = 1;
	long ret = 0;

	if (!buf)
		return -ENOMEM;
	do {
		now = now_ns();
		if (asking && (now >= end || interrupted)) {
			res->subflows = extra_subflows(fd);
			calls->shutdown(fd, SHUT_WR);
			asking = 0;
		}
		ret = calls->poll(&p, 1, 50);
		if (ret <= 0)
			continue;
		ret = calls->recv(fd, buf, CHUNK, MSG_DONTWAIT);
		if (!ret)
			break;
		ret = unless_again(ret);
		/* What arrives after the end would have the rest of the buffers count. */
		if (ret <= 0 || !asking)
			continue;
		now = now_ns();
		if (!first)
			first = m->start;
		res->bytes += ret;
		res->ns = now - first;
		meter_add(m, res->ns, res->bytes);
	} while (ret >= 0 && now_ns() < limit);
	free(buf);
	return ret < 0 ? ret : asking ? -ECONNRESET : 0;
}

/* ---- request and response -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

#define SAMPLES_MAX 1000000

/* Round trips in ns. */
struct samples {
	uint32_t *ns;
	uint64_t count, total, lost;
};

static void sample(struct samples *s, uint64_t ns)
{
	/* Of very many the first million is enough for the median. */
	if (s->count < SAMPLES_MAX)
		s->ns[s->count] = ns < UINT32_MAX ? ns : UINT32_MAX;
	s->count++;
	s->total += ns;
}

static long block(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return calls->poll(&p, 1, 10000) == 1 ? 0 : -ETIMEDOUT;
}

/* recv_all() of a socket that does not block. */
static long recv_waiting(int fd, char *buf, size_t size)
{
	size_t done = 0;
	long got;

	while (done < size) {
		got = calls->recv(fd, buf + done, size - done, 0);
		if (!got)
			return -ECONNRESET;
		if (got == -EAGAIN)
			got = block(fd);
		if (got < 0)
			return got;
		done += got;
	}
	return 0;
}

static long pingpong(int fd, struct meter *m, uint32_t size, struct samples *s)
{
	uint64_t end = m->start + m->o->seconds * 1e9, before;
	char *buf = calloc(1, size);
	long err = buf ? 0 : -ENOMEM;

	while (!err && !interrupted) {
		before = now_ns();
		if (before >= end)
			break;
		err = send_all(fd, buf, size);
		if (!err)
			err = recv_waiting(fd, buf, size);
		if (!err)
			sample(s, now_ns() - before);
	}
	free(buf);
	return err;
}

static void print_samples(const struct client_options *o, struct samples *s, uint64_t ns)
{
	uint64_t n = s->count < SAMPLES_MAX ? s->count : SAMPLES_MAX;
	double mean = s->count ? s->total / 1e3 / s->count : 0;
	double median, p99;

	qsort(s->ns, n, sizeof(*s->ns), compare);
	median = n ? s->ns[n / 2] / 1e3 : 0;
	p99 = n ? s->ns[n * 99 / 100] / 1e3 : 0;
	if (o->json)
		printf("{\"transactions\": %llu, \"lost\": %llu, \"seconds\": %.3f, \"mean_us\": %.1f, "
		       "\"median_us\": %.1f, \"p99_us\": %.1f}\n", (unsigned long long)s->count,
		       (unsigned long long)s->lost, ns / 1e9, mean, median, p99);
	else
		printf("%llu round trips in %.2f s: %.0f per second, mean %.1f us, median %.1f us, "
		       "99%% below %.1f us, %llu lost\n", (unsigned long long)s->count, ns / 1e9,
		       s->count / (ns / 1e9), mean, median, p99, (unsigned long long)s->lost);
}

/* ---- TCP ---------------------------------------------------------------------------------- */

void client_print(const struct client_options *o, const struct result *r)
{
	if (o->json) {
		printf("{\"bytes\": %llu, \"seconds\": %.3f, \"mbit_s\": %.3f",
		       (unsigned long long)r->bytes, r->ns / 1e9, mbit(r->bytes, r->ns));
		if (o->mptcp)
			printf(", \"subflows\": %d", r->subflows + 1);
		printf("}\n");
		return;
	}
	printf("%.2f MB in %.2f s: %.2f Mbit/s", r->bytes / 1e6, r->ns / 1e9,
	       mbit(r->bytes, r->ns));
	if (o->mptcp && r->subflows < 0)
		printf(", the other end speaks TCP only");
	else if (o->mptcp)
		printf(", %d subflow%s at the end", r->subflows + 1, r->subflows ? "s" : "");
	printf("\n");
}

static int run_tcp(const struct client_options *o)
{
	struct test_hello hello = { TEST_MAGIC, o->kind, o->size ? o->size : 1, 0 };
	struct samples s = { 0 };
	struct result res = { 0 };
	struct meter m;
	long fd, err;

	fd = client_connect(o);
	if (fd < 0) {
		error("%s port %d: %s", o->host, o->port, lkl_strerror(fd));
		return 1;
	}
	meter_start(&m, o);
	err = send_all(fd, &hello, sizeof(hello));
	if (!err && o->kind == TEST_UPLOAD)
		err = upload(fd, &m, &res);
	else if (!err && o->kind == TEST_DOWNLOAD)
		err = download(fd, &m, &res);
	else if (!err) {
		s.ns = malloc(SAMPLES_MAX * sizeof(*s.ns));
		err = s.ns ? pingpong(fd, &m, hello.size, &s) : -ENOMEM;
	}
	meter_end(&m);
	calls->close(fd);
	if (err)
		error("%s port %d: %s", o->host, o->port, lkl_strerror(err));
	else if (o->kind == TEST_PINGPONG)
		print_samples(o, &s, now_ns() - m.start);
	else
		client_print(o, &res);
	free(s.ns);
	return err ? 1 : 0;
}

/* ---- UDP ---------------------------------------------------------------------------------- */

static void sleep_until(uint64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* Asks for the result until it comes. */
static long udp_result(int fd, struct test_datagram *d)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct test_datagram r;
	int i;

	for (i = 0; i < 20; i++) {
		d->kind = UDP_END;
		calls->send(fd, d, sizeof(*d), 0);
		while (calls->poll(&p, 1, 250) == 1) {
			if (calls->recv(fd, &r, sizeof(r), 0) != sizeof(r) ||
			    r.magic != TEST_MAGIC || r.kind != UDP_RESULT || r.id != d->id)
				break;
			*d = r;
			return 0;
		}
	}
	return -ETIMEDOUT;
}

static void print_datagrams(const struct client_options *o, const struct test_datagram *d,
			    uint64_t sent)
{
	double loss = sent ? 100.0 * (sent - (d->count < sent ? d->count : sent)) / sent : 0;

	if (o->json)
		printf("{\"sent\": %llu, \"received\": %llu, \"bytes\": %llu, \"seconds\": %.3f, "
		       "\"mbit_s\": %.3f, \"packets_s\": %.0f, \"loss_percent\": %.3f}\n",
		       (unsigned long long)sent, (unsigned long long)d->count,
		       (unsigned long long)d->bytes, d->ns / 1e9, mbit(d->bytes, d->ns),
		       d->ns ? d->count * 1e9 / d->ns : 0, loss);
	else
		printf("%llu of %llu datagrams arrived (%.2f%% lost) in %.2f s: %.0f per second, "
		       "%.2f Mbit/s\n", (unsigned long long)d->count, (unsigned long long)sent,
		       loss, d->ns / 1e9, d->ns ? d->count * 1e9 / d->ns : 0,
		       mbit(d->bytes, d->ns));
}

static long udp_stream(int fd, struct meter *m, uint32_t size)
{
	uint64_t end = m->start + m->o->seconds * 1e9, sent = 0, bytes = 0, due;
	struct test_datagram *d = calloc(1, size);
	long err;

	if (!d)
		return -ENOMEM;
	d->magic = TEST_MAGIC;
	d->kind = UDP_DATA;
	d->id = m->start ^ (uint64_t)getpid() << 40;
	while (!interrupted && now_ns() < end) {
		d->seq = sent;
		err = calls->send(fd, d, size, 0);
		if (err < 0 && err != -ENOBUFS && err != -EAGAIN)
			goto out;
		sent += err > 0;
		bytes += err > 0 ? err : 0;
		meter_add(m, now_ns() - m->start, bytes);
		if (m->o->rate) {
			due = m->start + (uint64_t)((double)bytes / m->o->rate * 1e9);
			if (due > now_ns())
				sleep_until(due);
		}
	}
	err = udp_result(fd, d);
	meter_end(m);
	if (!err)
		print_datagrams(m->o, d, sent);
out:
	free(d);
	return err;
}

static long udp_pingpong(int fd, struct meter *m, uint32_t size, struct samples *s)
{
	uint64_t end = m->start + m->o->seconds * 1e9, before, seq = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct test_datagram *d = calloc(1, size);
	long err = d ? 0 : -ENOMEM;

	while (!err && !interrupted) {
		before = now_ns();
		if (before >= end)
			break;
		d->magic = TEST_MAGIC;
		d->kind = UDP_ECHO;
		d->seq = ++seq;
		err = calls->send(fd, d, size, 0);
		if (err < 0)
			break;
		do {
			err = calls->poll(&p, 1, 1000);
			if (err == 1)
				err = calls->recv(fd, d, size, 0) < 0 ? -ECONNREFUSED : 1;
		} while (err == 1 && d->seq != seq);
		if (err == 1)
			sample(s, now_ns() - before);
		else if (!err)
			s->lost++;
		err = err < 0 ? err : 0;
	}
	free(d);
	return err;
}

/* Until the first answer: who has to be found first does not count as a loss. */
static long udp_greet(int fd, uint32_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct test_datagram *d = calloc(1, size);
	long err = d ? 0 : -ENOMEM;
	int i;

	for (i = 0; i < 20 && !err && !interrupted; i++) {
		d->magic = TEST_MAGIC;
		d->kind = UDP_ECHO;
		err = calls->send(fd, d, size, 0);
		if (err >= 0)
			err = calls->poll(&p, 1, 250);
	}
	if (err == 1)
		err = calls->recv(fd, d, size, MSG_DONTWAIT);
	else if (!err && !interrupted)
		err = -ETIMEDOUT;
	free(d);
	return err < 0 ? err : 0;
}

static int run_udp(const struct client_options *o)
{
	uint32_t least = sizeof(struct test_datagram);
	uint32_t size = o->size ? o->size : o->kind == TEST_PINGPONG ? least : 1400;
	struct samples s = { 0 };
	struct address to;
	struct meter m;
	long fd, err;

	if (size < least || size > 65000)
		die("a datagram has %u to 65000 bytes here", least);
	if (address_parse(o->host, o->port, &to))
		die("%s: no IP address", o->host);
	fd = calls->socket(to.ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = fd < 0 ? fd : calls->connect(fd, &to.ss, to.size);
	if (!err && o->kind == TEST_PINGPONG)
		err = udp_greet(fd, size);
	meter_start(&m, o);
	if (!err && o->kind == TEST_UPLOAD) {
		err = udp_stream(fd, &m, size);
	} else if (!err) {
		s.ns = malloc(SAMPLES_MAX * sizeof(*s.ns));
		err = s.ns ? udp_pingpong(fd, &m, size, &s) : -ENOMEM;
		if (!err)
			print_samples(o, &s, now_ns() - m.start);
		free(s.ns);
	}
	if (fd >= 0)
		calls->close(fd);
	if (err)
		error("%s port %d: %s", o->host, o->port, lkl_strerror(err));
	return err ? 1 : 0;
}

int client_run(const struct client_options *o)
{
	if (o->iperf3)
		return iperf3_client(o);
	return o->udp ? run_udp(o) : run_tcp(o);
}
