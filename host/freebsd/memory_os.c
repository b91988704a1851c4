// SPDX-License-Identifier: GPL-2.0
/* Memory: what each system does in its own way. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include "memory.h"
#include "posix.h"

/* The system makes them by itself. */
void lkl_posix_prefer_huge(void *addr, size_t size)
{
}

/* There is no call for it. */
void LKL_ABI lkl_posix_mem_populate(void *addr, unsigned long long size)
{
}

void lkl_posix_drop(void *addr, size_t size, int fd, uint64_t offset)
{
	struct spacectl_range range = { .r_offset = offset, .r_len = size };

	if (fd < 0)
		/* madvise() leaves it to chance what is read afterwards. */
		mmap(addr, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	else
		fspacectl(fd, SPACECTL_DEALLOC, &range, 0, &range);
}

/* All mappings of this process, and their size in bytes. NULL without memory. */
static char *list_mappings(size_t *size)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_VMMAP, getpid() };
	char *list = NULL, *larger;

	for (;;) {
		if (sysctl(name, 4, NULL, size, NULL, 0))
			break;
		/* Allocating memory can add some. */
		*size += *size / 4 + sizeof(struct kinfo_vmentry);
		larger = realloc(list, *size);
		if (!larger)
			break;
		list = larger;
		if (!sysctl(name, 4, list, size, NULL, 0))
			return list;
		if (errno != ENOMEM)
			break;
	}
	free(list);
	return NULL;
}

static const struct kinfo_vmentry *next_mapping(const char *list, size_t size, size_t *at)
{
	const struct kinfo_vmentry *e = (const void *)(list + *at);

	if (*at >= size || !e->kve_structsize)
		return NULL;
	*at += e->kve_structsize;
	return e;
}

int lkl_posix_each_mapping(uintptr_t of, int (*fn)(void *arg, uintptr_t start, uintptr_t end,
						    int writable, uint64_t offset), void *arg)
{
	const struct kinfo_vmentry *e;
	size_t size = 0, at = 0;
	char *list = list_mappings(&size);
	uint64_t object = 0;
	int err = 0;

	if (!list)
		return -ENOMEM;
	while ((e = next_mapping(list, size, &at)))
		if (of >= e->kve_start && of < e->kve_end)
			object = e->kve_obj;
	if (!object)
		err = -ENOENT;
	at = 0;
	while (!err && (e = next_mapping(list, size, &at)))
		if (e->kve_type != KVME_TYPE_VNODE && e->kve_obj == object)
			err = fn(arg, e->kve_start, e->kve_end,
				 !!(e->kve_protection & KVME_PROT_WRITE), e->kve_offset);
	free(list);
	return err;
}
