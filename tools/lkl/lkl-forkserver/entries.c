// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "entries.h"

/* One page of the mapping becomes a copy of its own, with what is in it. */
static void touch(uintptr_t start, size_t size, int prot)
{
	volatile char *byte = (volatile char *)start;

	/* Where a system forbids that, it goes on as before. */
	if (mprotect((void *)start, size, prot | PROT_WRITE))
		return;
	*byte = *byte;
	mprotect((void *)start, size, prot);
}

void entries_keep(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4400], perm[8];
	uintptr_t start, end;
	uint64_t inode;

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %" SCNu64,
			   &start, &end, perm, &inode) == 4 &&
		    inode && perm[0] == 'r' && perm[1] == '-' && perm[3] == 'p')
			touch(start, end - start, PROT_READ | (perm[2] == 'x' ? PROT_EXEC : 0));
	if (maps)
		fclose(maps);
}
