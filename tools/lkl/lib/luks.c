// SPDX-License-Identifier: GPL-2.0
/*
 * libcryptsetup reads the header and derives the key, from a copy of the header in
 * memory: it needs no root for that, and nothing that it does can reach the image.
 */
#include <stddef.h>

#include "luks.h"
#include "message.h"

#ifdef HAVE_LIBCRYPTSETUP
#include <errno.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "content.h"
#include "dm.h"
#include "passphrase.h"

#define SECTOR		512
#define CHUNK		(1 << 20)
/* Two headers of 4 MiB and 128 MiB of key slots is what LUKS2 allows at most. */
#define HEADER_MAX	(136ULL << 20)
/* The JSON part and, in all headers made with defaults, everything. */
#define HEADER_FIRST	(16ULL << 20)
#define KEY_MAX		512
#define ATTEMPTS	3

struct header {
	struct crypt_device *cd;
	int fd;
	uint64_t copied;
};

static int copy_header(struct header *h, const struct device *dev, uint64_t len)
{
	char *buf = malloc(CHUNK);
	long err = buf ? 0 : -ENOMEM;

	if (len > dev->size)
		len = dev->size;
	while (!err && h->copied < len) {
		uint64_t n = len - h->copied < CHUNK ? len - h->copied : CHUNK;

		err = content_read(dev, buf, n, h->copied);
		if (!err && pwrite(h->fd, buf, n, h->copied) != (ssize_t)n)
			err = -errno;
		h->copied += n;
	}
	free(buf);
	if (err)
		error("%s: cannot read the LUKS header: %s", dev->title, strerror(-err));
	return err ? -1 : 0;
}

static void header_close(struct header *h)
{
	if (h->cd)
		crypt_free(h->cd);
	if (h->fd >= 0)
		close(h->fd);
	h->cd = NULL;
	h->fd = -1;
}

static int load(struct header *h, const struct device *dev)
{
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", h->fd);
	err = crypt_init(&h->cd, path);
	if (!err)
		err = crypt_load(h->cd, CRYPT_LUKS, NULL);
	if (err)
		error("%s: the LUKS header is damaged, or of an unknown version", dev->title);
	return err;
}

/* What libcryptsetup has to say is ours to say. */
static void silent(int level, const char *msg, void *arg)
{
	(void)level;
	(void)msg;
	(void)arg;
}

static int header_open(struct header *h, const struct device *dev)
{
	uint64_t whole;

	h->cd = NULL;
	h->copied = 0;
	h->fd = memfd_create("luks", MFD_CLOEXEC);
	if (h->fd < 0 || ftruncate(h->fd, dev->size)) {
		error("%s: %s", dev->title, strerror(errno));
		header_close(h);
		return -1;
	}
	crypt_set_log_callback(NULL, silent, NULL);
	/* The lock would be one between programs, and the header is ours alone. */
	crypt_metadata_locking(NULL, 0);
	if (copy_header(h, dev, HEADER_FIRST) || load(h, dev))
		goto fail;
	whole = crypt_get_data_offset(h->cd) * SECTOR;
	if (whole > h->copied) {
		crypt_free(h->cd);
		h->cd = NULL;
		if (copy_header(h, dev, whole < HEADER_MAX ? whole : HEADER_MAX) || load(h, dev))
			goto fail;
	}
	return 0;
fail:
	header_close(h);
	return -1;
}

/* What the kernel would decrypt wrongly, or what needs more than decryption. */
static int check_supported(struct header *h, const struct device *dev)
{
	struct crypt_params_integrity integrity = { .integrity = NULL };
	struct crypt_params_reencrypt reencrypt;

	if (!crypt_get_integrity_info(h->cd, &integrity) && integrity.integrity) {
		error("%s: LUKS with integrity protection (%s) is not supported", dev->title,
		      integrity.integrity);
		return -1;
	}
	if (crypt_reencrypt_status(h->cd, &reencrypt) != CRYPT_REENCRYPT_NONE) {
		error("%s: a re-encryption is not finished; finish it with cryptsetup reencrypt",
		      dev->title);
		return -1;
	}
	return 0;
}

/* Length of the volume key, 0 if @secret is wrong, or a negative errno. */
static int try_secret(struct header *h, const struct secret *secret, char *key)
{
	size_t len = KEY_MAX;
	int slot = crypt_volume_key_get(h->cd, CRYPT_ANY_SLOT, key, &len, secret->data,
					secret->len);

	if (slot == -EPERM)
		return 0;
	return slot < 0 ? slot : (int)len;
}

static int from_file(struct header *h, const struct device *dev, const char *path, char *key)
{
	struct secret secret;
	int len;

	if (secret_read(&secret, path))
		return -1;
	len = try_secret(h, &secret, key);
	/* A text editor ends the line; what was typed when the key was made did not. */
	if (!len && secret.len > 1 && secret.data[secret.len - 1] == '\n') {
		secret.len--;
		len = try_secret(h, &secret, key);
		secret.len++;
	}
	secret_free(&secret);
	if (!len)
		error("%s: no key slot opens with what is in %s", dev->title, path);
	return len;
}

static int from_terminal(struct header *h, const struct device *dev, char *key)
{
	struct secret secret;
	int i, len = 0;

	for (i = 0; !len && i < ATTEMPTS; i++) {
		if (secret_ask(&secret, dev->title, "a key file"))
			return -1;
		len = try_secret(h, &secret, key);
		secret_free(&secret);
		if (!len)
			error("%s: wrong passphrase", dev->title);
	}
	return len;
}

static void hex(char *to, const char *key, int len)
{
	int i;

	for (i = 0; i < len; i++)
		sprintf(to + 2 * i, "%02x", (unsigned char)key[i]);
	to[2 * len] = 0;
}

static struct device *map(struct header *h, struct device *dev, const char *key, int len,
			  int read_only)
{
	uint64_t offset = crypt_get_data_offset(h->cd);
	int sector = crypt_get_sector_size(h->cd);
	const char *discards = "";
	struct dm_target target = { .type = "crypt" };
	char digits[2 * KEY_MAX + 1], params[2 * KEY_MAX + 512], title[1024];
	struct device *inner;
	uint32_t flags = 0;

	if (offset * SECTOR >= dev->size) {
		error("%s: the image ends before the encrypted data", dev->title);
		return NULL;
	}
	if (!crypt_persistent_flags_get(h->cd, CRYPT_FLAGS_ACTIVATION, &flags) &&
	    flags & CRYPT_ACTIVATE_ALLOW_DISCARDS)
		discards = " allow_discards";
	target.length = dev->size / SECTOR - offset;
	target.length -= target.length % (sector / SECTOR);
	hex(digits, key, len);
	snprintf(params, sizeof(params), "%s-%s %s %llu %s %llu %d sector_size:%d%s",
		 crypt_get_cipher(h->cd), crypt_get_cipher_mode(h->cd), digits,
		 (unsigned long long)crypt_get_iv_offset(h->cd), dev->node,
		 (unsigned long long)offset, 1 + !!*discards, sector, discards);
	target.params = params;
	snprintf(title, sizeof(title), "%s, decrypted", dev->title);
	inner = dm_map(dev, title, &target, read_only);
	explicit_bzero(digits, sizeof(digits));
	explicit_bzero(params, sizeof(params));
	return inner;
}

struct device *luks_open(struct device *dev, const char *key_file, int read_only)
{
	struct device *inner = NULL;
	char key[KEY_MAX];
	struct header h;
	int len;

	if (header_open(&h, dev))
		return NULL;
	if (!check_supported(&h, dev)) {
		len = key_file ? from_file(&h, dev, key_file, key) : from_terminal(&h, dev, key);
		if (len == -ENOMEM)
			error("%s: not enough memory to derive the key", dev->title);
		else if (len < -1)
			error("%s: cannot derive the key: %s", dev->title, strerror(-len));
		if (len > 0)
			inner = map(&h, dev, key, len, read_only);
		explicit_bzero(key, sizeof(key));
	}
	header_close(&h);
	return inner;
}

#else

struct device *luks_open(struct device *dev, const char *key_file, int read_only)
{
	(void)key_file;
	(void)read_only;
	error("%s: this program was built without libcryptsetup, LUKS cannot be opened",
	      dev->title);
	return NULL;
}

#endif
