// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "calls.h"
#include "iperf3.h"
#include "message.h"
#include "meter.h"

#ifdef HAVE_LIBCJSON

#define STREAMS_MAX	128
#define LEN_MAX		(1 << 20)
/* "not implemented", among the errors of iperf3 */
#define NOT_IMPLEMENTED	13

struct test {
	int listener, control;
	char cookie[IPERF3_COOKIE];
	int n;			/* streams */
	int reverse;		/* we send */
	int len;		/* bytes at once */
	int fd[STREAMS_MAX];
	uint64_t bytes[STREAMS_MAX];
	uint64_t ns;
};

static int number(const cJSON *json, const char *name, int missing)
{
	const cJSON *item = cJSON_GetObjectItem(json, name);

	return cJSON_IsNumber(item) ? item->valueint : missing;
}

static int is_true(const cJSON *json, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(json, name);

	return cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valueint);
}

/* Tells the client why it cannot be served. */
static long refuse(struct test *t, const char *what)
{
	int32_t errors[2] = { htonl(NOT_IMPLEMENTED), 0 };

	error("a test was refused: %s; tests here are of TCP, in one direction", what);
	if (!iperf3_send_state(t->control, IPERF3_SERVER_ERROR))
		send_all(t->control, errors, sizeof(errors));
	return -ECANCELED;
}

static long get_parameters(struct test *t)
{
	cJSON *json = NULL;
	long err = iperf3_send_state(t->control, IPERF3_PARAM_EXCHANGE);

	if (!err)
		err = iperf3_recv_json(t->control, &json);
	if (err)
		return err;
	t->n = number(json, "parallel", 1);
	t->len = number(json, "len", CHUNK);
	t->reverse = is_true(json, "reverse");
	if (is_true(json, "udp") || is_true(json, "sctp"))
		err = refuse(t, "it is not of TCP");
	else if (is_true(json, "bidirectional"))
		err = refuse(t, "it goes both ways");
	else if (t->n < 1 || t->n > STREAMS_MAX)
		err = refuse(t, "too many streams");
	else if (t->len < 1 || t->len > LEN_MAX)
		err = refuse(t, "its blocks are too large");
	cJSON_Delete(json);
	return err;
}

/* A connection that says @cookie, if that is given, or whose cookie is stored in @said. */
static long accept_one(int listener, const char *cookie, char *said)
{
	char got[IPERF3_COOKIE];
	long fd = calls->accept(listener), err;

	if (fd < 0)
		return fd;
	err = iperf3_recv(fd, got, sizeof(got));
	if (!err && cookie && memcmp(got, cookie, sizeof(got))) {
		iperf3_send_state(fd, IPERF3_ACCESS_DENIED);
		err = -EBUSY;
	}
	if (err) {
		calls->close(fd);
		return err;
	}
	if (said)
		memcpy(said, got, sizeof(got));
	return fd;
}

static long accept_streams(struct test *t)
{
	struct pollfd p = { .fd = t->listener, .events = POLLIN };
	long err = iperf3_send_state(t->control, IPERF3_CREATE_STREAMS);
	int i;

	for (i = 0; i < t->n && !err;) {
		err = calls->poll(&p, 1, IPERF3_WAIT_MS);
		if (err <= 0)
			return err ? err : -ETIMEDOUT;
		t->fd[i] = err = accept_one(t->listener, t->cookie, NULL);
		/* Another one, who was sent away. */
		if (err < 0 && err != -EBUSY)
			return err;
		i += err >= 0;
		err = 0;
	}
	return err;
}

/* 1: the client says that the test is over. */
static long hear_client(struct test *t)
{
	signed char state;
	long err = iperf3_recv(t->control, &state, 1);

	if (err)
		return err;
	return state == IPERF3_TEST_END ? 1 : state == IPERF3_CLIENT_TERMINATE ?
	       -ECONNABORTED : -EPROTO;
}

/* Sends to or receives from what is ready. */
static void serve_streams(struct test *t, struct pollfd *p, char *buf)
{
	long n;
	int i;

	for (i = 0; i < t->n; i++) {
		if (p[i].fd < 0 || !p[i].revents)
			continue;
		n = t->reverse ? calls->send(p[i].fd, buf, t->len, MSG_DONTWAIT | MSG_NOSIGNAL) :
				 calls->recv(p[i].fd, buf, t->len, MSG_DONTWAIT);
		if (n > 0)
			t->bytes[i] += n;
		else if (n != -EAGAIN)
			p[i].fd = -1;
	}
}

/* Somebody else wants a test meanwhile. */
static void turn_away(int listener)
{
	long fd = calls->accept(listener);

	if (fd < 0)
		return;
	iperf3_send_state(fd, IPERF3_ACCESS_DENIED);
	calls->close(fd);
}

static long run_streams(struct test *t)
{
	struct pollfd p[STREAMS_MAX + 2], *control = &p[t->n], *listener = &p[t->n + 1];
	uint64_t start = now_ns();
	char *buf = calloc(1, t->len);
	long ret = buf ? 0 : -ENOMEM;
	int i;

	for (i = 0; i < t->n; i++)
		p[i] = (struct pollfd){ .fd = t->fd[i], .events = t->reverse ? POLLOUT : POLLIN };
	*control = (struct pollfd){ .fd = t->control, .events = POLLIN };
	*listener = (struct pollfd){ .fd = t->listener, .events = POLLIN };
	while (!ret && !interrupted) {
		ret = calls->poll(p, t->n + 2, 200);
		if (ret <= 0)
			continue;
		serve_streams(t, p, buf);
		if (listener->revents)
			turn_away(t->listener);
		ret = control->revents ? hear_client(t) : 0;
	}
	t->ns = now_ns() - start;
	/* iperf3 waits for the rest of a block before it hears what comes next. */
	for (i = 0; i < t->n && t->reverse; i++)
		calls->shutdown(t->fd[i], SHUT_WR);
	free(buf);
	if (interrupted)
		iperf3_send_state(t->control, IPERF3_SERVER_TERMINATE);
	return ret == 1 ? 0 : ret < 0 ? ret : -ECONNABORTED;
}

static long exchange_results(struct test *t)
{
	signed char state;
	cJSON *json = NULL;
	long err = iperf3_send_state(t->control, IPERF3_EXCHANGE_RESULTS);

	if (!err)
		err = iperf3_recv_json(t->control, &json);
	cJSON_Delete(json);
	if (!err)
		err = iperf3_send_json(t->control, iperf3_results(t->fd, t->bytes, t->n, t->ns));
	if (!err)
		err = iperf3_send_state(t->control, IPERF3_DISPLAY_RESULTS);
	/* Whatever it says now, or that it is gone: it has seen all. */
	if (!err)
		iperf3_recv(t->control, &state, 1);
	return err;
}

static void print_test(const struct test *t)
{
	uint64_t bytes = 0;
	int i;

	for (i = 0; i < t->n; i++)
		bytes += t->bytes[i];
	printf("%s %.2f MB in %.2f s: %.2f Mbit/s, %d stream%s\n", t->reverse ? "sent" : "received",
	       bytes / 1e6, t->ns / 1e9, mbit(bytes, t->ns), t->n, t->n > 1 ? "s" : "");
	fflush(stdout);
}

static long serve_test(struct test *t)
{
	long err = get_parameters(t);

	if (!err)
		err = accept_streams(t);
	if (!err)
		err = iperf3_send_state(t->control, IPERF3_TEST_START);
	if (!err)
		err = iperf3_send_state(t->control, IPERF3_TEST_RUNNING);
	if (!err)
		err = run_streams(t);
	if (!err)
		err = exchange_results(t);
	return err;
}

/* One test from its first connection on. */
static void serve_client(int listener)
{
	struct test t = { .listener = listener };
	long err;
	int i;

	for (i = 0; i < STREAMS_MAX; i++)
		t.fd[i] = -1;
	t.control = err = accept_one(listener, NULL, t.cookie);
	if (err >= 0)
		err = serve_test(&t);
	for (i = 0; i < t.n && i < STREAMS_MAX; i++)
		if (t.fd[i] >= 0)
			calls->close(t.fd[i]);
	if (t.control >= 0)
		calls->close(t.control);
	if (!err)
		print_test(&t);
	else if (err != -ECANCELED && !interrupted)
		error("a test failed: %s", lkl_strerror(err));
}

int iperf3_server(int port, int once)
{
	struct pollfd p = { .events = POLLIN };
	long fd = server_socket(SOCK_STREAM, 0, port);

	if (fd < 0) {
		error("TCP port %d: %s", port, lkl_strerror(fd));
		return 1;
	}
	p.fd = fd;
	printf("listening on port %d\n", port);
	fflush(stdout);
	while (!interrupted) {
		if (calls->poll(&p, 1, 200) <= 0)
			continue;
		serve_client(fd);
		if (once)
			break;
	}
	calls->close(fd);
	return 0;
}

#endif
