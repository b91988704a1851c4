/* SPDX-License-Identifier: GPL-2.0 */
/* The command line. */
#ifndef LKLFUSE_OPTIONS_H
#define LKLFUSE_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include <volume.h>

struct options {
	struct volume_options volume;
	const char *mountpoint;
	/* For libfuse: "allow_other,fsname=disk.img"; never empty. */
	char *fuse;
	const char *log_file;
	const char *pid_file;
	bool foreground;
	bool debug;
	bool sandbox;
	bool unmount;			/* --unmount: only that */
	unsigned int threads;
	bool allow_other;
	bool permissions;
	bool write_back;
	bool halt;
	bool set_uid, set_gid, set_umask;
	uid_t uid;
	gid_t gid;
	mode_t umask;
};

/* Ends the program for --help, --version, and with a message for what is wrong. */
void options_parse(struct options *options, int argc, char **argv);

#endif
