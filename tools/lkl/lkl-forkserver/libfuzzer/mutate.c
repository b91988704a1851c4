// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <entry.h>

#include "libfuzzer.h"
#include "mutate.h"

#define SECTOR	512
/* The most that one change is about. */
#define WINDOW_BITS	8
/* The most places that are changed at once, and the most sectors that are taken over. */
#define CHANGES_BITS	3
#define SECTORS_BITS	4

static const struct base *base;

void mutate_init(const struct base *b)
{
	base = b;
}

static uint32_t random_number(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* From 1 to 2^bits, small ones as often as large ones. */
static size_t random_size(uint64_t *state, int bits)
{
	return (size_t)1 << random_number(state) % (bits + 1);
}

/* A short case leaves the rest as it is: it grows by that. Its new length. */
static size_t fill(uint8_t *data, size_t size, size_t max)
{
	static uint8_t *whole;

	if (!base || size >= base->used || size >= max)
		return size;
	/* The single byte that libFuzzer begins with when it is given no case. */
	if (size < SECTOR)
		size = 0;
	if (max > base->used)
		max = base->used;
	if (!whole) {
		whole = must_alloc(base->used);
		if (base_read(base, (char *)whole, base->used))
			_exit(1);
	}
	memcpy(data + size, whole + size, max - size);
	return max;
}

/* libFuzzer's own changes, each to a few bytes that stay where they are. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	uint64_t state = seed;
	size_t n = random_size(&state, CHANGES_BITS);

	size = fill(data, size, max);
	if (!size)
		return LLVMFuzzerMutate(data, size, max);
	while (n--) {
		size_t at = random_number(&state) % size & ~(size_t)3;
		size_t len = random_size(&state, WINDOW_BITS);

		if (len > size - at)
			len = size - at;
		/* Where it makes them fewer, those at the end stay as they are. */
		LLVMFuzzerMutate(data + at, len, len);
	}
	return size;
}

/* Some sectors of another case come in the place of ours. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
				 size_t other_size, uint8_t *out, size_t max, unsigned int seed)
{
	uint64_t state = seed;
	size_t n = random_size(&state, CHANGES_BITS);

	if (size > max)
		size = max;
	memcpy(out, data, size);
	size = fill(out, size, max);
	if (other_size > size)
		other_size = size;
	while (other_size && n--) {
		size_t at = random_number(&state) % other_size & ~(size_t)(SECTOR - 1);
		size_t len = random_size(&state, SECTORS_BITS) * SECTOR;

		memcpy(out + at, other + at, len < other_size - at ? len : other_size - at);
	}
	return size;
}
