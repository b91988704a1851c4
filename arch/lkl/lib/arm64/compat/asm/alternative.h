/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code that the arm64 kernel would patch at boot to what the processor has: here it
 * looks at lkl_isa. Changes x9.
 */
#include <asm/isa.h>

#define ARM64_HAS_CRC32 ISA_CRC32_BIT

	.macro	alternative_if_not bit
	adrp	x9, lkl_isa
	ldr	w9, [x9, #:lo12:lkl_isa]
	tbnz	w9, #\bit, 9999f
	.endm

	.macro	alternative_else_nop_endif
9999:
	.endm
