// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

#include <path.h>

#include "walk.h"

/* A broken folder may be inside of itself. */
#define DEPTH_MAX	24
#define READ_MAX	65536

struct state {
	struct path path;
	unsigned int left;
	int depth;
	struct walk_counts *counts;
};

static char buffer[READ_MAX];

static long did(struct state *s, long ret)
{
	s->counts->calls++;
	s->counts->errors += ret < 0;
	return ret;
}

static void read_file(struct state *s)
{
	long fd = did(s, lkl_sys_open(s->path.text, LKL_O_RDONLY | LKL_O_NONBLOCK, 0));

	if (fd < 0)
		return;
	did(s, lkl_sys_read(fd, buffer, READ_MAX));
	did(s, lkl_sys_close(fd));
}

/* The value of the first attribute, and of access control lists, which need no listing. */
static void read_attributes(struct state *s)
{
	char names[4096];
	long len = did(s, lkl_sys_llistxattr(s->path.text, names, sizeof(names) - 1));

	if (len <= 0)
		return;
	names[len] = 0;
	did(s, lkl_sys_lgetxattr(s->path.text, names, buffer, READ_MAX));
}

static void visit(struct state *s);

static void list(struct state *s)
{
	struct lkl_linux_dirent64 *de;
	struct lkl_dir *dir;
	int err = 0;

	dir = lkl_opendir(s->path.text, &err);
	did(s, dir ? 0 : -1);
	if (!dir)
		return;
	s->depth++;
	while (s->left && (de = lkl_readdir(dir))) {
		size_t len;

		/* These too: a broken folder may have nothing else, again and again. */
		s->left--;
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		len = path_push(&s->path, de->d_name);
		visit(s);
		path_pop(&s->path, len);
	}
	s->depth--;
	did(s, lkl_errdir(dir) ? -1 : 0);
	lkl_closedir(dir);
}

static void visit(struct state *s)
{
	struct lkl_stat st;

	s->counts->entries++;
	if (did(s, lkl_sys_lstat(s->path.text, &st)))
		return;
	read_attributes(s);
	switch (st.st_mode & LKL_S_IFMT) {
	case LKL_S_IFDIR:
		if (s->depth < DEPTH_MAX)
			list(s);
		break;
	case LKL_S_IFREG:
		read_file(s);
		break;
	case LKL_S_IFLNK:
		did(s, lkl_sys_readlink(s->path.text, buffer, READ_MAX));
		break;
	}
}

void walk(const char *path, unsigned int entries, struct walk_counts *counts)
{
	static struct state s;

	s.left = entries;
	s.counts = counts;
	s.path.len = 0;
	path_push(&s.path, path);
	visit(&s);
}
