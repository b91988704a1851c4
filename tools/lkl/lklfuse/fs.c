// SPDX-License-Identifier: GPL-2.0
/* The table of operations, and what all of them share. */
#include <string.h>

#include <lkl/linux/ioprio.h>
#include <lkl/linux/prctl.h>
#include <lkl/linux/securebits.h>

#include "channel.h"
#include "fs.h"

/*
 * From this version of FUSE on (Linux 6.16), what one program writes past the host's
 * cache is what all others see there.
 */
#define COHERENT_MINOR	44

/* Nobody else changes what the host's kernel has been told: a year. */
#define FOREVER		(365.0 * 24 * 60 * 60)

/* Programs make their buffers as large as that, and each write is a question. */
#define BUFFER_SIZE	65536

static struct fs_options options;
static double entry_timeout;
static bool writes_direct;
static unsigned int time_gran;

/* Whose files this thread creates, as the kernel inside knows it. */
static __thread struct {
	uid_t uid;
	gid_t gid;
	mode_t umask;
} identity;

struct fs_trait {
	const char *type;
	/*
	 * A file has more names than the one that it was found by, differing in case:
	 * the host must ask for each anew.
	 */
	bool many_names;
	/* Resolution of its times, in ns; 1 for those that are not listed. */
	unsigned int time_gran;
};

static const struct fs_trait traits[] = {
	{ "vfat", true, 1000000000 },
	{ "msdos", true, 1000000000 },
	{ "exfat", true, 10000000 },
	{ "ntfs3", true, 100 },
	{ "hfs", true, 1000000000 },
	{ "hfsplus", true, 1000000000 },
	{ "affs", true, 1000000000 },
	{ "udf", false, 1000 },
	{ "minix", false, 1000000000 },
	{ "ext2", false, 1000000000 },
	{ "reiserfs", false, 1000000000 },
	{ "jfs", false, 1000000000 },
	{ "sysv", false, 1000000000 },
	{ "v7", false, 1000000000 },
};

double fs_attr_timeout(void)
{
	return FOREVER;
}

double fs_entry_timeout(void)
{
	return entry_timeout;
}

bool fs_writes_direct(void)
{
	return writes_direct;
}

int fs_thread_init(void)
{
	long ret;

	/* A umask of its own, and root's capabilities whatever its file system user is. */
	ret = lkl_sys_unshare(LKL_CLONE_FS);
	if (!ret)
		ret = lkl_sys_prctl(LKL_PR_SET_SECUREBITS, LKL_SECBIT_NO_SETUID_FIXUP, 0, 0, 0);
	if (ret)
		return ret;
	lkl_sys_umask(0);
	/* Somebody waits for each request. */
	lkl_sys_ioprio_set(LKL_IOPRIO_WHO_PROCESS, 0,
			   LKL_IOPRIO_PRIO_VALUE(LKL_IOPRIO_CLASS_RT, 0));
	return 0;
}

void identity_set(uid_t uid, gid_t gid, mode_t umask)
{
	if (uid != identity.uid) {
		lkl_sys_setfsuid(uid);
		identity.uid = uid;
	}
	if (gid != identity.gid) {
		lkl_sys_setfsgid(gid);
		identity.gid = gid;
	}
	if (umask != identity.umask) {
		lkl_sys_umask(umask);
		identity.umask = umask;
	}
}

void identity_take(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	identity_set(ctx->uid, ctx->gid, ctx->umask);
}

void attr_show(const struct lkl_statx *attr, struct stat *st)
{
	*st = (struct stat) {
		.st_ino = attr->stx_ino,
		.st_mode = attr->stx_mode,
		.st_nlink = attr->stx_nlink,
		.st_uid = options.set_uid ? options.uid : attr->stx_uid,
		.st_gid = options.set_gid ? options.gid : attr->stx_gid,
		/* FUSE takes it in the kernel's own form, of 32 bits. */
		.st_rdev = (attr->stx_rdev_minor & 0xff) | attr->stx_rdev_major << 8 |
			   (attr->stx_rdev_minor & ~0xffU) << 12,
		.st_size = attr->stx_size,
		.st_blksize = attr->stx_blksize < BUFFER_SIZE ? BUFFER_SIZE : attr->stx_blksize,
		.st_blocks = attr->stx_blocks,
		.st_atim = { attr->stx_atime.tv_sec, attr->stx_atime.tv_nsec },
		.st_mtim = { attr->stx_mtime.tv_sec, attr->stx_mtime.tv_nsec },
		.st_ctim = { attr->stx_ctime.tv_sec, attr->stx_ctime.tv_nsec },
	};
	if (options.set_umask)
		st->st_mode = (st->st_mode & S_IFMT) | (0777 & ~options.umask);
}

void reply_status(fuse_req_t req, long ret)
{
	fuse_reply_err(req, ret < 0 ? -ret : 0);
}

void reply_entry(fuse_req_t req, struct node *node, const struct lkl_statx *attr)
{
	struct fuse_entry_param entry = {
		.ino = node_id(node),
		.attr_timeout = fs_attr_timeout(),
		.entry_timeout = fs_entry_timeout(),
	};

	attr_show(attr, &entry.attr);
	if (fuse_reply_entry(req, &entry))
		node_forget(node, 1);
}

static void fs_init(void *userdata, struct fuse_conn_info *conn)
{
	unsigned int wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO |
		FUSE_CAP_DONT_MASK | FUSE_CAP_IOCTL_DIR | FUSE_CAP_READDIRPLUS |
		FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_NO_OPEN_SUPPORT |
		FUSE_CAP_NO_OPENDIR_SUPPORT | FUSE_CAP_PARALLEL_DIROPS |
		FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_HANDLE_KILLPRIV |
		FUSE_CAP_EXPLICIT_INVAL_DATA;

	if (options.write_back && !options.read_only)
		wanted |= FUSE_CAP_WRITEBACK_CACHE;
	/* It makes the host check permissions. */
	if (options.permissions)
		wanted |= FUSE_CAP_POSIX_ACL;
	conn->want = conn->capable & wanted;
	writes_direct = !options.write_back && conn->proto_minor >= COHERENT_MINOR;
	conn->max_write = CHANNEL_DATA_MAX;
	conn->max_readahead = CHANNEL_DATA_MAX;
	conn->max_background = 64;
	conn->congestion_threshold = 48;
	conn->time_gran = time_gran;
	options.ready();
}

int fs_open(const char *path, const struct fs_options *from)
{
	int fd, ret;

	options = *from;
	entry_timeout = FOREVER;
	time_gran = 1;
	if (options.folds_case && !options.read_only)
		entry_timeout = 0;
	for (size_t i = 0; i < sizeof(traits) / sizeof(*traits); i++) {
		if (strcmp(traits[i].type, options.type))
			continue;
		time_gran = traits[i].time_gran;
		if (traits[i].many_names && !options.read_only)
			entry_timeout = 0;
	}
	/* Calls that know no descriptor of every kind use its name there. */
	ret = lkl_mount_fs("proc");
	if (ret < 0)
		return ret;
	ret = nodes_open(path, options.type, options.read_only);
	if (ret)
		return ret;
	fd = node_path(node_root());
	xattr_init(fd);
	node_put(node_root());
	return 0;
}

void fs_close(void)
{
	nodes_close();
}

const struct fuse_lowlevel_ops fs_operations = {
	.init = fs_init,
	.lookup = fs_lookup,
	.forget = fs_forget,
	.forget_multi = fs_forget_multi,
	.getattr = fs_getattr,
	.setattr = fs_setattr,
	.statfs = fs_statfs,
	.readlink = fs_readlink,
	.mknod = fs_mknod,
	.mkdir = fs_mkdir,
	.symlink = fs_symlink,
	.link = fs_link,
	.unlink = fs_unlink,
	.rmdir = fs_rmdir,
	.rename = fs_rename,
	.opendir = fs_opendir,
	.readdir = fs_readdir,
	.readdirplus = fs_readdirplus,
	.fsyncdir = fs_fsyncdir,
	.create = fs_create,
	.open = fs_open_file,
	.read = fs_read,
	.write = fs_write,
	.fsync = fs_fsync,
	.fallocate = fs_fallocate,
	.copy_file_range = fs_copy_file_range,
	.lseek = fs_lseek,
	.ioctl = fs_ioctl,
	.getxattr = fs_getxattr,
	.listxattr = fs_listxattr,
	.setxattr = fs_setxattr,
	.removexattr = fs_removexattr,
};
