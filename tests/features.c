// SPDX-License-Identifier: GPL-2.0
/* What the configuration promises is there and works. time limit: 120 s */
#include <fcntl.h>
#include <unistd.h>

#include <lkl/linux/dm-ioctl.h>
#include <lkl/linux/if_alg.h>
#include <lkl/linux/loop.h>
#include <lkl/linux/netfilter/nfnetlink.h>

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
static int dm_device(const char *name, const char *type, const char *params,
		     uint64_t sectors)
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
	spec = (void *)(buf + dm->data_start);
	spec->length = sectors;
	strcpy(spec->target_type, type);
	strcpy((char *)(spec + 1), params);
	spec->next = (sizeof(*spec) + strlen(params) + 8) & ~7;
	ok(lkl_sys_ioctl(control, LKL_DM_TABLE_LOAD, (lkl_long)dm));
	ok(lkl_sys_ioctl(control, LKL_DM_DEV_SUSPEND, (lkl_long)dm_request(buf, name)));
	ok(lkl_sys_close(control));
	return ok(lkl_sys_open(path, LKL_O_RDWR, 0));
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
		file_systems, congestion_controls, overlayfs, partitions, loop_device,
		zram, dm_linear, dm_crypt, dm_targets, md_personalities,
		crypto_sockets, network_devices, traffic_control, socket_families,
	};

	return run_tests("features", LIST(tests), NULL, 0, 20);
}
