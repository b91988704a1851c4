// SPDX-License-Identifier: GPL-2.0
/*
 * The processor's cryptography against plain C: every driver that the kernel
 * registered gives the result of the generic one.
 */
#include "alg.h"
#include "test.h"

#define MAX_LEN 20000

static unsigned char text[MAX_LEN + 64], key[1088], iv[32];

static void fill(void)
{
	unsigned int i;

	srand(1);
	for (i = 0; i < sizeof(text); i++)
		text[i] = rand();
	for (i = 0; i < sizeof(key); i++)
		key[i] = rand();
	for (i = 0; i < sizeof(iv); i++)
		iv[i] = rand();
}

/* Lengths around block sizes and the lengths at which code changes its ways. */
static size_t length(int i)
{
	static const size_t edges[] = {
		63, 64, 65, 255, 256, 257, 511, 512, 1023, 1024, 4095, 4096, 4097,
		8192, 16384, MAX_LEN,
	};

	if (i < 300)
		return i;
	i -= 300;
	if (i < COUNT(edges))
		return edges[i];
	return rand() % MAX_LEN;
}

#define LENGTHS 400

/* A driver of /proc/crypto. */
struct driver {
	char name[64];
	char driver[64];
	char type[16];
};

static struct driver drivers[512];
static int n_drivers;

static void list_drivers(void)
{
	static char list[256 * 1024];
	long len = 0, n;
	int fd = ok(lkl_sys_open("/proc/crypto", LKL_O_RDONLY, 0));
	struct driver d = { 0 };
	char *line, *save;

	while ((n = ok(lkl_sys_read(fd, list + len, sizeof(list) - 1 - len))))
		len += n;
	list[len] = 0;
	lkl_sys_close(fd);

	n_drivers = 0;
	for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		sscanf(line, "name : %63s", d.name);
		sscanf(line, "driver : %63s", d.driver);
		if (sscanf(line, "type : %15s", d.type) == 1 && n_drivers < COUNT(drivers))
			drivers[n_drivers++] = d;
	}
	ck_assert_int_gt(n_drivers, 0);
}

static int find(const char *driver)
{
	int i;

	for (i = 0; i < n_drivers; i++)
		if (!strcmp(drivers[i].driver, driver))
			return i;
	return -1;
}

/* Hashes with a key: of its own, or in the first @min bytes of the text. */
struct keyed {
	const char *name;
	int keylen;
	size_t min;
};

static const struct keyed keyed[] = {
	{ "ghash", 16, 0 },
	{ "polyval", 16, 0 },
	{ "nhpoly1305", 1088, 0 },
	{ "poly1305", 0, 32 },
};

static const struct keyed *find_keyed(const char *name)
{
	static const struct keyed none;
	int i;

	for (i = 0; i < COUNT(keyed); i++)
		if (!strcmp(keyed[i].name, name))
			return &keyed[i];
	return &none;
}

static void compare_hash(const char *name, const char *generic, const char *driver)
{
	const struct keyed *k = find_keyed(name);
	unsigned char want[64], got[64];
	int a = ok(alg_open("hash", generic, key, k->keylen));
	int b = ok(alg_open("hash", driver, key, k->keylen));
	int i;

	for (i = 0; i < LENGTHS; i++) {
		size_t len = length(i), off = rand() % 64;
		long n = alg_hash(a, text + off, len, -1, want, sizeof(want));
		long m = alg_hash(b, text + off, len, 1 + rand() % (len + 1),
				  got, sizeof(got));

		ck_assert_msg(m == n, "%s: %zu bytes: %ld, not %ld", driver, len, m, n);
		if (n < 0)
			ck_assert_msg(len < k->min, "%s: %zu bytes: %s", generic, len,
				      lkl_strerror(n));
		else
			ck_assert_msg(!memcmp(want, got, n), "%s: %zu bytes", driver, len);
	}
	lkl_sys_close(a);
	lkl_sys_close(b);
}

START_TEST(hashes)
{
	char generic[80];
	int i, compared = 0;

	fill();
	list_drivers();
	for (i = 0; i < n_drivers; i++) {
		const struct driver *d = &drivers[i];

		snprintf(generic, sizeof(generic), "%.64s-generic", d->name);
		if (strcmp(d->type, "shash") || !strcmp(d->driver, generic) ||
		    find(generic) < 0)
			continue;
		printf("%s: %s\n", generic, d->driver);
		compare_hash(d->name, generic, d->driver);
		compared++;
	}
	if (!compared)
		skip("no drivers to compare");
}
END_TEST

/*
 * These checksums have no second driver: the generic one itself uses the
 * processor. Bit by bit instead.
 */
static void compare_crc(const char *name, uint32_t poly, uint32_t invert)
{
	int i, alg = alg_open("hash", name, NULL, 0);

	if (alg == -LKL_ENOENT || alg == -LKL_EAFNOSUPPORT)
		skip("no %s through AF_ALG", name);
	ok(alg);
	fill();
	for (i = 1; i < LENGTHS; i++) {
		size_t len = length(i), off = rand() % 64, k;
		uint32_t want = invert, got;
		int bit;

		for (k = 0; k < len; k++) {
			want ^= text[off + k];
			for (bit = 0; bit < 8; bit++)
				want = want >> 1 ^ (want & 1 ? poly : 0);
		}
		is(alg_hash(alg, text + off, len, 1 + rand() % (len + 1), &got,
			    sizeof(got)), 4);
		ck_assert_msg(got == (want ^ invert), "%zu bytes", len);
	}
	lkl_sys_close(alg);
}

START_TEST(crc32)
{
	compare_crc("crc32", 0xedb88320, 0);
}
END_TEST

START_TEST(crc32c)
{
	compare_crc("crc32c", 0x82f63b78, ~0u);
}
END_TEST

/* A mode of operation, built from generic parts, and what it can be given. */
struct mode {
	const char *name;
	const char *generic;
	const char *type;
	int keylen;
	struct cipher_op op;
	int block;	/* lengths are multiples of it */
	int min;
};

static const struct mode modes[] = {
	{ "ecb(aes)", "ecb(aes-generic)", "skcipher", 32, { 0 }, 16, 16 },
	{ "ecb(aes)", "ecb(aes-generic)", "skcipher", 24, { 0 }, 16, 16 },
	{ "cbc(aes)", "cbc(aes-generic)", "skcipher", 16, { .ivlen = 16 }, 16, 16 },
	{ "ctr(aes)", "ctr(aes-generic)", "skcipher", 16, { .ivlen = 16 }, 1, 1 },
	{ "ctr(aes)", "ctr(aes-generic)", "skcipher", 32, { .ivlen = 16 }, 1, 1 },
	{ "xts(aes)", "xts(ecb(aes-generic))", "skcipher", 32, { .ivlen = 16 }, 16, 16 },
	{ "xts(aes)", "xts(ecb(aes-generic))", "skcipher", 64, { .ivlen = 16 }, 1, 16 },
	{ "cts(cbc(aes))", "cts(cbc(aes-generic))", "skcipher", 32, { .ivlen = 16 }, 1, 16 },
	{ "xctr(aes)", "xctr(aes-generic)", "skcipher", 32, { .ivlen = 16 }, 1, 1 },
	{ "gcm(aes)", "gcm_base(ctr(aes-generic),ghash-generic)", "aead", 16,
	  { .ivlen = 12, .assoc = 20, .tag = 16 }, 1, 0 },
	{ "gcm(aes)", "gcm_base(ctr(aes-generic),ghash-generic)", "aead", 32,
	  { .ivlen = 12, .assoc = 5, .tag = 16 }, 1, 0 },
	{ "rfc4106(gcm(aes))", "rfc4106(gcm_base(ctr(aes-generic),ghash-generic))",
	  "aead", 20, { .ivlen = 8, .assoc = 16, .tag = 16 }, 1, 0 },
	{ "rfc4106(gcm(aes))", "rfc4106(gcm_base(ctr(aes-generic),ghash-generic))",
	  "aead", 36, { .ivlen = 8, .assoc = 20, .tag = 12 }, 1, 0 },
	{ "chacha20", "chacha20-generic", "skcipher", 32, { .ivlen = 16 }, 1, 1 },
	{ "xchacha20", "xchacha20-generic", "skcipher", 32, { .ivlen = 32 }, 1, 1 },
	{ "xchacha12", "xchacha12-generic", "skcipher", 32, { .ivlen = 32 }, 1, 1 },
	{ "ecb(serpent)", "ecb(serpent-generic)", "skcipher", 32, { 0 }, 16, 16 },
	{ "cbc(serpent)", "cbc(serpent-generic)", "skcipher", 32, { .ivlen = 16 }, 16, 16 },
};

static void compare_cipher(const struct mode *mode, int a, const char *driver)
{
	static unsigned char want[MAX_LEN + 64], got[MAX_LEN + 128];
	int b = ok(alg_open(mode->type, driver, key, mode->keylen));
	struct cipher_op op = mode->op;
	int i;

	op.iv = iv;
	for (i = 0; i < LENGTHS; i++) {
		size_t off = rand() % 16, len = length(i) / mode->block * mode->block;
		unsigned char *to = got + rand() % 64;
		long n;

		if (len < (size_t)mode->min || len + op.assoc > MAX_LEN)
			continue;

		op.encrypt = 1;
		op.split = 0;
		n = ok(alg_crypt(a, &op, text + off, op.assoc + len, want));
		op.split = rand() % n;
		to[n] = 0xa5;
		is(alg_crypt(b, &op, text + off, op.assoc + len, to), n);
		ck_assert_msg(!memcmp(want, to, n), "%s: %zu bytes", driver, len);
		ck_assert_msg(to[n] == 0xa5, "%s: %zu bytes: wrote too many", driver, len);

		op.encrypt = 0;
		is(alg_crypt(b, &op, want, n, to), op.assoc + len);
		ck_assert_msg(!memcmp(text + off, to, op.assoc + len),
			      "%s: %zu bytes back", driver, len);

		if (op.tag) {
			want[n - 1] ^= 1;
			fails(alg_crypt(b, &op, want, n, to), LKL_EBADMSG);
		}
	}
	lkl_sys_close(b);
}

START_TEST(ciphers)
{
	const struct mode *mode;
	int i, a, compared = 0;

	fill();
	list_drivers();
	for (mode = modes; mode < modes + COUNT(modes); mode++) {
		a = alg_open(mode->type, mode->generic, key, mode->keylen);
		if (a == -LKL_ENOENT || a == -LKL_EAFNOSUPPORT)
			continue;
		ok(a);
		for (i = 0; i < n_drivers; i++) {
			if (strcmp(drivers[i].name, mode->name) ||
			    strstr(drivers[i].driver, "generic,") ||
			    strstr(drivers[i].driver, "-generic"))
				continue;
			printf("%s, key of %d: %s\n", mode->generic, mode->keylen,
			       drivers[i].driver);
			compare_cipher(mode, a, drivers[i].driver);
			compared++;
		}
		lkl_sys_close(a);
	}
	/* The cipher alone has no socket type: inside the same template. */
	if (find("aes-aesni") >= 0) {
		a = ok(alg_open(modes->type, modes->generic, key, modes->keylen));
		compare_cipher(modes, a, "ecb(aes-aesni)");
		lkl_sys_close(a);
		compared++;
	}
	if (!compared)
		skip("no drivers to compare");
}
END_TEST

int main(void)
{
	const TTest *const inside[] = { hashes, crc32, crc32c, ciphers };

	return run_tests("crypto", LIST(inside), NULL, 0, 60);
}
