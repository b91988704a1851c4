/* SPDX-License-Identifier: GPL-2.0 */
/* For core files and notes only: nothing is executed inside the library. */
#ifndef _ASM_LKL_ELF_H
#define _ASM_LKL_ELF_H

#include <linux/elf-em.h>
#include <uapi/asm/elf.h>

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#if defined(CONFIG_LKL_X86_64)
#define ELF_ARCH	EM_X86_64
#elif defined(CONFIG_LKL_ARM64)
#define ELF_ARCH	EM_AARCH64
#else
#define ELF_ARCH	EM_RISCV
#endif

#define elf_check_arch(x)	0
#define ELF_EXEC_PAGESIZE	PAGE_SIZE
#define ELF_ET_DYN_BASE		0UL
#define ELF_HWCAP		0
#define ELF_PLATFORM		NULL

#endif
