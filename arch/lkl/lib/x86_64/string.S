/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memcpy(), memmove(), memset(), memcmp(), strlen().
 *
 * Short blocks are moved through registers whole, by loads and stores that may
 * overlap in the middle: no loop and few branches. Long ones by 32-byte registers,
 * with aligned stores; ends are loaded before anything is stored, therefore copies
 * may overlap. Without AVX, long ones go by string instructions.
 *
 * %rax, %rcx, %rdx, %rsi, %rdi, %r8..%r11 and all vector registers are free here.
 *
 * With KASAN the names are those of functions that check first; these are weak then.
 */
#include <linux/linkage.h>

#define ISA_AVX 0x20	/* asm/isa.h, which is for C */

#define DST	%rdi
#define SRC	%rsi
#define LEN	%rdx

	.text

SYM_FUNC_START(__memmove)
	mov	DST, %rax
	cmp	$16, LEN
	jbe	.Lcopy_16
	cmp	$32, LEN
	jbe	.Lcopy_32
	cmp	$64, LEN
	jbe	.Lcopy_64
	cmp	$128, LEN
	ja	.Lcopy_long

	movups	(SRC), %xmm0
	movups	16(SRC), %xmm1
	movups	32(SRC), %xmm2
	movups	48(SRC), %xmm3
	movups	-64(SRC, LEN), %xmm4
	movups	-48(SRC, LEN), %xmm5
	movups	-32(SRC, LEN), %xmm6
	movups	-16(SRC, LEN), %xmm7
	movups	%xmm0, (DST)
	movups	%xmm1, 16(DST)
	movups	%xmm2, 32(DST)
	movups	%xmm3, 48(DST)
	movups	%xmm4, -64(DST, LEN)
	movups	%xmm5, -48(DST, LEN)
	movups	%xmm6, -32(DST, LEN)
	movups	%xmm7, -16(DST, LEN)
	ret

.Lcopy_64:
	movups	(SRC), %xmm0
	movups	16(SRC), %xmm1
	movups	-32(SRC, LEN), %xmm2
	movups	-16(SRC, LEN), %xmm3
	movups	%xmm0, (DST)
	movups	%xmm1, 16(DST)
	movups	%xmm2, -32(DST, LEN)
	movups	%xmm3, -16(DST, LEN)
	ret

.Lcopy_32:
	movups	(SRC), %xmm0
	movups	-16(SRC, LEN), %xmm1
	movups	%xmm0, (DST)
	movups	%xmm1, -16(DST, LEN)
	ret

.Lcopy_16:
	cmp	$8, %edx
	jb	.Lcopy_7
	mov	(SRC), %rcx
	mov	-8(SRC, LEN), %rsi
	mov	%rcx, (DST)
	mov	%rsi, -8(DST, LEN)
	ret

.Lcopy_7:
	cmp	$4, %edx
	jb	.Lcopy_3
	mov	(SRC), %ecx
	mov	-4(SRC, LEN), %esi
	mov	%ecx, (DST)
	mov	%esi, -4(DST, LEN)
	ret

.Lcopy_3:
	cmp	$1, %edx
	jb	.Lcopy_0
	movzbl	(SRC), %ecx
	je	.Lcopy_1
	movzwl	-2(SRC, LEN), %esi
	mov	%si, -2(DST, LEN)
.Lcopy_1:
	mov	%cl, (DST)
.Lcopy_0:
	ret

.Lcopy_long:
	mov	DST, %rcx
	sub	SRC, %rcx		/* below LEN: must go backwards */
	testb	$ISA_AVX, lkl_isa(%rip)
	jz	.Lcopy_string
	cmp	LEN, %rcx
	jb	.Lcopy_back

	/* The first 32 and the last 128 bytes wait in registers. */
	vmovdqu	(SRC), %ymm4
	vmovdqu	-128(SRC, LEN), %ymm5
	vmovdqu	-96(SRC, LEN), %ymm6
	vmovdqu	-64(SRC, LEN), %ymm7
	vmovdqu	-32(SRC, LEN), %ymm8
	lea	-128(DST, LEN), %r8	/* where the last 128 go */
	sub	DST, SRC
	lea	32(DST), %rcx
	and	$-32, %rcx
	add	%rcx, SRC
	cmp	%r8, %rcx
	jae	2f
	.balign	32
1:	vmovdqu	(SRC), %ymm0
	vmovdqu	32(SRC), %ymm1
	vmovdqu	64(SRC), %ymm2
	vmovdqu	96(SRC), %ymm3
	sub	$-128, SRC
	vmovdqa	%ymm0, (%rcx)
	vmovdqa	%ymm1, 32(%rcx)
	vmovdqa	%ymm2, 64(%rcx)
	vmovdqa	%ymm3, 96(%rcx)
	sub	$-128, %rcx
	cmp	%r8, %rcx
	jb	1b
2:	vmovdqu	%ymm5, (%r8)
	vmovdqu	%ymm6, 32(%r8)
	vmovdqu	%ymm7, 64(%r8)
	vmovdqu	%ymm8, 96(%r8)
	vmovdqu	%ymm4, (DST)
	vzeroupper
	ret

.Lcopy_back:
	test	%rcx, %rcx
	jz	.Lcopy_0
	vmovdqu	(SRC), %ymm4
	vmovdqu	32(SRC), %ymm5
	vmovdqu	64(SRC), %ymm6
	vmovdqu	96(SRC), %ymm7
	vmovdqu	-32(SRC, LEN), %ymm8
	lea	128(DST), %r8
	lea	-1(DST, LEN), %rcx
	and	$-32, %rcx
	sub	DST, SRC
	add	%rcx, SRC
	cmp	%r8, %rcx
	jbe	2f
	.balign	32
1:	vmovdqu	-32(SRC), %ymm0
	vmovdqu	-64(SRC), %ymm1
	vmovdqu	-96(SRC), %ymm2
	vmovdqu	-128(SRC), %ymm3
	add	$-128, SRC
	vmovdqa	%ymm0, -32(%rcx)
	vmovdqa	%ymm1, -64(%rcx)
	vmovdqa	%ymm2, -96(%rcx)
	vmovdqa	%ymm3, -128(%rcx)
	add	$-128, %rcx
	cmp	%r8, %rcx
	ja	1b
2:	vmovdqu	%ymm4, (DST)
	vmovdqu	%ymm5, 32(DST)
	vmovdqu	%ymm6, 64(DST)
	vmovdqu	%ymm7, 96(DST)
	vmovdqu	%ymm8, -32(DST, LEN)
	vzeroupper
	ret

.Lcopy_string:
	cmp	LEN, %rcx
	mov	LEN, %rcx
	jb	1f
	rep movsb
	ret
1:	lea	-1(SRC, LEN), SRC
	lea	-1(DST, LEN), DST
	std
	rep movsb
	cld
	ret
SYM_FUNC_END(__memmove)
SYM_FUNC_ALIAS(__memcpy, __memmove)
SYM_FUNC_ALIAS_WEAK(memmove, __memmove)
SYM_FUNC_ALIAS_WEAK(memcpy, __memmove)

/* Beyond this, in bytes, string instructions store without reading lines first. */
#define STORE_STRING 2048

SYM_FUNC_START(__memset)
	mov	DST, %rax
	movzbl	%sil, %esi
	mov	$0x0101010101010101, %rcx
	imul	%rcx, %rsi
	cmp	$16, LEN
	jb	.Lset_15
	movq	%rsi, %xmm0
	punpcklqdq %xmm0, %xmm0
	cmp	$32, LEN
	jbe	.Lset_32
	cmp	$64, LEN
	jbe	.Lset_64
	cmp	$STORE_STRING, LEN
	jae	.Lset_string

	cmp	$128, LEN
	jbe	.Lset_128
	testb	$ISA_AVX, lkl_isa(%rip)
	jnz	.Lset_avx

	/* Whole registers, the last four up to the end. */
	movups	%xmm0, (DST)
	lea	-64(DST, LEN), %r8
	add	$16, DST
	and	$-16, DST
	jmp	2f
	.balign	16
1:	movaps	%xmm0, (DST)
	movaps	%xmm0, 16(DST)
	movaps	%xmm0, 32(DST)
	movaps	%xmm0, 48(DST)
	add	$64, DST
2:	cmp	%r8, DST
	jb	1b
	movups	%xmm0, (%r8)
	movups	%xmm0, 16(%r8)
	movups	%xmm0, 32(%r8)
	movups	%xmm0, 48(%r8)
	ret

.Lset_avx:
	vinsertf128 $1, %xmm0, %ymm0, %ymm0
	vmovdqu	%ymm0, (DST)
	lea	-128(DST, LEN), %r8
	add	$32, DST
	and	$-32, DST
	jmp	2f
	.balign	16
1:	vmovdqa	%ymm0, (DST)
	vmovdqa	%ymm0, 32(DST)
	vmovdqa	%ymm0, 64(DST)
	vmovdqa	%ymm0, 96(DST)
	sub	$-128, DST
2:	cmp	%r8, DST
	jb	1b
	vmovdqu	%ymm0, (%r8)
	vmovdqu	%ymm0, 32(%r8)
	vmovdqu	%ymm0, 64(%r8)
	vmovdqu	%ymm0, 96(%r8)
	vzeroupper
	ret

.Lset_string:
	mov	%rax, %r9
	mov	%esi, %eax
	mov	LEN, %rcx
	rep stosb
	mov	%r9, %rax
	ret

.Lset_128:
	movups	%xmm0, 32(DST)
	movups	%xmm0, 48(DST)
	movups	%xmm0, -64(DST, LEN)
	movups	%xmm0, -48(DST, LEN)
.Lset_64:
	movups	%xmm0, 16(DST)
	movups	%xmm0, -32(DST, LEN)
.Lset_32:
	movups	%xmm0, (DST)
	movups	%xmm0, -16(DST, LEN)
	ret

.Lset_15:
	cmp	$8, %edx
	jb	.Lset_7
	mov	%rsi, (DST)
	mov	%rsi, -8(DST, LEN)
	ret
.Lset_7:
	cmp	$4, %edx
	jb	.Lset_3
	mov	%esi, (DST)
	mov	%esi, -4(DST, LEN)
	ret
.Lset_3:
	cmp	$1, %edx
	jb	.Lset_0
	mov	%sil, (DST)
	mov	%sil, -1(DST, LEN)
	cmp	$3, %edx
	jb	.Lset_0
	mov	%sil, 1(DST)
.Lset_0:
	ret
SYM_FUNC_END(__memset)
SYM_FUNC_ALIAS_WEAK(memset, __memset)

/* %rdi, %rsi: two strings of %rdx bytes */
SYM_FUNC_START_WEAK(memcmp)
	cmp	$16, LEN
	jb	.Lcmp_short
	lea	-16(LEN), %r8		/* where the last 16 begin */
	xor	%ecx, %ecx
	jmp	2f
	.balign	16
1:	movups	(DST, %rcx), %xmm0
	movups	(SRC, %rcx), %xmm1
	pcmpeqb	%xmm1, %xmm0
	pmovmskb %xmm0, %eax
	sub	$0xffff, %eax
	jnz	.Lcmp_differs
	add	$16, %rcx
2:	cmp	%r8, %rcx
	jb	1b
	mov	%r8, %rcx
	movups	(DST, %rcx), %xmm0
	movups	(SRC, %rcx), %xmm1
	pcmpeqb	%xmm1, %xmm0
	pmovmskb %xmm0, %eax
	sub	$0xffff, %eax
	jnz	.Lcmp_differs
	ret

.Lcmp_differs:
	bsf	%eax, %eax		/* the borrow leaves the lowest 0 as a 1 */
	add	%rcx, %rax
	movzbl	(SRC, %rax), %ecx
	movzbl	(DST, %rax), %eax
	sub	%ecx, %eax
	ret

.Lcmp_short:
	cmp	$8, %edx
	jb	.Lcmp_7
	mov	(DST), %rax
	mov	(SRC), %rcx
	cmp	%rcx, %rax
	jne	.Lcmp_words
	mov	-8(DST, LEN), %rax
	mov	-8(SRC, LEN), %rcx
	cmp	%rcx, %rax
	jne	.Lcmp_words
	xor	%eax, %eax
	ret

.Lcmp_words:
	bswap	%rax
	bswap	%rcx
	cmp	%rcx, %rax
	sbb	%eax, %eax
	or	$1, %eax
	ret

.Lcmp_7:
	test	%edx, %edx
	jz	.Lcmp_equal
	xor	%r8d, %r8d
1:	movzbl	(DST, %r8), %eax
	movzbl	(SRC, %r8), %ecx
	sub	%ecx, %eax
	jnz	2f
	inc	%r8d
	cmp	%edx, %r8d
	jb	1b
2:	ret
.Lcmp_equal:
	xor	%eax, %eax
	ret
SYM_FUNC_END(memcmp)

/* Reads whole aligned blocks: these never reach into a page of their own. */
SYM_FUNC_START_WEAK(strlen)
	pxor	%xmm0, %xmm0
	mov	%edi, %ecx
	mov	%rdi, %rax
	and	$-16, %rax
	and	$15, %ecx
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	shr	%cl, %edx
	test	%edx, %edx
	jnz	3f
	.balign	16
1:	add	$16, %rax
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	test	%edx, %edx
	jz	1b
	bsf	%edx, %edx
	add	%rdx, %rax
	sub	%rdi, %rax
	ret
3:	bsf	%edx, %eax
	ret
SYM_FUNC_END(strlen)
