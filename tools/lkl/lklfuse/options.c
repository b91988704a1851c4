// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <lkl/linux/version.h>
#include <message.h>

#include "options.h"

#define THREADS_MIN	3
#define THREADS_MOST	16

static void help(void)
{
	printf("usage: %s IMAGE... MOUNTPOINT [-o OPTION,...] [OPTION...]\n"
	       "       %s --unmount MOUNTPOINT\n"
	       "Mounts a file system that is in a disk image.\n\n"
	       "  -o type=FS          file system, as mount -t takes it; found out if not given\n"
	       "  -o part=N           partition: number, label or UUID\n"
	       "  -o format=FORMAT    of the image: raw, qcow2, ...; found out if not given\n"
	       "  -o volume=NAME      LVM volume, GROUP/NAME or NAME\n"
	       "  -o key-file=FILE    key or passphrase of LUKS; also --key-file FILE\n"
	       "  -o degraded         write to RAID arrays though disks are missing\n"
	       "  -o opts=OPTIONS     options for the file system itself; write \\, for commas\n"
	       "  -o ro               read-only; also -r\n"
	       "  -o uid=N,gid=N,umask=M\n"
	       "                      owner, group and permissions that all files seem to have\n"
	       "  -o default_permissions\n"
	       "                      permissions hold for who has mounted, too\n"
	       "  -o writeback        gather small writes before they are passed on\n"
	       "  -o halt             processors may halt between requests that come thick\n"
	       "  -o allow_other      other users may use it; permissions hold for all then\n"
	       "  -o mb=MEM           memory of the kernel inside, in MiB\n"
	       "  -o log=FILE         messages go there\n"
	       "  -o lock=FILE        a file to lock while it is mounted, beside the image\n"
	       "      --pid-file FILE  gets the number of the process in the background\n"
	       "  -f                  stay in the foreground\n"
	       "  -d                  the same, and show each request and the kernel's log\n"
	       "  -s                  one request at a time\n"
	       "      --no-sandbox    keep all rights of the process\n"
	       "  -u, --unmount       unmount, and wait until all is in the image\n"
	       "  -h, --help          this\n"
	       "  -V, --version       version of the program and of libfuse\n\n"
	       "Further -o options are those of every FUSE file system, see fuse(8).\n",
	       message_program(), message_program());
	exit(0);
}

static void version(void)
{
	printf("%s, Linux %d.%d.%d, libfuse %s\n", message_program(),
	       LKL_LINUX_VERSION_CODE >> 16, LKL_LINUX_VERSION_CODE >> 8 & 255,
	       LKL_LINUX_VERSION_CODE & 255, fuse_pkgversion());
	exit(0);
}

static void __attribute__((noreturn)) wrong_usage(void)
{
	fprintf(stderr, "Try '%s --help'.\n", message_program());
	exit(2);
}

static unsigned long number(const char *name, const char *text, int base, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, base);
	if (errno || *text < '0' || *text > '9' || *end || n > max)
		die("%s=%s: not a number that it can be", name, text);
	return n;
}

static void *checked(void *memory)
{
	if (!memory)
		die("no memory");
	return memory;
}

/* Adds @option to those for libfuse, whose separators in @value lose their meaning. */
static void add_fuse(struct options *o, const char *option, const char *value)
{
	size_t len = o->fuse ? strlen(o->fuse) + 1 : 0;
	char *to;

	o->fuse = checked(realloc(o->fuse, len + strlen(option) + 2 * strlen(value) + 1));
	to = o->fuse + len;
	if (len)
		to[-1] = ',';
	to = stpcpy(to, option);
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	*to = 0;
}

/* The value if @option is "@name=VALUE", else NULL. */
static const char *value_of(const char *option, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(option, name, len) && option[len] == '=' ? option + len + 1 : NULL;
}

static void mount_option(struct options *o, const char *option)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{ "format", &o->volume.format },
		{ "type", &o->volume.type },
		{ "part", &o->volume.part },
		{ "volume", &o->volume.volume },
		{ "key-file", &o->volume.key_file },
		{ "opts", &o->volume.mount_options },
		{ "lock", &o->volume.lock_file },
		{ "log", &o->log_file },
	};
	const char *value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		value = value_of(option, texts[i].name);
		if (value) {
			*texts[i].value = value;
			return;
		}
	}
	value = value_of(option, "mb");
	if (value) {
		o->volume.mb = number("mb", value, 10, 1 << 20);
		return;
	}
	value = value_of(option, "uid");
	if (value) {
		o->uid = number("uid", value, 10, 0xfffffffe);
		o->set_uid = true;
		return;
	}
	value = value_of(option, "gid");
	if (value) {
		o->gid = number("gid", value, 10, 0xfffffffe);
		o->set_gid = true;
		return;
	}
	value = value_of(option, "umask");
	if (value) {
		o->umask = number("umask", value, 8, 0777);
		o->set_umask = true;
		return;
	}
	if (!strcmp(option, "degraded")) {
		o->volume.degraded = 1;
		return;
	}
	if (!strcmp(option, "writeback")) {
		o->write_back = true;
		return;
	}
	if (!strcmp(option, "halt")) {
		o->halt = true;
		return;
	}
	if (!strcmp(option, "ro"))
		o->volume.read_only = 1;
	if (!strcmp(option, "rw"))
		o->volume.read_only = 0;
	if (!strcmp(option, "default_permissions"))
		o->permissions = true;
	if (!strcmp(option, "allow_other"))
		o->allow_other = true;
	if (!strcmp(option, "debug"))
		o->debug = true;
	add_fuse(o, option, "");
}

/* Commas separate; after a backslash they, and everything, are part of an option. */
static void mount_options(struct options *o, const char *list)
{
	char *option = checked(malloc(strlen(list) + 1)), *to = option;
	bool raw;

	for (;; list++) {
		raw = *list == '\\' && list[1];
		if (raw)
			list++;
		if (*list && (raw || *list != ',')) {
			*to++ = *list;
			continue;
		}
		*to++ = 0;
		if (*option)
			mount_option(o, option);	/* keeps it */
		if (!*list)
			return;
		option = checked(malloc(strlen(list) + 1));
		to = option;
	}
}

static unsigned int default_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus + 1 < THREADS_MIN)
		return THREADS_MIN;
	return cpus + 1 > THREADS_MOST ? THREADS_MOST : cpus + 1;
}

static void check_mountpoint(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno == ENOTCONN)
			die("%s: the program that had something mounted here has died; unmount it with: fusermount3 -u %s",
			    path, path);
		die("%s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		die("%s: not a folder", path);
	if (access("/dev/fuse", F_OK))
		die("/dev/fuse is missing: load the host's kernel module (modprobe fuse), or in a container pass the device (--device /dev/fuse)");
}

/* "/full/path/disk.img", also for another working folder; URIs as they are. */
static const char *full_name(const char *image)
{
	char *path = realpath(image, NULL);

	return path ? path : image;
}

/* The same for a file that need not be there yet. */
static const char *from_root(const char *name)
{
	char *dir = getcwd(NULL, 0), *path;

	if (*name == '/' || !dir)
		return name;
	path = checked(malloc(strlen(dir) + strlen(name) + 2));
	stpcpy(stpcpy(stpcpy(path, dir), "/"), name);
	free(dir);
	return path;
}

void options_parse(struct options *o, int argc, char **argv)
{
	enum { KEY_FILE = 256, PID_FILE, NO_SANDBOX };
	static const struct option longs[] = {
		{ "key-file", required_argument, NULL, KEY_FILE },
		{ "pid-file", required_argument, NULL, PID_FILE },
		{ "no-sandbox", no_argument, NULL, NO_SANDBOX },
		{ "unmount", no_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char **names;
	int c;

	*o = (struct options) { .sandbox = true, .threads = default_threads() };
	while ((c = getopt_long(argc, argv, "o:rfdsuhV", longs, NULL)) != -1) {
		switch (c) {
		case 'o': mount_options(o, optarg); break;
		case 'r': mount_option(o, "ro"); break;
		case 'f': o->foreground = true; break;
		case 'd': o->debug = true; break;
		case 's': o->threads = 1; break;
		case 'u': o->unmount = true; break;
		case KEY_FILE: o->volume.key_file = optarg; break;
		case PID_FILE: o->pid_file = from_root(optarg); break;
		case NO_SANDBOX: o->sandbox = false; break;
		case 'h': help(); break;
		case 'V': version(); break;
		default: wrong_usage();
		}
	}
	argv += optind;
	argc -= optind;
	if (o->unmount ? argc != 1 : argc < 2) {
		error(o->unmount ? "--unmount takes one mount point" :
		      argc ? "the mount point is missing" : "image and mount point are missing");
		wrong_usage();
	}
	o->mountpoint = argv[argc - 1];
	if (o->unmount)
		return;
	check_mountpoint(o->mountpoint);
	o->mountpoint = full_name(o->mountpoint);

	o->volume.n_images = argc - 1;
	names = checked(calloc(argc, sizeof(*names)));
	for (int i = 0; i < argc - 1; i++)
		names[i] = full_name(argv[i]);
	o->volume.images = names;
	o->volume.verbose = o->debug;
	if (o->debug)
		o->foreground = true;
	/*
	 * Who mounts for himself owns the image with all that is in it; where others come
	 * too, everybody gets what is his.
	 */
	if (o->allow_other)
		o->permissions = true;
	if (o->permissions)
		add_fuse(o, "default_permissions", "");
	add_fuse(o, "subtype=lklfuse", "");
	add_fuse(o, "fsname=", names[0]);
}
