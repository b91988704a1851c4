// SPDX-License-Identifier: GPL-2.0
/* lkl-part: what is in disk images. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include <lkl.h>

#include <image.h>
#include <kernel.h>
#include <layers.h>
#include <message.h>
#include <sandbox.h>

#include "inspect.h"
#include "show.h"

struct options {
	const char *format;
	const char *key_file;
	unsigned int mb;
	int json;
	int no_sandbox;
	int verbose;
	char **images;
	int n_images;
};

static void help(void)
{
	printf("Usage: %s [OPTION]... IMAGE...\n"
	       "Shows what is in disk images: partitions, file systems, encryption, RAID, LVM.\n"
	       "IMAGE is a file (raw, qcow2, vmdk, vdi, vhdx, ...), a block device, or a URI such\n"
	       "as nbd://HOST. All parts of an array or of a volume group are named together.\n"
	       "Nothing is changed.\n"
	       "\n"
	       "  -f, --format=FORMAT   the images are \"raw\", \"qcow2\", ...; found out by itself\n"
	       "  -j, --json            print JSON instead of a table\n"
	       "  -k, --key-file=FILE   open LUKS with the key or passphrase in FILE (-: standard input)\n"
	       "  -m, --mb=MIB          memory of the kernel inside\n"
	       "      --no-sandbox      keep all rights of the process\n"
	       "  -v, --verbose         show the log of the kernel inside\n"
	       "  -h, --help            this text\n",
	       message_program());
}

static unsigned int megabytes(const char *text)
{
	char *end;
	unsigned long mb = strtoul(text, &end, 10);

	if (*end || end == text || mb < 16 || mb > 1 << 20) {
		error("%s is no amount of memory: MiB from 16 to 1048576 are expected", text);
		exit(2);
	}
	return mb;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "mb", required_argument, NULL, 'm' },
		{ "no-sandbox", no_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:jk:m:vh", names, NULL)) != -1) {
		switch (c) {
		case 'f': o->format = optarg; break;
		case 'j': o->json = 1; break;
		case 'k': o->key_file = optarg; break;
		case 'm': o->mb = megabytes(optarg); break;
		case 'S': o->no_sandbox = 1; break;
		case 'v': o->verbose = 1; break;
		case 'h': help(); exit(0);
		default:
			fprintf(stderr, "Try '%s --help'.\n", message_program());
			exit(2);
		}
	}
	if (optind == argc) {
		error("no image is given");
		fprintf(stderr, "Try '%s --help'.\n", message_program());
		exit(2);
	}
	o->images = argv + optind;
	o->n_images = argc - optind;
}

static int attach(struct inventory *inv, struct image *image)
{
	struct device *dev;

	if (image_attach(image))
		return -1;
	dev = device_new_disk(image->devno, image->name, image->nbd ? -1 : image->fd);
	if (!dev)
		return -1;
	if (!device_list_add(&inv->disks, dev))
		return 0;
	device_free(dev);
	return -1;
}

static int look(const struct options *o, struct inventory *inv, struct image *images)
{
	int i;

	if (kernel_start(o->mb, o->verbose))
		return -1;
	for (i = 0; i < o->n_images; i++)
		if (attach(inv, &images[i]))
			return -1;
	/* Before the first look at what the images hold; keys need libraries that open files. */
	if (!o->no_sandbox && !o->key_file && sandbox_enter(0))
		return -1;
	if (inspect(inv, o->key_file))
		return -1;
	if (!o->no_sandbox && o->key_file && sandbox_enter(0))
		return -1;
	if (!o->json)
		return show_table(inv);
	show_json(inv);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .n_images = 0 };
	struct inventory inv = { .n_arrays = 0 };
	struct image *images;
	int i, n, ret = 0;

	setlocale(LC_CTYPE, "");
	message_init(argv[0]);
	parse(&o, argc, argv);
	images = calloc(o.n_images, sizeof(*images));
	if (!images)
		die("out of memory");
	for (n = 0; n < o.n_images; n++)
		if (image_open(&images[n], o.images[n], o.format, 1))
			break;
	if (n < o.n_images || look(&o, &inv, images))
		ret = 1;
	if (lkl_is_running())
		ret |= !!layers_close();
	inventory_free(&inv);
	for (i = 0; i < n; i++)
		ret |= !!image_close(&images[i]);
	ret |= !!kernel_stop();
	if (fflush(stdout) || ferror(stdout)) {
		error("the output cannot be written");
		ret = 1;
	}
	return ret;
}
