/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the kernel's netlink families: a message is built in place, sent through
 * a socket of its own, and its acknowledgement is the result.
 */
#ifndef LKL_NET_NETLINK_H
#define LKL_NET_NETLINK_H

#include <lkl.h>
#include <lkl/linux/genetlink.h>

struct lkl_nl_msg {
	size_t len;
	int err;	/* the message did not fit, or an argument was wrong */
	union {
		struct lkl_nlmsghdr h;
		unsigned char data[2048];
	};
};

/*
 * Begins a message of @type with the family's own header, @size bytes at @header.
 * @flags are added to NLM_F_REQUEST.
 */
void lkl_nl_init(struct lkl_nl_msg *m, int type, int flags, const void *header, size_t size);
void lkl_nl_put(struct lkl_nl_msg *m, int type, const void *data, size_t size);
void lkl_nl_put_u8(struct lkl_nl_msg *m, int type, uint8_t value);
void lkl_nl_put_u16(struct lkl_nl_msg *m, int type, uint16_t value);
void lkl_nl_put_u32(struct lkl_nl_msg *m, int type, uint32_t value);
void lkl_nl_put_u64(struct lkl_nl_msg *m, int type, uint64_t value);
void lkl_nl_put_str(struct lkl_nl_msg *m, int type, const char *s);
/* Appends @size bytes without an attribute around them; padded. */
void lkl_nl_put_raw(struct lkl_nl_msg *m, const void *data, size_t size);
/* An attribute of attributes: what is put before lkl_nl_end(@m, result) is inside. */
size_t lkl_nl_nest(struct lkl_nl_msg *m, int type);
void lkl_nl_end(struct lkl_nl_msg *m, size_t nest);

/* Sends @m to @protocol, LKL_NETLINK_...; its acknowledgement: 0 or err. */
int lkl_nl_talk(int protocol, struct lkl_nl_msg *m);

/* One message of an answer; a result other than 0 ends the dump and is its result. */
typedef int (*lkl_nl_each)(const struct lkl_nlmsghdr *h, void *arg);

/*
 * Sends @m and hands what is answered to @each, until the end of the dump
 * (NLM_F_DUMP in the flags of @m) or the acknowledgement. A dump that the kernel had
 * to interrupt gives -EINTR.
 */
int lkl_nl_query(int protocol, struct lkl_nl_msg *m, lkl_nl_each each, void *arg);

/*
 * Fills @tb, @max + 1 elements, by type with the attributes that follow a header of
 * @size bytes in the message, or are in a nest.
 */
void lkl_nl_attrs(const struct lkl_nlmsghdr *h, size_t size,
		  const struct lkl_nlattr **tb, int max);
void lkl_nl_nested(const struct lkl_nlattr *nest, const struct lkl_nlattr **tb, int max);

static inline const void *lkl_nl_data(const struct lkl_nlattr *a)
{
	return (const char *)a + LKL_NLA_HDRLEN;
}

static inline size_t lkl_nl_size(const struct lkl_nlattr *a)
{
	return a->nla_len - LKL_NLA_HDRLEN;
}

/* The value of an integer attribute, by its size; 0 for one that is missing. */
uint64_t lkl_nl_uint(const struct lkl_nlattr *a);

/* Number of the generic netlink family @name, or err. */
int lkl_nl_family(const char *name);
/* Begins a message for a generic netlink family. */
void lkl_nl_init_generic(struct lkl_nl_msg *m, int family, int cmd, int version, int flags);

/* Size of an address: 4, 16, or 0 for another family. */
static inline size_t lkl_af_size(int af)
{
	return af == LKL_AF_INET ? 4 : af == LKL_AF_INET6 ? 16 : 0;
}

#endif
