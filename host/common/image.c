// SPDX-License-Identifier: GPL-2.0
/*
 * The loader of the kernel image: an ELF shared object with nothing to resolve
 * but its own address.
 */
#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "host.h"
#include "image.h"
#include "linux_errno.h"

extern const unsigned char lkl_image_data[], lkl_image_data_end[];

#define PAGE 4096ULL
#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))
#define PAGE_DOWN(x)	((x) & ~(PAGE - 1))

#ifndef DT_RELR
#define DT_RELRSZ	35
#define DT_RELR		36
#endif

/* What the image has to be for, and how its relative relocations are named. */
#if defined(__x86_64__)
#define MACHINE		EM_X86_64
#define RELATIVE	R_X86_64_RELATIVE
#elif defined(__aarch64__)
#define MACHINE		EM_AARCH64
#define RELATIVE	R_AARCH64_RELATIVE
#elif defined(__riscv)
#define MACHINE		EM_RISCV
#define RELATIVE	R_RISCV_RELATIVE
#endif

static const Elf64_Ehdr *header(void)
{
	return (const Elf64_Ehdr *)lkl_image_data;
}

static const Elf64_Phdr *segment(unsigned int i)
{
	return (const Elf64_Phdr *)(lkl_image_data + header()->e_phoff) + i;
}

static int check(void)
{
	const Elf64_Ehdr *h = header();
	size_t size = lkl_image_data_end - lkl_image_data;

	if (size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_type != ET_DYN ||
	    h->e_machine != MACHINE ||
	    h->e_phentsize != sizeof(Elf64_Phdr) ||
	    h->e_phoff + h->e_phnum * sizeof(Elf64_Phdr) > size)
		return -LKL_ERR_INVAL;
	return 0;
}

static size_t span(void)
{
	size_t end = 0;

	for (unsigned int i = 0; i < header()->e_phnum; i++) {
		const Elf64_Phdr *p = segment(i);

		if (p->p_type == PT_LOAD && p->p_vaddr + p->p_memsz > end)
			end = p->p_vaddr + p->p_memsz;
	}
	return PAGE_UP(end);
}

/*
 * What lies behind the bytes of the file, up to the end of its page, is the next
 * thing in the file: that part is zeroed by hand.
 */
static int map_segment(unsigned char *base, const Elf64_Phdr *p)
{
	uint64_t start = PAGE_DOWN(p->p_vaddr);
	uint64_t file_end = p->p_vaddr + p->p_filesz;
	int err;

	err = lkl_host_image_map(base + start, lkl_image_data + PAGE_DOWN(p->p_offset),
				 PAGE_UP(file_end) - start);
	if (!err && p->p_memsz > p->p_filesz && file_end != PAGE_UP(file_end))
		memset(base + file_end, 0, PAGE_UP(file_end) - file_end);
	return err;
}

/* RELR: an address to relocate, or a bitmap of the 63 words behind the last. */
static void relocate_packed(unsigned char *base, const Elf64_Dyn *dyn)
{
	const uint64_t *relr = NULL;
	uint64_t *where = NULL;
	size_t size = 0;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELR)
			relr = (const uint64_t *)(base + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELRSZ)
			size = dyn->d_un.d_val;
	}
	for (size_t i = 0; i < size / sizeof(*relr); i++) {
		uint64_t entry = relr[i];

		if (!(entry & 1)) {
			where = (uint64_t *)(base + entry);
			*where++ += (uint64_t)base;
			continue;
		}
		for (uint64_t *w = where; entry >>= 1; w++)
			if (entry & 1)
				*w += (uint64_t)base;
		where += 63;
	}
}

/*
 * Those that the linker did not pack; type 0 is one that it found out not to need.
 * Others than relative ones would be a mistake of the build.
 */
static int relocate_listed(unsigned char *base, const Elf64_Dyn *dyn)
{
	const Elf64_Rela *rela = NULL;
	size_t size = 0;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA)
			rela = (const Elf64_Rela *)(base + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELASZ)
			size = dyn->d_un.d_val;
	}
	for (const Elf64_Rela *r = rela; r < rela + size / sizeof(*r); r++) {
		if (!ELF64_R_TYPE(r->r_info))
			continue;
		if (ELF64_R_TYPE(r->r_info) != RELATIVE)
			return -LKL_ERR_INVAL;
		*(uint64_t *)(base + r->r_offset) = (uint64_t)base + r->r_addend;
	}
	return 0;
}

struct text {
	void *addr;
	size_t size;
};

/* The one segment that is executed. */
static struct text find_text(unsigned char *base)
{
	for (unsigned int i = 0; i < header()->e_phnum; i++) {
		const Elf64_Phdr *p = segment(i);
		uint64_t start = PAGE_DOWN(p->p_vaddr);

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X))
			return (struct text){
				base + start,
				PAGE_UP(p->p_vaddr + p->p_memsz) - start,
			};
	}
	return (struct text){ base, 0 };
}

static int load(unsigned char *base)
{
	const Elf64_Dyn *dyn = NULL;
	int err = 0;

	for (unsigned int i = 0; i < header()->e_phnum && !err; i++) {
		const Elf64_Phdr *p = segment(i);

		if (p->p_type == PT_LOAD)
			err = map_segment(base, p);
		else if (p->p_type == PT_DYNAMIC)
			dyn = (const Elf64_Dyn *)(base + p->p_vaddr);
	}
	if (!err && dyn) {
		err = relocate_listed(base, dyn);
		relocate_packed(base, dyn);
	}
	if (!err) {
		struct text text = find_text(base);

		err = lkl_host_image_protect(text.addr, text.size);
	}
	return err;
}

int lkl_image_load(struct lkl_loaded_image *image)
{
	int err = check();

	if (err)
		return err;
	image->size = span();
	image->base = lkl_host_image_reserve(image->size);
	if (!image->base)
		return -LKL_ERR_NOMEM;
	err = load(image->base);
	if (err) {
		lkl_image_unload(image);
		return err;
	}
	image->ops = (const struct lkl_image *)
		((unsigned char *)image->base + header()->e_entry);
	if (image->ops->version != LKL_OPS_VERSION ||
	    image->ops->size != sizeof(struct lkl_image)) {
		lkl_image_unload(image);
		return -LKL_ERR_INVAL;
	}
	return 0;
}

void lkl_image_trim(const struct lkl_loaded_image *image)
{
	struct text text = find_text(image->base);

	lkl_host_image_trim(text.addr, text.size);
}

void lkl_image_unload(struct lkl_loaded_image *image)
{
	lkl_host_image_release(image->base, image->size);
	image->base = NULL;
	image->ops = NULL;
}
