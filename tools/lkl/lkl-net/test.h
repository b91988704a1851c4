/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The throughput and request/response tests. Over TCP and MPTCP a connection is one test:
 * the client says which in a struct test_hello. Whoever receives the data reports how much
 * it has, many times a second, so that what is shown has arrived:
 *
 *	upload		the client sends data and ends its direction; the server sends reports
 *	download	the server sends data until the client ends its direction
 *	ping-pong	the server sends back what it gets
 *
 * Over UDP every datagram starts with a struct test_datagram. Numbers are little-endian.
 */
#ifndef LKL_NET_TOOL_TEST_H
#define LKL_NET_TOOL_TEST_H

#include <stdint.h>
#include <stdio.h>

#define TEST_PORT	5400
#define TEST_MAGIC	0x314e4c4bu	/* "KLN1" */
#define REPORT_NS	50000000ULL
#define CHUNK		(128 << 10)

enum test_kind { TEST_UPLOAD, TEST_DOWNLOAD, TEST_PINGPONG };

struct test_hello {
	uint32_t magic;
	uint32_t kind;
	uint32_t size;		/* of a request */
	uint32_t reserved;
};

struct test_report {
	uint64_t ns;		/* since the first byte */
	uint64_t bytes;
};

enum datagram_kind { UDP_DATA, UDP_END, UDP_RESULT, UDP_ECHO };

struct test_datagram {
	uint32_t magic;
	uint32_t kind;
	uint64_t id;		/* of the test */
	uint64_t seq;		/* of UDP_DATA: number; of UDP_RESULT: highest + 1 */
	uint64_t ns;		/* UDP_RESULT: between the first and the last */
	uint64_t count;		/* UDP_RESULT: how many came */
	uint64_t bytes;		/* UDP_RESULT: their bytes */
};

struct client_options {
	enum test_kind kind;
	int udp, mptcp, iperf3;
	int port;
	double seconds;
	uint32_t size;		/* bytes of a request or datagram; 0: the default */
	uint64_t rate;		/* of UDP, bytes/s; 0: as fast as it goes */
	const char *host;
	FILE *log;		/* seconds and goodput in Mbit/s, or NULL */
	int json;
};

/* What a transfer found. */
struct result {
	uint64_t bytes, ns;
	int subflows;		/* beyond the first; -1: the connection is none of MPTCP */
};

/* A connection to the server, which does not block, or err. */
long client_connect(const struct client_options *o);
void client_print(const struct client_options *o, const struct result *r);

/* Runs a test; what it found goes to standard output. The exit status. */
int client_run(const struct client_options *o);

/* A socket that is bound to @port of every address; listening if of a connection. Or err. */
long server_socket(int type, int protocol, int port);

/* Answers tests on TCP (MPTCP if @mptcp) and UDP port @port until SIGINT. The exit status. */
int server_run(int port, int mptcp, int once);

/* Set by SIGINT and SIGTERM. */
extern volatile int interrupted;

#endif
