// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "input.h"
#include "progress.h"
#include "stream.h"

#define BLOCK (256 << 10)

/* Also the header and the checksums of gzip. */
#define GZIP_WINDOW (MAX_WBITS + 16)

void input_open(struct input *in, int fd)
{
	*in = (struct input){ .fd = fd, .raw = must_alloc(BLOCK), .out = must_alloc(BLOCK) };
}

void input_close(struct input *in)
{
	if (in->gzip)
		inflateEnd(&in->z);
	free(in->raw);
	free(in->out);
}

static ssize_t read_raw(struct input *in, const char **error)
{
	ssize_t got = stream_read(in->fd, in->raw, BLOCK);

	if (got < 0)
		*error = strerror(-got);
	else
		progress_add(got);
	return got < 0 ? -1 : got;
}

/* Blocks on tapes end in zeroes. */
static int only_zeroes(const z_stream *z)
{
	for (unsigned int i = 0; i < z->avail_in; i++)
		if (z->next_in[i])
			return 0;
	return 1;
}

/* 1 if there is something to inflate, 0 at the end, -1 with *@error. */
static int more_input(struct input *in, const char **error)
{
	ssize_t got;

	while (!in->z.avail_in || (in->between && only_zeroes(&in->z))) {
		got = read_raw(in, error);
		if (got < 0)
			return -1;
		if (!got && in->between)
			return 0;
		if (!got) {
			*error = "the gzip data ends too early";
			return -1;
		}
		in->z.next_in = in->raw;
		in->z.avail_in = got;
	}
	return 1;
}

static ssize_t read_gzip(struct input *in, const char **error)
{
	int ret;

	in->z.next_out = in->out;
	in->z.avail_out = BLOCK;
	while (in->z.avail_out == BLOCK) {
		ret = more_input(in, error);
		if (ret <= 0)
			return ret;
		if (in->between && inflateReset(&in->z) == Z_OK)
			in->between = 0;
		ret = inflate(&in->z, Z_NO_FLUSH);
		if (ret == Z_STREAM_END) {
			in->between = 1;
		} else if (ret != Z_OK && ret != Z_BUF_ERROR) {
			*error = "the gzip data is damaged";
			return -1;
		}
	}
	return BLOCK - in->z.avail_out;
}

ssize_t input_read(struct input *in, const void **buf, const char **error)
{
	ssize_t got;

	if (!in->begun) {
		got = read_raw(in, error);
		in->begun = 1;
		if (got < 2 || in->raw[0] != 0x1f || in->raw[1] != 0x8b) {
			*buf = in->raw;
			return got;
		}
		if (inflateInit2(&in->z, GZIP_WINDOW) != Z_OK) {
			*error = "out of memory";
			return -1;
		}
		in->gzip = 1;
		in->z.next_in = in->raw;
		in->z.avail_in = got;
	}
	*buf = in->gzip ? in->out : in->raw;
	return in->gzip ? read_gzip(in, error) : read_raw(in, error);
}
