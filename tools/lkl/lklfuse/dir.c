// SPDX-License-Identifier: GPL-2.0
/*
 * Reading of folders. They are not opened: the host tells with each request where it
 * goes on, and keeps what it has read.
 */
#include <errno.h>
#include <string.h>

#include "channel.h"
#include "fs.h"

/*
 * Of records of the kernel inside, as many bytes as turn into @size bytes of FUSE's in
 * the worst case, and one record at least: a record of 24 bytes becomes one of 160 with
 * attributes, or 32 without.
 */
#define RECORDS_PLUS(size)	((size) * 3 / 20)
#define RECORDS(size)		((size) * 3 / 4)
#define RECORD_MAX		280

void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fuse_reply_err(req, ENOSYS);
}

static size_t add_plain(fuse_req_t req, char *out, size_t room,
			const struct lkl_linux_dirent64 *d)
{
	struct stat st = { .st_ino = d->d_ino, .st_mode = d->d_type << 12 };

	return fuse_add_direntry(req, out, room, d->d_name, &st, d->d_off);
}

static size_t add_plus(fuse_req_t req, char *out, size_t room, int dir,
		       const struct lkl_linux_dirent64 *d)
{
	struct fuse_entry_param entry = {
		.attr.st_ino = d->d_ino, .attr.st_mode = d->d_type << 12,
	};
	struct lkl_statx attr;
	struct node *node;

	/* Without a node the host asks for it when it needs to. */
	if (strcmp(d->d_name, ".") && strcmp(d->d_name, "..") &&
	    !node_lookup(dir, d->d_name, &node, &attr)) {
		entry.ino = node_id(node);
		entry.attr_timeout = fs_attr_timeout();
		entry.entry_timeout = fs_entry_timeout();
		attr_show(&attr, &entry.attr);
	}
	return fuse_add_direntry_plus(req, out, room, d->d_name, &entry, d->d_off);
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	char records[16384] __attribute__((aligned(8))), *out = channel_buffer();
	struct node *node = node_of(ino);
	size_t most, used = 0;
	int fd = node_path(node);
	long got, pos;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	if (size > CHANNEL_DATA_MAX)
		size = CHANNEL_DATA_MAX;
	most = plus ? RECORDS_PLUS(size) : RECORDS(size);
	if (most < RECORD_MAX)
		most = RECORD_MAX;
	if (most > sizeof(records))
		most = sizeof(records);

	node_lock_dir(node);
	got = node_seek(node, fd, off);
	if (!got)
		got = lkl_sys_getdents64(fd, (void *)records, most);
	for (pos = 0; pos < got;) {
		const struct lkl_linux_dirent64 *d = (const void *)(records + pos);
		size_t n = plus ? add_plus(req, out + used, size - used, fd, d) :
				  add_plain(req, out + used, size - used, d);

		used += n;
		pos += d->d_reclen;
		node_moved(node, d->d_off);
	}
	node_unlock_dir(node);
	node_put(node);
	if (got < 0)
		reply_status(req, got);
	else
		fuse_reply_buf(req, out, used);
}

void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		struct fuse_file_info *fi)
{
	read_dir(req, ino, size, off, false);
}

void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	read_dir(req, ino, size, off, true);
}

void fs_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	fs_fsync(req, ino, datasync, fi);
}
