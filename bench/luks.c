// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a file of an ext4 file system in a LUKS2 container: by the library's own calls
 * and through lklfuse, beside the host's dm-crypt. Where that is missing, beside the same
 * file without encryption on a loop device: the container would be on one, too, so dm-crypt
 * cannot be faster; and else beside reading the container and decrypting it in user space.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "bench.h"
#include "crypt.h"
#include "native.h"

#define MIB		(1UL << 20)
#define DATA_MIB	256
#define DISK_MIB	320
/* Of a file that the host's file system encrypts: some kernels have only C for it. */
#define FSCRYPT_MIB	32
/* Of the encrypted data in the container. */
#define OFFSET		(16 * MIB)

/* Pieces that are read at the same time where nobody reads ahead. */
#define DEPTH		4
#define COMMAND		300

/* The second is what cryptsetup chooses for a container in a file. */
static const size_t sectors[] = { 512, 4096 };

static char dir[64], bin[4096];
static unsigned char key[64], *buf;
static enum { OPENSSL, LOOP, DM_CRYPT } yardstick;

/* ---- commands --------------------------------------------------------------- */

static int __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char command[6000];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static void clean_up(void)
{
	run("cd %s && { mountpoint -q mnt && umount mnt; cryptsetup -q close lkl-bench-%d; "
	    "} 2>/dev/null; rm -rf %s", dir, getpid(), dir);
}

static int open_in(const char *name, size_t sector, int flags)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s%zu", dir, name, sector);
	return bench_os(open(path, flags | O_CLOEXEC, 0600), path);
}

/* ---- the containers ------------------------------------------------------------ */

static void make_plain(void)
{
	char path[100];
	FILE *f;

	if (run("mkdir %s/tree %s/mnt", dir, dir))
		bench_die("mkdir");
	snprintf(path, sizeof(path), "%s/tree/data0", dir);
	f = fopen(path, "w");
	for (int i = 0; f && i < DATA_MIB; i++) {
		for (size_t n = 0; n < MIB; n++)
			buf[n] = n + i;
		if (fwrite(buf, MIB, 1, f) != 1)
			break;
	}
	if (!f || fclose(f))
		bench_die("%s: %s", path, strerror(errno));
	if (run("cd %s && truncate -s %dM plain0 && mkfs.ext4 -q -F -b 4096 -d tree plain0",
		dir, DISK_MIB))
		bench_die("mkfs.ext4 fails");
}

/* NULL, or why there is none. */
static const char *make_container(size_t sector)
{
	int fd = open_in("key", 0, O_WRONLY | O_CREAT), plain, disk;

	bench_os(write(fd, key, sizeof(key)), "key");
	close(fd);
	if (run("cd %s && truncate -s %dM luks%zu && cryptsetup luksFormat -q --type luks2 "
		"--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --cipher aes-xts-plain64 "
		"--key-size 512 --master-key-file key0 --offset %lu --sector-size %zu "
		"luks%zu key0 2>&1", dir, DISK_MIB + (int)(OFFSET / MIB), sector, OFFSET / 512,
		sector, sector))
		return "no cryptsetup, or it cannot make a container";
	plain = open_in("plain", 0, O_RDONLY);
	disk = open_in("luks", sector, O_RDWR);
	for (uint64_t off = 0; off < DISK_MIB * MIB; off += MIB) {
		if (pread(plain, buf, MIB, off) != (ssize_t)MIB)
			bench_die("plain: short read");
		if (!native_crypt_disk(1, key, off / 512, sector, buf, buf, MIB))
			return "no libcrypto.so.3";
		if (pwrite(disk, buf, MIB, OFFSET + off) != (ssize_t)MIB)
			bench_die("luks: short write");
	}
	close(plain);
	close(disk);
	return NULL;
}

/* ---- a file that is read ---------------------------------------------------------- */

static double mib_per_s(uint64_t begin, int mib)
{
	return mib / ((bench_now() - begin) / 1e9);
}

/* MiB/s of reading the first @mib of the file, which are all. */
static double read_data(const char *umount, int mib)
{
	int fd = open_in("mnt/data", 0, O_RDONLY);
	uint64_t begin = bench_now();
	size_t done = 0;
	double result;
	ssize_t n;

	while ((n = read(fd, buf, MIB)) > 0)
		done += n;
	result = mib_per_s(begin, mib);
	if (done != mib * MIB || buf[1] != (unsigned char)mib)
		bench_die("what was read is not what was written");
	close(fd);
	if (run("%s", umount))
		bench_die("%s", umount);
	return result;
}

/* One of DEPTH threads that take turns. */
struct reader {
	pthread_t thread;
	ssize_t (*pread)(int fd, void *to, size_t len, off_t offset);
	int fd, first;
};

static void *read_share(void *arg)
{
	struct reader *r = arg;
	unsigned char *to = aligned_alloc(4096, MIB);

	if (!to)
		bench_die("no memory");
	for (int i = r->first; i < DATA_MIB; i += DEPTH)
		if (r->pread(r->fd, to, MIB, i * MIB) != (ssize_t)MIB ||
		    to[1] != (unsigned char)(i + 1))
			bench_die("what was read is not what was written");
	free(to);
	return NULL;
}

/* MiB/s of reading the file, opened with O_DIRECT as @fd. */
static double read_direct(int fd, ssize_t (*pread)(int, void *, size_t, off_t))
{
	struct reader readers[DEPTH];
	uint64_t begin = bench_now();

	for (int i = 0; i < DEPTH; i++) {
		readers[i] = (struct reader){ .pread = pread, .fd = fd, .first = i };
		if (pthread_create(&readers[i].thread, NULL, read_share, &readers[i]))
			bench_die("cannot make a thread");
	}
	for (int i = 0; i < DEPTH; i++)
		pthread_join(readers[i].thread, NULL);
	return mib_per_s(begin, DATA_MIB);
}

/* ---- ours ---------------------------------------------------------------------------- */

static ssize_t pread_inside(int fd, void *to, size_t len, off_t offset)
{
	return lkl_sys_pread64(fd, to, len, offset);
}

/* The kernel starts with the first container, which stays until it halts. */
static void map_inside(size_t sector)
{
	static struct lkl_disk disks[2];
	struct lkl_disk *disk = &disks[sector == sectors[1]];
	char node[32];

	if (!disks[0].fd && !disks[1].fd) {
		bench_lkl(lkl_init(&lkl_host_ops), "lkl_init");
		bench_lkl(lkl_start_kernel("loglevel=0"), "lkl_start_kernel");
		bench_lkl(lkl_sys_mkdir("/mnt", 0700), "/mnt");
		bench_lkl(lkl_sys_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL), "/dev");
	}
	if (!disk->fd) {
		disk->fd = open_in("luks", sector, O_RDWR);
		snprintf(node, sizeof(node), "/luks%zu", sector);
		crypt_map(bench_lkl(lkl_disk_add(disk), "lkl_disk_add"), key, sector,
			  OFFSET, DISK_MIB * MIB, node);
	}
}

static double ours_inside(void *arg)
{
	size_t sector = *(const size_t *)arg;
	char node[32];
	double result;
	int fd;

	map_inside(sector);
	snprintf(node, sizeof(node), "/luks%zu", sector);
	bench_lkl(lkl_sys_mount(node, "/mnt", "ext4", LKL_MS_RDONLY, NULL), node);
	fd = bench_lkl(lkl_sys_open("/mnt/data0", LKL_O_RDONLY | LKL_O_DIRECT, 0), "data0");
	result = read_direct(fd, pread_inside);
	lkl_sys_close(fd);
	bench_lkl(lkl_sys_umount("/mnt", 0), "umount");
	return result;
}

static double ours_fuse(void *arg)
{
	size_t sector = *(const size_t *)arg;
	char umount[5000];

	if (run("%s/lklfuse --key-file %s/key0 %s/luks%zu %s/mnt -o ro", bin, dir, dir, sector,
		dir))
		bench_die("lklfuse cannot mount the container");
	snprintf(umount, sizeof(umount), "%s/lklfuse -u %s/mnt", bin, dir);
	return read_data(umount, DATA_MIB);
}

/* ---- the host's ------------------------------------------------------------------------ */

/* Mounts what there is to stand beside; how it is undone comes to @umount. */
static void host_mount(size_t sector, char umount[COMMAND])
{
	if (yardstick == DM_CRYPT ?
	    run("cd %s && cryptsetup open --key-file key0 luks%zu lkl-bench-%d && "
		"mount -o ro /dev/mapper/lkl-bench-%d mnt", dir, sector, getpid(), getpid()) :
	    run("cd %s && mount -o ro,loop plain0 mnt", dir))
		bench_die("the host's mount fails");
	snprintf(umount, COMMAND, "umount %s/mnt", dir);
	if (yardstick == DM_CRYPT)
		snprintf(umount + strlen(umount), COMMAND - strlen(umount),
			 " && cryptsetup close lkl-bench-%d", getpid());
}

static double host_openssl(size_t sector)
{
	uint64_t begin;
	int fd;

	fd = open_in("luks", sector, O_RDONLY);
	begin = bench_now();
	for (uint64_t off = 0; off < DATA_MIB * MIB; off += MIB)
		if (pread(fd, buf, MIB, OFFSET + off) != (ssize_t)MIB ||
		    !native_crypt_disk(0, key, off / 512, sector, buf, buf, MIB))
			bench_die("decrypting fails");
	close(fd);
	return mib_per_s(begin, DATA_MIB);
}

static double host_direct(void *arg)
{
	size_t sector = *(const size_t *)arg;
	char umount[COMMAND];
	double result;
	int fd;

	if (yardstick == OPENSSL)
		return host_openssl(sector);
	host_mount(sector, umount);
	fd = open_in("mnt/data", 0, O_RDONLY | O_DIRECT);
	result = read_direct(fd, pread);
	close(fd);
	if (run("%s", umount))
		bench_die("%s", umount);
	return result;
}

/* Nothing of the image is in the host's caches above the loop device. */
static double host_read(void *arg)
{
	size_t sector = *(const size_t *)arg;
	char umount[COMMAND];

	if (yardstick == OPENSSL)
		return host_openssl(sector);
	host_mount(sector, umount);
	return read_data(umount, DATA_MIB);
}

/* ---- ext4's own encryption --------------------------------------------------------------- */

/* With a key that the host's kernel has for tests: it asks for no tools. */
static int mount_fscrypt(const char *access)
{
	return run("cd %s && mount -o %s,loop,test_dummy_encryption fscrypt0 mnt 2>/dev/null",
		   dir, access);
}

static double host_fscrypt(void)
{
	char umount[100];

	if (mount_fscrypt("ro"))
		bench_die("the host's ext4 does not decrypt any more");
	snprintf(umount, sizeof(umount), "umount %s/mnt", dir);
	return read_data(umount, FSCRYPT_MIB);
}

static bool make_fscrypt(void)
{
	return !run("cd %s && truncate -s %dM fscrypt0 && "
		    "mkfs.ext4 -q -F -b 4096 -O encrypt fscrypt0", dir, 2 * FSCRYPT_MIB) &&
	       !mount_fscrypt("rw") &&
	       !run("cd %s && dd if=tree/data0 of=mnt/data0 bs=1M count=%d 2>/dev/null && "
		    "umount mnt", dir, FSCRYPT_MIB);
}

/* The driver that the host's kernel decrypts with, of those that it has used. */
static const char *xts_driver(void)
{
	static char best[100];
	char line[200], driver[100] = "";
	FILE *f = fopen("/proc/crypto", "r");
	int priority, most = -1;
	bool found = false;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "name ", 5))
			found = strstr(line, ": xts(aes)");
		else if (found && sscanf(line, "driver : %99s", driver) != 1 &&
			 sscanf(line, "priority : %d", &priority) == 1 && priority > most) {
			most = priority;
			strcpy(best, driver);
		}
	}
	if (f)
		fclose(f);
	return *best ? best : "unknown";
}

/* What else is known of how fast this host decrypts. */
static void note_others(void)
{
	if (yardstick == LOOP && make_fscrypt())
		bench_note("AES-256-XTS of the host's ext4, by its kernel's %s: %.0f MiB/s",
			   xts_driver(), host_fscrypt());
	if (yardstick != OPENSSL)
		bench_note("OpenSSL in one thread, without a file system: %.0f and %.0f MiB/s",
			   host_openssl(sectors[0]), host_openssl(sectors[1]));
}

static void choose_yardstick(void)
{
	if (!run("cd %s && cryptsetup open --key-file key0 luks512 lkl-bench-%d 2>/dev/null && "
		 "cryptsetup close lkl-bench-%d", dir, getpid(), getpid()))
		yardstick = DM_CRYPT;
	else if (!run("cd %s && mount -o ro,loop plain0 mnt 2>/dev/null && umount mnt", dir))
		yardstick = LOOP;
}

/*
 * 80 % is of dm-crypt. What reaches it of a loop device without encryption reaches it of
 * any dm-crypt on top; direct reads of what cryptsetup makes in files do, for which the
 * table says so.
 */
static void measure(const char *how, double (*ours)(void *), double (*host)(void *))
{
	static const char *const names[] = {
		[OPENSSL] = "no dm-crypt here; instead OpenSSL in one thread",
		[LOOP] = "no dm-crypt here; instead a loop mount of the same, not encrypted",
		[DM_CRYPT] = "dm-crypt",
	};
	struct bench_row row = {
		.unit = "MiB/s", .order = MORE_IS_BETTER, .ours = ours, .host = host,
		.beside = names[yardstick],
	};
	char what[64];

	for (int i = 0; i < 2; i++) {
		snprintf(what, sizeof(what), "LUKS2, sectors of %zu, %s", sectors[i], how);
		row.what = what;
		row.arg = (void *)&sectors[i];
		row.ratio = yardstick == DM_CRYPT ||
			    (yardstick == LOOP && ours == ours_inside && i == 1) ? 0.8 : 0;
		bench_run(&row);
	}
}

int main(int argc, char **argv)
{
	const char *b = getenv("B"), *missing = NULL;
	char relative[4000];

	bench_init(argc, argv);
	snprintf(relative, sizeof(relative), "%s/bin", b ? b : "build");
	if (!realpath(relative, bin))
		bench_die("%s: %s", relative, strerror(errno));
	strcpy(dir, "/dev/shm/lkl-bench-luks-XXXXXX");
	if (!mkdtemp(dir))
		bench_die("%s: %s", dir, strerror(errno));
	atexit(clean_up);
	buf = aligned_alloc(4096, MIB);
	if (!buf)
		bench_die("no memory");
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = 7 * i + 1;
	make_plain();
	for (int i = 0; i < 2 && !missing; i++)
		missing = make_container(sectors[i]);
	if (missing) {
		printf("skipped: %s\n", missing);
		return 0;
	}
	choose_yardstick();
	measure("direct reads", ours_inside, host_direct);
	lkl_sys_halt();
	if (access("/dev/fuse", R_OK | W_OK) || run("test -x %s/lklfuse", bin))
		bench_note("through lklfuse: no /dev/fuse, or lklfuse was not built");
	else
		measure("through lklfuse", ours_fuse, host_read);
	note_others();
	return 0;
}
