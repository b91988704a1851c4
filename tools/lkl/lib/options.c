// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "entry.h"
#include "message.h"
#include "options.h"
#include "steady.h"

enum {
	OPT_VOLUME = 1000,
	OPT_MOUNT_OPTIONS,
	OPT_NO_SANDBOX,
	OPT_OWNER_MAP,
	OPT_REPRODUCIBLE,
	OPT_GROUP_MAP,
};

/* An array's first elements, as no list can be part of another. */
#define COMMON_LIST \
	{ NULL, 0, NULL, 0, "The image:", 1 }, \
	{ "filesystem-type", 't', "TYPE", 0, \
	  "Type of the file system, as mount(8) calls it; it is found by itself otherwise", 1 }, \
	{ "partition", 'P', "PART", 0, \
	  "Number, label or UUID of the partition; 0 is the whole disk", 1 }, \
	{ "volume", OPT_VOLUME, "GROUP/NAME", 0, "Logical volume of LVM", 1 }, \
	{ "format", 'f', "FORMAT", 0, \
	  "raw, qcow2, vmdk, vdi, vhdx, vpc, parallels; found by itself otherwise", 1 }, \
	{ "key-file", 'k', "FILE", 0, \
	  "Key or passphrase of LUKS; it is asked for on the terminal otherwise", 1 }, \
	{ "mount-options", OPT_MOUNT_OPTIONS, "OPTIONS", 0, \
	  "Options of the file system, as mount -o takes them", 1 }, \
	{ NULL, 0, NULL, 0, "The copy:", 2 }, \
	{ "owner", 'o', "UID", 0, "Owner of all files, by number", 2 }, \
	{ "group", 'g', "GID", 0, "Group of all files, by number", 2 }, \
	{ "owner-map", OPT_OWNER_MAP, "FILE", 0, \
	  "Change owners by lines of FILE: FROM TO [COUNT]", 2 }, \
	{ "group-map", OPT_GROUP_MAP, "FILE", 0, "The same for groups", 2 }, \
	{ NULL, 0, NULL, 0, "Everything else:", 3 }, \
	{ "mb", 'm', "MIB", 0, "Memory of the kernel inside, in MiB", 3 }, \
	{ "no-sandbox", OPT_NO_SANDBOX, NULL, 0, \
	  "Keep all rights of the process while the image is open", 3 }, \
	{ "quiet", 'q', NULL, 0, "No progress on the terminal", 3 }, \
	{ "verbose", 'p', NULL, 0, "Show messages of the kernel inside", 3 }, \
	{ "enable-printk", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 3 }

static const struct argp_option common_list[] = { COMMON_LIST, { 0 } };
static const struct argp_option into_image_list[] = {
	COMMON_LIST,
	{ "reproducible", OPT_REPRODUCIBLE, NULL, 0,
	  "The same files give the same image, byte for byte; needs SOURCE_DATE_EPOCH", 2 },
	{ 0 }
};

static unsigned int parse_mib(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long mib = strtoul(text, &end, 10);

	if (*end || mib < 32 || mib > 1 << 20)
		argp_error(state, "--mb wants a number of MiB, 32 or more, not \"%s\"", text);
	return mib;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct common_options *o = state->input;

	switch (key) {
	case 't':
		o->volume.type = arg;
		return 0;
	case 'P':
		o->volume.part = arg;
		return 0;
	case OPT_VOLUME:
		o->volume.volume = arg;
		return 0;
	case 'f':
		o->volume.format = arg;
		return 0;
	case 'k':
		o->volume.key_file = arg;
		return 0;
	case OPT_MOUNT_OPTIONS:
		o->volume.mount_options = arg;
		return 0;
	case 'm':
		o->volume.mb = parse_mib(arg, state);
		return 0;
	case 'o':
		o->adjust.owner = adjust_parse_id(arg, "--owner");
		return 0;
	case 'g':
		o->adjust.group = adjust_parse_id(arg, "--group");
		return 0;
	case OPT_OWNER_MAP:
		adjust_read_map(&o->adjust.owners, arg);
		return 0;
	case OPT_GROUP_MAP:
		adjust_read_map(&o->adjust.groups, arg);
		return 0;
	case OPT_REPRODUCIBLE:
		o->reproducible = 1;
		return 0;
	case OPT_NO_SANDBOX:
		o->no_sandbox = 1;
		return 0;
	case 'q':
		o->quiet = 1;
		return 0;
	case 'p':
		o->volume.verbose = 1;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp common_argp = { .options = common_list, .parser = parse };
static const struct argp into_image_argp = { .options = into_image_list, .parser = parse };

const struct argp_child common_options[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
const struct argp_child into_image_options[] = { { &into_image_argp, 0, NULL, 0 }, { 0 } };

void common_prepare_image(const struct common_options *o)
{
	if (!o->reproducible)
		return;
	if (!o->adjust.clamp)
		die("--reproducible needs the time in SOURCE_DATE_EPOCH");
	steady_prepare(o->adjust.latest);
}

int common_check_image(const struct common_options *o, const struct volume *volume)
{
	if (volume->read_only) {
		error("%s is read-only", volume->title);
		return -1;
	}
	if (o->reproducible && !steady_knows(volume->type)) {
		error("%s: images with %s cannot be made reproducible", volume->title,
		      volume->type);
		return -1;
	}
	return 0;
}

void common_add_image(struct common_options *o, const char *name)
{
	const char **images = (const char **)o->volume.images;

	images = must_realloc(images, (o->volume.n_images + 1) * sizeof(*images));
	images[o->volume.n_images++] = name;
	o->volume.images = images;
}
