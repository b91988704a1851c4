// SPDX-License-Identifier: GPL-2.0
/* Open addressing; what is removed is filled up from behind. */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "inodes.h"

#define SIZE_MIN 256

static size_t slot_of(const struct inodes *t, uint64_t dev, uint64_t ino)
{
	uint64_t x = (ino ^ dev << 32) * 0x9e3779b97f4a7c15ULL;

	return (x ^ x >> 32) & (t->size - 1);
}

/* Where it is, or would be. */
static size_t search(const struct inodes *t, uint64_t dev, uint64_t ino)
{
	size_t s = slot_of(t, dev, ino);

	while (t->slot[s] && (t->slot[s]->dev != dev || t->slot[s]->ino != ino))
		s = (s + 1) & (t->size - 1);
	return s;
}

struct inode *inodes_find(const struct inodes *t, uint64_t dev, uint64_t ino)
{
	return t->size ? t->slot[search(t, dev, ino)] : NULL;
}

static void resize(struct inodes *t, size_t size)
{
	struct inodes old = *t;

	t->size = size;
	t->slot = must_alloc(size * sizeof(t->slot[0]));
	memset(t->slot, 0, size * sizeof(t->slot[0]));
	for (size_t s = 0; s < old.size; s++)
		if (old.slot[s])
			t->slot[search(t, old.slot[s]->dev, old.slot[s]->ino)] = old.slot[s];
	free(old.slot);
}

struct inode *inodes_add(struct inodes *t, uint64_t dev, uint64_t ino)
{
	struct inode *i = must_alloc(sizeof(*i));

	if (t->used >= t->size / 2)
		resize(t, t->size ? t->size * 2 : SIZE_MIN);
	*i = (struct inode){ .dev = dev, .ino = ino };
	t->slot[search(t, dev, ino)] = i;
	t->used++;
	return i;
}

void inodes_remove(struct inodes *t, struct inode *i)
{
	size_t s = search(t, i->dev, i->ino);

	free(i->path);
	free(i);
	t->slot[s] = NULL;
	t->used--;
	for (s = (s + 1) & (t->size - 1); t->slot[s]; s = (s + 1) & (t->size - 1)) {
		i = t->slot[s];
		t->slot[s] = NULL;
		t->slot[search(t, i->dev, i->ino)] = i;
	}
}

void inodes_free(struct inodes *t)
{
	for (size_t s = 0; s < t->size; s++)
		if (t->slot[s]) {
			free(t->slot[s]->path);
			free(t->slot[s]);
		}
	free(t->slot);
	*t = (struct inodes){ 0 };
}
