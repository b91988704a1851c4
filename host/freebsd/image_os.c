// SPDX-License-Identifier: GPL-2.0
/* The file of this program or library, by what the dynamic linker knows. */
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/param.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "memory.h"

struct wanted {
	uintptr_t addr;
	size_t size;
	uint64_t offset;
	char path[PATH_MAX];
};

static int is_inside(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct wanted *w = arg;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || w->addr < start ||
		    w->addr + w->size > start + p->p_filesz)
			continue;
		w->offset = p->p_offset + (w->addr - start);
		strlcpy(w->path, info->dlpi_name, sizeof(w->path));
		return 1;
	}
	return 0;
}

/* Of the program itself the linker may know a name without a path. */
static void find_program(struct wanted *w)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };
	size_t size = sizeof(w->path);

	if (sysctl(name, 4, w->path, &size, NULL, 0))
		w->path[0] = 0;
}

/* The file may have been replaced since we were started. */
static int is_same(int fd, const struct wanted *w)
{
	char page[4096];

	return w->size >= sizeof(page) &&
	       pread(fd, page, sizeof(page), w->offset) == (ssize_t)sizeof(page) &&
	       !memcmp(page, (const void *)w->addr, sizeof(page));
}

int lkl_posix_open_backing(const void *addr, size_t size, uint64_t *offset)
{
	struct wanted w = { .addr = (uintptr_t)addr, .size = size };
	int fd;

	if (!dl_iterate_phdr(is_inside, &w))
		return -1;
	if (w.path[0] != '/')
		find_program(&w);
	fd = open(w.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (is_same(fd, &w)) {
		*offset = w.offset;
		return fd;
	}
	close(fd);
	return -1;
}
