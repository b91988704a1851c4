// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

/* Answers come in pieces of at most this size, see netlink_recvmsg() in the kernel. */
#define ANSWER_SIZE 32768

static void *reserve(struct lkl_nl_msg *m, size_t size)
{
	size_t padded = LKL_NLMSG_ALIGN(size);
	unsigned char *at = m->data + m->len;

	if (m->err)
		return NULL;
	if (padded > sizeof(m->data) - m->len) {
		m->err = -LKL_EMSGSIZE;
		return NULL;
	}
	memset(at, 0, padded);
	m->len += padded;
	m->h.nlmsg_len = m->len;
	return at;
}

void lkl_nl_put_raw(struct lkl_nl_msg *m, const void *data, size_t size)
{
	void *at = reserve(m, size);

	if (at && size)
		memcpy(at, data, size);
}

void lkl_nl_init(struct lkl_nl_msg *m, int type, int flags, const void *header, size_t size)
{
	m->err = 0;
	m->len = 0;
	reserve(m, sizeof(m->h));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = LKL_NLM_F_REQUEST | flags;
	lkl_nl_put_raw(m, header, size);
}

void lkl_nl_put(struct lkl_nl_msg *m, int type, const void *data, size_t size)
{
	struct lkl_nlattr *a = reserve(m, LKL_NLA_HDRLEN + size);

	if (!a)
		return;
	a->nla_type = type;
	a->nla_len = LKL_NLA_HDRLEN + size;
	if (size)
		memcpy(a + 1, data, size);
}

void lkl_nl_put_u8(struct lkl_nl_msg *m, int type, uint8_t value)
{
	lkl_nl_put(m, type, &value, sizeof(value));
}

void lkl_nl_put_u16(struct lkl_nl_msg *m, int type, uint16_t value)
{
	lkl_nl_put(m, type, &value, sizeof(value));
}

void lkl_nl_put_u32(struct lkl_nl_msg *m, int type, uint32_t value)
{
	lkl_nl_put(m, type, &value, sizeof(value));
}

void lkl_nl_put_u64(struct lkl_nl_msg *m, int type, uint64_t value)
{
	lkl_nl_put(m, type, &value, sizeof(value));
}

void lkl_nl_put_str(struct lkl_nl_msg *m, int type, const char *s)
{
	lkl_nl_put(m, type, s, strlen(s) + 1);
}

size_t lkl_nl_nest(struct lkl_nl_msg *m, int type)
{
	size_t at = m->len;

	lkl_nl_put(m, type | LKL_NLA_F_NESTED, NULL, 0);
	return at;
}

void lkl_nl_end(struct lkl_nl_msg *m, size_t nest)
{
	struct lkl_nlattr *a = (struct lkl_nlattr *)(m->data + nest);

	if (!m->err)
		a->nla_len = m->len - nest;
}

/* A socket of @protocol; its descriptor or err. */
static int open_socket(int protocol)
{
	struct lkl_sockaddr_nl self = { .nl_family = LKL_AF_NETLINK };
	int fd, err;

	fd = lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW | LKL_SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return fd;
	err = lkl_sys_bind(fd, (struct lkl_sockaddr *)&self, sizeof(self));
	if (err) {
		lkl_sys_close(fd);
		return err;
	}
	return fd;
}

/* Goes through one piece of the answer to @m: 1 when that was the last, 0, or err. */
static int answer(const struct lkl_nl_msg *m, const void *buf, lkl_long len, lkl_nl_each each,
		  void *arg)
{
	const struct lkl_nlmsghdr *h = buf;
	const struct lkl_nlmsgerr *e;
	int err;

	for (; LKL_NLMSG_OK(h, len); h = LKL_NLMSG_NEXT(h, len)) {
		if (h->nlmsg_seq != m->h.nlmsg_seq)
			continue;
		if (h->nlmsg_flags & LKL_NLM_F_DUMP_INTR)
			return -LKL_EINTR;
		if (h->nlmsg_type == LKL_NLMSG_DONE || h->nlmsg_type == LKL_NLMSG_ERROR) {
			/* The error of a dump and that of a request begin with the number. */
			e = LKL_NLMSG_DATA(h);
			err = h->nlmsg_len >= LKL_NLMSG_LENGTH(sizeof(e->error)) ? e->error : 0;
			return err ? err : 1;
		}
		err = each ? each(h, arg) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int receive(int fd, const struct lkl_nl_msg *m, lkl_nl_each each, void *arg)
{
	char *buf = malloc(ANSWER_SIZE);
	long got, err = -LKL_ENOMEM;

	if (!buf)
		return err;
	do {
		got = lkl_sys_recv(fd, buf, ANSWER_SIZE, 0);
		err = got < 0 ? got : answer(m, buf, got, each, arg);
	} while (!err);
	free(buf);
	return err > 0 ? 0 : err;
}

int lkl_nl_query(int protocol, struct lkl_nl_msg *m, lkl_nl_each each, void *arg)
{
	struct lkl_sockaddr_nl kernel = { .nl_family = LKL_AF_NETLINK };
	long err;
	int fd;

	if (m->err)
		return m->err;
	fd = open_socket(protocol);
	if (fd < 0)
		return fd;
	/* NLM_F_EXCL and NLM_F_REPLACE are each one half of it. */
	if ((m->h.nlmsg_flags & LKL_NLM_F_DUMP) != LKL_NLM_F_DUMP)
		m->h.nlmsg_flags |= LKL_NLM_F_ACK;
	m->h.nlmsg_seq = 1;
	err = lkl_sys_sendto(fd, m->data, m->len, 0, (struct lkl_sockaddr *)&kernel,
			     sizeof(kernel));
	if (err >= 0)
		err = receive(fd, m, each, arg);
	lkl_sys_close(fd);
	return err;
}

int lkl_nl_talk(int protocol, struct lkl_nl_msg *m)
{
	return lkl_nl_query(protocol, m, NULL, NULL);
}

static void attrs(const char *at, size_t left, const struct lkl_nlattr **tb, int max)
{
	memset(tb, 0, (max + 1) * sizeof(*tb));
	while (left >= (size_t)LKL_NLA_HDRLEN) {
		const struct lkl_nlattr *a = (const void *)at;
		int type = a->nla_type & LKL_NLA_TYPE_MASK;
		size_t step = LKL_NLA_ALIGN(a->nla_len);

		if (a->nla_len < LKL_NLA_HDRLEN || a->nla_len > left)
			return;
		if (type <= max)
			tb[type] = a;
		if (step >= left)
			return;
		at += step;
		left -= step;
	}
}

void lkl_nl_attrs(const struct lkl_nlmsghdr *h, size_t size,
		  const struct lkl_nlattr **tb, int max)
{
	size_t skip = LKL_NLMSG_HDRLEN + LKL_NLMSG_ALIGN(size);

	attrs((const char *)h + skip, h->nlmsg_len > skip ? h->nlmsg_len - skip : 0, tb, max);
}

void lkl_nl_nested(const struct lkl_nlattr *nest, const struct lkl_nlattr **tb, int max)
{
	attrs(lkl_nl_data(nest), lkl_nl_size(nest), tb, max);
}

uint64_t lkl_nl_uint(const struct lkl_nlattr *a)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	if (!a)
		return 0;
	switch (lkl_nl_size(a)) {
	case 1:
		return *(const uint8_t *)lkl_nl_data(a);
	case 2:
		memcpy(&u16, lkl_nl_data(a), 2);
		return u16;
	case 4:
		memcpy(&u32, lkl_nl_data(a), 4);
		return u32;
	case 8:
		memcpy(&u64, lkl_nl_data(a), 8);
		return u64;
	default:
		return 0;
	}
}

void lkl_nl_init_generic(struct lkl_nl_msg *m, int family, int cmd, int version, int flags)
{
	struct lkl_genlmsghdr g = { .cmd = cmd, .version = version };

	lkl_nl_init(m, family, flags, &g, sizeof(g));
}

static int family_id(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_nlattr *tb[LKL_CTRL_ATTR_MAX + 1];
	int *id = arg;

	lkl_nl_attrs(h, sizeof(struct lkl_genlmsghdr), tb, LKL_CTRL_ATTR_MAX);
	*id = lkl_nl_uint(tb[LKL_CTRL_ATTR_FAMILY_ID]);
	return 0;
}

int lkl_nl_family(const char *name)
{
	struct lkl_nl_msg m;
	int err, id = 0;

	lkl_nl_init_generic(&m, LKL_GENL_ID_CTRL, LKL_CTRL_CMD_GETFAMILY, 1, 0);
	lkl_nl_put_str(&m, LKL_CTRL_ATTR_FAMILY_NAME, name);
	err = lkl_nl_query(LKL_NETLINK_GENERIC, &m, family_id, &id);
	return err ? err : id;
}
