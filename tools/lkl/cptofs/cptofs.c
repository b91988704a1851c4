// SPDX-License-Identifier: GPL-2.0
/*
 * cptofs copies files of the host into an image, cpfromfs out of one. They are one
 * program: its name says which way.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>

#include "estimate.h"
#include "inside.h"
#include "message.h"
#include "options.h"
#include "progress.h"
#include "sandbox.h"
#include "store.h"
#include "version.h"
#include "walk.h"

struct options {
	struct common_options common;
	int one_file_system;
	/* The sources, and the destination as the last. */
	char **names;
	int n_names;
};

/* One end of the copy. */
struct side {
	const struct fs *fs;
	/* Inside: its root. */
	int root;
	/* What names of the user follow in messages: "", or "disk.img:". */
	const char *prefix;
};

/* A file that the user named: an open folder, and its name there. */
struct place {
	int dir;
	char *name;
	/* Its name in the copy; "" if only what is in it is meant. */
	char *as;
	/* What messages call it. */
	char *shown;
};

/* ---- options ---------------------------------------------------------------------- */

static const struct argp_option options_list[] = {
	{ "image", 'i', "IMAGE", 0,
	  "The image: a file, block device, or NBD URI; several of one RAID or LVM group", 1 },
	{ "selinux", 's', "LABEL", 0, "SELinux label of all files", 2 },
	{ "one-file-system", 'x', NULL, 0, "Leave folders empty where others are mounted", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case 'i':
		common_add_image(&o->common, arg);
		return 0;
	case 's':
		o->common.adjust.label = arg;
		return 0;
	case 'x':
		o->one_file_system = 1;
		return 0;
	case ARGP_KEY_ARGS:
		o->names = state->argv + state->next;
		o->n_names = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!o->common.volume.n_images)
			argp_error(state, "no image is given: -i IMAGE");
		if (o->n_names < 2)
			argp_error(state, "what is to be copied, and where to?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp to_image = {
	.options = options_list, .parser = parse, .children = into_image_options,
	.args_doc = "-i IMAGE SRC... DST",
	.doc = "Copy files and folders into a disk image, with all attributes, as cp -a would.",
};

static const struct argp from_image = {
	.options = options_list, .parser = parse, .children = common_options,
	.args_doc = "-i IMAGE SRC... DST",
	.doc = "Copy files and folders out of a disk image, with all attributes, as cp -a would.",
};

/* ---- places ------------------------------------------------------------------------- */

/* A folder by the user's path, which may have symbolic links; or a negative errno. */
static long resolve(const struct side *side, const char *path)
{
	path = *path ? path : ".";
	return side->fs == &fs_inside ? inside_resolve(side->root, path) : fs_host_resolve(path);
}

static int is_separator(const struct side *side, char c)
{
	return c == '/' || (side->fs->has_drives && c == '\\');
}

/* Where the last component begins in @path, of which trailing slashes do not count. */
static size_t last_component(const struct side *side, const char *path, size_t *len)
{
	size_t end = strlen(path), start;

	while (end > 1 && is_separator(side, path[end - 1]))
		end--;
	for (start = end; start && !is_separator(side, path[start - 1]); start--)
		;
	*len = end - start;
	return start;
}

static char *join(const char *a, const char *b)
{
	char *text = must_alloc(strlen(a) + strlen(b) + 1);

	return strcat(strcpy(text, a), b);
}

/*
 * Finds what the user calls @path: by its folder and its name there, so that a symbolic
 * link is the link; with a slash at its end, what that leads to. 0 or a negative errno.
 */
static long find_place(const struct side *side, const char *path, struct place *place)
{
	size_t len, start = last_component(side, path, &len);
	char *last = strndup(path + start, len), *up;
	/* The folder that a path ends with has no name of its own there. */
	int nameless = !len || !strcmp(last, ".") || !strcmp(last, "..") ||
		       (side->fs->has_drives && last[len - 1] == ':');
	int itself = nameless || is_separator(side, path[start + len]);
	struct attributes attr;
	long dir, ret = 0;

	up = strndup(path, itself ? strlen(path) : start);
	dir = resolve(side, up);
	free(up);
	place->dir = dir;
	place->name = must_strdup(itself ? "." : last);
	place->as = must_strdup(nameless ? "" : last);
	place->shown = join(side->prefix, path);
	free(last);
	if (dir >= 0)
		ret = side->fs->stat(dir, place->name, &attr);
	return dir < 0 ? dir : ret;
}

static void free_place(const struct side *side, struct place *place)
{
	if (place->dir >= 0)
		side->fs->close(place->dir);
	free(place->name);
	free(place->as);
	free(place->shown);
}

/* Those that are not there are reported, and counted. */
static struct place *find_sources(struct transfer *t, const struct side *side, char **names,
				  int *count)
{
	struct place *places = must_alloc(*count * sizeof(places[0]));
	int found = 0;

	for (int i = 0; i < *count; i++) {
		struct place *p = &places[found];
		long ret = find_place(side, names[i], p);

		if (!ret) {
			found++;
			continue;
		}
		transfer_fail(t, p->shown, "cannot be opened", ret);
		free_place(side, p);
	}
	*count = found;
	return places;
}

/*
 * The folder that the copy goes to, as cp has it: @path if that is one, else the one that
 * @path is to be in, as the name of the only source. -1 with a message printed.
 */
static int find_destination(const struct side *side, const char *path, struct place *sources,
			    int count)
{
	long dir = resolve(side, path);
	size_t start, len;
	char clean[1024];
	char *up;

	if (dir >= 0)
		return dir;
	start = last_component(side, path, &len);
	if ((dir == -LKL_ENOENT || dir == -LKL_ENOTDIR) && count == 1 && len) {
		up = strndup(path, start);
		dir = resolve(side, up);
		free(up);
		if (dir >= 0) {
			free(sources[0].as);
			sources[0].as = strndup(path + start, len);
			return dir;
		}
	}
	message_clean(clean, sizeof(clean), path);
	if (dir == -LKL_ENOENT || dir == -LKL_ENOTDIR)
		error("%s%s: there is no such folder to copy to", side->prefix, clean);
	else
		error("%s%s: %s", side->prefix, clean, lkl_strerror(dir));
	return -1;
}

/* ---- copying ----------------------------------------------------------------------- */

struct sources {
	struct walk walk;
	struct place *places;
	int count;
};

static void walk_sources(struct transfer *t, void *arg)
{
	struct sources *s = arg;

	for (int i = 0; i < s->count; i++)
		walk_source(&s->walk, s->places[i].dir, s->places[i].name, s->places[i].as,
			    s->places[i].shown);
}

static uint64_t measure_sources(void *arg, const atomic_int *stop)
{
	struct sources *s = arg;
	uint64_t sum = 0;

	for (int i = 0; i < s->count && !*stop; i++)
		sum += walk_size(s->walk.fs, s->places[i].dir, s->places[i].name, stop);
	return sum;
}

static char *shown_destination(const struct side *side, const char *path,
			       const struct place *sources, int count)
{
	size_t start, len;

	/* As a new name it is what the source is called there. */
	start = last_component(side, path, &len);
	if (count == 1 && len && strlen(sources[0].as) == len &&
	    !strncmp(sources[0].as, path + start, len)) {
		char *up = strndup(path, start), *shown = join(side->prefix, up);

		free(up);
		return shown;
	}
	return join(side->prefix, path);
}

static void copy(struct transfer *t, const struct options *o, const struct side *from,
		 struct place *places, int count, const struct side *to, int destination,
		 const char *shown)
{
	struct sources sources = { .places = places, .count = count };
	struct store store;

	sources.walk.fs = from->fs;
	sources.walk.t = t;
	sources.walk.one_file_system = o->one_file_system;
	sources.walk.unique_folders = from->fs == &fs_inside;

	store_init(&store, to->fs, t, destination, shown);
	store.private = to->fs == &fs_inside;
	if (to->fs == &fs_host) {
		store.uid = geteuid();
		store.gid = getegid();
	}
	estimate_start(measure_sources, &sources, o->common.quiet);
	transfer_run(t, walk_sources, &sources, store_entry, &store);
	estimate_end();
	store_finish(&store);
	walk_free(&sources.walk);
}

/* From here on: reading below the sources, or writing below the destination. */
static int enter_sandbox(int into, const struct place *places, int count, int destination)
{
	int *fds = must_alloc(count * sizeof(fds[0])), ret;

	for (int i = 0; into && i < count; i++) {
		fds[i] = fs_host.reach(places[i].dir, places[i].name);
		if (fds[i] >= 0)
			sandbox_allow(fds[i]);
	}
	if (!into)
		sandbox_allow(destination);
	ret = sandbox_enter(into ? SANDBOX_READ_FILES : SANDBOX_WRITE_FILES);
	for (int i = 0; into && i < count; i++)
		if (fds[i] >= 0)
			fs_host.close(fds[i]);
	free(fds);
	return ret;
}

static int run(struct transfer *t, const struct options *o, int into)
{
	struct side host = { .fs = &fs_host, .prefix = "" };
	struct side image = { .fs = &fs_inside };
	const struct side *from = into ? &host : &image, *to = into ? &image : &host;
	int count = o->n_names - 1, destination = -1, status = 1;
	const char *last = o->names[count];
	struct place *places = NULL;
	struct volume *volume;
	char *shown = NULL;

	if (into)
		places = find_sources(t, from, o->names, &count);
	if (into && !count)
		return 1;
	if (volume_open(&o->common.volume, &volume))
		return 1;
	image.prefix = join(o->common.volume.images[0], ":");
	image.root = inside_open(volume);
	if (image.root < 0)
		goto close;
	if (into && common_check_image(&o->common, volume))
		goto close;
	if (!into)
		places = find_sources(t, from, o->names, &count);
	if (!count)
		goto close;
	destination = find_destination(to, last, places, count);
	if (destination < 0)
		goto close;
	shown = shown_destination(to, last, places, count);
	if (!o->common.no_sandbox && enter_sandbox(into, places, count, destination))
		goto close;
	copy(t, o, from, places, count, to, destination, shown);
	status = 0;
close:
	if (destination >= 0)
		to->fs->close(destination);
	for (int i = 0; places && i < count; i++)
		free_place(from, &places[i]);
	if (image.root >= 0)
		fs_inside.close(image.root);
	if (volume_close(volume))
		status = 1;
	free(places);
	free(shown);
	free((char *)image.prefix);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { .common = COMMON_OPTIONS_DEFAULT };
	struct transfer t = { 0 };
	int into;

	message_init(argv[0]);
	into = strcmp(message_program(), "cpfromfs") != 0;
	version_init();
	argp_parse(into ? &to_image : &from_image, argc, argv, 0, NULL, &o);
	transfer_prepare();
	/* Modes of copies are set as they are to be. */
	umask(0);
	o.common.volume.read_only = !into;
	if (into) {
		adjust_read_epoch(&o.common.adjust);
		common_prepare_image(&o.common);
	}
	t.adjust = o.common.adjust;
	return transfer_exit(&t, run(&t, &o, into));
}
