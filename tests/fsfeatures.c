// SPDX-License-Identifier: GPL-2.0
/*
 * What file systems can do beyond files, as the configuration promises it: encryption,
 * verity, quota, access control lists, tables of characters. time limit: 120 s
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl/linux/fscrypt.h>
#include <lkl/linux/fsverity.h>

#include "test.h"

#define MIB (1ULL << 20)
#define SECRET "these words are not to be found in the image"

static struct lkl_disk disk;
static int disk_id;
static char mnt[64];

static void mount_as(const char *type, const char *options)
{
	ok(lkl_mount_dev(disk_id, 0, type, 0, options, mnt, sizeof(mnt)));
	/* It is root's alone. */
	ok(lkl_sys_chmod("/mnt", 0755));
}

static void umount(void)
{
	ok(lkl_umount_dev(disk_id, 0, 0, 5000));
}

/* A disk of @mib MiB that @mkfs has made a file system on, as /mnt/...; 0 without @mkfs. */
static int make(const char *mkfs, const char *type, int mib, const char *options)
{
	const char *path = host_file("disk", mib * MIB);
	char command[5000];

	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin %s %s >/dev/null", mkfs,
		 path);
	if (host_shell(command))
		return 0;
	disk = (struct lkl_disk){ .fd = open(path, O_RDWR) };
	ck_assert_int_ge(disk.fd, 0);
	disk_id = ok(lkl_disk_add(&disk));
	mount_as(type, options);
	return 1;
}

static const char *at(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", mnt, name);
	return path;
}

/* Where @words are in the image, from the host's side; -1 if they are not. */
static long in_image(const char *words)
{
	struct stat st;
	char *map, *found;
	long where;

	ck_assert_int_eq(fstat(disk.fd, &st), 0);
	map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, disk.fd, 0);
	ck_assert(map != MAP_FAILED);
	found = memmem(map, st.st_size, words, strlen(words));
	where = found ? found - map : -1;
	munmap(map, st.st_size);
	return where;
}

static const char *contents(const char *path)
{
	static char buf[256];
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));
	long n = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));

	buf[n] = 0;
	ok(lkl_sys_close(fd));
	return buf;
}

/* ---- encryption --------------------------------------------------------------------- */

static void add_key(int dir, struct lkl_fscrypt_policy_v2 *policy)
{
	struct {
		struct lkl_fscrypt_add_key_arg arg;
		unsigned char raw[64];
	} key = {
		.arg.key_spec.type = LKL_FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
		.arg.raw_size = 64,
	};

	for (int i = 0; i < 64; i++)
		key.raw[i] = i * 7;
	ok(lkl_sys_ioctl(dir, LKL_FS_IOC_ADD_ENCRYPTION_KEY, (lkl_long)&key));
	memcpy(policy->master_key_identifier, key.arg.key_spec.u.identifier,
	       sizeof(policy->master_key_identifier));
}

static void encrypted(const char *mkfs, const char *type, int mib)
{
	struct lkl_fscrypt_policy_v2 policy = {
		.version = LKL_FSCRYPT_POLICY_V2,
		.contents_encryption_mode = LKL_FSCRYPT_MODE_AES_256_XTS,
		.filenames_encryption_mode = LKL_FSCRYPT_MODE_AES_256_CTS,
		.flags = LKL_FSCRYPT_POLICY_FLAGS_PAD_32,
	};
	char path[600];
	int dir, err = 0, entries = 0;
	struct lkl_dir *list;
	struct lkl_linux_dirent64 *entry;

	if (!make(mkfs, type, mib, NULL))
		skip("no %s", mkfs);
	ok(lkl_sys_mkdir(at("private"), 0700));
	dir = ok(lkl_sys_open(at("private"), LKL_O_RDONLY, 0));
	add_key(dir, &policy);
	ok(lkl_sys_ioctl(dir, LKL_FS_IOC_SET_ENCRYPTION_POLICY, (lkl_long)&policy));
	write_inside(at("private/a-secret-name"), SECRET);
	write_inside(at("open"), "words for everybody");
	ok(lkl_sys_close(dir));
	umount();
	ck_assert_int_ge(in_image("words for everybody"), 0);
	ck_assert_int_lt(in_image(SECRET), 0);
	ck_assert_int_lt(in_image("a-secret-name"), 0);

	/* Without the key there is a file, without a name and contents. */
	mount_as(type, NULL);
	snprintf(path, sizeof(path), "%s", at("private"));
	list = lkl_opendir(path, &err);
	ck_assert_ptr_nonnull(list);
	while ((entry = lkl_readdir(list))) {
		char name[400];

		if (entry->d_name[0] == '.' && !entry->d_name[1 + (entry->d_name[1] == '.')])
			continue;
		entries++;
		snprintf(name, sizeof(name), "private/%s", entry->d_name);
		fails(lkl_sys_open(at(name), LKL_O_RDONLY, 0), LKL_ENOKEY);
	}
	is(entries, 1);
	fails(lkl_sys_open(at("private/new"), LKL_O_CREAT | LKL_O_WRONLY, 0600), LKL_ENOKEY);
	add_key(lkl_dirfd(list), &policy);
	ck_assert_str_eq(contents(at("private/a-secret-name")), SECRET);
	ok(lkl_closedir(list));
	umount();
}

START_TEST(encryption_of_ext4)
{
	encrypted("mkfs.ext4 -q -F -O encrypt", "ext4", 16);
}
END_TEST

START_TEST(encryption_of_f2fs)
{
	encrypted("mkfs.f2fs -q -f -O encrypt", "f2fs", 64);
}
END_TEST

/* ---- verity ------------------------------------------------------------------------- */

static void verified(const char *mkfs, const char *type, int mib)
{
	struct lkl_fsverity_enable_arg enable = {
		.version = 1, .hash_algorithm = LKL_FS_VERITY_HASH_ALG_SHA256,
		.block_size = 4096,
	};
	struct {
		struct lkl_fsverity_digest digest;
		unsigned char bytes[64];
	} measure = { .digest.digest_size = 64 };
	static char data[64 << 10];
	long where;
	int fd;

	if (!make(mkfs, type, mib, NULL))
		skip("no %s", mkfs);
	for (int i = 0; i < (int)sizeof(data); i++)
		data[i] = 'a' + i % 23;
	memcpy(data + 40000, SECRET, strlen(SECRET));
	fd = ok(lkl_sys_creat(at("f"), 0600));
	is(lkl_sys_write(fd, data, sizeof(data)), sizeof(data));
	ok(lkl_sys_close(fd));
	fd = ok(lkl_sys_open(at("f"), LKL_O_RDONLY, 0));
	ok(lkl_sys_ioctl(fd, LKL_FS_IOC_ENABLE_VERITY, (lkl_long)&enable));
	ok(lkl_sys_ioctl(fd, LKL_FS_IOC_MEASURE_VERITY, (lkl_long)&measure));
	is(measure.digest.digest_size, 32);
	ok(lkl_sys_close(fd));
	fails(lkl_sys_open(at("f"), LKL_O_RDWR, 0), LKL_EPERM);
	umount();

	/* Somebody changes one letter of it. */
	where = in_image(SECRET);
	ck_assert_int_ge(where, 0);
	is(pwrite(disk.fd, "T", 1, where), 1);
	mount_as(type, NULL);
	fd = ok(lkl_sys_open(at("f"), LKL_O_RDONLY, 0));
	is(lkl_sys_pread64(fd, data, 4096, 0), 4096);
	fails(lkl_sys_pread64(fd, data, 4096, 40000 / 4096 * 4096), LKL_EIO);
	ok(lkl_sys_close(fd));
	umount();
}

START_TEST(verity_of_ext4)
{
	verified("mkfs.ext4 -q -F -b 4096 -O verity", "ext4", 16);
}
END_TEST

START_TEST(verity_of_f2fs)
{
	verified("mkfs.f2fs -q -f -O verity", "f2fs", 64);
}
END_TEST

START_TEST(verity_of_btrfs)
{
	verified("mkfs.btrfs -q -f", "btrfs", 256);
}
END_TEST

/* ---- quota --------------------------------------------------------------------------- */

#define SOMEBODY 1000

static long write_as_somebody(void *name)
{
	static char data[64 << 10];
	long fd, n, total = 0;

	lkl_sys_setresgid(SOMEBODY, SOMEBODY, SOMEBODY);
	lkl_sys_setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	fd = lkl_sys_open(at(name), LKL_O_WRONLY | LKL_O_CREAT, 0600);
	if (fd < 0)
		return fd;
	while ((n = lkl_sys_write(fd, data, sizeof(data))) > 0 && total < 2 << 20)
		total += n;
	lkl_sys_close(fd);
	return n < 0 ? n : total;
}

static void limited(const char *mkfs, const char *type, int mib, const char *options)
{
	struct lkl_if_dqblk limit = {
		.dqb_bhardlimit = 512, .dqb_valid = LKL_QIF_BLIMITS,
	};
	uint32_t dev;
	char node[32];

	if (!make(mkfs, type, mib, options))
		skip("no %s", mkfs);
	ok(lkl_sys_chmod(mnt, 0777));
	ok(lkl_get_virtio_blkdev(disk_id, 0, &dev));
	snprintf(node, sizeof(node), "/dev/%08x", dev);
	ok(lkl_sys_quotactl(LKL_QCMD(LKL_Q_SETQUOTA, LKL_USRQUOTA), node, SOMEBODY, &limit));
	fails(join(run(write_as_somebody, "f")), LKL_EDQUOT);
	memset(&limit, 0, sizeof(limit));
	ok(lkl_sys_quotactl(LKL_QCMD(LKL_Q_GETQUOTA, LKL_USRQUOTA), node, SOMEBODY, &limit));
	is(limit.dqb_bhardlimit, 512);
	ck_assert_uint_gt(limit.dqb_curspace, 256 << 10);
	ck_assert_uint_le(limit.dqb_curspace, 512 << 10);
	umount();
}

START_TEST(quota_of_ext4)
{
	limited("mkfs.ext4 -q -F -O quota", "ext4", 16, "usrquota");
}
END_TEST

/* The kernel translates between the two ways to ask. */
START_TEST(quota_of_xfs)
{
	limited("mkfs.xfs -q -f", "xfs", 300, "usrquota");
}
END_TEST

START_TEST(quota_of_f2fs)
{
	limited("mkfs.f2fs -q -f -O extra_attr,quota", "f2fs", 64, "usrquota");
}
END_TEST

/* ---- access control lists --------------------------------------------------------------- */

static long read_as_somebody(void *name)
{
	long fd;

	lkl_sys_setresgid(SOMEBODY, SOMEBODY, SOMEBODY);
	lkl_sys_setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
	fd = lkl_sys_open(at(name), LKL_O_RDONLY, 0);
	return fd < 0 ? fd : lkl_sys_close(fd);
}

static void listed(const char *mkfs, const char *type, int mib, const char *options)
{
	/* As in linux/posix_acl_xattr.h: user::rw-, user:1000:r--, group::---, mask, other. */
	struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entries[5];
	} acl = {
		2, {
			{ 0x01, 6, -1 }, { 0x02, 4, SOMEBODY }, { 0x04, 0, -1 },
			{ 0x10, 4, -1 }, { 0x20, 0, -1 },
		},
	};

	if (!make(mkfs, type, mib, options))
		skip("no %s", mkfs);
	ok(lkl_sys_chmod(mnt, 0755));
	write_inside(at("f"), "x");
	ok(lkl_sys_chmod(at("f"), 0600));
	fails(join(run(read_as_somebody, "f")), LKL_EACCES);
	ok(lkl_sys_setxattr(at("f"), "system.posix_acl_access", &acl, sizeof(acl), 0));
	umount();
	mount_as(type, options);
	is(join(run(read_as_somebody, "f")), 0);
	acl.entries[1].id++;
	ok(lkl_sys_setxattr(at("f"), "system.posix_acl_access", &acl, sizeof(acl), 0));
	fails(join(run(read_as_somebody, "f")), LKL_EACCES);
	umount();
}

START_TEST(acl_of_ext4)
{
	listed("mkfs.ext4 -q -F", "ext4", 16, NULL);
}
END_TEST

START_TEST(acl_of_xfs)
{
	listed("mkfs.xfs -q -f", "xfs", 300, NULL);
}
END_TEST

START_TEST(acl_of_btrfs)
{
	listed("mkfs.btrfs -q -f", "btrfs", 256, NULL);
}
END_TEST

START_TEST(acl_of_jfs)
{
	listed("mkfs.jfs -q", "jfs", 32, NULL);
}
END_TEST

/* ---- tables of characters ------------------------------------------------------------- */

/* One letter of each table, as it is written there and in UTF-8. */
static const struct {
	const char *table, *letter, *utf8;
} letters[] = {
	{ "iso8859-1", "\xfc", "\xc3\xbc" }, { "iso8859-2", "\xe8", "\xc4\x8d" },
	{ "iso8859-3", "\xf8", "\xc4\x9d" }, { "iso8859-4", "\xf1", "\xc5\x86" },
	{ "iso8859-5", "\xd6", "\xd0\xb6" }, { "iso8859-6", "\xc8", "\xd8\xa8" },
	{ "iso8859-7", "\xe2", "\xce\xb2" }, { "iso8859-9", "\xfd", "\xc4\xb1" },
	{ "iso8859-13", "\xe8", "\xc4\x8d" }, { "iso8859-14", "\xf0", "\xc5\xb5" },
	{ "iso8859-15", "\xa4", "\xe2\x82\xac" },
	{ "koi8-r", "\xd6", "\xd0\xb6" }, { "koi8-u", "\xa6", "\xd1\x96" },
	{ "cp437", "\x81", "\xc3\xbc" }, { "cp737", "\x99", "\xce\xb2" },
	{ "cp775", "\x81", "\xc3\xbc" }, { "cp850", "\x81", "\xc3\xbc" },
	{ "cp852", "\x9f", "\xc4\x8d" }, { "cp855", "\xe9", "\xd0\xb6" },
	{ "cp857", "\x8d", "\xc4\xb1" }, { "cp860", "\x81", "\xc3\xbc" },
	{ "cp861", "\x81", "\xc3\xbc" }, { "cp862", "\x81", "\xd7\x91" },
	{ "cp863", "\x81", "\xc3\xbc" }, { "cp864", "\xa9", "\xef\xba\x8f" },
	{ "cp865", "\x81", "\xc3\xbc" }, { "cp866", "\xa6", "\xd0\xb6" },
	{ "cp869", "\xd7", "\xce\xb2" }, { "cp874", "\xa1", "\xe0\xb8\x81" },
	{ "cp1250", "\xe8", "\xc4\x8d" }, { "cp1251", "\xe6", "\xd0\xb6" },
	{ "cp1255", "\xe1", "\xd7\x91" },
	{ "cp932", "\x82\xa0", "\xe3\x81\x82" }, { "euc-jp", "\xa4\xa2", "\xe3\x81\x82" },
	{ "cp936", "\xd6\xd0", "\xe4\xb8\xad" }, { "cp949", "\xc7\xd1", "\xed\x95\x9c" },
	{ "cp950", "\xa4\xa4", "\xe4\xb8\xad" },
	{ "maccyrillic", "\xe6", "\xd0\xb6" }, { "macgreek", "\xe2", "\xce\xb2" },
	{ "macroman", "\x9f", "\xc3\xbc" }, { "macturkish", "\xdd", "\xc4\xb1" },
	{ "maccenteuro", "\x8b", "\xc4\x8d" }, { "maccroatian", "\xc8", "\xc4\x8c" },
	{ "macgaelic", "\x9f", "\xc3\xbc" }, { "macceltic", "\x9f", "\xc3\xbc" },
	{ "maciceland", "\x9f", "\xc3\xbc" }, { "macinuit", "\xcd", "\xe1\x95\x95" },
	{ "macromanian", "\x9f", "\xc3\xbc" },
};

/* A file that is made by its name in one table is found by that in UTF-8. */
START_TEST(character_tables)
{
	char options[64], missing[2000] = "";
	struct lkl_stat st;

	if (!make("mkfs.vfat -F 16", "vfat", 16, "utf8"))
		skip("no mkfs.vfat");
	for (int i = 0; i < COUNT(letters); i++) {
		long fd;

		umount();
		snprintf(options, sizeof(options), "utf8=0,iocharset=%s", letters[i].table);
		fd = lkl_mount_dev(disk_id, 0, "vfat", 0, options, mnt, sizeof(mnt));
		if (!fd) {
			fd = lkl_sys_creat(at(letters[i].letter), 0600);
			if (fd >= 0) {
				lkl_sys_write(fd, letters[i].table, strlen(letters[i].table));
				lkl_sys_close(fd);
			}
			umount();
		}
		mount_as("vfat", "utf8");
		if (fd < 0 || lkl_sys_stat(at(letters[i].utf8), &st) ||
		    strcmp(contents(at(letters[i].utf8)), letters[i].table))
			sprintf(missing + strlen(missing), " %s", letters[i].table);
		lkl_sys_unlink(at(letters[i].utf8));
	}
	umount();
	ck_assert_msg(!*missing, "missing or wrong:%s", missing);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		encryption_of_ext4, encryption_of_f2fs,
		verity_of_ext4, verity_of_f2fs, verity_of_btrfs,
		quota_of_ext4, quota_of_xfs, quota_of_f2fs,
		acl_of_ext4, acl_of_xfs, acl_of_btrfs, acl_of_jfs, character_tables,
	};

	return run_tests("fsfeatures", LIST(tests), NULL, 0, 30);
}
