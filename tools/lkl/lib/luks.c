// SPDX-License-Identifier: GPL-2.0
/* LUKS, once somebody has read its header: asks for the key, and maps the content. */
#include <stddef.h>

#include "luks.h"
#include "message.h"

#if defined(HAVE_LIBCRYPTSETUP) || defined(HAVE_LIBGCRYPT)
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm.h"
#include "luks_header.h"

#define SECTOR		512
#define ATTEMPTS	3

static int from_file(struct luks_header *h, const struct device *dev, const char *path, char *key)
{
	struct secret secret;
	int len;

	if (secret_read(&secret, path))
		return -1;
	len = luks_header_key(h, &secret, key);
	/* A text editor ends the line; what was typed when the key was made did not. */
	if (!len && secret.len > 1 && secret.data[secret.len - 1] == '\n') {
		secret.len--;
		len = luks_header_key(h, &secret, key);
		secret.len++;
	}
	secret_free(&secret);
	if (!len)
		error("%s: no key slot opens with what is in %s", dev->title, path);
	return len;
}

static int from_terminal(struct luks_header *h, const struct device *dev, char *key)
{
	struct secret secret;
	int i, len = 0;

	for (i = 0; !len && i < ATTEMPTS; i++) {
		if (secret_ask(&secret, dev->title, "a key file"))
			return -1;
		len = luks_header_key(h, &secret, key);
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

static struct device *map(const struct luks_data *d, struct device *dev, const char *key, int len,
			  int read_only)
{
	struct dm_target target = { .type = "crypt" };
	char digits[2 * LUKS_KEY_MAX + 1], params[2 * LUKS_KEY_MAX + 512], title[1024];
	struct device *inner;

	if (d->offset >= dev->size / SECTOR) {
		error("%s: the image ends before the encrypted data", dev->title);
		return NULL;
	}
	target.length = dev->size / SECTOR - d->offset;
	target.length -= target.length % (d->sector_size / SECTOR);
	hex(digits, key, len);
	snprintf(params, sizeof(params), "%s %s %llu %s %llu %d sector_size:%d%s", d->cipher, digits,
		 (unsigned long long)d->iv_offset, dev->node, (unsigned long long)d->offset,
		 1 + !!d->allow_discards, d->sector_size,
		 d->allow_discards ? " allow_discards" : "");
	target.params = params;
	snprintf(title, sizeof(title), "%s, decrypted", dev->title);
	inner = dm_map(dev, title, &target, read_only);
	explicit_bzero(digits, sizeof(digits));
	explicit_bzero(params, sizeof(params));
	return inner;
}

struct device *luks_open(struct device *dev, const char *key_file, int read_only)
{
	struct luks_header *h = luks_header_open(dev);
	struct device *inner = NULL;
	char key[LUKS_KEY_MAX];
	int len;

	if (!h)
		return NULL;
	len = key_file ? from_file(h, dev, key_file, key) : from_terminal(h, dev, key);
	if (len == -ENOMEM)
		error("%s: not enough memory to derive the key", dev->title);
	else if (len < -1)
		error("%s: cannot derive the key: %s", dev->title, strerror(-len));
	if (len > 0)
		inner = map(luks_header_data(h), dev, key, len, read_only);
	explicit_bzero(key, sizeof(key));
	luks_header_close(h);
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
