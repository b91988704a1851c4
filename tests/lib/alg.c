// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <string.h>

#include <lkl.h>
#include <lkl/linux/if_alg.h>

#include "alg.h"

int alg_open(const char *type, const char *name, const void *key, int keylen)
{
	struct lkl_sockaddr_alg addr = { .salg_family = LKL_AF_ALG };
	long err;
	int fd;

	strncpy((char *)addr.salg_type, type, sizeof(addr.salg_type) - 1);
	strncpy((char *)addr.salg_name, name, sizeof(addr.salg_name) - 1);

	fd = lkl_sys_socket(LKL_AF_ALG, LKL_SOCK_SEQPACKET, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_bind(fd, (struct lkl_sockaddr *)&addr, sizeof(addr));
	if (!err && keylen)
		err = lkl_sys_setsockopt(fd, LKL_SOL_ALG, LKL_ALG_SET_KEY,
					 (char *)key, keylen);
	if (!err)
		return fd;
	lkl_sys_close(fd);
	return err;
}

long alg_hash(int alg, const void *data, size_t len, size_t piece, void *digest,
	      size_t size)
{
	int fd = lkl_sys_accept4(alg, NULL, NULL, 0);
	long err = fd;

	while (err >= 0 && len) {
		size_t n = len < piece ? len : piece;

		err = lkl_sys_sendto(fd, (void *)data, n,
				     n < len ? LKL_MSG_MORE : 0, NULL, 0);
		data = (const char *)data + n;
		len -= n;
	}
	if (err >= 0)
		err = lkl_sys_read(fd, digest, size);
	if (fd >= 0)
		lkl_sys_close(fd);
	return err;
}

/* Appends a control message; where the next goes. */
static char *control(char *at, int type, const void *data, int len)
{
	struct lkl_cmsghdr *cmsg = (void *)at;

	cmsg->cmsg_level = LKL_SOL_ALG;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = LKL_CMSG_LEN(len);
	memcpy(LKL_CMSG_DATA(cmsg), data, len);
	return at + LKL_CMSG_SPACE(len);
}

long alg_crypt(int alg, const struct cipher_op *op, const void *in, size_t len,
	       void *out)
{
	uint32_t direction = op->encrypt ? LKL_ALG_OP_ENCRYPT : LKL_ALG_OP_DECRYPT;
	uint32_t assoc = op->assoc;
	char buf[256] __attribute__((aligned(8))) = { 0 }, *at = buf;
	struct { uint32_t len; unsigned char iv[32]; } iv = { .len = op->ivlen };
	struct lkl_iovec iov = { (void *)in, len };
	struct lkl_user_msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
	};
	/* Exactly what there will be: a read of more waits for more to be sent. */
	size_t size = op->encrypt ? len + op->tag : len - op->tag;
	size_t split = op->split < size ? op->split : size;
	struct lkl_iovec to[] = {
		{ out, split },
		{ (char *)out + split, size - split },
	};
	long err;
	int fd;

	if (op->tag) {
		err = lkl_sys_setsockopt(alg, LKL_SOL_ALG, LKL_ALG_SET_AEAD_AUTHSIZE,
					 NULL, op->tag);
		if (err)
			return err;
	}

	at = control(at, LKL_ALG_SET_OP, &direction, sizeof(direction));
	if (op->ivlen) {
		memcpy(iv.iv, op->iv, op->ivlen);
		at = control(at, LKL_ALG_SET_IV, &iv, sizeof(iv.len) + op->ivlen);
	}
	if (op->tag)
		at = control(at, LKL_ALG_SET_AEAD_ASSOCLEN, &assoc, sizeof(assoc));
	msg.msg_controllen = at - buf;

	fd = lkl_sys_accept4(alg, NULL, NULL, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_sendmsg(fd, &msg, 0);
	if (err >= 0)
		err = lkl_sys_readv(fd, to, 2);
	lkl_sys_close(fd);
	return err;
}
