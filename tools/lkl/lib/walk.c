// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl/linux/limits.h>

#include "walk.h"

/* A folder that is walked: its entries in order, and where we are. */
struct level {
	struct level *up;
	int fd;
	uint64_t dev, ino;
	/* Types as in struct dirent, each before its name. */
	char *names;
	size_t *offset;
	size_t count, next;
	/* Lengths of the walk's paths without it. */
	size_t shown_len, path_len;
};

/* Archives tell their holes in advance; smaller ones of a file with more are data. */
#define EXTENTS_MAX 65536

/* Below it holes are not looked for. */
#define HOLE_MIN 4096

static void fail(struct walk *w, const char *what, long err)
{
	transfer_fail(w->t, w->shown.text, what, err);
}

/* ---- extended attributes -------------------------------------------------------- */

/*
 * What other file systems have as well. The rest describes how this one stores the
 * file, or is its own way to show something else.
 */
static int is_portable(const char *name)
{
	return !strncmp(name, "user.", 5) || !strncmp(name, "trusted.", 8) ||
	       !strncmp(name, "security.", 9) || !strcmp(name, "system.posix_acl_access") ||
	       !strcmp(name, "system.posix_acl_default");
}

/* Those of @name in @dir, "": of @dir itself. */
static void read_xattrs(struct walk *w, int dir, const char *name, struct entry *e)
{
	char list[LKL_XATTR_LIST_MAX + 1], value[LKL_XATTR_SIZE_MAX], *attr;
	long len, size;

	len = w->fs->listxattr(dir, name, list, LKL_XATTR_LIST_MAX);
	if (len == -LKL_EOPNOTSUPP || len == -LKL_ENOSYS)
		return;
	if (len < 0) {
		fail(w, "extended attributes", len);
		return;
	}
	list[len] = 0;
	for (attr = list; attr < list + len; attr += strlen(attr) + 1) {
		if (!is_portable(attr))
			continue;
		size = w->fs->getxattr(dir, name, attr, value, sizeof(value));
		if (size >= 0)
			entry_set_xattr(e, attr, value, size);
		else if (size != -LKL_ENODATA && size != -LKL_EOPNOTSUPP)
			fail(w, attr, size);
	}
}

/* ---- contents of files --------------------------------------------------------- */

/* As many bytes as there are, up to @len. */
static long read_full(struct walk *w, int fd, char *buf, size_t len, uint64_t pos)
{
	size_t done = 0;

	while (done < len) {
		long got = w->fs->pread(fd, buf + done, len - done, pos + done);

		if (got == -LKL_EINTR)
			continue;
		if (got < 0) {
			fail(w, "cannot be read to its end", got);
			return done ? (long)done : got;
		}
		if (!got)
			break;
		done += got;
	}
	return done;
}

/* Emits what is from *@pos to @end, or to the end of the file. -1 if that came, or an error. */
static int emit_data(struct walk *w, int fd, uint64_t *pos, uint64_t end, int sparse)
{
	while (*pos < end) {
		uint64_t left = end - *pos;
		/* Later chunks lie where blocks begin. */
		size_t len = ENTRY_DATA_MAX - *pos % ENTRY_DATA_MAX;
		struct entry *e;
		long got;

		if (len > left)
			len = left;
		e = entry_new(ENTRY_DATA, "", len);
		got = read_full(w, fd, e->data, len, *pos);
		if (got <= 0) {
			entry_free(e);
			return -1;
		}
		e->pos = *pos;
		e->len = got;
		e->sparse = sparse;
		*pos += got;
		if (transfer_emit(w->t, e) || got < (long)len)
			return -1;
	}
	return 0;
}

/* The next data from *@pos on; 0 if there is no more, before @size. */
static int next_extent(struct walk *w, int fd, uint64_t pos, uint64_t size,
		       struct extent *extent)
{
	int64_t start, end;

	if (pos >= size)
		return 0;
	start = w->fs->seek(fd, pos, SEEK_DATA);
	if (start == -LKL_ENXIO)
		return 0;
	/* Not every file system can tell. */
	if (start < (int64_t)pos)
		start = pos;
	end = w->fs->seek(fd, start, SEEK_HOLE);
	if (end <= start)
		end = size;
	if ((uint64_t)start >= size)
		return 0;
	*extent = (struct extent){ start, ((uint64_t)end < size ? (uint64_t)end : size) - start };
	return 1;
}

static void find_extents(struct walk *w, int fd, struct entry *e)
{
	struct extent x = { 0 };
	size_t room = 0;

	while (next_extent(w, fd, x.pos + x.len, e->attr.size, &x)) {
		if (e->extent_count == EXTENTS_MAX) {
			struct extent *last = &e->extents[EXTENTS_MAX - 1];

			last->len = e->attr.size - last->pos;
			return;
		}
		if (e->extent_count == room) {
			room = room ? room * 2 : 8;
			e->extents = must_realloc(e->extents, room * sizeof(x));
		}
		e->extents[e->extent_count++] = x;
	}
	/* All of it is a hole. */
	if (!e->extents)
		e->extents = must_alloc(sizeof(x));
}

static void emit_sparse(struct walk *w, int fd, uint64_t *size)
{
	struct extent x = { 0 };
	uint64_t pos;

	while (next_extent(w, fd, x.pos + x.len, *size, &x)) {
		pos = x.pos;
		if (emit_data(w, fd, &pos, x.pos + x.len, 1)) {
			*size = pos;
			return;
		}
	}
}

/* The whole of a file that is no longer than an entry. */
static void emit_small(struct walk *w, int fd, struct entry *e)
{
	long got = read_full(w, fd, e->data, e->attr.size, 0);

	e->len = got > 0 ? got : 0;
	e->attr.size = e->len;
	e->complete = 1;
	transfer_emit(w->t, e);
}

/* Takes @e. */
static void emit_large(struct walk *w, int fd, struct entry *e, int sparse)
{
	uint64_t size = e->attr.size, pos = 0;
	struct entry *end = entry_new(ENTRY_END, "", 0);

	if (sparse && w->t->want_extents)
		find_extents(w, fd, e);
	if (transfer_emit(w->t, e)) {
		entry_free(end);
		return;
	}
	if (sparse)
		emit_sparse(w, fd, &size);
	else if (size)
		emit_data(w, fd, &pos, size, 0);
	else
		/* Such as files of proc, which do not know how long they are. */
		emit_data(w, fd, &pos, UINT64_MAX, 0);
	end->attr.size = sparse ? size : pos;
	transfer_emit(w->t, end);
}

/* ---- kinds of files -------------------------------------------------------------- */

/*
 * Whether it has a name in the destination already; then that is emitted. Else it is
 * remembered.
 */
static int is_linked(struct walk *w, const char *as, const struct attributes *attr)
{
	struct inode *i;
	struct entry *e;

	if (attr->links < 2)
		return 0;
	i = inodes_find(&w->linked, attr->dev, attr->ino);
	if (!i) {
		i = inodes_add(&w->linked, attr->dev, attr->ino);
		i->path = must_strdup(w->path.text);
		i->left = attr->links - 1;
		return 0;
	}
	e = entry_new(ENTRY_LINK, as, 0);
	e->attr = *attr;
	e->target = must_strdup(i->path);
	transfer_emit(w->t, e);
	if (!--i->left)
		inodes_remove(&w->linked, i);
	return 1;
}

static void walk_file(struct walk *w, int fd, const char *as, const struct attributes *attr)
{
	int sparse = attr->stored < attr->size && attr->size >= HOLE_MIN;
	int small = !sparse && attr->size && attr->size <= ENTRY_DATA_MAX;
	struct entry *e;

	if (is_linked(w, as, attr))
		return;
	e = entry_new(ENTRY_FILE, as, small ? attr->size : 0);
	e->attr = *attr;
	read_xattrs(w, fd, "", e);
	if (small)
		emit_small(w, fd, e);
	else
		emit_large(w, fd, e, sparse);
}

static void walk_symlink(struct walk *w, int dir, const char *name, const char *as,
			 const struct attributes *attr)
{
	char target[PATH_MAX + 1];
	struct entry *e;
	long len;

	len = w->fs->readlink(dir, name, target, sizeof(target));
	if (len == sizeof(target))
		len = -LKL_ENAMETOOLONG;
	if (len < 0) {
		fail(w, "symbolic link", len);
		return;
	}
	target[len] = 0;
	e = entry_new(ENTRY_SYMLINK, as, 0);
	e->attr = *attr;
	e->target = must_strdup(target);
	read_xattrs(w, dir, name, e);
	transfer_emit(w->t, e);
}

static void walk_node(struct walk *w, int dir, const char *name, const char *as,
		      const struct attributes *attr)
{
	struct entry *e;

	if (is_linked(w, as, attr))
		return;
	if (S_ISLNK(attr->mode)) {
		walk_symlink(w, dir, name, as, attr);
		return;
	}
	e = entry_new(ENTRY_NODE, as, 0);
	e->attr = *attr;
	read_xattrs(w, dir, name, e);
	transfer_emit(w->t, e);
}

/* ---- folders ------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b, void *names)
{
	return strcmp((char *)names + *(const size_t *)a + 1,
		      (char *)names + *(const size_t *)b + 1);
}

/* What no kernel should return: it would lead elsewhere. */
static int is_bad_name(const char *name)
{
	return !*name || strchr(name, '/');
}

/* All names of the folder @fd into @l, in their order. 0 or a negative errno. */
static long read_names(const struct fs *fs, int fd, struct level *l)
{
	size_t size = 0, used = 0, room = 0;
	_Alignas(8) char buf[32768];
	long got, pos;

	while ((got = fs->list(fd, buf, sizeof(buf))) > 0)
		for (pos = 0; pos < got;) {
			struct lkl_linux_dirent64 *de = (struct lkl_linux_dirent64 *)(buf + pos);
			size_t len = strlen(de->d_name) + 1;

			pos += de->d_reclen;
			if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
				continue;
			if (is_bad_name(de->d_name))
				return -LKL_EUCLEAN;
			if (used + len + 1 > size) {
				size = (used + len + 1) * 2;
				l->names = must_realloc(l->names, size);
			}
			if (l->count == room) {
				room = room ? room * 2 : 64;
				l->offset = must_realloc(l->offset, room * sizeof(size_t));
			}
			l->offset[l->count++] = used;
			l->names[used] = de->d_type;
			memcpy(l->names + used + 1, de->d_name, len);
			used += len + 1;
		}
	if (l->count)
		qsort_r(l->offset, l->count, sizeof(size_t), compare_names, l->names);
	return got;
}

static void free_level(const struct fs *fs, struct level *l)
{
	fs->close(l->fd);
	free(l->names);
	free(l->offset);
	free(l);
}

/* Whether a damaged or malicious file system leads us round in circles. */
static int is_loop(struct walk *w, const struct attributes *attr)
{
	for (struct level *l = w->level; l; l = l->up)
		if (l->dev == attr->dev && l->ino == attr->ino)
			return 1;
	return w->unique_folders && inodes_find(&w->folders, attr->dev, attr->ino);
}

/* Takes @fd. Paths end with it already. */
static void enter_folder(struct walk *w, int fd, const char *as, const struct attributes *attr,
			 size_t shown_len, size_t path_len)
{
	struct level *l;
	struct entry *e;
	long ret;

	if (is_loop(w, attr)) {
		fail(w, "the file system is damaged: this folder comes a second time", 0);
		w->fs->close(fd);
		path_pop(&w->shown, shown_len);
		path_pop(&w->path, path_len);
		return;
	}
	e = entry_new(ENTRY_ENTER, as, 0);
	e->attr = *attr;
	read_xattrs(w, fd, "", e);
	transfer_emit(w->t, e);

	l = must_alloc(sizeof(*l));
	*l = (struct level){
		.up = w->level, .fd = fd, .dev = attr->dev, .ino = attr->ino,
		.shown_len = shown_len, .path_len = path_len,
	};
	if (!w->one_file_system || !l->up || l->up->dev == l->dev) {
		ret = read_names(w->fs, fd, l);
		if (ret)
			fail(w, "folder", ret);
	}
	/* Formats without a place for empty folders have the same number for all of them. */
	if (w->unique_folders && l->count)
		inodes_add(&w->folders, l->dev, l->ino);
	w->level = l;
}

static void leave_folder(struct walk *w)
{
	struct level *l = w->level;

	transfer_emit(w->t, entry_new(ENTRY_LEAVE, "", 0));
	w->level = l->up;
	path_pop(&w->shown, l->shown_len);
	path_pop(&w->path, l->path_len);
	free_level(w->fs, l);
}

/*
 * Emits what @name in @dir is, and enters it if it is a folder. @type, as in a
 * directory, saves a look at most.
 */
static void walk_entry(struct walk *w, int dir, const char *name, const char *as, int type,
		       size_t shown_len, size_t path_len)
{
	struct attributes attr = { 0 };
	long fd = -1, ret = 0;

	if (type != DT_REG && type != DT_DIR) {
		ret = w->fs->stat(dir, name, &attr);
		type = ret ? DT_UNKNOWN : IFTODT(attr.mode);
	}
	if (type == DT_REG || type == DT_DIR) {
		fd = type == DT_DIR ? w->fs->open_dir(dir, name) : w->fs->open_file(dir, name);
		ret = fd < 0 ? fd : w->fs->stat(fd, "", &attr);
	}
	if (!ret && (fd < 0) == (S_ISREG(attr.mode) || S_ISDIR(attr.mode)))
		ret = -LKL_ESTALE;	/* it became something else just now */

	if (ret) {
		fail(w, type == DT_DIR ? "folder" : "cannot be opened", ret);
	} else if (S_ISDIR(attr.mode)) {
		enter_folder(w, fd, as, &attr, shown_len, path_len);
		return;
	} else if (S_ISREG(attr.mode)) {
		walk_file(w, fd, as, &attr);
	} else {
		walk_node(w, dir, name, as, &attr);
	}
	if (fd >= 0)
		w->fs->close(fd);
	path_pop(&w->shown, shown_len);
	path_pop(&w->path, path_len);
}

static int stopped(struct walk *w)
{
	return w->t->queue.stopped || transfer_interrupted();
}

void walk_source(struct walk *w, int dir, const char *name, const char *as, const char *shown)
{
	w->shown.len = 0;
	w->path.len = 0;
	path_push(&w->shown, shown);
	path_push(&w->path, as);
	walk_entry(w, dir, name, as, DT_UNKNOWN, 0, 0);
	while (w->level) {
		struct level *l = w->level;
		const char *next;
		size_t at;

		if (l->next == l->count || stopped(w)) {
			leave_folder(w);
			continue;
		}
		at = l->offset[l->next++];
		next = l->names + at + 1;
		walk_entry(w, l->fd, next, next, l->names[at], path_push(&w->shown, next),
			   path_push(&w->path, next));
	}
}

void walk_free(struct walk *w)
{
	inodes_free(&w->linked);
	inodes_free(&w->folders);
	free(w->shown.text);
	free(w->path.text);
}

/* ---- sizes only -------------------------------------------------------------------- */

/* Nothing is reported: that is for the copy to do. */
uint64_t walk_size(const struct fs *fs, int dir, const char *name, const atomic_int *stop)
{
	struct attributes attr;
	struct level l = { 0 };
	uint64_t sum = 0;
	long fd;

	if (fs->stat(dir, name, &attr))
		return 0;
	if (S_ISREG(attr.mode))
		return attr.stored < attr.size ? attr.stored : attr.size;
	if (!S_ISDIR(attr.mode))
		return 0;
	fd = fs->open_dir(dir, name);
	if (fd < 0)
		return 0;
	read_names(fs, fd, &l);
	for (size_t i = 0; i < l.count && !*stop; i++)
		sum += walk_size(fs, fd, l.names + l.offset[i] + 1, stop);
	fs->close(fd);
	free(l.names);
	free(l.offset);
	return sum;
}
