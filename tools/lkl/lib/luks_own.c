// SPDX-License-Identifier: GPL-2.0
/*
 * Headers of LUKS read by ourselves, for hosts without libcryptsetup: libgcrypt derives keys,
 * and the kernel inside decrypts what the key slots hold.
 */
#if defined(HAVE_LIBGCRYPT) && !defined(HAVE_LIBCRYPTSETUP)
#include <errno.h>
#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "dm.h"
#include "json_text.h"
#include "luks_header.h"
#include "message.h"

#define SECTOR		512
#define MAGIC		"LUKS\xba\xbe"
#define MAGIC_SECOND	"SKUL\xba\xbe"
#define SLOTS_MAX	32
#define STRIPES_MAX	4000
#define SALT_MAX	64
#define HASH_MAX	64

#define LUKS1_SIZE	592
#define LUKS1_SLOTS	8
#define LUKS1_SLOT	48
#define LUKS1_ACTIVE	0x00ac71f3
#define LUKS1_DIGEST	20
#define LUKS1_SALT	32

#define LUKS2_BINARY	4096
#define LUKS2_MIN	(16 << 10)
#define LUKS2_MAX	(4 << 20)
#define LUKS2_SUM_AT	448

struct kdf {
	/* Of GCRY_KDF_, the second for Argon2; of PBKDF2 the hash is the second. */
	int algorithm, sub;
	unsigned long iterations, memory, parallel;
	unsigned char salt[SALT_MAX];
	size_t salt_len;
};

struct slot {
	struct kdf kdf;
	int number;
	/* Of the volume key and of the one that it is encrypted with. */
	unsigned int key_len, area_key_len;
	unsigned int stripes;
	int af_hash;
	char cipher[LUKS_NAME_MAX];
	uint64_t area, area_len;		/* bytes */
};

struct luks_header {
	struct device *dev;
	struct luks_data data;
	struct slot slots[SLOTS_MAX];
	int n_slots;
	/* How the volume key is known to be right. */
	struct kdf digest_kdf;
	unsigned char digest[HASH_MAX];
	size_t digest_len;
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint64_t be64(const unsigned char *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static int damaged(const struct device *dev, const char *what)
{
	error("%s: the LUKS header is damaged, or of an unknown version (%s)", dev->title, what);
	return -1;
}

/* What the device mapper takes as one word, and does not end it. */
static int is_word(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_:()")];
}

static int hash_named(const char *name)
{
	int algorithm = gcry_md_map_name(name);

	return algorithm && gcry_md_get_algo_dlen(algorithm) ? algorithm : 0;
}

/* ---- keys ------------------------------------------------------------------------- */

static int gcrypt_error(gcry_error_t err)
{
	switch (gcry_err_code(err)) {
	case GPG_ERR_NO_ERROR:
		return 0;
	case GPG_ERR_ENOMEM:
		return -ENOMEM;
	case GPG_ERR_UNKNOWN_ALGORITHM:
	case GPG_ERR_DIGEST_ALGO:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static int derive_argon2(const struct kdf *k, const void *secret, size_t len, void *key,
			 size_t key_len)
{
	const unsigned long params[] = { key_len, k->iterations, k->memory, k->parallel };
	gcry_kdf_hd_t hd;
	gcry_error_t err = gcry_kdf_open(&hd, k->algorithm, k->sub, params, 4, secret, len, k->salt,
					 k->salt_len, NULL, 0, NULL, 0);

	if (err)
		return gcrypt_error(err);
	err = gcry_kdf_compute(hd, NULL);
	if (!err)
		err = gcry_kdf_final(hd, key_len, key);
	gcry_kdf_close(hd);
	return gcrypt_error(err);
}

static int derive(const struct kdf *k, const void *secret, size_t len, void *key, size_t key_len)
{
	if (k->algorithm == GCRY_KDF_ARGON2)
		return derive_argon2(k, secret, len, key, key_len);
	return gcrypt_error(gcry_kdf_derive(secret, len, GCRY_KDF_PBKDF2, k->sub, k->salt,
					    k->salt_len, k->iterations, key_len, key));
}

/* Hashes @block piece by piece, each with its number, as the splitter does. */
static void diffuse(int hash, unsigned char *block, size_t len)
{
	size_t size = gcry_md_get_algo_dlen(hash), at;
	unsigned char in[4 + HASH_MAX], out[HASH_MAX];
	uint32_t n = 0;

	for (at = 0; at < len; at += size, n++) {
		size_t part = len - at < size ? len - at : size;

		in[0] = n >> 24;
		in[1] = n >> 16;
		in[2] = n >> 8;
		in[3] = n;
		memcpy(in + 4, block + at, part);
		gcry_md_hash_buffer(hash, out, in, 4 + part);
		memcpy(block + at, out, part);
	}
	explicit_bzero(in, sizeof(in));
	explicit_bzero(out, sizeof(out));
}

static void merge_stripes(const struct slot *s, const unsigned char *stripes, unsigned char *key)
{
	unsigned int i, k;

	memset(key, 0, s->key_len);
	for (i = 0; i < s->stripes; i++) {
		for (k = 0; k < s->key_len; k++)
			key[k] ^= stripes[(size_t)i * s->key_len + k];
		if (i + 1 < s->stripes)
			diffuse(s->af_hash, key, s->key_len);
	}
}

/* The kernel decrypts the slot's area as if it were a disk. 0 or a negative errno. */
static int read_area(const struct luks_header *h, const struct slot *s, const unsigned char *key,
		     unsigned char *buf, size_t len)
{
	struct dm_target target = { .type = "crypt", .length = (len + SECTOR - 1) / SECTOR };
	char digits[2 * LUKS_KEY_MAX + 1], params[2 * LUKS_KEY_MAX + 512], title[1024];
	struct device *area;
	unsigned int i;

	for (i = 0; i < s->area_key_len; i++)
		sprintf(digits + 2 * i, "%02x", key[i]);
	snprintf(params, sizeof(params), "%s %s 0 %s %llu", s->cipher, digits, h->dev->node,
		 (unsigned long long)s->area / SECTOR);
	target.params = params;
	snprintf(title, sizeof(title), "%s, key slot %d", h->dev->title, s->number);
	area = dm_map(NULL, title, &target, 1);
	explicit_bzero(digits, sizeof(digits));
	explicit_bzero(params, sizeof(params));
	if (!area)
		return -EIO;
	i = content_read(area, buf, len, 0) ? 1 : 0;
	device_free(area);
	return i ? -EIO : 0;
}

/* Length of the volume key, 0 if @secret does not open @s, or a negative errno. */
static int try_slot(const struct luks_header *h, const struct slot *s, const struct secret *secret,
		    unsigned char *key)
{
	unsigned char slot_key[LUKS_KEY_MAX], digest[HASH_MAX];
	size_t len = (size_t)s->stripes * s->key_len;
	unsigned char *stripes;
	int err = derive(&s->kdf, secret->data, secret->len, slot_key, s->area_key_len);

	if (err)
		return err;
	stripes = malloc(len);
	err = stripes ? read_area(h, s, slot_key, stripes, len) : -ENOMEM;
	explicit_bzero(slot_key, sizeof(slot_key));
	if (!err) {
		merge_stripes(s, stripes, key);
		err = derive(&h->digest_kdf, key, s->key_len, digest, h->digest_len);
	}
	if (stripes)
		explicit_bzero(stripes, len);
	free(stripes);
	if (err)
		return err;
	return memcmp(digest, h->digest, h->digest_len) ? 0 : (int)s->key_len;
}

int luks_header_key(struct luks_header *h, const struct secret *secret, char key[LUKS_KEY_MAX])
{
	int i, len, err = 0;

	for (i = 0; i < h->n_slots; i++) {
		len = try_slot(h, &h->slots[i], secret, (unsigned char *)key);
		if (len > 0)
			return len;
		if (len < 0)
			err = len;
	}
	return err;
}

/* ---- version 1 -------------------------------------------------------------------- */

static int slot_is_sound(const struct luks_header *h, const struct slot *s)
{
	uint64_t len = (uint64_t)s->stripes * s->key_len;

	return s->key_len && s->key_len <= LUKS_KEY_MAX && s->area_key_len &&
	       s->area_key_len <= LUKS_KEY_MAX && s->stripes && s->stripes <= STRIPES_MAX &&
	       s->af_hash && is_word(s->cipher) && s->area % SECTOR == 0 && s->kdf.iterations &&
	       len <= s->area_len && s->area < h->dev->size &&
	       s->area_len <= h->dev->size - s->area;
}

static int read_luks1(struct luks_header *h, const unsigned char *p)
{
	char name[33], mode[33], hash_name[33];
	int i, hash;

	snprintf(name, sizeof(name), "%.32s", (const char *)p + 8);
	snprintf(mode, sizeof(mode), "%.32s", (const char *)p + 40);
	snprintf(hash_name, sizeof(hash_name), "%.32s", (const char *)p + 72);
	hash = hash_named(hash_name);
	if (!hash) {
		error("%s: LUKS with the hash %s is not supported", h->dev->title,
		      is_word(hash_name) ? hash_name : "?");
		return -1;
	}
	snprintf(h->data.cipher, sizeof(h->data.cipher), "%s-%s", name, mode);
	h->data.offset = be32(p + 104);
	h->data.sector_size = SECTOR;
	h->digest_kdf = (struct kdf){
		.algorithm = GCRY_KDF_PBKDF2, .sub = hash, .iterations = be32(p + 164),
		.salt_len = LUKS1_SALT,
	};
	memcpy(h->digest_kdf.salt, p + 132, LUKS1_SALT);
	memcpy(h->digest, p + 112, LUKS1_DIGEST);
	h->digest_len = LUKS1_DIGEST;
	if (!is_word(h->data.cipher) || !h->digest_kdf.iterations)
		return damaged(h->dev, "its cipher");
	for (i = 0; i < LUKS1_SLOTS; i++) {
		const unsigned char *q = p + 208 + LUKS1_SLOT * i;
		struct slot *s = &h->slots[h->n_slots];

		if (be32(q) != LUKS1_ACTIVE)
			continue;
		*s = (struct slot){
			.number = i, .key_len = be32(p + 108), .area_key_len = be32(p + 108),
			.stripes = be32(q + 44), .af_hash = hash,
			.area = (uint64_t)be32(q + 40) * SECTOR,
			.kdf = { .algorithm = GCRY_KDF_PBKDF2, .sub = hash,
				 .iterations = be32(q + 4), .salt_len = LUKS1_SALT },
		};
		s->area_len = (uint64_t)s->stripes * s->key_len;
		memcpy(s->kdf.salt, q + 8, LUKS1_SALT);
		memcpy(s->cipher, h->data.cipher, sizeof(s->cipher));
		if (!slot_is_sound(h, s))
			return damaged(h->dev, "a key slot");
		h->n_slots++;
	}
	return 0;
}

/* ---- version 2 -------------------------------------------------------------------- */

static struct json path2(struct json v, const char *a, const char *b)
{
	return json_member(json_member(v, a), b);
}

static int number_in(struct json v, const char *name, uint64_t max, unsigned long *n)
{
	uint64_t value;

	if (json_number(json_member(v, name), &value) || value > max)
		return -1;
	*n = value;
	return 0;
}

static int hash_in(struct json v)
{
	char name[32];

	return json_string(json_member(v, "hash"), name, sizeof(name)) ? 0 : hash_named(name);
}

/* 0, or -1 if it is not well formed or unknown. */
static int read_kdf(struct json v, struct kdf *k)
{
	char type[16];
	int salt = json_base64(json_member(v, "salt"), k->salt, sizeof(k->salt));

	if (salt < 0 || json_string(json_member(v, "type"), type, sizeof(type)))
		return -1;
	k->salt_len = salt;
	if (!strcmp(type, "pbkdf2")) {
		k->algorithm = GCRY_KDF_PBKDF2;
		k->sub = hash_in(v);
		return k->sub ? number_in(v, "iterations", UINT32_MAX, &k->iterations) : -1;
	}
	if (strcmp(type, "argon2i") && strcmp(type, "argon2id"))
		return -1;
	k->algorithm = GCRY_KDF_ARGON2;
	k->sub = type[7] ? GCRY_KDF_ARGON2ID : GCRY_KDF_ARGON2I;
	/* The most that cryptsetup makes: 4 GiB of memory. */
	return number_in(v, "time", UINT32_MAX, &k->iterations) ||
	       number_in(v, "memory", 4 << 20, &k->memory) ||
	       number_in(v, "cpus", 64, &k->parallel) ? -1 : 0;
}

static int read_slot(struct luks_header *h, struct json v, struct slot *s)
{
	struct json area = json_member(v, "area"), af = json_member(v, "af");
	unsigned long key_len, area_key_len, stripes;
	uint64_t size;

	if (number_in(v, "key_size", LUKS_KEY_MAX, &key_len) ||
	    number_in(area, "key_size", LUKS_KEY_MAX, &area_key_len) ||
	    number_in(af, "stripes", STRIPES_MAX, &stripes) ||
	    json_number(json_member(area, "offset"), &s->area) ||
	    json_number(json_member(area, "size"), &size) ||
	    json_string(json_member(area, "encryption"), s->cipher, sizeof(s->cipher)) ||
	    read_kdf(json_member(v, "kdf"), &s->kdf))
		return -1;
	s->key_len = key_len;
	s->area_key_len = area_key_len;
	s->stripes = stripes;
	s->area_len = size;
	s->af_hash = hash_in(af);
	return slot_is_sound(h, s) ? 0 : -1;
}

/* The one segment of the content, and no other. */
static int read_segment(struct luks_header *h, struct json segments)
{
	struct json v = json_next(segments, (struct json){ NULL, NULL }, NULL, 0);
	uint64_t offset, iv, sector;
	char type[16];

	if (!v.at || json_next(segments, v, NULL, 0).at ||
	    json_string(json_member(v, "type"), type, sizeof(type)) || strcmp(type, "crypt")) {
		error("%s: LUKS with other than one encrypted segment is not supported; if a "
		      "re-encryption is not finished, finish it with cryptsetup reencrypt",
		      h->dev->title);
		return -1;
	}
	if (json_member(v, "integrity").at) {
		error("%s: LUKS with integrity protection is not supported", h->dev->title);
		return -1;
	}
	if (json_number(json_member(v, "offset"), &offset) || offset % SECTOR ||
	    json_number(json_member(v, "iv_tweak"), &iv) ||
	    json_number(json_member(v, "sector_size"), &sector) ||
	    (sector != 512 && sector != 1024 && sector != 2048 && sector != 4096) ||
	    json_string(json_member(v, "encryption"), h->data.cipher, sizeof(h->data.cipher)) ||
	    !is_word(h->data.cipher))
		return damaged(h->dev, "its segment");
	h->data.offset = offset / SECTOR;
	h->data.iv_offset = iv;
	h->data.sector_size = sector;
	return 0;
}

static int read_digest(struct luks_header *h, struct json digests)
{
	struct json v = json_next(digests, (struct json){ NULL, NULL }, NULL, 0);
	int len = json_base64(json_member(v, "digest"), h->digest, sizeof(h->digest));

	if (len < 16 || read_kdf(v, &h->digest_kdf) || h->digest_kdf.algorithm != GCRY_KDF_PBKDF2 ||
	    !h->digest_kdf.iterations)
		return damaged(h->dev, "its digest");
	h->digest_len = len;
	return 0;
}

static int check_requirements(const struct device *dev, struct json config)
{
	struct json needs = path2(config, "requirements", "mandatory");
	struct json first = json_next(needs, (struct json){ NULL, NULL }, NULL, 0);
	char name[64];

	if (!first.at)
		return 0;
	if (json_string(first, name, sizeof(name)) || !is_word(name))
		strcpy(name, "?");
	error("%s: this LUKS needs \"%s\", which is not supported%s", dev->title, name,
	      strstr(name, "reencrypt") ? "; finish it with cryptsetup reencrypt" : "");
	return -1;
}

static int read_json(struct luks_header *h, struct json whole)
{
	struct json slots = json_member(whole, "keyslots"), v = { NULL, NULL };
	struct json flags = path2(whole, "config", "flags"), flag = { NULL, NULL };
	char name[32];

	if (!whole.at || !slots.at)
		return damaged(h->dev, "its JSON");
	if (check_requirements(h->dev, json_member(whole, "config")) ||
	    read_segment(h, json_member(whole, "segments")) ||
	    read_digest(h, json_member(whole, "digests")))
		return -1;
	while ((flag = json_next(flags, flag, NULL, 0)).at)
		if (!json_string(flag, name, sizeof(name)) && !strcmp(name, "allow-discards"))
			h->data.allow_discards = 1;
	while ((v = json_next(slots, v, name, sizeof(name))).at && h->n_slots < SLOTS_MAX) {
		struct slot *s = &h->slots[h->n_slots];

		s->number = atoi(name);
		if (!read_slot(h, v, s))
			h->n_slots++;
		else
			warning("%s: its key slot %d is of a kind that is not supported",
				h->dev->title, s->number);
	}
	return 0;
}

/* One of the two copies, at @at: its JSON as a string, or NULL if it is not whole. */
static char *read_copy(const struct device *dev, uint64_t at, const char *magic, uint64_t *seq)
{
	unsigned char head[LUKS2_BINARY], sum[HASH_MAX], stored[HASH_MAX];
	char *all, name[33];
	uint64_t size;
	int hash;

	if (content_read(dev, head, sizeof(head), at) || memcmp(head, magic, 6) || head[6] ||
	    head[7] != 2)
		return NULL;
	size = be64(head + 8);
	snprintf(name, sizeof(name), "%.32s", (const char *)head + 72);
	hash = hash_named(name);
	if (size < LUKS2_MIN || size > LUKS2_MAX || be64(head + 256) != at || !hash)
		return NULL;
	all = malloc(size + 1);
	if (!all || content_read(dev, all, size, at)) {
		free(all);
		return NULL;
	}
	memcpy(stored, all + LUKS2_SUM_AT, HASH_MAX);
	memset(all + LUKS2_SUM_AT, 0, HASH_MAX);
	gcry_md_hash_buffer(hash, sum, all, size);
	if (memcmp(sum, stored, gcry_md_get_algo_dlen(hash))) {
		free(all);
		return NULL;
	}
	*seq = be64(head + 16);
	memmove(all, all + LUKS2_BINARY, size - LUKS2_BINARY);
	all[size - LUKS2_BINARY] = 0;
	return all;
}

/* The newer one of two copies; the second is behind the first, whose size may be lost. */
static int read_luks2(struct luks_header *h)
{
	uint64_t seq = 0, second_seq = 0, at;
	char *text = read_copy(h->dev, 0, MAGIC, &seq), *second = NULL;
	int err;

	for (at = LUKS2_MIN; at <= LUKS2_MAX && !second; at *= 2)
		second = read_copy(h->dev, at, MAGIC_SECOND, &second_seq);
	if (second && (!text || second_seq > seq)) {
		free(text);
		text = second;
		second = NULL;
	}
	free(second);
	if (!text)
		return damaged(h->dev, "neither copy is whole");
	err = read_json(h, json_text(text, strlen(text)));
	free(text);
	return err;
}

/* ---- both ------------------------------------------------------------------------- */

struct luks_header *luks_header_open(struct device *dev)
{
	unsigned char head[LUKS1_SIZE];
	struct luks_header *h;
	int err;

	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	h = calloc(1, sizeof(*h));
	if (!h) {
		error("%s: out of memory", dev->title);
		return NULL;
	}
	h->dev = dev;
	if (content_read(dev, head, sizeof(head), 0))
		err = damaged(dev, "it cannot be read");
	else if (!memcmp(head, MAGIC, 6) && !head[6] && head[7] == 1)
		err = read_luks1(h, head);
	else
		err = read_luks2(h);
	if (!err && !h->n_slots) {
		error("%s: it has no key slot that could be opened", dev->title);
		err = -1;
	}
	if (!err)
		return h;
	luks_header_close(h);
	return NULL;
}

void luks_header_close(struct luks_header *h)
{
	explicit_bzero(h, sizeof(*h));
	free(h);
}

const struct luks_data *luks_header_data(const struct luks_header *h)
{
	return &h->data;
}
#endif
