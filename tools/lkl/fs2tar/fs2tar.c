// SPDX-License-Identifier: GPL-2.0
/*
 * fs2tar makes a tar archive of what is in an image, tar2fs fills an image from an
 * archive. They are one program: its name says which way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>

#include "estimate.h"
#include "inside.h"
#include "message.h"
#include "options.h"
#include "progress.h"
#include "reader.h"
#include "sandbox.h"
#include "store.h"
#include "stream.h"
#include "version.h"
#include "walk.h"
#include "writer.h"

struct options {
	struct common_options common;
	/* Files for labels. */
	const char *labels;
	const char *folder;
	const char *compression;
	const char *image, *archive;
};

/* ---- options ---------------------------------------------------------------------- */

#define OPTION_IMAGE { "image", 'i', "IMAGE", 0, \
	"A further image of the same RAID or LVM group", 1 }

static const struct argp_option from_image_list[] = {
	OPTION_IMAGE,
	{ "selinux", 's', "FILE", 0, "Write the SELinux labels to FILE as well", 2 },
	{ "directory", 'C', "DIR", 0, "Only what is in DIR of the image", 2 },
	{ "compress", 'z', "TYPE", 0,
	  "gzip, xz, zstd, bzip2, lz4 or none, whatever the archive is called", 2 },
	{ 0 }
};

static const struct argp_option to_image_list[] = {
	OPTION_IMAGE,
	{ "selinux", 's', "FILE", 0, "Take SELinux labels from FILE, as fs2tar wrote it", 2 },
	{ "directory", 'C', "DIR", 0, "Put everything into DIR of the image", 2 },
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
		o->labels = arg;
		return 0;
	case 'C':
		o->folder = arg;
		return 0;
	case 'z':
		o->compression = arg;
		return 0;
	case ARGP_KEY_ARGS:
		if (state->argc - state->next != 2)
			argp_error(state, "expected two names, of the image and of the archive");
		o->image = state->argv[state->next];
		o->archive = state->argv[state->next + 1];
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no image and no archive is given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp from_image = {
	.options = from_image_list, .parser = parse, .children = common_options,
	.args_doc = "IMAGE TAR",
	.doc = "Make a tar archive of the files in a disk image. The name of the archive says how it is compressed; - is standard output.",
};

static const struct argp to_image = {
	.options = to_image_list, .parser = parse, .children = into_image_options,
	.args_doc = "TAR IMAGE",
	.doc = "Copy the files of a tar archive, compressed or not, into a disk image. - is standard input.",
};

/* ---- the archive's file -------------------------------------------------------------- */

static int is_standard(const char *name)
{
	return !strcmp(name, "-");
}

/* ---- copying ----------------------------------------------------------------------- */

struct tree {
	struct walk walk;
	int dir;
	const char *shown;
};

static void walk_tree(struct transfer *t, void *arg)
{
	struct tree *tree = arg;

	walk_source(&tree->walk, tree->dir, ".", "", tree->shown);
}

static uint64_t measure_tree(void *arg, const atomic_int *stop)
{
	struct tree *tree = arg;

	return walk_size(&fs_inside, tree->dir, ".", stop);
}

/* 0, or 1 with everything reported. */
static int make_archive(struct transfer *t, const struct options *o, int fd, FILE *labels,
			int dir, const char *shown)
{
	struct tree tree = { .dir = dir, .shown = shown };
	struct writer w;

	if (writer_open(&w, t, fd, o->archive, o->compression ? o->compression :
			writer_compression(o->archive)))
		return 1;
	w.labels = labels;
	t->want_extents = 1;
	tree.walk.fs = &fs_inside;
	tree.walk.t = t;
	tree.walk.unique_folders = 1;
	estimate_start(measure_tree, &tree, o->common.quiet);
	transfer_run(t, walk_tree, &tree, writer_entry, &w);
	estimate_end();
	writer_close(&w);
	walk_free(&tree.walk);
	return 0;
}

static int fill_image(struct transfer *t, const struct options *o, int fd,
		      const struct labels *labels, int dir, const char *shown)
{
	struct reader r;
	struct store store;

	if (reader_open(&r, t, fd, is_standard(o->archive) ? "standard input" : o->archive))
		return 1;
	r.labels = *labels;
	store_init(&store, &fs_inside, t, dir, shown);
	store.private = 1;
	store.replace = 1;
	t->source_counts = 1;
	progress_start(stream_size(fd), o->common.quiet);
	transfer_run(t, reader_run, &r, store_entry, &store);
	progress_end();
	store_finish(&store);
	reader_close(&r);
	return 0;
}

/* The folder of the image that it is about, or -1 with a message printed. */
static int open_folder(const struct options *o, int root, const char *shown)
{
	char clean[1024];
	long dir = inside_resolve(root, o->folder ? o->folder : ".");

	if (dir >= 0)
		return dir;
	error("%s: %s", message_clean(clean, sizeof(clean), shown), lkl_strerror(dir));
	return -1;
}

static char *shown_folder(const struct options *o)
{
	char *text;

	if (asprintf(&text, "%s:%s", o->image, o->folder ? o->folder : "/") < 0)
		die("out of memory");
	return text;
}

static int run(struct transfer *t, const struct options *o, int into, int fd, FILE *label_file,
	       const struct labels *labels)
{
	int root, dir = -1, status = 1;
	struct volume *volume;
	char *shown;

	if (volume_open(&o->common.volume, &volume))
		return 1;
	shown = shown_folder(o);
	root = inside_open(volume);
	if (root >= 0)
		dir = open_folder(o, root, shown);
	if (dir >= 0 && !(into && common_check_image(&o->common, volume)) &&
	    (o->common.no_sandbox || !sandbox_enter(0)))
		status = into ? fill_image(t, o, fd, labels, dir, shown) :
				make_archive(t, o, fd, label_file, dir, shown);
	if (dir >= 0)
		fs_inside.close(dir);
	if (root >= 0)
		fs_inside.close(root);
	if (volume_close(volume))
		status = 1;
	free(shown);
	return status;
}

/* What is still in buffers may not fit either. */
static int close_file(int fd, const char *name)
{
	if (!close(fd))
		return 0;
	error("%s: %s", name, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct options o = { .common = COMMON_OPTIONS_DEFAULT };
	struct labels labels = { 0 };
	struct transfer t = { 0 };
	FILE *label_file = NULL;
	int into, fd, status;

	message_init(argv[0]);
	into = !strcmp(message_program(), "tar2fs");
	version_init();
	common_add_image(&o.common, NULL);
	argp_parse(into ? &to_image : &from_image, argc, argv, 0, NULL, &o);
	if (into) {
		const char *image = o.archive;

		o.archive = o.image;
		o.image = image;
	}
	((const char **)o.common.volume.images)[0] = o.image;
	o.common.volume.read_only = !into;
	adjust_read_epoch(&o.common.adjust);
	if (into)
		common_prepare_image(&o.common);
	t.adjust = o.common.adjust;
	transfer_prepare();

	if (into && o.labels)
		labels_read(&labels, o.labels);
	fd = into ? stream_open_in(o.archive) : stream_open_out(o.archive);
	if (!into && o.labels) {
		label_file = fopen(o.labels, "we");
		if (!label_file)
			die("%s: %s", o.labels, strerror(errno));
	}
	status = run(&t, &o, into, fd, label_file, &labels);
	if (label_file && fclose(label_file)) {
		error("%s: %s", o.labels, strerror(errno));
		status = 1;
	}
	status |= close_file(fd, o.archive);
	if (!into && (status || t.failures) && !transfer_interrupted())
		error("%s is not complete", is_standard(o.archive) ? "the archive" : o.archive);
	return transfer_exit(&t, status);
}
