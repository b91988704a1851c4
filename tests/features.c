// SPDX-License-Identifier: GPL-2.0
/* What the configuration promises is there and works. time limit: 120 s */
#include <fcntl.h>
#include <unistd.h>

#include <lkl/linux/dm-ioctl.h>
#include <lkl/linux/if_alg.h>
#include <lkl/linux/loop.h>
#include <lkl/linux/nbd.h>
#include <lkl/linux/netfilter/nfnetlink.h>
#include <lkl/linux/tls.h>
#include <lkl/linux/vm_sockets.h>

#include "test.h"

#define MIB (1ULL << 20)

/* The whole of a file inside, NUL-terminated; good until the next call. */
static const char *contents(const char *path)
{
	static char buf[65536];
	int fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));
	long n, len = 0;

	while ((n = ok(lkl_sys_read(fd, buf + len, sizeof(buf) - 1 - len))) > 0)
		len += n;
	buf[len] = 0;
	ok(lkl_sys_close(fd));
	return buf;
}

/* Every word of @want is a word of @have. */
static void expect_words(const char *have, const char *want)
{
	char word[64], missing[1024] = "";
	int n;

	for (; sscanf(want, " %63s%n", word, &n) == 1; want += n) {
		size_t len = strlen(word);
		const char *p = have;

		while ((p = strstr(p, word))) {
			if ((p == have || strchr(" \t\n", p[-1])) && strchr(" \t\n", p[len]))
				break;
			p += len;
		}
		if (!p)
			sprintf(missing + strlen(missing), " %s", word);
	}
	ck_assert_msg(!*missing, "missing:%s", missing);
}

START_TEST(file_systems)
{
	expect_words(contents("/proc/filesystems"),
		     "ext2 ext3 ext4 xfs btrfs f2fs bcachefs vfat exfat ntfs3 squashfs erofs "
		     "iso9660 udf hfs hfsplus jfs nilfs2 reiserfs minix ufs romfs cramfs "
		     "affs befs overlay tmpfs proc sysfs nfs nfs4 cifs 9p");
}
END_TEST

START_TEST(congestion_controls)
{
	expect_words(contents("/proc/sys/net/ipv4/tcp_available_congestion_control"),
		     "reno cubic bbr vegas westwood bic htcp hybla dctcp illinois yeah "
		     "veno scalable lp nv cdg highspeed");
}
END_TEST

START_TEST(overlayfs)
{
	struct lkl_stat st;

	ok(lkl_sys_mkdir("/tmp/lower", 0755));
	ok(lkl_sys_mkdir("/tmp/upper", 0755));
	ok(lkl_sys_mkdir("/tmp/work", 0755));
	ok(lkl_sys_mkdir("/tmp/merged", 0755));
	write_inside("/tmp/lower/f", "lower");
	ok(lkl_sys_mount("overlay", "/tmp/merged", "overlay", 0,
			 "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work"));
	ck_assert_str_eq(contents("/tmp/merged/f"), "lower");
	write_inside("/tmp/merged/f", "upper");
	ck_assert_str_eq(contents("/tmp/lower/f"), "lower");
	ok(lkl_sys_stat("/tmp/upper/f", &st));
	ok(lkl_sys_umount("/tmp/merged", 0));
}
END_TEST

/* ---- block devices ------------------------------------------------------------ */

static void mount_dev(void)
{
	long ret;

	lkl_sys_mkdir("/dev", 0755);
	ret = lkl_sys_mount("dev", "/dev", "devtmpfs", 0, NULL);
	ck_assert(ret == 0 || ret == -LKL_EBUSY);
}

START_TEST(partitions)
{
	unsigned char mbr[512] = { 0 };
	const char *path = host_file("disk", 16 * MIB);
	struct lkl_disk disk = { .ops = NULL };
	uint32_t dev, start = 2048, count = 4096;
	int id;

	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	/* The second entry: Linux, 4096 sectors at 2048. */
	mbr[446 + 16 + 4] = 0x83;
	memcpy(mbr + 446 + 16 + 8, &start, 4);
	memcpy(mbr + 446 + 16 + 12, &count, 4);
	disk.fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(disk.fd, mbr, 512, 0), 512);
	id = ok(lkl_disk_add(&disk));
	ok(lkl_get_virtio_blkdev(id, 2, &dev));
	ck_assert_int_lt(lkl_get_virtio_blkdev(id, 1, &dev), 0);
}
END_TEST

/* Tables of other systems, by sfdisk. */
START_TEST(other_partitions)
{
	static const char *const labels[] = { "gpt", "dos", "sun", "sgi" };

	for (int i = 0; i < COUNT(labels); i++) {
		struct lkl_disk disk = { .ops = NULL };
		char path[4096], command[5000];
		uint32_t whole, dev;
		int id;

		/* The next file's name may come to the same place. */
		snprintf(path, sizeof(path), "%s", host_file(labels[i], 64 * MIB));
		/* No newline in it: a command line of Windows would end there. */
		snprintf(command, sizeof(command), "{ echo label: %s; echo size=20M; echo size=20M; } | "
			 "PATH=$PATH:/sbin:/usr/sbin sfdisk -q %s 2>/dev/null", labels[i], path);
		if (host_shell(command))
			skip("no sfdisk that makes %s", labels[i]);
		disk.fd = open(path, O_RDWR | O_CLOEXEC);
		ck_assert_int_ge(disk.fd, 0);
		id = ok(lkl_disk_add(&disk));
		ok(lkl_get_virtio_blkdev(id, 0, &whole));
		for (int part = 1; part <= 2; part++) {
			long ret = lkl_get_virtio_blkdev(id, part, &dev);

			ck_assert_msg(!ret && dev == whole + part, "%s, partition %d: %s",
				      labels[i], part, lkl_strerror(ret));
		}
		ok(lkl_disk_remove(disk));
	}
}
END_TEST

START_TEST(loop_device)
{
	struct lkl_loop_config config = { 0 };
	char path[32], buf[6] = "";
	int fd, control, number;

	mount_dev();
	control = ok(lkl_sys_open("/dev/loop-control", LKL_O_RDWR, 0));
	number = ok(lkl_sys_ioctl(control, LKL_LOOP_CTL_GET_FREE, 0));
	config.fd = ok(lkl_sys_open("/tmp/image", LKL_O_RDWR | LKL_O_CREAT, 0644));
	ok(lkl_sys_ftruncate(config.fd, MIB));
	is(lkl_sys_pwrite64(config.fd, "looped", 6, 4096), 6);
	snprintf(path, sizeof(path), "/dev/loop%d", number);
	fd = ok(lkl_sys_open(path, LKL_O_RDWR, 0));
	ok(lkl_sys_ioctl(fd, LKL_LOOP_CONFIGURE, (lkl_long)&config));
	is(lkl_sys_pread64(fd, buf, 6, 4096), 6);
	ck_assert(!memcmp(buf, "looped", 6));
	ok(lkl_sys_ioctl(fd, LKL_LOOP_CLR_FD, 0));
}
END_TEST

/* A server of one disk in memory, at the other end of a socket inside. */
static char nbd_memory[1 << 20];
static int nbd_flushes;

static int get_all(int fd, void *buf, long size)
{
	for (long n, done = 0; done < size; done += n) {
		n = lkl_sys_read(fd, (char *)buf + done, size - done);
		if (n <= 0)
			return 0;
	}
	return 1;
}

static long serve_nbd(void *arg)
{
	int fd = (lkl_long)arg;
	struct lkl_nbd_request req;

	while (get_all(fd, &req, sizeof(req))) {
		struct lkl_nbd_reply reply = {
			.magic = __builtin_bswap32(LKL_NBD_REPLY_MAGIC), .cookie = req.cookie,
		};
		uint64_t from = __builtin_bswap64(req.from);
		uint32_t len = __builtin_bswap32(req.len);
		int type = __builtin_bswap32(req.type) & 0xffff;

		if (req.magic != __builtin_bswap32(LKL_NBD_REQUEST_MAGIC))
			return -LKL_EPROTO;
		if (type == LKL_NBD_CMD_DISC)
			break;
		nbd_flushes += type == LKL_NBD_CMD_FLUSH;
		if (type == LKL_NBD_CMD_WRITE && !get_all(fd, nbd_memory + from, len))
			return -LKL_EIO;
		if (lkl_sys_write(fd, (char *)&reply, sizeof(reply)) != sizeof(reply) ||
		    (type == LKL_NBD_CMD_READ && lkl_sys_write(fd, nbd_memory + from, len) != len))
			return -LKL_EIO;
	}
	return lkl_sys_close(fd);
}

static long run_nbd(void *arg)
{
	return lkl_sys_ioctl((lkl_long)arg, LKL_NBD_DO_IT, 0);
}

/* None is there unless the command line asks for it, or netlink. */
START_TEST(network_block_device)
{
	char buf[8192], back[8192];
	struct job *server, *device;
	uint64_t size = 0;
	int fd, data, s[2];

	start_kernel_with("loglevel=4 nbd.nbds_max=1");
	mount_dev();
	ok(lkl_sys_socketpair(LKL_AF_UNIX, LKL_SOCK_STREAM, 0, s));
	fd = ok(lkl_sys_open("/dev/nbd0", LKL_O_RDWR, 0));
	ok(lkl_sys_ioctl(fd, LKL_NBD_SET_BLKSIZE, 4096));
	ok(lkl_sys_ioctl(fd, LKL_NBD_SET_SIZE_BLOCKS, sizeof(nbd_memory) / 4096));
	ok(lkl_sys_ioctl(fd, LKL_NBD_SET_FLAGS, LKL_NBD_FLAG_HAS_FLAGS | LKL_NBD_FLAG_SEND_FLUSH));
	ok(lkl_sys_ioctl(fd, LKL_NBD_SET_SOCK, s[0]));
	server = run(serve_nbd, (void *)(lkl_long)s[1]);
	device = run(run_nbd, (void *)(lkl_long)fd);
	for (int i = 0; i < 1000 && size != sizeof(nbd_memory); i++) {
		usleep(1000);
		ok(lkl_sys_ioctl(fd, 0x80081272 /* BLKGETSIZE64 */, (lkl_long)&size));
	}
	is(size, sizeof(nbd_memory));
	data = ok(lkl_sys_open("/dev/nbd0", LKL_O_RDWR, 0));
	memset(buf, 'n', sizeof(buf));
	is(lkl_sys_pwrite64(data, buf, sizeof(buf), 65536), sizeof(buf));
	ok(lkl_sys_fsync(data));
	ck_assert(!memcmp(nbd_memory + 65536, buf, sizeof(buf)));
	ck_assert_int_gt(nbd_flushes, 0);
	memset(nbd_memory + 524288, 'm', sizeof(back));
	is(lkl_sys_pread64(data, back, sizeof(back), 524288), sizeof(back));
	ck_assert(!memcmp(nbd_memory + 524288, back, sizeof(back)));
	ok(lkl_sys_close(data));
	ok(lkl_sys_ioctl(fd, LKL_NBD_DISCONNECT, 0));
	is(join(server), 0);
	join(device);
	ok(lkl_sys_close(fd));
	halt_kernel();
}
END_TEST

START_TEST(zram)
{
	char buf[4096], path[64];
	int fd, number;

	/* None is made at boot; reading this makes one. */
	mount_dev();
	number = atoi(contents("/sysfs/class/zram-control/hot_add"));
	snprintf(path, sizeof(path), "/sysfs/block/zram%d/disksize", number);
	fd = ok(lkl_sys_open(path, LKL_O_WRONLY, 0));
	is(lkl_sys_write(fd, "8M", 2), 2);
	ok(lkl_sys_close(fd));
	snprintf(path, sizeof(path), "/dev/zram%d", number);
	fd = ok(lkl_sys_open(path, LKL_O_RDWR, 0));
	memset(buf, 'z', sizeof(buf));
	is(lkl_sys_pwrite64(fd, buf, sizeof(buf), MIB), sizeof(buf));
	ok(lkl_sys_fsync(fd));
	memset(buf, 0, sizeof(buf));
	is(lkl_sys_pread64(fd, buf, sizeof(buf), MIB), sizeof(buf));
	is(buf[1000], 'z');
}
END_TEST

static struct lkl_dm_ioctl *dm_request(void *buf, const char *name)
{
	struct lkl_dm_ioctl *dm = buf;

	memset(buf, 0, 4096);
	dm->version[0] = 4;
	dm->data_size = 4096;
	dm->data_start = sizeof(*dm);
	strcpy(dm->name, name);
	return dm;
}

/* Makes the mapped device @name with one target over its whole size. */
static int dm_device_as(const char *name, const char *type, const char *params,
			uint64_t sectors, int read_only)
{
	static char buf[4096];
	struct lkl_dm_ioctl *dm;
	struct lkl_dm_target_spec *spec;
	char path[64];
	int control;

	mount_dev();
	control = ok(lkl_sys_open("/dev/mapper/control", LKL_O_RDWR, 0));
	dm = dm_request(buf, name);
	ok(lkl_sys_ioctl(control, LKL_DM_DEV_CREATE, (lkl_long)dm));
	snprintf(path, sizeof(path), "/dev/dm-%d", (int)(dm->dev & 0xff));

	dm = dm_request(buf, name);
	dm->target_count = 1;
	dm->flags = read_only ? LKL_DM_READONLY_FLAG : 0;
	spec = (void *)(buf + dm->data_start);
	spec->length = sectors;
	strcpy(spec->target_type, type);
	strcpy((char *)(spec + 1), params);
	spec->next = (sizeof(*spec) + strlen(params) + 8) & ~7;
	ok(lkl_sys_ioctl(control, LKL_DM_TABLE_LOAD, (lkl_long)dm));
	ok(lkl_sys_ioctl(control, LKL_DM_DEV_SUSPEND, (lkl_long)dm_request(buf, name)));
	ok(lkl_sys_close(control));
	return ok(lkl_sys_open(path, read_only ? LKL_O_RDONLY : LKL_O_RDWR, 0));
}

static int dm_device(const char *name, const char *type, const char *params, uint64_t sectors)
{
	return dm_device_as(name, type, params, sectors, 0);
}

/* What is on its way has arrived afterwards. */
static void dm_suspend_resume(const char *name)
{
	static char buf[4096];
	int control = ok(lkl_sys_open("/dev/mapper/control", LKL_O_RDWR, 0));
	struct lkl_dm_ioctl *dm = dm_request(buf, name);

	dm->flags = LKL_DM_SUSPEND_FLAG;
	ok(lkl_sys_ioctl(control, LKL_DM_DEV_SUSPEND, (lkl_long)dm));
	ok(lkl_sys_ioctl(control, LKL_DM_DEV_SUSPEND, (lkl_long)dm_request(buf, name)));
	ok(lkl_sys_close(control));
}

/* The name that device mapper takes: major:minor. */
static const char *dm_name_of(int id)
{
	static char name[32];
	uint32_t dev;

	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	snprintf(name, sizeof(name), "%u:%u", dev >> 8 & 0xfff, dev & 0xff);
	return name;
}

START_TEST(dm_linear)
{
	struct lkl_disk disk = { .ops = NULL };
	char params[128], buf[4096], raw[4096];
	int fd, id;

	disk.fd = open(host_file("disk", 8 * MIB), O_RDWR | O_CLOEXEC);
	id = ok(lkl_disk_add(&disk));
	snprintf(params, sizeof(params), "%s 2048", dm_name_of(id));
	fd = dm_device("line", "linear", params, 2048);
	memset(buf, 'l', sizeof(buf));
	is(lkl_sys_pwrite64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ok(lkl_sys_fsync(fd));
	is(pread(disk.fd, raw, sizeof(raw), 2048 * 512), sizeof(raw));
	ck_assert(!memcmp(buf, raw, sizeof(raw)));
}
END_TEST

START_TEST(dm_crypt)
{
	char params[256], buf[4096], raw[4096];
	struct lkl_disk disk = { .ops = NULL };
	int fd, id;

	disk.fd = open(host_file("disk", 8 * MIB), O_RDWR | O_CLOEXEC);
	id = ok(lkl_disk_add(&disk));
	snprintf(params, sizeof(params), "aes-xts-plain64 %064d%064d 0 %s 0", 12345, 67890,
		 dm_name_of(id));
	fd = dm_device("crypt", "crypt", params, 8192);
	memset(buf, 'c', sizeof(buf));
	is(lkl_sys_pwrite64(fd, buf, sizeof(buf), MIB), sizeof(buf));
	ok(lkl_sys_fsync(fd));
	is(pread(disk.fd, raw, sizeof(raw), MIB), sizeof(raw));
	ck_assert(memcmp(buf, raw, sizeof(raw)));
	ck_assert_int_ne(raw[0] | raw[100] | raw[200] | raw[300], 0);
}
END_TEST

/* Who changes the disk behind its back is found out. */
static void expect_tampered(int fd, struct lkl_disk *disk, const char *words)
{
	static char buf[16 * MIB];
	ssize_t n = pread(disk->fd, buf, sizeof(buf), 0), at = 0, len = strlen(words);

	while (at < n - len && memcmp(buf + at, words, len))
		at++;
	ck_assert_int_lt(at, n - len);
	is(pwrite(disk->fd, "X", 1, at), 1);
	ok(lkl_sys_fadvise64(fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */));
	fails(lkl_sys_pread64(fd, buf, 4096, 0), LKL_EIO);
}

START_TEST(dm_integrity)
{
	static char buf[4096] = "protected words";
	struct lkl_disk disk = { .ops = NULL };
	char params[128];
	int fd, id;

	disk.fd = open(host_file("disk", 8 * MIB), O_RDWR | O_CLOEXEC);
	id = ok(lkl_disk_add(&disk));
	snprintf(params, sizeof(params), "%s 0 4 J 1 internal_hash:crc32c", dm_name_of(id));
	fd = dm_device("whole", "integrity", params, 64);
	is(lkl_sys_pwrite64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ok(lkl_sys_fsync(fd));
	/* Out of the journal, to where it stays. */
	dm_suspend_resume("whole");
	ok(lkl_sys_fadvise64(fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */));
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ck_assert_str_eq(buf, "protected words");
	expect_tampered(fd, &disk, "protected words");
}
END_TEST

START_TEST(dm_verity)
{
	struct lkl_disk disk = { .ops = NULL }, tree = { .ops = NULL };
	char command[9000], params[512], root[100] = "", data[32], hash[32], buf[4096];
	const char *path = strdup(host_file("data", MIB));
	const char *hashes = strdup(host_file("hashes", MIB));
	const char *told = host_file("root", 0);
	int fd;

	disk.fd = open(path, O_RDWR | O_CLOEXEC);
	is(pwrite(disk.fd, "sealed words", 12, 0), 12);
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin veritysetup format "
		 "--salt=- %s %s 2>/dev/null | sed -n 's/^Root hash:[^0-9a-f]*//p' > %s", path,
		 hashes, told);
	if (host_shell(command))
		skip("no shell");
	fd = open(told, O_RDONLY);
	if (read(fd, root, 64) != 64)
		skip("no veritysetup");
	tree.fd = open(hashes, O_RDONLY | O_CLOEXEC);
	strcpy(data, dm_name_of(ok(lkl_disk_add(&disk))));
	strcpy(hash, dm_name_of(ok(lkl_disk_add(&tree))));
	snprintf(params, sizeof(params), "1 %s %s 4096 4096 %d 1 sha256 %s -", data, hash,
		 (int)(MIB / 4096), root);
	fd = dm_device_as("sealed", "verity", params, MIB / 512, 1);
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ck_assert_str_eq(buf, "sealed words");
	expect_tampered(fd, &disk, "sealed words");
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 8192), sizeof(buf));
}
END_TEST

START_TEST(dm_targets)
{
	static char buf[16384];
	struct lkl_dm_ioctl *dm = (void *)buf;
	char names[1024] = " ";
	uint32_t at;
	int control;

	mount_dev();
	control = ok(lkl_sys_open("/dev/mapper/control", LKL_O_RDWR, 0));
	dm_request(buf, "");
	dm->data_size = sizeof(buf);
	ok(lkl_sys_ioctl(control, LKL_DM_LIST_VERSIONS, (lkl_long)dm));
	for (at = dm->data_start;;) {
		struct lkl_dm_target_versions *v = (void *)(buf + at);

		strcat(names, v->name);
		strcat(names, " ");
		if (!v->next)
			break;
		at += v->next;
	}
	expect_words(names, "linear crypt verity integrity snapshot thin thin-pool raid "
		     "mirror striped");
}
END_TEST

START_TEST(md_personalities)
{
	expect_words(contents("/proc/mdstat"),
		     "[raid0] [raid1] [raid10] [raid6] [raid5] [raid4]");
}
END_TEST

/* ---- crypto ----------------------------------------------------------------- */

START_TEST(crypto_sockets)
{
	static const unsigned char want[8] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
	};
	struct lkl_sockaddr_alg addr = { .salg_family = LKL_AF_ALG };
	unsigned char sum[32];
	int fd, op;

	strcpy((char *)addr.salg_type, "hash");
	strcpy((char *)addr.salg_name, "sha256");
	fd = ok(lkl_sys_socket(LKL_AF_ALG, LKL_SOCK_SEQPACKET, 0));
	ok(lkl_sys_bind(fd, (void *)&addr, sizeof(addr)));
	op = ok(lkl_sys_accept(fd, NULL, NULL));
	is(lkl_sys_write(op, "abc", 3), 3);
	is(lkl_sys_read(op, (void *)sum, sizeof(sum)), sizeof(sum));
	ck_assert(!memcmp(sum, want, sizeof(want)));
}
END_TEST

/* ---- network ---------------------------------------------------------------- */

struct netlink {
	struct lkl_nlmsghdr head;
	union {
		struct lkl_ifinfomsg link;
		struct lkl_tcmsg tc;
		char space[512];
	};
};

static struct lkl_rtattr *attribute(struct netlink *m, int type, const void *data,
				    int len)
{
	struct lkl_rtattr *a = (void *)((char *)m + ((m->head.nlmsg_len + 3) & ~3));

	a->rta_type = type;
	a->rta_len = sizeof(*a) + len;
	memcpy(a + 1, data, len);
	m->head.nlmsg_len = (char *)a - (char *)m + ((a->rta_len + 3) & ~3);
	return a;
}

/* Sends @m; the kernel's answer, 0 or a negative errno. */
static int netlink_call(struct netlink *m)
{
	int fd = ok(lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW, LKL_NETLINK_ROUTE));
	static char buf[8192];
	struct lkl_nlmsghdr *answer = (void *)buf;

	ok(lkl_sys_sendto(fd, m, m->head.nlmsg_len, 0, NULL, 0));
	ok(lkl_sys_recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL));
	ok(lkl_sys_close(fd));
	is(answer->nlmsg_type, LKL_NLMSG_ERROR);
	return *(int *)(answer + 1);
}

static int new_link(const char *kind)
{
	struct netlink m = {
		.head = {
			.nlmsg_len = sizeof(m.head) + sizeof(m.link),
			.nlmsg_type = LKL_RTM_NEWLINK,
			.nlmsg_flags = LKL_NLM_F_REQUEST | LKL_NLM_F_ACK |
				       LKL_NLM_F_CREATE | LKL_NLM_F_EXCL,
		},
	};
	struct lkl_rtattr *info;

	info = attribute(&m, LKL_IFLA_LINKINFO, "", 0);
	attribute(&m, LKL_IFLA_INFO_KIND, kind, strlen(kind));
	info->rta_len = (char *)&m + m.head.nlmsg_len - (char *)info;
	return netlink_call(&m);
}

START_TEST(network_devices)
{
	static const char *const kinds[] = {
		"dummy", "bridge", "bond", "wireguard", "veth", "ifb",
	};
	int i;

	for (i = 0; i < COUNT(kinds); i++) {
		int ret = new_link(kinds[i]);

		ck_assert_msg(!ret, "%s: %s", kinds[i], lkl_strerror(ret));
	}
	/* One that needs to be told more: known, but not content. */
	ck_assert_int_ne(new_link("vlan"), -LKL_EOPNOTSUPP);
}
END_TEST

START_TEST(traffic_control)
{
	static const char *const kinds[] = { "fq", "fq_codel", "cake", "netem", "sfq", "pfifo" };
	int i;

	for (i = 0; i < COUNT(kinds); i++) {
		struct netlink m = {
			.head = {
				.nlmsg_len = sizeof(m.head) + sizeof(m.tc),
				.nlmsg_type = LKL_RTM_NEWQDISC,
				.nlmsg_flags = LKL_NLM_F_REQUEST | LKL_NLM_F_ACK |
					       LKL_NLM_F_CREATE | LKL_NLM_F_REPLACE,
			},
		};
		char options[64] = "";
		int ret;

		m.tc.tcm_ifindex = 1;
		m.tc.tcm_parent = LKL_TC_H_ROOT;
		attribute(&m, LKL_TCA_KIND, kinds[i], strlen(kinds[i]) + 1);
		if (!strcmp(kinds[i], "netem"))
			attribute(&m, LKL_TCA_OPTIONS, options,
				  sizeof(struct lkl_tc_netem_qopt));
		ret = netlink_call(&m);
		ck_assert_msg(!ret, "%s: %s", kinds[i], lkl_strerror(ret));
	}
}
END_TEST

/* Two sockets that are connected, the second by accept(). */
static void connected(const void *addr, int size, int family, int s[2])
{
	int server = ok(lkl_sys_socket(family, LKL_SOCK_STREAM, 0));

	ok(lkl_sys_bind(server, (void *)addr, size));
	ok(lkl_sys_listen(server, 1));
	s[0] = ok(lkl_sys_socket(family, LKL_SOCK_STREAM, 0));
	ok(lkl_sys_connect(s[0], (void *)addr, size));
	s[1] = ok(lkl_sys_accept(server, NULL, NULL));
	ok(lkl_sys_close(server));
}

static void set_tls(int fd, int direction)
{
	struct lkl_tls12_crypto_info_aes_gcm_128 info = {
		.info = {
			.version = LKL_TLS_1_3_VERSION,
			.cipher_type = LKL_TLS_CIPHER_AES_GCM_128,
		},
		.key = { 1, 2, 3 }, .iv = { 4, 5, 6 }, .salt = { 7, 8 },
	};

	ok(lkl_sys_setsockopt(fd, LKL_SOL_TLS, direction, (char *)&info, sizeof(info)));
}

/* One side encrypts what it sends, the other reads that as it is, and then decrypted. */
START_TEST(kernel_tls)
{
	struct lkl_sockaddr_in addr = {
		.sin_family = LKL_AF_INET, .sin_port = __builtin_bswap16(4433),
		.sin_addr.s_addr = __builtin_bswap32(0x7f000001),
	};
	char buf[256] = "";
	int s[2];

	ok(lkl_if_up(1));
	connected(&addr, sizeof(addr), LKL_AF_INET, s);
	ok(lkl_sys_setsockopt(s[0], LKL_SOL_TCP, LKL_TCP_ULP, "tls", sizeof("tls")));
	set_tls(s[0], LKL_TLS_TX);
	is(lkl_sys_write(s[0], "secret words", 12), 12);
	is(lkl_sys_recv(s[1], buf, sizeof(buf), LKL_MSG_PEEK), 5 + 12 + 1 + 16);
	is(buf[0], 23);
	for (int i = 0; i < 20; i++)
		ck_assert(memcmp(buf + i, "secret", 6));
	ok(lkl_sys_setsockopt(s[1], LKL_SOL_TCP, LKL_TCP_ULP, "tls", sizeof("tls")));
	set_tls(s[1], LKL_TLS_RX);
	memset(buf, 0, sizeof(buf));
	is(lkl_sys_read(s[1], buf, sizeof(buf)), 12);
	ck_assert_str_eq(buf, "secret words");
}
END_TEST

START_TEST(vsock_loopback)
{
	struct lkl_sockaddr_vm addr = {
		.svm_family = LKL_AF_VSOCK, .svm_port = 1234, .svm_cid = LKL_VMADDR_CID_LOCAL,
	};
	char buf[8] = "";
	int s[2];

	connected(&addr, sizeof(addr), LKL_AF_VSOCK, s);
	is(lkl_sys_write(s[0], "hello", 5), 5);
	is(lkl_sys_read(s[1], buf, sizeof(buf)), 5);
	ck_assert_str_eq(buf, "hello");
}
END_TEST

START_TEST(socket_families)
{
	ok(lkl_sys_socket(LKL_AF_INET6, LKL_SOCK_STREAM, 0));
	ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, LKL_IPPROTO_MPTCP));
	ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_SEQPACKET, LKL_IPPROTO_SCTP));
	ok(lkl_sys_socket(LKL_AF_VSOCK, LKL_SOCK_STREAM, 0));
	ok(lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_RAW, 0));
	ok(lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW, LKL_NETLINK_NETFILTER));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		file_systems, congestion_controls, overlayfs, partitions, other_partitions,
		loop_device, zram, dm_linear, dm_crypt, dm_integrity, dm_verity, dm_targets,
		md_personalities,
		crypto_sockets, network_devices, traffic_control, kernel_tls, vsock_loopback,
		socket_families,
	};
	const TTest *const bare[] = { network_block_device };

	return run_tests("features", LIST(tests), LIST(bare), 20);
}
