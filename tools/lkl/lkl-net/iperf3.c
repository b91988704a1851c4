// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "iperf3.h"
#include "message.h"

#ifdef HAVE_LIBCJSON

#define JSON_MAX (1 << 20)

long iperf3_recv(int fd, void *buf, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *at = buf;
	long got;

	while (size) {
		got = calls->poll(&p, 1, IPERF3_WAIT_MS);
		if (!got)
			return -ETIMEDOUT;
		if (got > 0)
			got = calls->recv(fd, at, size, MSG_DONTWAIT);
		if (!got)
			return -ECONNRESET;
		if (got == -EAGAIN)
			continue;
		if (got < 0)
			return got;
		at += got;
		size -= got;
	}
	return 0;
}

long iperf3_send_state(int fd, enum iperf3_state state)
{
	signed char byte = state;

	return send_all(fd, &byte, 1);
}

long iperf3_send_json(int fd, cJSON *json)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;
	uint32_t len;
	long err;

	cJSON_Delete(json);
	if (!text)
		return -ENOMEM;
	len = htonl(strlen(text));
	err = send_all(fd, &len, sizeof(len));
	if (!err)
		err = send_all(fd, text, strlen(text));
	cJSON_free(text);
	return err;
}

long iperf3_recv_json(int fd, cJSON **json)
{
	uint32_t len;
	char *text;
	long err = iperf3_recv(fd, &len, sizeof(len));

	if (err)
		return err;
	len = ntohl(len);
	if (!len || len > JSON_MAX)
		return -EPROTO;
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	err = iperf3_recv(fd, text, len);
	if (!err) {
		text[len] = 0;
		*json = cJSON_Parse(text);
		err = *json ? 0 : -EPROTO;
	}
	free(text);
	return err;
}

/* What the connection had to send again; -1 if that is not known. */
static int retransmits(int fd)
{
	struct tcp_info info = { 0 };
	int size = sizeof(info);

	return calls->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) ?
	       -1 : (int)info.tcpi_total_retrans;
}

cJSON *iperf3_results(const int *fds, const uint64_t *bytes, int n, uint64_t ns)
{
	cJSON *json = cJSON_CreateObject(), *streams, *stream;
	int i;

	/* The processor's time is that of the program iperf3; ours would say something else. */
	cJSON_AddNumberToObject(json, "cpu_util_total", 0);
	cJSON_AddNumberToObject(json, "cpu_util_user", 0);
	cJSON_AddNumberToObject(json, "cpu_util_system", 0);
	cJSON_AddNumberToObject(json, "sender_has_retransmits", 1);
	streams = cJSON_AddArrayToObject(json, "streams");
	for (i = 0; i < n; i++) {
		stream = cJSON_CreateObject();
		/* There is no number 2. */
		cJSON_AddNumberToObject(stream, "id", i ? i + 2 : 1);
		cJSON_AddNumberToObject(stream, "bytes", bytes[i]);
		cJSON_AddNumberToObject(stream, "retransmits", retransmits(fds[i]));
		cJSON_AddNumberToObject(stream, "jitter", 0);
		cJSON_AddNumberToObject(stream, "errors", 0);
		cJSON_AddNumberToObject(stream, "packets", 0);
		cJSON_AddNumberToObject(stream, "start_time", 0);
		cJSON_AddNumberToObject(stream, "end_time", ns / 1e9);
		cJSON_AddItemToArray(streams, stream);
	}
	return json;
}

#else

static int not_built(void)
{
	error("--iperf3: built without cJSON; install libcjson-dev and build again");
	return 1;
}

int iperf3_client(const struct client_options *o)
{
	return not_built();
}

int iperf3_server(int port, int once)
{
	return not_built();
}

#endif
