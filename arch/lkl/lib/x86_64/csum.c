// SPDX-License-Identifier: GPL-2.0
/* The Internet's checksum, eight bytes an addition. */
#include <linux/types.h>
#include <asm/checksum.h>
#include <linux/unaligned.h>

static u64 add_carry(u64 sum, u64 word)
{
	asm("addq %1, %0\n"
	    "adcq $0, %0"
	    : "+&r" (sum) : "rm" (word) : "cc");
	return sum;
}

static u64 add_line(u64 sum, const unsigned char *p)
{
	asm("addq 0*8(%1), %0\n"
	    "adcq 1*8(%1), %0\n"
	    "adcq 2*8(%1), %0\n"
	    "adcq 3*8(%1), %0\n"
	    "adcq 4*8(%1), %0\n"
	    "adcq 5*8(%1), %0\n"
	    "adcq 6*8(%1), %0\n"
	    "adcq 7*8(%1), %0\n"
	    "adcq $0, %0"
	    : "+&r" (sum)
	    : "r" (p), "m" (*(const unsigned char (*)[64])p)
	    : "cc");
	return sum;
}

/* The last @len bytes, fewer than eight, as a word that ends in zeroes. */
static u64 tail(const unsigned char *p, int len)
{
	u64 word = 0;

	if (len & 4) {
		word = get_unaligned((const u32 *)p);
		p += 4;
	}
	if (len & 2) {
		word |= (u64)get_unaligned((const u16 *)p) << (len & 4) * 8;
		p += 2;
	}
	if (len & 1)
		word |= (u64)*p << (len & 6) * 8;
	return word;
}

/* The sum of 16-bit words, folded into 16 bits; an odd last byte has a zero after it. */
unsigned int do_csum(const unsigned char *buff, int len)
{
	u64 sum = 0;
	u32 half;

	for (; len >= 64; buff += 64, len -= 64)
		sum = add_line(sum, buff);
	for (; len >= 8; buff += 8, len -= 8)
		sum = add_carry(sum, get_unaligned((const u64 *)buff));
	if (len > 0)
		sum = add_carry(sum, tail(buff, len));

	half = (sum & 0xffffffff) + (sum >> 32);
	half += half < (u32)(sum >> 32);
	half = (half & 0xffff) + (half >> 16);
	return (half & 0xffff) + (half >> 16);
}
