// SPDX-License-Identifier: GPL-2.0
/*
 * Which ways through the file systems a fuzzer's test case took. The compiler puts a
 * call at the beginning of each basic block (arch/lkl/Makefile says of which files);
 * each pair of blocks that follow one another counts in a byte of the application's map.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <asm/entry.h>
#include <asm/sections.h>

static u8 *map;
static unsigned int map_bits;
/* The block before, and whose it was: switching tasks makes no pair. */
static u32 before;
static struct task_struct *whose;

/* Called with the token held, so by one thread at a time. */
void notrace __sanitizer_cov_trace_pc(void);
void notrace __sanitizer_cov_trace_pc(void)
{
	u32 block;

	if (!map)
		return;
	/* The image lies elsewhere each time. */
	block = hash_32(_RET_IP_ - (unsigned long)_stext, map_bits);
	if (whose != current) {
		whose = current;
		before = 0;
	}
	map[block ^ before]++;
	before = block >> 1;
}

long lkl_coverage(u8 *bytes, size_t size)
{
	if (bytes && (!is_power_of_2(size) || size < 256 || size > SZ_64M))
		return -EINVAL;
	map = NULL;
	map_bits = bytes ? ilog2(size) : 0;
	before = 0;
	map = bytes;
	return 0;
}
