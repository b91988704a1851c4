// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "calls.h"
#include "iperf3.h"
#include "message.h"
#include "meter.h"

#ifdef HAVE_LIBCJSON

struct client {
	const struct client_options *o;
	char cookie[IPERF3_COOKIE];
	int control, stream;
	uint64_t own_bytes, ns;
	struct result result;
};

static void make_cookie(char *cookie)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t x = now_ns();
	int i;

	/* Only the server has to be able to tell it from those of others. */
	srandom(x ^ x >> 32 ^ (uintptr_t)cookie);
	for (i = 0; i < IPERF3_COOKIE - 1; i++)
		cookie[i] = letters[random() % 32];
	cookie[i] = 0;
}

/* Connects and says the cookie. The descriptor or err. */
static long open_one(const struct client *c)
{
	long fd = client_connect(c->o), err;

	if (fd < 0)
		return fd;
	err = send_all(fd, c->cookie, IPERF3_COOKIE);
	if (!err)
		return fd;
	calls->close(fd);
	return err;
}

static long send_parameters(const struct client *c)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddTrueToObject(json, "tcp");
	cJSON_AddNumberToObject(json, "omit", 0);
	cJSON_AddNumberToObject(json, "time", ceil(c->o->seconds));
	cJSON_AddNumberToObject(json, "num", 0);
	cJSON_AddNumberToObject(json, "blockcount", 0);
	cJSON_AddNumberToObject(json, "parallel", 1);
	if (c->o->kind == TEST_DOWNLOAD)
		cJSON_AddTrueToObject(json, "reverse");
	cJSON_AddNumberToObject(json, "len", CHUNK);
	cJSON_AddStringToObject(json, "client_version", "3.12");
	return iperf3_send_json(c->control, json);
}

/* What is possible without waiting: bytes, 0, or err. */
static long move_some(const struct client *c, char *buf)
{
	long n;

	if (c->o->kind == TEST_UPLOAD)
		n = calls->send(c->stream, buf, CHUNK, MSG_DONTWAIT);
	else
		n = calls->recv(c->stream, buf, CHUNK, MSG_DONTWAIT);
	if (!n && c->o->kind == TEST_DOWNLOAD)
		return -ECONNRESET;
	return n == -EAGAIN ? 0 : n;
}

/* Until the time is over. A word of the server meanwhile is one of trouble. */
static long transfer(struct client *c)
{
	struct pollfd p[2] = {
		{ .fd = c->stream, .events = c->o->kind == TEST_UPLOAD ? POLLOUT : POLLIN },
		{ .fd = c->control, .events = POLLIN },
	};
	char *buf = calloc(1, CHUNK);
	struct meter m;
	uint64_t end;
	long n = buf ? 0 : -ENOMEM;

	meter_start(&m, c->o);
	end = m.start + c->o->seconds * 1e9;
	while (n >= 0 && now_ns() < end && !interrupted) {
		n = calls->poll(p, 2, 50);
		if (n > 0 && p[1].revents)
			break;
		if (n > 0)
			n = move_some(c, buf);
		if (n > 0)
			c->own_bytes += n;
		meter_add(&m, now_ns() - m.start, c->own_bytes);
	}
	c->ns = now_ns() - m.start;
	meter_end(&m);
	free(buf);
	return n < 0 ? n : p[1].revents ? 0 : iperf3_send_state(c->control, IPERF3_TEST_END);
}

/* What the receiver says is what has arrived. */
static long exchange_results(struct client *c)
{
	cJSON *results = iperf3_results(&c->stream, &c->own_bytes, 1, c->ns);
	cJSON *json = NULL, *stream;
	long err = iperf3_send_json(c->control, results);

	if (!err)
		err = iperf3_recv_json(c->control, &json);
	if (err)
		return err;
	c->result.bytes = c->own_bytes;
	c->result.ns = c->ns;
	if (c->o->kind == TEST_UPLOAD) {
		stream = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "streams"), 0);
		stream = cJSON_GetObjectItem(stream, "bytes");
		if (cJSON_IsNumber(stream) && stream->valuedouble >= 0)
			c->result.bytes = stream->valuedouble;
		else
			err = -EPROTO;
	}
	cJSON_Delete(json);
	return err;
}

static long server_error(struct client *c)
{
	int32_t errors[2];

	if (iperf3_recv(c->control, errors, sizeof(errors)))
		return -EPROTO;
	error("%s port %d: the server gave up: error %d of iperf3, errno %d", c->o->host, c->o->port,
	      (int)ntohl(errors[0]), (int)ntohl(errors[1]));
	return -ECANCELED;
}

/* Does what the server says. 1: it is done. */
static long do_state(struct client *c, int state)
{
	long fd;

	switch (state) {
	case IPERF3_PARAM_EXCHANGE:
		return send_parameters(c);
	case IPERF3_CREATE_STREAMS:
		if (c->stream >= 0)
			return -EPROTO;
		fd = open_one(c);
		c->stream = fd;
		return fd < 0 ? fd : 0;
	case IPERF3_TEST_START:
		return 0;
	case IPERF3_TEST_RUNNING:
		return c->stream < 0 ? -EPROTO : transfer(c);
	case IPERF3_EXCHANGE_RESULTS:
		return exchange_results(c);
	case IPERF3_DISPLAY_RESULTS:
		return iperf3_send_state(c->control, IPERF3_DONE) ?: 1;
	case IPERF3_ACCESS_DENIED:
		error("%s port %d: the server has another test", c->o->host, c->o->port);
		return -ECANCELED;
	case IPERF3_SERVER_ERROR:
		return server_error(c);
	case IPERF3_SERVER_TERMINATE:
		return -ECONNABORTED;
	}
	return -EPROTO;
}

int iperf3_client(const struct client_options *o)
{
	struct client c = { .o = o, .stream = -1 };
	signed char state;
	long err;

	make_cookie(c.cookie);
	c.control = err = open_one(&c);
	while (err >= 0) {
		err = iperf3_recv(c.control, &state, 1);
		if (!err)
			err = do_state(&c, state);
		if (err == 1)
			break;
	}
	if (c.stream >= 0)
		calls->close(c.stream);
	if (c.control >= 0)
		calls->close(c.control);
	if (err == 1)
		client_print(o, &c.result);
	else if (err == -EPROTO)
		error("%s port %d: it does not speak as iperf3 3 does", o->host, o->port);
	else if (err != -ECANCELED)
		error("%s port %d: %s", o->host, o->port, lkl_strerror(err));
	return err == 1 ? 0 : 1;
}

#endif
