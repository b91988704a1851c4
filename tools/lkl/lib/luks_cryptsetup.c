// SPDX-License-Identifier: GPL-2.0
/*
 * libcryptsetup reads the header and derives the key, from a copy of the header in
 * memory: it needs no root for that, and nothing that it does can reach the image.
 */
#ifdef HAVE_LIBCRYPTSETUP
#include <errno.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "content.h"
#include "luks_header.h"
#include "message.h"

#define SECTOR		512
#define CHUNK		(1 << 20)
/* Two headers of 4 MiB and 128 MiB of key slots is what LUKS2 allows at most. */
#define HEADER_MAX	(136ULL << 20)
/* The JSON part and, in all headers made with defaults, everything. */
#define HEADER_FIRST	(16ULL << 20)

struct luks_header {
	struct crypt_device *cd;
	int fd;
	uint64_t copied;
	struct luks_data data;
};

static int copy_header(struct luks_header *h, const struct device *dev, uint64_t len)
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

/* Frees what it has of the library. */
static void unload(struct luks_header *h)
{
	if (h->cd)
		crypt_free(h->cd);
	h->cd = NULL;
}

void luks_header_close(struct luks_header *h)
{
	unload(h);
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}

static int load(struct luks_header *h, const struct device *dev)
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

/* Copies as much as the header has, and lets the library read it. */
static int read_header(struct luks_header *h, const struct device *dev)
{
	uint64_t whole;

	h->fd = memfd_create("luks", MFD_CLOEXEC);
	if (h->fd < 0 || ftruncate(h->fd, dev->size)) {
		error("%s: %s", dev->title, strerror(errno));
		return -1;
	}
	crypt_set_log_callback(NULL, silent, NULL);
	/* The lock would be one between programs, and the header is ours alone. */
	crypt_metadata_locking(NULL, 0);
	if (copy_header(h, dev, HEADER_FIRST) || load(h, dev))
		return -1;
	whole = crypt_get_data_offset(h->cd) * SECTOR;
	if (whole <= h->copied)
		return 0;
	unload(h);
	return copy_header(h, dev, whole < HEADER_MAX ? whole : HEADER_MAX) || load(h, dev) ? -1 : 0;
}

/* What the kernel would decrypt wrongly, or what needs more than decryption. */
static int check_supported(struct luks_header *h, const struct device *dev)
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

static void fill_data(struct luks_header *h)
{
	uint32_t flags = 0;

	snprintf(h->data.cipher, sizeof(h->data.cipher), "%s-%s", crypt_get_cipher(h->cd),
		 crypt_get_cipher_mode(h->cd));
	h->data.offset = crypt_get_data_offset(h->cd);
	h->data.iv_offset = crypt_get_iv_offset(h->cd);
	h->data.sector_size = crypt_get_sector_size(h->cd);
	h->data.allow_discards = !crypt_persistent_flags_get(h->cd, CRYPT_FLAGS_ACTIVATION,
							     &flags) &&
				 flags & CRYPT_ACTIVATE_ALLOW_DISCARDS;
}

struct luks_header *luks_header_open(struct device *dev)
{
	struct luks_header *h = calloc(1, sizeof(*h));

	if (!h) {
		error("%s: out of memory", dev->title);
		return NULL;
	}
	h->fd = -1;
	if (read_header(h, dev) || check_supported(h, dev)) {
		luks_header_close(h);
		return NULL;
	}
	fill_data(h);
	return h;
}

const struct luks_data *luks_header_data(const struct luks_header *h)
{
	return &h->data;
}

int luks_header_key(struct luks_header *h, const struct secret *secret, char key[LUKS_KEY_MAX])
{
	size_t len = LUKS_KEY_MAX;
	int slot = crypt_volume_key_get(h->cd, CRYPT_ANY_SLOT, key, &len, secret->data,
					secret->len);

	if (slot == -EPERM)
		return 0;
	return slot < 0 ? slot : (int)len;
}
#endif
