// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers after a fork() of the process, and those that are none.
 *
 * With lkl.random=SEED the kernel's random numbers are one sequence, for runs that repeat
 * themselves: file systems give them to their files. Nothing is secret then. The linker
 * puts these functions before those of drivers/char/random.c (--wrap).
 */
#include <linux/cache.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/init_task.h>
#include <linux/kernel.h>
#include <linux/linkage.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/thread.h>

static bool fixed __ro_after_init;
static u64 state;

static int __init set_seed(char *arg)
{
	fixed = !kstrtou64(arg, 0, &state);
	return fixed ? 0 : -EINVAL;
}
early_param("lkl.random", set_seed);

/* SplitMix64. */
static u64 next(void)
{
	u64 x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

void __real_get_random_bytes(void *buf, size_t len);
void __wrap_get_random_bytes(void *buf, size_t len);
void __wrap_get_random_bytes(void *buf, size_t len)
{
	if (!fixed) {
		__real_get_random_bytes(buf, len);
		return;
	}
	while (len) {
		u64 x = next();
		size_t part = min(len, sizeof(x));

		memcpy(buf, &x, part);
		buf += part;
		len -= part;
	}
}

#define NUMBER(type)					\
	type __real_get_random_##type(void);		\
	type __wrap_get_random_##type(void);		\
	type __wrap_get_random_##type(void)		\
	{						\
		return fixed ? (type)next() : __real_get_random_##type(); \
	}

NUMBER(u8)
NUMBER(u16)
NUMBER(u32)
NUMBER(u64)

u32 __real___get_random_u32_below(u32 ceil);
u32 __wrap___get_random_u32_below(u32 ceil);
u32 __wrap___get_random_u32_below(u32 ceil)
{
	return fixed ? mul_u64_u64_shr(next(), ceil, 64) : __real___get_random_u32_below(ceil);
}

/*
 * The process is a child: it would have the numbers of its parent, and of the parent's other
 * children. Whoever runs here need not have the right to change that.
 */
void lkl_random_forked(void)
{
	const struct cred *old;
	unsigned long seed[4];

	if (fixed)
		return;
	add_device_randomness(seed, lkl_host_random(seed, ARRAY_SIZE(seed)) * sizeof(*seed));
	memzero_explicit(seed, sizeof(seed));
	old = override_creds(&init_cred);
	random_fops.unlocked_ioctl(NULL, RNDRESEEDCRNG, 0);
	revert_creds(old);
}
