/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The image starts at address 0 of itself and holds four segments: text,
 * constants (written once, by the loader's relocations), data, and the headers
 * the loader needs.
 */
#include <asm/page.h>
#include <asm/cache.h>
#include <asm/thread_info.h>

#define EMITS_PT_NOTE
#define RO_EXCEPTION_TABLE_ALIGN 8
#include <asm-generic/vmlinux.lds.h>

ENTRY(lkl_image)
jiffies = jiffies_64;

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	dynamic PT_DYNAMIC FLAGS(4);
	note PT_NOTE FLAGS(4);
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

	RO_DATA(PAGE_SIZE)
	.dynsym : { *(.dynsym) } :rodata
	.dynstr : { *(.dynstr) }
	.hash : { *(.hash) }
	.gnu.hash : { *(.gnu.hash) }
	.rela.dyn : { *(.rela.dyn) *(.rela*) }
	.relr.dyn : { *(.relr.dyn) }
	.dynamic : { *(.dynamic) } :rodata :dynamic

	. = ALIGN(PAGE_SIZE);
	.init.dummy : { } :data
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
