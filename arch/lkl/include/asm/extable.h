/* SPDX-License-Identifier: GPL-2.0 */
/* Both members are relative to their own address: no relocation at start. */
#ifndef _ASM_LKL_EXTABLE_H
#define _ASM_LKL_EXTABLE_H

struct exception_table_entry {
	int insn, fixup;
};

#define ARCH_HAS_RELATIVE_EXTABLE

#define LKL_EXTABLE(insn, fixup)			\
	".pushsection __ex_table, \"a\"\n"		\
	".balign 4\n"					\
	".long (" #insn ") - .\n"			\
	".long (" #fixup ") - .\n"			\
	".popsection\n"

#endif
