// SPDX-License-Identifier: GPL-2.0
/*
 * Volumes as tables of the device mapper. A volume of LVM is a row of segments, each
 * made of pieces of physical volumes or of further volumes, which are mapped first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "dm.h"
#include "lvm.h"
#include "memory_disk.h"
#include "message.h"

#define DEPTH_MAX	8
#define SEGMENTS_MAX	100000
#define DEVICES_MAX	256
#define SECTOR		512

/* One mapping under way. */
struct mapping {
	struct lvm_group *group;
	int read_only;
	int depth;
};

/* Parameters of a target, as they grow. */
struct params {
	char *text;
	size_t len, size;
	int failed;
};

static int map(struct mapping *m, struct lvm_logical *lv, char *name);

static void MESSAGE_FORMAT(2, 3) add(struct params *p, const char *fmt, ...)
{
	va_list args;
	char word[128];
	size_t n;

	va_start(args, fmt);
	n = vsnprintf(word, sizeof(word), fmt, args);
	va_end(args);
	if (n >= sizeof(word)) {
		p->failed = 1;
		return;
	}
	if (p->len + n + 2 > p->size) {
		size_t size = p->size * 2 + sizeof(word);
		char *text = realloc(p->text, size);

		if (!text) {
			p->failed = 1;
			return;
		}
		p->text = text;
		p->size = size;
	}
	if (p->len)
		p->text[p->len++] = ' ';
	memcpy(p->text + p->len, word, n + 1);
	p->len += n;
}

static struct lvm_logical *logical(const struct lvm_group *g, const char *name)
{
	int i;

	for (i = 0; name && i < g->n_logical; i++)
		if (!strcmp(g->logical[i].name, name))
			return &g->logical[i];
	return NULL;
}

static struct lvm_physical *physical(const struct lvm_group *g, const char *name)
{
	int i;

	for (i = 0; i < g->n_physical; i++)
		if (!strcmp(g->physical[i].name, name))
			return &g->physical[i];
	return NULL;
}

/* An error of @lv: "disk.img, volume vg/root MESSAGE". Returns -1. */
static int MESSAGE_FORMAT(3, 4) fail(const struct mapping *m, const struct lvm_logical *lv,
				     const char *fmt, ...)
{
	char title[1024], text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	error("%s %s", lvm_title(m->group, lv->name, title, sizeof(title)), text);
	return -1;
}

static int damaged(const struct mapping *m, const struct lvm_logical *lv)
{
	return fail(m, lv, "is described wrongly in the group's metadata");
}

/* Maps the volume that @key of segment @s names, and adds its node to @p. */
static int add_volume(struct mapping *m, const struct lvm_logical *lv, const char *name,
		      struct params *p)
{
	struct lvm_logical *sub = logical(m->group, name);
	char mapped[32];

	if (!sub)
		return damaged(m, lv);
	if (map(m, sub, mapped))
		return -1;
	add(p, "/dev/%s", mapped);
	return 0;
}

/* A piece of a segment: "/dev/vda1 2048". */
static int add_piece(struct mapping *m, const struct lvm_logical *lv, const char *name,
		     int64_t extent, uint64_t extents, struct params *p)
{
	struct lvm_physical *pv = physical(m->group, name);
	uint64_t size = m->group->extent_size;

	if (extent < 0)
		return damaged(m, lv);
	if (!pv) {
		if (add_volume(m, lv, name, p))
			return -1;
		add(p, "%llu", (unsigned long long)extent * size);
		return 0;
	}
	if (!pv->dev) {
		return fail(m, lv,
			    "is partly on the physical volume %s (once %s), which is in none of the images; name them all",
			    pv->uuid, pv->hint ? pv->hint : "unknown");
	}
	if ((uint64_t)extent > pv->extents || extents > pv->extents - extent)
		return damaged(m, lv);
	add(p, "%s %llu", pv->dev->node, (unsigned long long)(pv->start + extent * size));
	return 0;
}

/* List of names and extents, [ "pv0", 0, "pv1", 128 ]. */
static int add_pieces(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		      const char *key, int64_t n, uint64_t extents, struct params *p)
{
	const struct lvm_node *item = lvm_find(s, key, LVM_LIST);

	for (item = item ? item->members : NULL; item && item->next; item = item->next->next) {
		if (item->kind != LVM_STRING || item->next->kind != LVM_NUMBER || n-- <= 0)
			return damaged(m, lv);
		if (add_piece(m, lv, item->string, item->next->number, extents, p))
			return -1;
	}
	return n ? damaged(m, lv) : 0;
}

static int striped(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		   struct dm_target *t, struct params *p)
{
	int64_t n = lvm_number(s, "stripe_count", 1);
	uint64_t extents = t->length / m->group->extent_size;

	if (n < 1 || n > DEVICES_MAX || extents % n)
		return damaged(m, lv);
	t->type = n == 1 ? "linear" : "striped";
	if (n > 1)
		add(p, "%lld %lld", (long long)n, (long long)lvm_number(s, "stripe_size", 0));
	return add_pieces(m, lv, s, "stripes", n, extents / n, p);
}

static int mirror(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		  struct dm_target *t, struct params *p)
{
	const char *log = lvm_string(s, "mirror_log");
	int64_t n = lvm_number(s, "mirror_count", 0), region = lvm_number(s, "region_size", 1024);
	const struct lvm_node *first = lvm_find(s, "mirrors", LVM_LIST);

	if (n < 1 || n > DEVICES_MAX || region < 1 || !first || !first->members)
		return damaged(m, lv);
	/* Nothing is written, so one copy will do: the first one is always complete. */
	if (m->read_only && first->members->kind == LVM_STRING && first->members->next) {
		t->type = "linear";
		return add_piece(m, lv, first->members->string, first->members->next->number,
				 t->length / m->group->extent_size, p);
	}
	t->type = "mirror";
	if (log) {
		add(p, "disk 2");
		if (add_volume(m, lv, log, p))
			return -1;
		add(p, "%lld", (long long)region);
	} else {
		add(p, "core 1 %lld", (long long)region);
	}
	add(p, "%lld", (long long)n);
	return add_pieces(m, lv, s, "mirrors", n, t->length / m->group->extent_size, p);
}

/* Whether all physical volumes below @lv are at hand. */
static int complete(const struct lvm_group *g, const struct lvm_logical *lv, int depth)
{
	const struct lvm_node *s, *list, *item;

	if (!lv || depth > DEPTH_MAX)
		return 0;
	for (s = lv->node->members; s; s = s->next) {
		if (s->kind != LVM_SECTION)
			continue;
		list = lvm_find(s, "stripes", LVM_LIST);
		for (item = list ? list->members : NULL; item; item = item->next) {
			const struct lvm_physical *pv;

			if (item->kind != LVM_STRING)
				continue;
			pv = physical(g, item->string);
			if (pv ? !pv->dev : !complete(g, logical(g, item->string), depth + 1))
				return 0;
		}
	}
	return 1;
}

/* LVM's names for what the device mapper calls by the layout of the parity. */
static const char *raid_level(const char *type)
{
	if (!strcmp(type, "raid5"))
		return "raid5_ls";
	if (!strcmp(type, "raid6"))
		return "raid6_zr";
	if (!strcmp(type, "raid10_near"))
		return "raid10";
	return type;
}

/* Where a member's metadata says how far the parity has been completed. */
#define RAID_MAGIC	"DmRd"
#define RAID_RESYNC	40

/* Has it say so, if there is any, in the copy @name: all of it. 0 or err. */
static long say_synced(const char *name)
{
	char path[64], magic[4];
	const uint64_t all = ~0ULL;
	long fd, ret;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = lkl_sys_open(path, LKL_O_RDWR | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = lkl_sys_pread64(fd, magic, sizeof(magic), 0);
	if (ret == sizeof(magic) && !memcmp(magic, RAID_MAGIC, sizeof(magic)))
		ret = lkl_sys_pwrite64(fd, (const char *)&all, sizeof(all), RAID_RESYNC);
	if (ret >= 0)
		ret = lkl_sys_fsync(fd);
	lkl_sys_close(fd);
	return ret;
}

/*
 * The volume @name with a member's metadata. MD notes in it that the array is in use, and takes
 * a member that refuses for a broken one: where nothing may be written, it gets a copy.
 */
static int add_metadata(struct mapping *m, const struct lvm_logical *lv, const char *name,
			int synced, struct params *p)
{
	struct lvm_logical *meta = logical(m->group, name);
	char title[1024], mapped[32];

	if (!m->read_only)
		return add_volume(m, lv, name, p);
	if (!meta)
		return damaged(m, lv);
	lvm_title(m->group, name, title, sizeof(title));
	if (map(m, meta, mapped) || memory_disk_copy(title, mapped))
		return -1;
	if (synced && say_synced(mapped))
		return fail(m, lv, "its metadata cannot be read");
	add(p, "/dev/%s", mapped);
	return 0;
}

/* Whether a part of the @list of metadata and images is not at hand. */
static int lacks(const struct lvm_group *g, const struct lvm_node *list)
{
	const struct lvm_node *item;

	for (item = list->members; item; item = item->next)
		if (item->kind == LVM_STRING && !complete(g, logical(g, item->string), 0))
			return 1;
	return 0;
}

static int raid(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		struct dm_target *t, struct params *p)
{
	const char *type = lvm_string(s, "type");
	const struct lvm_node *list = lvm_find(s, "raids", LVM_LIST), *item;
	int64_t region = lvm_number(s, "region_size", 0), copies = lvm_number(s, "data_copies", 0);
	int bare = !list, n = 0, missing = 0, synced, nosync;

	if (bare)
		list = lvm_find(s, "raid0_lvs", LVM_LIST);
	for (item = list ? list->members : NULL; item; item = item->next)
		n++;
	if (!n || n > 2 * DEVICES_MAX || (!bare && n % 2))
		return damaged(m, lv);
	t->type = "raid";
	copies = !strncmp(type, "raid10", 6) ? copies : 0;
	/*
	 * Parity that was never completed is not needed to read what is all there; to complete
	 * it now, MD would have to write. Of RAID 6 it would not believe that.
	 */
	synced = m->read_only && type[4] && strchr("456", type[4]) && !lacks(m->group, list);
	nosync = synced && type[4] != '6';
	add(p, "%s %d %lld", raid_level(type), 1 + 2 * !!region + 2 * !!copies + nosync,
	    (long long)lvm_number(s, "stripe_size", 0));
	if (nosync)
		add(p, "nosync");
	if (region)
		add(p, "region_size %lld", (long long)region);
	if (copies)
		add(p, "raid10_copies %lld", (long long)copies);
	add(p, "%d", bare ? n : n / 2);
	for (item = list->members; item; item = bare ? item->next : item->next->next) {
		const struct lvm_node *image = bare ? item : item->next;

		if (item->kind != LVM_STRING || image->kind != LVM_STRING)
			return damaged(m, lv);
		if (!complete(m->group, logical(m->group, item->string), 0) ||
		    !complete(m->group, logical(m->group, image->string), 0)) {
			add(p, "- -");
			missing++;
			continue;
		}
		if (bare)
			add(p, "-");
		else if (add_metadata(m, lv, item->string, synced, p))
			return -1;
		if (add_volume(m, lv, image->string, p))
			return -1;
	}
	if (missing && !m->read_only)
		return fail(m, lv, "lacks %d of %d parts; name all images, or open it read-only",
			    missing, bare ? n : n / 2);
	return 0;
}

static int thin_pool(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		     struct dm_target *t, struct params *p)
{
	t->type = "thin-pool";
	if (add_volume(m, lv, lvm_string(s, "metadata"), p) ||
	    add_volume(m, lv, lvm_string(s, "pool"), p))
		return -1;
	add(p, "%lld 0 2 %s skip_block_zeroing", (long long)lvm_number(s, "chunk_size", 0),
	    m->read_only ? "read_only" : "error_if_no_space");
	return 0;
}

static int thin(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		struct dm_target *t, struct params *p)
{
	const char *origin = lvm_string(s, "external_origin");

	t->type = "thin";
	if (add_volume(m, lv, lvm_string(s, "thin_pool"), p))
		return -1;
	add(p, "%lld", (long long)lvm_number(s, "device_id", -1));
	return origin ? add_volume(m, lv, origin, p) : 0;
}

static int nothing(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		   struct dm_target *t, struct params *p)
{
	(void)m;
	(void)lv;
	t->type = lvm_string(s, "type");
	add(p, "%s", "");
	return 0;
}

static const struct {
	/* A type with this beginning... */
	const char *type;
	int (*build)(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		     struct dm_target *t, struct params *p);
} types[] = {
	{ "striped", striped },
	{ "linear", striped },
	{ "mirror", mirror },
	{ "raid", raid },
	{ "thin-pool", thin_pool },
	{ "thin", thin },
	{ "error", nothing },
	{ "zero", nothing },
};

static int segment(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
		   struct dm_target *t)
{
	int64_t start = lvm_number(s, "start_extent", -1), count = lvm_number(s, "extent_count", -1);
	const char *type = lvm_string(s, "type");
	struct params p = { .text = NULL };
	unsigned int i;

	if (start < 0 || count <= 0 || !type)
		return damaged(m, lv);
	t->start = start * m->group->extent_size;
	t->length = count * m->group->extent_size;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strncmp(type, types[i].type, strlen(types[i].type)))
			break;
	if (i == sizeof(types) / sizeof(types[0]))
		return fail(m, lv, "is of the type %s, which is not supported here", type);
	if (types[i].build(m, lv, s, t, &p)) {
		free(p.text);
		return -1;
	}
	if (p.failed || !p.text) {
		free(p.text);
		return fail(m, lv, "needs more memory than there is");
	}
	t->params = p.text;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct dm_target *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Maps the segments of @lv, whatever snapshots there are. */
static int map_segments(struct mapping *m, struct lvm_logical *lv, char *name)
{
	struct dm_target *targets;
	const struct lvm_node *s;
	int n = 0, i = 0, ret = 0;
	char title[1024];

	for (s = lv->node->members; s; s = s->next)
		n += s->kind == LVM_SECTION;
	if (!n || n > SEGMENTS_MAX)
		return damaged(m, lv);
	targets = calloc(n, sizeof(*targets));
	if (!targets)
		return fail(m, lv, "needs more memory than there is");
	for (s = lv->node->members; s && !ret; s = s->next)
		if (s->kind == LVM_SECTION)
			ret = segment(m, lv, s, &targets[i++]);
	if (!ret) {
		lvm_title(m->group, lv->name, title, sizeof(title));
		qsort(targets, n, sizeof(*targets), by_start);
		/* A pool is read-only by its parameters, and takes no such table. */
		ret = dm_create(title, targets, n,
				m->read_only && strcmp(targets[0].type, "thin-pool"), name);
	}
	for (i = 0; i < n; i++)
		free((char *)targets[i].params);
	free(targets);
	return ret;
}

/* ---- snapshots ------------------------------------------------------------- */

/* The segment that makes a snapshot: the one with @key "origin" or "cow_store" @name. */
static const struct lvm_node *snapshot_segment(const struct lvm_group *g, const char *key,
					       const char *name, int *from)
{
	const struct lvm_node *s;

	for (; *from < g->n_logical; ++*from) {
		for (s = g->logical[*from].node->members; s; s = s->next) {
			const char *value;

			if (s->kind != LVM_SECTION || !lvm_string(s, "type") ||
			    strcmp(lvm_string(s, "type"), "snapshot"))
				continue;
			value = lvm_string(s, key);
			if (value && !strcmp(value, name)) {
				++*from;
				return s;
			}
		}
	}
	return NULL;
}

/* The device of a snapshot, over the mapped @base of its origin. */
static int map_snapshot(struct mapping *m, const struct lvm_logical *lv, const struct lvm_node *s,
			const char *base, char *name)
{
	struct lvm_logical *cow = logical(m->group, lvm_string(s, "cow_store"));
	struct lvm_logical *origin = logical(m->group, lvm_string(s, "origin"));
	struct dm_target t = { .type = "snapshot" };
	char store[32], params[128], title[1024];

	if (!cow || !origin)
		return damaged(m, lv);
	if (map_segments(m, cow, store))
		return -1;
	t.length = origin->size / SECTOR;
	snprintf(params, sizeof(params), "/dev/%s /dev/%s P %lld", base, store,
		 (long long)lvm_number(s, "chunk_size", 0));
	t.params = params;
	lvm_title(m->group, cow->name, title, sizeof(title));
	return dm_create(title, &t, 1, m->read_only, name);
}

/* A written origin first saves what its snapshots still show. */
static int map_origin(struct mapping *m, struct lvm_logical *lv, char *name)
{
	struct dm_target t = { .type = "snapshot-origin", .length = lv->size / SECTOR };
	char base[32], snapshot[32], params[64], title[1024];
	const struct lvm_node *s;
	int from = 0;

	if (map_segments(m, lv, base))
		return -1;
	while ((s = snapshot_segment(m->group, "origin", lv->name, &from)))
		if (map_snapshot(m, lv, s, base, snapshot))
			return -1;
	snprintf(params, sizeof(params), "/dev/%s", base);
	t.params = params;
	lvm_title(m->group, lv->name, title, sizeof(title));
	return dm_create(title, &t, 1, m->read_only, name);
}

static int map_new(struct mapping *m, struct lvm_logical *lv, char *name)
{
	const struct lvm_node *s;
	char base[32];
	int from = 0;

	s = snapshot_segment(m->group, "cow_store", lv->name, &from);
	if (s) {
		struct lvm_logical *origin = logical(m->group, lvm_string(s, "origin"));

		if (!origin)
			return damaged(m, lv);
		return map_segments(m, origin, base) || map_snapshot(m, lv, s, base, name);
	}
	from = 0;
	if (!m->read_only && snapshot_segment(m->group, "origin", lv->name, &from))
		return map_origin(m, lv, name);
	return map_segments(m, lv, name);
}

/* Maps @lv once, however many others it is a part of. */
static int map(struct mapping *m, struct lvm_logical *lv, char *name)
{
	int ret = 0;

	if (++m->depth > DEPTH_MAX)
		ret = damaged(m, lv);
	else if (!*lv->mapped)
		ret = map_new(m, lv, lv->mapped);
	m->depth--;
	strcpy(name, lv->mapped);
	return ret;
}

int lvm_map(struct lvm_group *group, struct lvm_logical *lv, int read_only, char *name)
{
	struct mapping m = { .group = group, .read_only = read_only };

	return map(&m, lv, name);
}
