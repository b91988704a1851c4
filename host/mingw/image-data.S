/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel image, as one block of constants. */
	.section .rdata, "dr"
	.balign 4096
	.globl	lkl_image_data
lkl_image_data:
	.incbin	"image.elf"
	.globl	lkl_image_data_end
lkl_image_data_end:
	.balign 4096
