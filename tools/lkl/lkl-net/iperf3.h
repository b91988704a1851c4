/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests with the program iperf3 as the other end, over TCP. Its protocol: the client opens a
 * connection for control and says a cookie; then the server says, a byte at a time, what
 * both do next (enum iperf3_state). Parameters and results are JSON with their length in
 * four bytes before them. Each stream is a connection of its own, to the same port, that
 * begins with the cookie.
 */
#ifndef LKL_NET_TOOL_IPERF3_H
#define LKL_NET_TOOL_IPERF3_H

#include <stdint.h>

#include "test.h"

#define IPERF3_PORT	5201
/* Its NUL is sent, too. */
#define IPERF3_COOKIE	37
#define IPERF3_WAIT_MS	10000

enum iperf3_state {
	IPERF3_SERVER_ERROR = -2,
	IPERF3_ACCESS_DENIED = -1,
	IPERF3_TEST_START = 1,
	IPERF3_TEST_RUNNING = 2,
	IPERF3_TEST_END = 4,
	IPERF3_PARAM_EXCHANGE = 9,
	IPERF3_CREATE_STREAMS = 10,
	IPERF3_SERVER_TERMINATE = 11,
	IPERF3_CLIENT_TERMINATE = 12,
	IPERF3_EXCHANGE_RESULTS = 13,
	IPERF3_DISPLAY_RESULTS = 14,
	IPERF3_DONE = 16,
};

/* The statuses of the commands; 1 without cJSON. */
int iperf3_client(const struct client_options *o);
int iperf3_server(int port, int once);

#ifdef HAVE_LIBCJSON
#include <cJSON.h>

/* All return 0 or above, or err; waiting for at most IPERF3_WAIT_MS for the other end. */

/* Receives all of @size bytes; -ECONNRESET if the stream ends before. */
long iperf3_recv(int fd, void *buf, size_t size);
long iperf3_send_state(int fd, enum iperf3_state state);
/* Frees @json, which may be NULL for want of memory. */
long iperf3_send_json(int fd, cJSON *json);
/* The caller frees it. -EPROTO if it is none. */
long iperf3_recv_json(int fd, cJSON **json);

/* What one side has to say of its @n streams, @fds, of @bytes each, which took @ns. */
cJSON *iperf3_results(const int *fds, const uint64_t *bytes, int n, uint64_t ns);
#endif

#endif
