// SPDX-License-Identifier: GPL-2.0
/*
 * probing SEED ROUNDS IMAGE...: what hosts without libblkid look for in images, with bytes of
 * these images changed at random. Sanitizers say what is wrong; besides, strings have to
 * end and partitions to lie in their disks. There is no kernel in it.
 *
 * With -DFUZZER -fsanitize=fuzzer,address it is a target of libFuzzer.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "dm.h"
#include "message.h"
#include "probe.h"

/* Where a disk is in what is looked at, which is as long as that. */
static struct {
	uint8_t *data;
	uint64_t size;
} image;

/* ---- what the code asks for --------------------------------------------------------- */

long content_read(const struct device *dev, void *buf, uint64_t len, uint64_t offset)
{
	if (offset > dev->size || len > dev->size - offset)
		return -22;
	memcpy(buf, image.data + dev->offset + offset, len);
	return 0;
}

static struct device *new_device(struct device *parent, const char *title, uint64_t offset,
				 uint64_t size)
{
	struct device *dev = calloc(1, sizeof(*dev)), **at;

	if (!dev || offset > image.size || size > image.size - offset)
		abort();
	dev->title = strdup(title);
	/* Nothing is read from it but by content_read(). */
	dev->fd = -1;
	dev->offset = offset;
	dev->size = size;
	dev->parent = parent;
	if (parent) {
		for (at = &parent->children; *at; at = &(*at)->next)
			;
		*at = dev;
	}
	return dev;
}

struct device *dm_map(struct device *parent, const char *title, const struct dm_target *target,
		      int read_only)
{
	const char *space = strchr(target->params, ' ');
	uint64_t start = strtoull(space ? space : "", NULL, 10) * 512;

	return new_device(parent, title, parent->offset + start, target->length * 512);
}

struct device *device_new(struct device *parent, const char *name, const char *title)
{
	abort();
}

int sysfs_number(const char *name, const char *attribute, uint64_t *value)
{
	return -2;
}

static void nothing(const char *fmt, ...)
{
}

void warning(const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	nothing("%s", text);
}

/* ---- one image ----------------------------------------------------------------------- */

static size_t length(const char *text)
{
	return text ? strlen(text) : 0;
}

/* Looks at everything that was found, and frees it. Returns how many devices there were. */
static int check_and_free(struct device *dev)
{
	struct device *child, *next;
	int n = 1;

	if (length(dev->type) > 31 || length(dev->label) > 800 || length(dev->uuid) > 47 ||
	    length(dev->part_label) > 200)
		abort();
	for (child = dev->children; child; child = next) {
		next = child->next;
		n += check_and_free(child);
	}
	free(dev->title);
	free(dev->part_label);
	free(dev->part_uuid);
	free(dev->part_type);
	free(dev->table);
	free(dev->type);
	free(dev->usage);
	free(dev->version);
	free(dev->label);
	free(dev->uuid);
	free(dev->uuid_sub);
	free(dev);
	return n;
}

static void look(uint8_t *data, size_t size)
{
	struct device *dev;

	image.data = data;
	image.size = size & ~511ULL;
	dev = new_device(NULL, "image", 0, image.size);
	strcpy(dev->name, "vda");
	strcpy(dev->node, "/dev/vda");
	if (device_probe(dev))
		abort();
	if (check_and_free(dev) > 257)
		abort();
}

#ifdef FUZZER

/* A case says which 512 bytes go where in a disk of a mebibyte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t disk[1 << 20];

	memset(disk, 0, sizeof(disk));
	for (; size >= 2; ) {
		size_t sector = (data[0] | data[1] << 8) % (sizeof(disk) / 512);
		size_t n = size - 2 < 512 ? size - 2 : 512;

		memcpy(disk + sector * 512, data + 2, n);
		data += 2 + n;
		size -= 2 + n;
	}
	look(disk, sizeof(disk));
	return 0;
}

#else

#define IMAGE_MAX	(1 << 20)

static uint64_t state;

static uint32_t rnd(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

/* Where superblocks and tables are. */
static size_t place(size_t size)
{
	static const unsigned int at[] = { 0, 446, 512, 1024, 1024, 4096, 8192, 32768, 65536 };
	size_t base = rnd() % 8 ? at[rnd() % (sizeof(at) / sizeof(at[0]))] : rnd() % size;

	return (base + rnd() % 512) % size;
}

static void change(uint8_t *data, size_t size)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff, 0x20, 0x05, 0xee };
	int n = 1 + rnd() % 12;

	while (n--) {
		size_t at = place(size);

		if (rnd() % 4)
			data[at] = rnd() % 2 ? rnd() : values[rnd() % sizeof(values)];
		else
			memset(data + at, values[rnd() % sizeof(values)],
			       size - at < 8 ? size - at : 8);
	}
}

int main(int argc, char **argv)
{
	static uint8_t original[IMAGE_MAX], copy[IMAGE_MAX];
	long rounds, i;
	int file;

	if (argc < 4)
		return 2;
	state = strtoull(argv[1], NULL, 10);
	rounds = strtol(argv[2], NULL, 10);
	for (file = 3; file < argc; file++) {
		FILE *f = fopen(argv[file], "rb");
		size_t size = f ? fread(original, 1, sizeof(original), f) : 0;

		if (size < 512)
			return 2;
		fclose(f);
		for (i = 0; i < rounds; i++) {
			/* Changes add up for a while. */
			if (i % 16 == 0)
				memcpy(copy, original, size);
			look(copy, size);
			change(copy, size);
		}
	}
	printf("%ld images\n", rounds * (argc - 3));
	return 0;
}

#endif
