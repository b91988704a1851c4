/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between luks.c and what reads headers of LUKS for it: libcryptsetup, or our own code with
 * libgcrypt where that is not to be had.
 */
#ifndef LKL_TOOLS_LUKS_HEADER_H
#define LKL_TOOLS_LUKS_HEADER_H

#include <stdint.h>

#include "device.h"
#include "secret.h"

#define LUKS_KEY_MAX	512
#define LUKS_NAME_MAX	128

/* What is encrypted, and how. */
struct luks_data {
	/* As the device mapper has it: "aes-xts-plain64". */
	char cipher[LUKS_NAME_MAX];
	uint64_t offset;		/* sectors of 512 bytes */
	uint64_t iv_offset;		/* the same */
	int sector_size;
	int allow_discards;
};

struct luks_header;

/* NULL, with a message printed, if it is damaged, or needs more than decryption. */
struct luks_header *luks_header_open(struct device *dev);
void luks_header_close(struct luks_header *h);
const struct luks_data *luks_header_data(const struct luks_header *h);
/* Length of the volume key, 0 if @secret is wrong, or a negative errno. */
int luks_header_key(struct luks_header *h, const struct secret *secret,
		    char key[LUKS_KEY_MAX]);

#endif
