// SPDX-License-Identifier: GPL-2.0
/*
 * Calculations that processors have instructions for, in our kernel and in the host's.
 * Both do checksums and ciphers through AF_ALG sockets, 64 KiB at a time, and copy for
 * a read() of a file in memory. RAID-6 has a call of our own; of the host's kernel only
 * its boot log tells. Where the host does not let itself be measured, this processor
 * does the same in user space.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>
#include <lkl/linux/if_alg.h>

#include "bench.h"
#include "native.h"

#define PIECE	(64UL << 10)
#define TOTAL	(256UL << 20)
#define DISKS	10
#define MIB	(1UL << 20)

#ifndef AF_ALG
#define AF_ALG	38
#endif

static char *in, *out;

static double mib_per_s(uint64_t begin)
{
	return TOTAL / (double)MIB / ((bench_now() - begin) / 1e9);
}

/* ---- AF_ALG ------------------------------------------------------------- */

struct alg {
	const char *type, *name;
	const void *key;
	unsigned int key_len;
};

static const unsigned char key[32] = { 1, 2, 3 };
static const struct alg crc32c = { "hash", "crc32c", NULL, 0 };
/* Two keys of 128 bits. */
static const struct alg aes_xts = { "skcipher", "xts(aes)", key, sizeof(key) };

static void alg_addr(const struct alg *alg, struct lkl_sockaddr_alg *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->salg_family = AF_ALG;
	strncpy((char *)addr->salg_type, alg->type, sizeof(addr->salg_type) - 1);
	strncpy((char *)addr->salg_name, alg->name, sizeof(addr->salg_name) - 1);
}

static long our_alg(const struct alg *alg)
{
	struct lkl_sockaddr_alg addr;
	long fd, err;

	alg_addr(alg, &addr);
	fd = lkl_sys_socket(LKL_AF_ALG, LKL_SOCK_SEQPACKET, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_bind(fd, (struct lkl_sockaddr *)&addr, sizeof(addr));
	if (!err && alg->key_len)
		err = lkl_sys_setsockopt(fd, LKL_SOL_ALG, LKL_ALG_SET_KEY,
					 (char *)alg->key, alg->key_len);
	return err ? err : lkl_sys_accept4(fd, NULL, NULL, 0);
}

static long host_alg(const struct alg *alg)
{
	struct lkl_sockaddr_alg addr;
	int fd;

	alg_addr(alg, &addr);
	fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	if (alg->key_len && setsockopt(fd, LKL_SOL_ALG, LKL_ALG_SET_KEY, alg->key,
				       alg->key_len))
		return -1;
	return accept(fd, NULL, NULL);
}

/* What says that 64 KiB are to be encrypted; the layout is the same for both. */
static void encrypt_message(struct msghdr *msg, struct iovec *iov, char *control,
			    size_t size)
{
	struct { uint32_t len; unsigned char iv[16]; } iv = { .len = 16 };
	uint32_t op = LKL_ALG_OP_ENCRYPT;
	struct cmsghdr *c;

	*iov = (struct iovec){ in, PIECE };
	*msg = (struct msghdr){
		.msg_iov = iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(sizeof(op)) + CMSG_SPACE(sizeof(iv)),
	};
	memset(control, 0, size);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = LKL_SOL_ALG;
	c->cmsg_type = LKL_ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(sizeof(op));
	memcpy(CMSG_DATA(c), &op, sizeof(op));
	c = CMSG_NXTHDR(msg, c);
	c->cmsg_level = LKL_SOL_ALG;
	c->cmsg_type = LKL_ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(sizeof(iv));
	memcpy(CMSG_DATA(c), &iv, sizeof(iv));
}

static double our_crc32c(void *arg)
{
	long fd = our_alg(&crc32c);
	uint64_t begin;
	uint32_t crc;

	if (fd < 0)
		return BENCH_SKIP("AF_ALG: %s", lkl_strerror(fd));
	begin = bench_now();
	for (size_t done = 0; done < TOTAL; done += PIECE)
		bench_lkl(lkl_sys_sendto(fd, in, PIECE, LKL_MSG_MORE, NULL, 0), "send");
	bench_lkl(lkl_sys_read(fd, (char *)&crc, sizeof(crc)), "read");
	lkl_sys_close(fd);
	return mib_per_s(begin);
}

static double host_crc32c(void *arg)
{
	long fd = host_alg(&crc32c);
	uint64_t begin = bench_now();
	uint32_t crc;

	if (fd < 0) {
		for (size_t done = 0; done < TOTAL; done += PIECE)
			if (!native_crc32c(in, PIECE))
				return BENCH_SKIP("no AF_ALG, no such instruction");
		return mib_per_s(begin);
	}
	for (size_t done = 0; done < TOTAL; done += PIECE)
		bench_os(send(fd, in, PIECE, MSG_MORE), "send");
	bench_os(read(fd, &crc, sizeof(crc)), "read");
	close(fd);
	return mib_per_s(begin);
}

static double our_aes_xts(void *arg)
{
	long fd = our_alg(&aes_xts);
	struct iovec iov;
	struct msghdr msg;
	char control[128] __attribute__((aligned(8)));
	uint64_t begin;

	if (fd < 0)
		return BENCH_SKIP("AF_ALG: %s", lkl_strerror(fd));
	encrypt_message(&msg, &iov, control, sizeof(control));
	begin = bench_now();
	for (size_t done = 0; done < TOTAL; done += PIECE) {
		bench_lkl(lkl_sys_sendmsg(fd, (struct lkl_user_msghdr *)&msg, 0), "send");
		if (bench_lkl(lkl_sys_read(fd, out, PIECE), "read") != (long)PIECE)
			bench_die("AF_ALG gave less than was put in");
	}
	lkl_sys_close(fd);
	return mib_per_s(begin);
}

static double host_aes_xts(void *arg)
{
	long fd = host_alg(&aes_xts);
	uint64_t begin = bench_now();
	struct iovec iov;
	struct msghdr msg;
	char control[128] __attribute__((aligned(8)));

	if (fd < 0) {
		for (size_t done = 0; done < TOTAL; done += PIECE)
			if (!native_aes_xts(in, out, PIECE))
				return BENCH_SKIP("no AF_ALG, no libcrypto.so.3");
		return mib_per_s(begin);
	}
	encrypt_message(&msg, &iov, control, sizeof(control));
	for (size_t done = 0; done < TOTAL; done += PIECE) {
		bench_os(sendmsg(fd, &msg, 0), "send");
		bench_os(read(fd, out, PIECE), "read");
	}
	close(fd);
	return mib_per_s(begin);
}

static int host_has(const struct alg *alg)
{
	long fd = host_alg(alg);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- RAID-6 ------------------------------------------------------------- */

/* Of a disk: as much as makes the way into the kernel, some 20 ns, not count. */
#define CHUNK	(16UL << 10)

static void raid6_buffers(void **buf)
{
	for (int i = 0; i < DISKS; i++)
		buf[i] = (i < DISKS - 2 ? in : out) + i * CHUNK;
}

static double our_raid6(void *arg)
{
	void *buf[DISKS];
	lkl_long params[6] = { DISKS, CHUNK, (lkl_long)buf };
	uint64_t begin = bench_now();

	raid6_buffers(buf);
	for (size_t done = 0; done < TOTAL; done += (DISKS - 2) * CHUNK)
		if (lkl_syscall(LKL_CALL_RAID6_SYNDROME, params))
			return BENCH_SKIP("this kernel has no RAID-6");
	return mib_per_s(begin);
}

static double native_raid6_speed(void *arg)
{
	void *buf[DISKS];
	uint64_t begin = bench_now();

	raid6_buffers(buf);
	for (size_t done = 0; done < TOTAL; done += (DISKS - 2) * CHUNK)
		if (!native_raid6(DISKS, CHUNK, buf))
			return BENCH_SKIP("no such vector instructions");
	return mib_per_s(begin);
}

/* ---- copying ------------------------------------------------------------ */

static int our_file, host_file;

static double our_copy(void *arg)
{
	uint64_t begin = bench_now();

	for (size_t done = 0; done < TOTAL; done += MIB)
		if (bench_lkl(lkl_sys_pread64(our_file, out, MIB, 0), "read") != (long)MIB)
			bench_die("short read");
	return mib_per_s(begin);
}

static double host_copy(void *arg)
{
	uint64_t begin = bench_now();

	for (size_t done = 0; done < TOTAL; done += MIB)
		if (bench_os(pread(host_file, out, MIB, 0), "read") != (long)MIB)
			bench_die("short read");
	return mib_per_s(begin);
}

static void make_files(void)
{
	our_file = bench_lkl(lkl_sys_memfd_create("bench", 0), "memfd_create");
	bench_lkl(lkl_sys_write(our_file, in, MIB), "write");
	host_file = bench_os(memfd_create("bench", 0), "memfd_create");
	bench_os(write(host_file, in, MIB), "write");
}

int main(int argc, char **argv)
{
	struct bench_row row = {
		.unit = "MiB/s", .order = MORE_IS_BETTER, .ratio = 0.9,
	};

	bench_init(argc, argv);
	if (posix_memalign((void **)&in, 4096, MIB) ||
	    posix_memalign((void **)&out, 4096, MIB))
		bench_die("no memory");
	memset(in, 'x', MIB);
	memset(out, 0, MIB);
	bench_lkl(lkl_start_kernel("loglevel=0"), "start");
	make_files();

	row.what = "crc32c";
	row.ours = our_crc32c;
	row.host = host_crc32c;
	row.beside = host_has(&crc32c) ? NULL :
		"kernel without AF_ALG; instead the crc32 instruction in user space";
	bench_run(&row);

	row.what = "AES-XTS, 2 x 128 bits, encrypt";
	row.ours = our_aes_xts;
	row.host = host_aes_xts;
	row.beside = host_has(&aes_xts) ? NULL :
		"kernel without AF_ALG; instead OpenSSL in user space, without sockets";
	bench_run(&row);

	row.what = "RAID-6 syndromes, 8 + 2 disks";
	row.ours = our_raid6;
	row.host = native_raid6_speed;
	row.beside = "the kernel's code in user space; its kernel's log says:";
	bench_run(&row);
	if (system("dmesg 2>/dev/null | grep -o 'raid6: .*'"))
		bench_note("(nothing that we may read)");

	row.what = "memcpy: read() of 1 MiB in memory";
	row.ours = our_copy;
	row.host = host_copy;
	row.beside = NULL;
	bench_run(&row);
	lkl_sys_halt();
	return 0;
}
