/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_LINUX_CONTEXT_RISCV64_H
#define LKL_LINUX_CONTEXT_RISCV64_H

#include <stdint.h>
#include <ucontext.h>

static inline unsigned long *program_counter(ucontext_t *uc)
{
	return &uc->uc_mcontext.__gregs[REG_PC];
}

/*
 * The system does not say, so the instruction has to: a store (to be told by the
 * opcode), or an atomic operation, of which only LR does not store. Of the compressed
 * ones with memory operands those of the upper half (funct3 4 to 7) are stores.
 */
static inline int was_write(ucontext_t *uc)
{
	const uint16_t *pc = (const uint16_t *)*program_counter(uc);
	uint32_t insn = pc[0];

	if ((insn & 0xe003) == 0x8000)		/* of bytes and halves */
		return insn >> 11 & 1;
	if ((insn & 3) != 3)
		return (insn & 3) != 1 && insn >> 15;
	insn |= (uint32_t)pc[1] << 16;
	switch (insn & 0x7f) {
	case 0x23:		/* STORE */
	case 0x27:		/* STORE-FP */
		return 1;
	case 0x2f:		/* AMO */
		return insn >> 27 != 2;
	}
	return 0;
}

#endif
