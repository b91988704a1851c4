/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The image starts at address 0 of itself and has two segments: text, and the
 * rest. Constants are in the second, since the loader relocates the pointers in
 * them and the kernel writes some of them while it starts.
 */
#include <asm/page.h>
#include <asm/cache.h>
#include <asm/thread_info.h>

#define RO_EXCEPTION_TABLE_ALIGN 8
#include <asm-generic/vmlinux.lds.h>

ENTRY(lkl_image)
jiffies = jiffies_64;

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	data PT_LOAD FLAGS(6);
	dynamic PT_DYNAMIC FLAGS(4);
}

SECTIONS
{
	. = PAGE_SIZE;
	_text = .;
	.text : {
		_stext = .;
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		*(.text.*)
	} :text
	.plt : { *(.plt) *(.plt.*) *(.iplt) } :text
	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	INIT_TEXT_SECTION(PAGE_SIZE)
	.exit.text : { EXIT_TEXT } :text
	_etext = .;

	. = ALIGN(PAGE_SIZE);
	.data.begin : { } :data
	RO_DATA(PAGE_SIZE)
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.hash : { *(.hash) }
	.gnu.hash : { *(.gnu.hash) }
	.rela.dyn : { *(.rela.dyn) *(.rela*) }
	.relr.dyn : { *(.relr.dyn) }
	.dynamic : { *(.dynamic) } :data :dynamic
	.data.rest : { } :data

	. = ALIGN(PAGE_SIZE);
	_sdata = .;
	INIT_DATA_SECTION(16)
	.exit.data : { EXIT_DATA }
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;
	RW_DATA(L1_CACHE_BYTES, PAGE_SIZE, THREAD_SIZE)
	.got : { *(.got) *(.igot) *(.got.plt) *(.igot.plt) }
	_edata = .;

	BSS_SECTION(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE)
	_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS
	DISCARDS
}
