// SPDX-License-Identifier: GPL-2.0
/* Disks in files: which engine, and opening them. */
#include <stdlib.h>
#include <string.h>

#include "blk_file.h"
#include "linux_errno.h"

#define SECTOR		512
#define THREAD_IDLE_MS	2000

/* The one that lkl_blk_set_engine() wants; NULL: the first that suits. */
static const struct blk_engine *chosen;

int lkl_blk_set_engine(const char *name)
{
	const struct blk_engine *const *e = lkl_blk_engines;

	while (name && *e && strcmp((*e)->ops.name, name))
		e++;
	if (!*e)
		return -LKL_ERR_NOENT;
	chosen = name ? *e : NULL;
	return 0;
}

static const struct blk_engine *pick_engine(const struct blk_file *f)
{
	const struct blk_engine *const *e = lkl_blk_engines;

	if (chosen)
		return chosen;
	while (e[1] && !(*e)->suits(f))
		e++;
	return *e;
}

static int start(struct blk_file *f)
{
	const struct blk_engine *engine = pick_engine(f);

	/* An image may end inside a sector. */
	f->base.sectors = f->size / SECTOR + !!(f->size % SECTOR);
	f->base.can_zero = !f->base.read_only;
	f->base.is_shared = 1;
	f->workers = lkl_workers_new(lkl_blk_file_threads(f), THREAD_IDLE_MS);
	if (!f->workers)
		return -LKL_ERR_NOMEM;
	f->base.ops = &engine->ops;
	return engine->open ? engine->open(f) : 0;
}

struct lkl_blk_backend *lkl_blk_open_file(const struct lkl_disk *disk, int *err)
{
	struct blk_file *f = calloc(1, sizeof(*f));

	*err = -LKL_ERR_NOMEM;
	if (!f)
		return NULL;
	f->base.logical_block_size = SECTOR;
	f->base.physical_block_size = SECTOR;
	*err = lkl_blk_file_open(f, disk);
	if (*err) {
		free(f);
		return NULL;
	}
	*err = start(f);
	if (!*err)
		return &f->base;
	if (f->workers)
		lkl_workers_free(f->workers);
	lkl_blk_file_close(f);
	free(f);
	return NULL;
}
