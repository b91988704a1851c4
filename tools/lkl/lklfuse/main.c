// SPDX-License-Identifier: GPL-2.0
/* lklfuse: mounts a file system that is in a disk image. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <message.h>
#include <sandbox.h>
#include <volume.h>

#include "channel.h"
#include "fs.h"
#include "options.h"
#include "process.h"

static struct fuse_session *new_session(const struct options *o, const struct volume *volume)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;

	if (fuse_opt_add_arg(&args, message_program()) ||
	    fuse_opt_add_arg(&args, "-o") || fuse_opt_add_arg(&args, o->fuse) ||
	    (volume->read_only && fuse_opt_add_arg(&args, "-oro")) ||
	    (o->debug && fuse_opt_add_arg(&args, "-d")))
		error("no memory");
	else
		session = fuse_session_new(&args, &fs_operations, sizeof(fs_operations), NULL);
	fuse_opt_free_args(&args);
	return session;
}

/* With the session mounted. */
static int serve_session(const struct options *o, struct fuse_session *session, int log)
{
	int ret = channel_open(session, o->threads, o->halt, o->debug);

	if (ret) {
		error("cannot serve %s: %s", o->mountpoint, strerror(-ret));
		return -1;
	}
	process_leave_terminal(log);
	if (o->sandbox && sandbox_enter(0)) {
		channel_cancel();
		return -1;
	}
	channel_serve();
	return 0;
}

static int serve_volume(const struct options *o, struct volume *volume, int log)
{
	const struct fs_options options = {
		.type = volume->type,
		.read_only = volume->read_only,
		.folds_case = volume->folds_case,
		.permissions = o->permissions,
		.write_back = o->write_back,
		.set_uid = o->set_uid,
		.set_gid = o->set_gid,
		.set_umask = o->set_umask,
		.uid = o->uid,
		.gid = o->gid,
		.umask = o->umask,
		.ready = process_ready,
	};
	struct fuse_session *session;
	int ret = fs_open(volume->path, &options);

	if (ret) {
		error("%s: %s", volume->title, lkl_strerror(ret));
		return -1;
	}
	ret = -1;
	session = new_session(o, volume);
	if (session && !fuse_session_mount(session, o->mountpoint)) {
		ret = serve_session(o, session, log);
		if (ret)
			fuse_session_unmount(session);
	}
	fs_close();
	if (session)
		fuse_session_destroy(session);
	return ret;
}

static int serve(const struct options *o, int log)
{
	struct volume *volume;
	int ret;

	if (volume_open(&o->volume, &volume))
		return 1;
	ret = serve_volume(o, volume, log);
	return volume_close(volume) || ret;
}

int main(int argc, char **argv)
{
	struct options options;

	message_init(argv[0]);
	options_parse(&options, argc, argv);
	if (options.unmount)
		return process_unmount(options.mountpoint);
	return process_run(&options, serve);
}
