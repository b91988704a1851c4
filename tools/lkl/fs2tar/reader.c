// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "path.h"
#include "reader.h"

/* A folder of the archive, and what its attributes are to be. */
struct late {
	char *path;
	struct entry *entry;
	/* Its place among all: of two for one folder the later one counts. */
	size_t order;
};

/* Components of a name that came out of the archive. */
struct names {
	char *text;
	char **name;
	size_t count;
};

static void fail(struct reader *r, const char *name, const char *what)
{
	transfer_fail(r->t, name, what, 0);
}

/* ---- names --------------------------------------------------------------------- */

static void free_names(struct names *n)
{
	free(n->text);
	free(n->name);
}

/*
 * Takes @path apart. Nothing that leads out of the destination gets through: -1, and
 * reported, for "..".
 */
static int split(struct reader *r, const char *path, struct names *n)
{
	char *save = NULL, *part, clean[1024];
	size_t room = 0;

	*n = (struct names){ .text = must_strdup(path) };
	if (*path == '/' && !r->told_absolute) {
		r->told_absolute = 1;
		warning("%s: names with a slash at their begin lose it; this is said once only",
			message_clean(clean, sizeof(clean), path));
	}
	for (part = strtok_r(n->text, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..")) {
			fail(r, path, "not copied: its name leads out of the destination (\"..\")");
			free_names(n);
			return -1;
		}
		if (n->count == room) {
			room = room ? room * 2 : 16;
			n->name = must_realloc(n->name, room * sizeof(n->name[0]));
		}
		n->name[n->count++] = part;
	}
	return 0;
}

/* The same as a path again, without what does not matter. */
static char *joined(const struct names *n)
{
	struct path path = { 0 };

	path_push(&path, "");
	for (size_t i = 0; i < n->count; i++)
		path_push(&path, n->name[i]);
	return path.text;
}

/* ---- folders -------------------------------------------------------------------- */

static void leave_to(struct reader *r, size_t depth)
{
	while (r->depth > depth) {
		free(r->folders[--r->depth]);
		transfer_emit(r->t, entry_new(ENTRY_LEAVE, "", 0));
	}
}

/* Takes @e, whose name is that of the folder. */
static void enter(struct reader *r, struct entry *e)
{
	if (r->depth == r->room) {
		r->room = r->room ? r->room * 2 : 64;
		r->folders = must_realloc(r->folders, r->room * sizeof(r->folders[0]));
	}
	r->folders[r->depth++] = must_strdup(e->name);
	transfer_emit(r->t, e);
}

static struct entry *unknown_folder(const char *name)
{
	struct entry *e = entry_new(ENTRY_ENTER, name, 0);

	e->no_attributes = 1;
	return e;
}

/* Makes the first @count names the folders that we are in. */
static void go_to(struct reader *r, const struct names *n, size_t count)
{
	size_t same = 0;

	while (same < count && same < r->depth && !strcmp(r->folders[same], n->name[same]))
		same++;
	leave_to(r, same);
	while (r->depth < count)
		enter(r, unknown_folder(n->name[r->depth]));
}

/* Takes @e. */
static void remember(struct reader *r, const struct names *n, struct entry *e)
{
	if (r->late_count == r->late_room) {
		r->late_room = r->late_room ? r->late_room * 2 : 256;
		r->late = must_realloc(r->late, r->late_room * sizeof(r->late[0]));
	}
	r->late[r->late_count] = (struct late){ joined(n), e, r->late_count };
	r->late_count++;
}

/* Folders before what is in them, whatever characters names have. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int compare_late(const void *a, const void *b)
{
	const struct late *x = a, *y = b;
	int ret = compare_paths(x->path, y->path);

	return ret ? ret : (x->order > y->order) - (x->order < y->order);
}

/* Goes through all folders again, now that nothing is added to them any more. */
static void set_folders(struct reader *r)
{
	leave_to(r, 0);
	if (r->late_count)
		qsort(r->late, r->late_count, sizeof(r->late[0]), compare_late);
	/* That of the destination itself is set last. */
	for (size_t i = 0; i < r->late_count; i++) {
		struct late *l = &r->late[i];
		struct names n;

		if (i + 1 < r->late_count && !strcmp(l->path, l[1].path))
			continue;
		if (!*l->path)
			continue;
		if (split(r, l->path, &n))
			continue;
		go_to(r, &n, n.count - 1);
		enter(r, l->entry);
		l->entry = NULL;
		free_names(&n);
	}
	leave_to(r, 0);
	for (size_t i = r->late_count; i-- > 0;)
		if (!*r->late[i].path) {
			enter(r, r->late[i].entry);
			r->late[i].entry = NULL;
			leave_to(r, 0);
			break;
		}
}

/* ---- entries ---------------------------------------------------------------------- */

static void read_attributes(struct reader *r, struct entry *e, const char *path)
{
	const char *label;

	if (tar_in_attributes(r->in, e) && !r->told_acl) {
		char clean[1024];

		r->told_acl = 1;
		warning("%s: its access control list names users or groups without numbers, which are not known here; this is said once only",
			message_clean(clean, sizeof(clean), path));
	}
	label = labels_find(&r->labels, path);
	if (label)
		entry_set_xattr(e, "security.selinux", label, strlen(label) + 1);
}

/* What was read so far stays. */
static void damaged(struct reader *r, const char *name)
{
	if (transfer_interrupted())
		return;
	fail(r, name, "cannot be read to its end");
	fail(r, r->shown, tar_in_error(r->in));
}

/* The data of a file after its ENTRY_FILE. -1 if the archive ends with it. */
static int read_data(struct reader *r, const char *name, uint64_t size)
{
	enum tar_status status;
	struct entry *e;
	const char *buf;
	uint64_t pos;
	size_t len;
	int stop = 0;

	while (!stop && (status = tar_in_data(r->in, &buf, &len, &pos)) == TAR_OK)
		while (len && !stop) {
			size_t part = len < ENTRY_DATA_MAX ? len : ENTRY_DATA_MAX;

			e = entry_new(ENTRY_DATA, "", part);
			memcpy(e->data, buf, part);
			e->pos = pos;
			e->len = part;
			buf += part;
			pos += part;
			len -= part;
			stop = transfer_emit(r->t, e);
		}
	if (!stop && status != TAR_END)
		damaged(r, name);
	e = entry_new(ENTRY_END, "", 0);
	e->attr.size = size;
	transfer_emit(r->t, e);
	return stop || (status != TAR_END && status != TAR_WARNING) ? -1 : 0;
}

/* 0, or -1 if its target leads out of the destination. */
static int read_target(struct reader *r, const struct tar_header *h, struct entry *e)
{
	struct names n;

	if (e->type == ENTRY_SYMLINK)
		e->target = must_strdup(h->target ? h->target : "");
	if (e->type != ENTRY_LINK)
		return 0;
	if (split(r, h->target, &n))
		return -1;
	e->target = joined(&n);
	free_names(&n);
	/* Some formats give the file's type with its content only. */
	if (!(e->attr.mode & S_IFMT))
		e->attr.mode |= S_IFREG;
	return 0;
}

/* -1 at the end of everything. */
static int read_entry(struct reader *r, const struct tar_header *h)
{
	enum entry_type type = h->type;
	const char *path = h->path;
	struct names n;
	struct entry *e;
	char *clean;
	int ret = 0;

	if (!path || split(r, path, &n)) {
		if (!path)
			fail(r, r->shown, "an entry without a name");
		return 0;
	}
	clean = joined(&n);
	if (!n.count && type != ENTRY_ENTER) {
		fail(r, path, "not copied: this is the destination itself, but no folder");
		free_names(&n);
		free(clean);
		return 0;
	}
	e = entry_new(type, n.count ? n.name[n.count - 1] : "", 0);
	read_attributes(r, e, clean);
	if (read_target(r, h, e)) {
		entry_free(e);
	} else if (type == ENTRY_ENTER) {
		go_to(r, &n, n.count);
		remember(r, &n, e);
	} else {
		uint64_t size = e->attr.size;

		go_to(r, &n, n.count - 1);
		e->complete = type == ENTRY_FILE && !size;
		ret = transfer_emit(r->t, e);
		if (!ret && type == ENTRY_FILE && size)
			ret = read_data(r, clean, size);
	}
	free_names(&n);
	free(clean);
	return ret;
}

/* ---- the archive ------------------------------------------------------------------- */

int reader_open(struct reader *r, struct transfer *t, int fd, const char *shown)
{
	*r = (struct reader){ .t = t, .shown = shown };
	r->in = tar_in_open(fd, shown);
	return r->in ? 0 : -1;
}

void reader_run(struct transfer *t, void *arg)
{
	struct reader *r = arg;
	struct tar_header h;
	enum tar_status status;

	while ((status = tar_in_next(r->in, &h)) == TAR_OK || status == TAR_WARNING ||
	       status == TAR_FAILED) {
		if (status != TAR_OK) {
			char clean[1024];

			warning("%s: %s", r->shown,
				message_clean(clean, sizeof(clean), tar_in_error(r->in)));
		}
		if (status != TAR_FAILED && read_entry(r, &h))
			break;
	}
	if (status == TAR_BROKEN && !transfer_interrupted())
		fail(r, r->shown, tar_in_error(r->in));
	set_folders(r);
}

void reader_close(struct reader *r)
{
	tar_in_close(r->in);
	for (size_t i = 0; i < r->late_count; i++) {
		free(r->late[i].path);
		entry_free(r->late[i].entry);
	}
	free(r->late);
	free(r->folders);
}
