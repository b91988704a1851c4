// SPDX-License-Identifier: GPL-2.0
/*
 * Copies to and from the application. A page that the kernel itself has mapped
 * for it (mmap() of a file) may have to be brought in first.
 */
#include <linux/export.h>
#include <linux/uaccess.h>
#include <asm/hostmem.h>

/*
 * The functions before lkl_probe_write() return how many bytes are left, exactly, where
 * an access faulted.
 */
#ifdef CONFIG_LKL_X86_64
/* From so many bytes on, string instructions are worth the time that they take to begin. */
#define STRING_MIN 256

static __always_inline unsigned long copy_string(void *to, const void *from,
						 unsigned long n)
{
	asm volatile("1: rep movsb\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+D" (to), "+S" (from), "+c" (n) : : "memory");
	return n;
}

static __always_inline unsigned long clear_string(void *to, unsigned long n)
{
	asm volatile("1: rep stosb\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+D" (to), "+c" (n) : "a" (0) : "memory");
	return n;
}
#endif

struct line {
	u64 word[4];
};

/*
 * By lines, then by words; who faults there goes on by bytes, up to the one that
 * is not there.
 */
static noinline unsigned long copy_words(void *to, const void *from, unsigned long n)
{
	if (!IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS)) {
		if (((unsigned long)to ^ (unsigned long)from) % sizeof(u64))
			goto bytes;
		for (; n && (unsigned long)to % sizeof(u64); to++, from++, n--) {
			u8 byte;

			lkl_load_or_goto(byte, (const u8 *)from, out);
			lkl_store_or_goto(byte, (u8 *)to, out);
		}
	}
	for (; n >= sizeof(struct line); n -= sizeof(struct line)) {
		const struct line *f = from;
		struct line *t = to;
		u64 a, b, c, d;

		lkl_load_or_goto(a, &f->word[0], bytes);
		lkl_load_or_goto(b, &f->word[1], bytes);
		lkl_load_or_goto(c, &f->word[2], bytes);
		lkl_load_or_goto(d, &f->word[3], bytes);
		lkl_store_or_goto(a, &t->word[0], bytes);
		lkl_store_or_goto(b, &t->word[1], bytes);
		lkl_store_or_goto(c, &t->word[2], bytes);
		lkl_store_or_goto(d, &t->word[3], bytes);
		from += sizeof(struct line);
		to += sizeof(struct line);
	}
	for (; n >= sizeof(u64); n -= sizeof(u64)) {
		u64 word;

		lkl_load_or_goto(word, (const u64 *)from, bytes);
		lkl_store_or_goto(word, (u64 *)to, bytes);
		from += sizeof(u64);
		to += sizeof(u64);
	}
bytes:
	for (; n; to++, from++, n--) {
		u8 byte;

		lkl_load_or_goto(byte, (const u8 *)from, out);
		lkl_store_or_goto(byte, (u8 *)to, out);
	}
out:
	return n;
}

static noinline unsigned long clear_words(void *to, unsigned long n)
{
	for (; n && (unsigned long)to % sizeof(u64); to++, n--)
		lkl_store_or_goto(0, (u8 *)to, out);
	for (; n >= sizeof(u64); n -= sizeof(u64)) {
		lkl_store_or_goto(0, (u64 *)to, bytes);
		to += sizeof(u64);
	}
bytes:
	for (; n; to++, n--)
		lkl_store_or_goto(0, (u8 *)to, out);
out:
	return n;
}

static __always_inline unsigned long copy_insn(void *to, const void *from,
					       unsigned long n)
{
#ifdef CONFIG_LKL_X86_64
	if (n >= STRING_MIN)
		return copy_string(to, from, n);
#endif
	return copy_words(to, from, n);
}

static __always_inline unsigned long clear_insn(void *to, unsigned long n)
{
#ifdef CONFIG_LKL_X86_64
	if (n >= STRING_MIN)
		return clear_string(to, n);
#endif
	return clear_words(to, n);
}

/* An atomic no-op: the application may be storing there at the same time. */
int lkl_probe_write(void *addr)
{
	int err = -EFAULT;

#if defined(CONFIG_LKL_X86_64)
	asm volatile("1: lock orb $0, (%1)\n"
		     "xorl %0, %0\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+r" (err) : "r" (addr) : "memory", "cc");
#elif defined(CONFIG_LKL_ARM64)
	u32 byte, failed;

	asm volatile("1: ldxrb %w1, [%3]\n"
		     "2: stxrb %w2, %w1, [%3]\n"
		     "cbnz %w2, 1b\n"
		     "mov %w0, wzr\n"
		     "3:\n"
		     LKL_EXTABLE(1b, 3b)
		     LKL_EXTABLE(2b, 3b)
		     : "+r" (err), "=&r" (byte), "=&r" (failed) : "r" (addr) : "memory");
#else
	/* There is none for bytes. */
	asm volatile("1: amoor.w zero, zero, (%1)\n"
		     "li %0, 0\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+r" (err)
		     : "r" (PTR_ALIGN_DOWN(addr, sizeof(u32))) : "memory");
#endif
	return err;
}

unsigned long lkl_copy_user(void *to, const void *from, unsigned long n)
{
	unsigned long left = copy_insn(to, from, n);

	while (unlikely(left)) {
		unsigned long done = n - left;

		if (!lkl_fault_in(from + done, false) && !lkl_fault_in(to + done, true))
			break;
		to += done;
		from += done;
		n = left;
		left = copy_insn(to, from, n);
	}
	return left;
}
EXPORT_SYMBOL(lkl_copy_user);

unsigned long lkl_clear_user(void *to, unsigned long n)
{
	unsigned long left = clear_insn(to, n);

	while (unlikely(left) && lkl_fault_in(to + n - left, true)) {
		to += n - left;
		n = left;
		left = clear_insn(to, n);
	}
	return left;
}
EXPORT_SYMBOL(lkl_clear_user);

int lkl_get_user_slow(void *val, const void *addr, int size)
{
	if (!lkl_copy_user(val, addr, size))
		return 0;
	memset(val, 0, size);
	return -EFAULT;
}
EXPORT_SYMBOL(lkl_get_user_slow);

int lkl_put_user_slow(void *addr, const void *val, int size)
{
	return lkl_copy_user(addr, val, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL(lkl_put_user_slow);
