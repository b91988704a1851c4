// SPDX-License-Identifier: GPL-2.0
/*
 * openvolume [OPTION]... COMMAND [ARGUMENT] IMAGE...: opens a volume as the programs
 * do (tools/lkl/lib/volume.h), works on it, and closes it. Commands:
 *
 *   type           prints type, title, "ro" or "rw"
 *   ls             prints the names in the root
 *   cat FILE       prints a file
 *   put FILE       makes a file out of standard input
 *   wait           prints "open", then waits for the end of standard input
 *
 * Options: -t TYPE, -P PART, -V VOLUME, -k KEYFILE, -o MOUNTOPTIONS, -m MB, -l LOCKFILE,
 * -f FORMAT, -r (read-only), -d (degraded), -v (verbose)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>

#include "message.h"
#include "volume.h"

static char buf[1 << 16];

static long ls(const char *path)
{
	struct lkl_linux_dirent64 *de;
	struct lkl_dir *dir;
	int err;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	while ((de = lkl_readdir(dir)))
		if (de->d_name[0] != '.')
			puts(de->d_name);
	err = lkl_errdir(dir);
	lkl_closedir(dir);
	return err;
}

static long cat(const char *path)
{
	long n, fd = lkl_sys_open(path, LKL_O_RDONLY, 0);

	if (fd < 0)
		return fd;
	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	lkl_sys_close(fd);
	return n;
}

static long put(const char *path)
{
	long n, ret = 0, fd = lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_TRUNC, 0644);

	if (fd < 0)
		return fd;
	while (ret >= 0 && (n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		ret = lkl_sys_write(fd, buf, n);
	n = lkl_sys_close(fd);
	return ret < 0 ? ret : n;
}

static long work(const struct volume *vol, const char *command, const char *arg)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", vol->path, arg ? arg : "");
	if (!strcmp(command, "type"))
		return printf("%s, %s, %s\n", vol->type, vol->title,
			      vol->read_only ? "ro" : "rw");
	if (!strcmp(command, "ls"))
		return ls(path);
	if (!strcmp(command, "cat"))
		return cat(path);
	if (!strcmp(command, "put"))
		return put(path);
	puts("open");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

int main(int argc, char **argv)
{
	struct volume_options o = { .mb = 0 };
	const char *command, *arg = NULL;
	struct volume *vol;
	long ret;
	int c;

	message_init(argv[0]);
	while ((c = getopt(argc, argv, "t:P:V:k:o:m:l:f:drv")) != -1) {
		switch (c) {
		case 't': o.type = optarg; break;
		case 'P': o.part = optarg; break;
		case 'V': o.volume = optarg; break;
		case 'k': o.key_file = optarg; break;
		case 'o': o.mount_options = optarg; break;
		case 'm': o.mb = atoi(optarg); break;
		case 'l': o.lock_file = optarg; break;
		case 'f': o.format = optarg; break;
		case 'd': o.degraded = 1; break;
		case 'r': o.read_only = 1; break;
		case 'v': o.verbose = 1; break;
		default: return 2;
		}
	}
	command = argv[optind++];
	if (!strcmp(command, "cat") || !strcmp(command, "put"))
		arg = argv[optind++];
	o.images = (const char *const *)argv + optind;
	o.n_images = argc - optind;
	if (volume_open(&o, &vol))
		return 1;
	ret = work(vol, command, arg);
	if (ret < 0)
		error("%s: %s", command, lkl_strerror(ret));
	fflush(stdout);
	return volume_close(vol) || ret < 0;
}
