// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>

#include "message.h"
#include "posix_acl.h"
#include "store.h"

/* A folder that is being filled. Its attributes come last: filling changes them. */
struct folder {
	struct folder *up;
	struct entry *entry;
	int fd;
	/* We made it, so that nothing was in it. */
	int fresh;
	/* What is made in it may inherit a group or an access control list. */
	int inherits;
	size_t path_len;
};

enum told {
	TOLD_OWNER = 1,
	TOLD_MODE = 2,
	TOLD_TIMES = 4,
	TOLD_LINK = 8,
	TOLD_XATTR = 16,
	TOLD_TRUSTED = 32,
	TOLD_SECURITY = 64,
	TOLD_ACL = 128,
};

/* Smaller holes are not worth a call. */
#define HOLE 4096

/* ---- what is told --------------------------------------------------------------- */

/* The path of @name in the current folder, until the next call. */
static const char *shown(struct store *s, const char *name)
{
	static struct path full;

	full.len = 0;
	path_push(&full, s->shown);
	path_push(&full, s->path.text);
	path_push(&full, name);
	return full.text;
}

static void fail(struct store *s, const char *name, const char *what, long err)
{
	transfer_fail(s->t, shown(s, name), what, err);
}

/* What cannot be kept is no failure, but is said, once for each kind. */
static void say_once(struct store *s, enum told kind, const char *name, const char *what)
{
	char clean[1024];

	if (s->told & kind)
		return;
	s->told |= kind;
	warning("%s: %s; this is said once only",
		message_clean(clean, sizeof(clean), shown(s, name)), what);
}

static int not_permitted(long err)
{
	return err == -LKL_EPERM || err == -LKL_EACCES || err == -LKL_EOPNOTSUPP ||
	       err == -LKL_EINVAL || err == -LKL_ENOSYS;
}

/* ---- attributes ------------------------------------------------------------------ */

/*
 * Sets the owner; returns the bits of the mode that must not be set then: a program that
 * runs as its owner is not to run as somebody else.
 */
static uint32_t set_owner(struct store *s, int dir, const char *name, const char *label,
			  const struct attributes *attr)
{
	uint32_t not_kept = S_ISUID | S_ISGID;
	long ret = s->fs->chown(dir, name, attr->uid, attr->gid);

	if (!ret)
		return 0;
	if (!not_permitted(ret)) {
		fail(s, label, "owner", ret);
		return not_kept;
	}
	if (!s->fs->chown(dir, name, -1, attr->gid))
		not_kept = S_ISUID;
	say_once(s, TOLD_OWNER, label, s->fs == &fs_host ?
	     "owners cannot be kept without root's rights" :
	     "the file system does not keep owners");
	return not_kept;
}

static void tell_xattr(struct store *s, const char *label, const char *attr)
{
	if (posix_acl_is(attr))
		say_once(s, TOLD_ACL, label, "access control lists cannot be kept there");
	else if (!strncmp(attr, "trusted.", 8))
		say_once(s, TOLD_TRUSTED, label, "trusted attributes cannot be kept there");
	else if (!strncmp(attr, "security.", 9))
		say_once(s, TOLD_SECURITY, label,
		     "security attributes (labels, capabilities) cannot be kept there");
	else
		say_once(s, TOLD_XATTR, label, "extended attributes cannot be kept there");
}

static void set_xattrs(struct store *s, int dir, const char *name, const char *label,
		       const struct entry *e)
{
	for (const struct xattr *x = e->xattrs; x; x = x->next) {
		long ret = s->fs->setxattr(dir, name, x->name, x->value, x->size);

		if (not_permitted(ret)) {
			tell_xattr(s, label, x->name);
		} else if (ret == -LKL_ENOSPC || ret == -LKL_E2BIG || ret == -LKL_ERANGE) {
			/* There may be space for everything else. */
			char what[300];

			snprintf(what, sizeof(what), "there is no room for its attribute %s",
				 x->name);
			fail(s, label, what, 0);
		} else if (ret) {
			fail(s, label, x->name, ret);
		}
	}
}

/* Lists that it inherited, or had before. */
static void remove_acls(struct store *s, int dir, const char *name, const struct entry *e)
{
	if (S_ISLNK(e->attr.mode))
		return;
	if (!entry_xattr(e, POSIX_ACL_ACCESS))
		s->fs->removexattr(dir, name, POSIX_ACL_ACCESS);
	if (S_ISDIR(e->attr.mode) && !entry_xattr(e, POSIX_ACL_DEFAULT))
		s->fs->removexattr(dir, name, POSIX_ACL_DEFAULT);
}

/*
 * Gives what was made with @mode its attributes: @name in @dir, or @dir itself if that
 * is "". In messages it is @label in the current folder. @inherits: @mode and owner may
 * not be what it has.
 */
static void set_attributes(struct store *s, int dir, const char *name, const char *label,
			   const struct entry *e, uint32_t mode, int inherits)
{
	uint32_t wanted = e->attr.mode & 07777;
	struct timespec times[2] = { e->attr.atime, e->attr.mtime };
	int owned = 0;
	long ret;

	if (inherits)
		remove_acls(s, dir, name, e);
	if (inherits || e->attr.uid != s->uid || e->attr.gid != s->gid) {
		wanted &= ~set_owner(s, dir, name, label, &e->attr);
		owned = 1;
	}
	/* A change of owners takes bits away. */
	if (!S_ISLNK(e->attr.mode) &&
	    (inherits || wanted != mode || (owned && (wanted & (S_ISUID | S_ISGID))))) {
		ret = s->fs->chmod(dir, name, wanted);
		if (not_permitted(ret))
			say_once(s, TOLD_MODE, label, "permissions cannot be kept there");
		else if (ret)
			fail(s, label, "permissions", ret);
	}
	/* Capabilities of a program would not survive the change of its owner. */
	set_xattrs(s, dir, name, label, e);
	ret = s->fs->utimes(dir, name, times);
	if (not_permitted(ret))
		say_once(s, TOLD_TIMES, label, "times cannot be kept there");
	else if (ret)
		fail(s, label, "times", ret);
}

/* ---- making ------------------------------------------------------------------- */

static int here(const struct store *s)
{
	return s->folder ? s->folder->fd : s->root;
}

static int inherits(const struct store *s)
{
	return s->folder ? s->folder->inherits : s->root_inherits;
}

static int is_fresh(const struct store *s)
{
	return s->folder && s->folder->fresh;
}

/*
 * @ret of making @name is "exists". 0 if that was removed now, to try again; else @ret,
 * and it was reported.
 */
static long make_room(struct store *s, const char *name, long ret)
{
	struct attributes attr;

	if (is_fresh(s) && !s->replace) {
		fail(s, name, "not copied: another file was copied under this name, or one "
		     "that the file system does not tell apart from it", 0);
		return ret;
	}
	if (!s->fs->stat(here(s), name, &attr) && S_ISDIR(attr.mode)) {
		fail(s, name, "not copied: there is a folder of this name", 0);
		return ret;
	}
	ret = s->fs->unlink(here(s), name);
	if (ret)
		fail(s, name, "cannot be replaced", ret);
	return ret;
}

/* The mode to make something with that is to have @mode. */
static uint32_t first_mode(const struct store *s, uint32_t mode)
{
	return s->private ? mode & 0777 : mode & 0700;
}

static long create(struct store *s, const char *name, uint32_t mode)
{
	long fd = s->fs->create(here(s), name, first_mode(s, mode));

	if (fd == -LKL_EEXIST) {
		if (make_room(s, name, fd))
			return fd;
		fd = s->fs->create(here(s), name, first_mode(s, mode));
	}
	if (fd < 0)
		fail(s, name, "cannot be created", fd);
	return fd;
}

/* ---- files ---------------------------------------------------------------------- */

static int is_zero(const char *buf, size_t len)
{
	return !buf[0] && !memcmp(buf, buf + 1, len - 1);
}

static long write_full(struct store *s, const char *buf, size_t len, uint64_t pos)
{
	while (len) {
		long done = s->fs->pwrite(s->fd, buf, len, pos);

		if (done == -LKL_EINTR)
			continue;
		if (done <= 0)
			return done ? done : -LKL_EIO;
		buf += done;
		pos += done;
		len -= done;
		s->end = pos;
	}
	return 0;
}

/* All but blocks of zeroes. */
static long write_sparse(struct store *s, const char *buf, size_t len, uint64_t pos)
{
	size_t from = 0, to = 0;
	long ret;

	while (to < len) {
		size_t part = HOLE - (pos + to) % HOLE;

		if (part > len - to)
			part = len - to;
		if (is_zero(buf + to, part)) {
			ret = write_full(s, buf + from, to - from, pos + from);
			if (ret)
				return ret;
			from = to + part;
		}
		to += part;
	}
	return write_full(s, buf + from, to - from, pos + from);
}

/* The file will not be complete: it goes. */
static void give_up(struct store *s, const char *what, long err)
{
	const char *name = s->file->name;

	fail(s, name, what, err);
	s->fs->close(s->fd);
	s->fs->unlink(here(s), name);
	s->fd = -1;
}

static void write_data(struct store *s, const struct entry *e)
{
	long ret;

	if (s->fd < 0 || !e->len)
		return;
	ret = e->sparse ? write_sparse(s, e->data, e->len, e->pos) :
			  write_full(s, e->data, e->len, e->pos);
	if (ret)
		give_up(s, "cannot be written", ret);
}

static void close_file(struct store *s, uint64_t size)
{
	const struct entry *e = s->file;
	long ret;

	if (s->fd < 0)
		return;
	if (s->end < size) {
		ret = s->fs->truncate(s->fd, size);
		if (ret) {
			give_up(s, "cannot be written", ret);
			return;
		}
	}
	set_attributes(s, s->fd, "", e->name, e, first_mode(s, e->attr.mode), inherits(s));
	ret = s->fs->close(s->fd);
	s->fd = -1;
	if (ret)
		fail(s, e->name, "cannot be written", ret);
}

/* Takes @e. */
static void open_file(struct store *s, struct entry *e)
{
	entry_free(s->file);
	s->file = e;
	s->fd = create(s, e->name, e->attr.mode);
	s->end = 0;
	if (!e->complete)
		return;
	write_data(s, e);
	close_file(s, e->attr.size);
}

/* ---- links --------------------------------------------------------------------- */

/* A descriptor of the folder that @path, from the root, is in; *@name is its end. */
static long reach(struct store *s, char *path, const char **name)
{
	long dir = s->fs->reach_dir(s->root, "."), next;
	char *slash;

	while (dir >= 0 && (slash = strchr(path, '/'))) {
		*slash = 0;
		next = s->fs->reach_dir(dir, path);
		s->fs->close(dir);
		dir = next;
		path = slash + 1;
	}
	*name = path;
	return dir;
}

/* For file systems without hard links: another file with the same content. */
static void copy_instead(struct store *s, int from_dir, const char *from, struct entry *e)
{
	struct entry *data;
	uint64_t pos = 0;
	long fd, got;

	fd = s->fs->open_file(from_dir, from);
	if (fd < 0) {
		fail(s, e->name, "cannot be copied from its other name", fd);
		entry_free(e);
		return;
	}
	e->complete = 0;
	open_file(s, e);
	data = entry_new(ENTRY_DATA, "", ENTRY_DATA_MAX);
	data->sparse = 1;
	while (s->fd >= 0 && (got = s->fs->pread(fd, data->data, ENTRY_DATA_MAX, pos))) {
		if (got < 0) {
			give_up(s, "cannot be copied from its other name", got);
			break;
		}
		data->pos = pos;
		data->len = got;
		write_data(s, data);
		pos += got;
	}
	entry_free(data);
	s->fs->close(fd);
	close_file(s, pos);
}

/* Takes @e. */
static void make_link(struct store *s, struct entry *e)
{
	const char *from;
	long dir, ret;

	dir = reach(s, e->target, &from);
	ret = dir < 0 ? dir : s->fs->link(dir, from, here(s), e->name);
	if (ret == -LKL_EEXIST && !make_room(s, e->name, ret))
		ret = s->fs->link(dir, from, here(s), e->name);
	else if (ret == -LKL_EEXIST)
		ret = 0;	/* reported */
	if ((ret == -LKL_EPERM || ret == -LKL_EOPNOTSUPP || ret == -LKL_EMLINK ||
	     ret == -LKL_EXDEV) &&
	    S_ISREG(e->attr.mode)) {
		if (ret != -LKL_EMLINK)
			say_once(s, TOLD_LINK, e->name,
			     "there are no hard links there: names of one file become files");
		copy_instead(s, dir, from, e);
		e = NULL;
	} else if (ret) {
		fail(s, e->name, "hard link", ret);
	}
	if (dir >= 0)
		s->fs->close(dir);
	entry_free(e);
}

static long make(struct store *s, const struct entry *e)
{
	const struct attributes *attr = &e->attr;

	if (e->type == ENTRY_SYMLINK)
		return s->fs->symlink(e->target, here(s), e->name);
	return s->fs->mknod(here(s), e->name, (attr->mode & S_IFMT) |
			    first_mode(s, attr->mode), attr->major, attr->minor);
}

/* Symbolic links, devices and such. */
static void make_node(struct store *s, const struct entry *e)
{
	long ret = make(s, e);

	if (ret == -LKL_EEXIST) {
		if (make_room(s, e->name, ret))
			return;
		ret = make(s, e);
	}
	if (ret == -LKL_EPERM || ret == -LKL_EOPNOTSUPP) {
		fail(s, e->name, e->type == ENTRY_SYMLINK ?
		     "not copied: symbolic links are not possible there" :
		     "not copied: special files are not possible there", ret);
		return;
	}
	if (ret) {
		fail(s, e->name, "cannot be created", ret);
		return;
	}
	set_attributes(s, here(s), e->name, e->name, e, first_mode(s, e->attr.mode),
		       inherits(s));
}

/* ---- folders ------------------------------------------------------------------ */

static int bequeaths(struct store *s, int fd)
{
	struct attributes attr;

	return s->fs->stat(fd, "", &attr) || (attr.mode & S_ISGID) ||
	       s->fs->getxattr(fd, ".", POSIX_ACL_DEFAULT, NULL, 0) > 0;
}

/* Takes @e. */
static void enter(struct store *s, struct entry *e)
{
	struct folder *f;
	long ret, fd;

	ret = *e->name ? s->fs->mkdir(here(s), e->name, 0700) : -LKL_EEXIST;
	if (ret == -LKL_EEXIST && is_fresh(s) && !s->replace) {
		make_room(s, e->name, ret);
		fd = ret;
	} else {
		fd = ret && ret != -LKL_EEXIST ? ret :
		     s->fs->open_dir(here(s), *e->name ? e->name : ".");
		if (fd == -LKL_ENOTDIR || fd == -LKL_ELOOP)
			fail(s, e->name, "not copied: what has this name is no folder", 0);
		else if (fd < 0)
			fail(s, e->name, "folder", fd);
	}
	if (fd < 0) {
		s->skipped = 1;
		entry_free(e);
		return;
	}
	f = must_alloc(sizeof(*f));
	*f = (struct folder){ .up = s->folder, .entry = e, .fd = fd, .fresh = !ret };
	/* One of ours has but what it inherited, before the end. */
	f->inherits = ret ? bequeaths(s, fd) : inherits(s);
	f->path_len = path_push(&s->path, e->name);
	s->folder = f;
}

static void leave(struct store *s)
{
	struct folder *f = s->folder;
	struct entry *e = f->entry;

	s->folder = f->up;
	path_pop(&s->path, f->path_len);
	if (!e->no_attributes)
		/* What was there before may have anything. */
		set_attributes(s, f->fd, "", e->name, e, 0700, !f->fresh || inherits(s));
	else if (f->fresh)
		s->fs->chmod(f->fd, "", 0755);
	s->fs->close(f->fd);
	entry_free(e);
	free(f);
}

void store_init(struct store *s, const struct fs *fs, struct transfer *t, int root,
		const char *shown)
{
	*s = (struct store){ .fs = fs, .t = t, .root = root, .shown = shown, .fd = -1 };
	path_push(&s->path, "");
	s->root_inherits = bequeaths(s, root);
}

void store_entry(void *arg, struct entry *e)
{
	struct store *s = arg;

	if (s->skipped) {
		s->skipped += (e->type == ENTRY_ENTER) - (e->type == ENTRY_LEAVE);
		entry_free(e);
		return;
	}
	switch (e->type) {
	case ENTRY_ENTER:
		enter(s, e);
		return;
	case ENTRY_FILE:
		open_file(s, e);
		return;
	case ENTRY_LINK:
		make_link(s, e);
		return;
	case ENTRY_LEAVE:
		leave(s);
		break;
	case ENTRY_DATA:
		write_data(s, e);
		break;
	case ENTRY_END:
		close_file(s, e->attr.size);
		break;
	case ENTRY_SYMLINK:
	case ENTRY_NODE:
		make_node(s, e);
		break;
	}
	entry_free(e);
}

void store_finish(struct store *s)
{
	if (s->fd >= 0) {
		s->fs->close(s->fd);
		s->fs->unlink(here(s), s->file->name);
	}
	while (s->folder)
		leave(s);
	entry_free(s->file);
	free(s->path.text);
}
