// SPDX-License-Identifier: GPL-2.0
/*
 * Parity of RAID-5 with 32-byte registers. Lengths are multiples of 64 bytes, the
 * unit of the generic functions too.
 */
#include <linux/compiler.h>
#include <linux/raid/xor.h>
#include <asm/isa.h>

struct xor_block_template *lkl_xor_template(void);

typedef unsigned long vec __attribute__((vector_size(32), aligned(8), may_alias));

struct line {
	vec v[2];
};

static void xor_avx2_2(unsigned long bytes, unsigned long *__restrict p1,
		       const unsigned long *__restrict p2)
{
	struct line *a = (void *)p1, *end = (void *)p1 + bytes;
	const struct line *b = (void *)p2;

	for (; a < end; a++, b++) {
		a->v[0] ^= b->v[0];
		a->v[1] ^= b->v[1];
	}
}

static void xor_avx2_3(unsigned long bytes, unsigned long *__restrict p1,
		       const unsigned long *__restrict p2,
		       const unsigned long *__restrict p3)
{
	struct line *a = (void *)p1, *end = (void *)p1 + bytes;
	const struct line *b = (void *)p2, *c = (void *)p3;

	for (; a < end; a++, b++, c++) {
		a->v[0] ^= b->v[0] ^ c->v[0];
		a->v[1] ^= b->v[1] ^ c->v[1];
	}
}

static void xor_avx2_4(unsigned long bytes, unsigned long *__restrict p1,
		       const unsigned long *__restrict p2,
		       const unsigned long *__restrict p3,
		       const unsigned long *__restrict p4)
{
	struct line *a = (void *)p1, *end = (void *)p1 + bytes;
	const struct line *b = (void *)p2, *c = (void *)p3, *d = (void *)p4;

	for (; a < end; a++, b++, c++, d++) {
		a->v[0] ^= b->v[0] ^ c->v[0] ^ d->v[0];
		a->v[1] ^= b->v[1] ^ c->v[1] ^ d->v[1];
	}
}

static void xor_avx2_5(unsigned long bytes, unsigned long *__restrict p1,
		       const unsigned long *__restrict p2,
		       const unsigned long *__restrict p3,
		       const unsigned long *__restrict p4,
		       const unsigned long *__restrict p5)
{
	struct line *a = (void *)p1, *end = (void *)p1 + bytes;
	const struct line *b = (void *)p2, *c = (void *)p3;
	const struct line *d = (void *)p4, *e = (void *)p5;

	for (; a < end; a++, b++, c++, d++, e++) {
		a->v[0] ^= b->v[0] ^ c->v[0] ^ d->v[0] ^ e->v[0];
		a->v[1] ^= b->v[1] ^ c->v[1] ^ d->v[1] ^ e->v[1];
	}
}

static struct xor_block_template xor_block_avx2 = {
	.name = "avx2",
	.do_2 = xor_avx2_2,
	.do_3 = xor_avx2_3,
	.do_4 = xor_avx2_4,
	.do_5 = xor_avx2_5,
};

struct xor_block_template *lkl_xor_template(void)
{
	return isa_has(ISA_AVX2) ? &xor_block_avx2 : NULL;
}
