/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel image, as one block of constants that can be mapped page by page. */
	.section .lkl_image, "a"
	.balign 4096
	.globl	lkl_image_data
	.hidden	lkl_image_data
lkl_image_data:
	.incbin	"image.elf"
	.globl	lkl_image_data_end
	.hidden	lkl_image_data_end
lkl_image_data_end:
	.balign 4096
	.section .note.GNU-stack, "", %progbits
