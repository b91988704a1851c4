/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_LINUX_CONTEXT_ARM64_H
#define LKL_LINUX_CONTEXT_ARM64_H

#include <stdint.h>
#include <ucontext.h>

static inline unsigned long long *program_counter(ucontext_t *uc)
{
	return &uc->uc_mcontext.pc;
}

/* Records behind the registers, which end with one of type and size 0. */
struct context_record {
	uint32_t magic;
	uint32_t size;
};

struct esr_record {
	struct context_record head;
	uint64_t esr;
};

#define ESR_RECORD 0x45535201
#define ESR_WRITE (1 << 6)

/* NULL if the system does not give it. */
static inline const struct esr_record *find_esr(const ucontext_t *uc)
{
	const unsigned char *p = uc->uc_mcontext.__reserved;
	const unsigned char *end = p + sizeof(uc->uc_mcontext.__reserved);

	while (p + sizeof(struct esr_record) <= end) {
		const struct context_record *record = (const void *)p;

		if (record->magic == ESR_RECORD)
			return (const void *)record;
		if (!record->magic || record->size < sizeof(*record))
			break;
		p += record->size;
	}
	return NULL;
}

/*
 * By the encoding of the A64 instruction @insn, which has faulted. Systems that let a
 * process use newer ones than these give the record.
 */
static inline int is_store(uint32_t insn)
{
	const int load = insn >> 22 & 1;
	const int opc = insn >> 22 & 3;

	/* dc zva, which memset() uses */
	if ((insn & 0xffffffe0) == 0xd50b7420)
		return 1;
	/* pairs; vector structures */
	if ((insn & 0x3a000000) == 0x28000000 || (insn & 0xbe000000) == 0x0c000000)
		return !load;
	/* exclusive and ordered ones; among them compare and swap, of one or a pair */
	if ((insn & 0x3f000000) == 0x08000000)
		return (insn & 0x00a00000) == 0x00a00000 ||
		       (insn & 0x80a00000) == 0x00200000 || !load;
	/* unscaled ordered ones */
	if ((insn & 0x3b000000) == 0x19000000)
		return !opc;
	/* atomic operations, but for ldapr */
	if ((insn & 0x3b200c00) == 0x38200000)
		return (insn & 0x00bffc00) != 0x00bfc000;
	/* loads with authentication */
	if ((insn & 0x3b200400) == 0x38200400)
		return 0;
	/* one register, for vectors of 128 bits too */
	if ((insn & 0x3a000000) == 0x38000000)
		return insn & 1 << 26 ? !load : !opc;
	return 0;
}

static inline int was_write(ucontext_t *uc)
{
	const struct esr_record *record = find_esr(uc);

	if (record)
		return !!(record->esr & ESR_WRITE);
	return is_store(*(const uint32_t *)*program_counter(uc));
}

#endif
