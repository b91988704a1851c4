// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <lkl.h>

#include <message.h>

#include "alone.h"
#include "boot.h"
#include "entries.h"

int boot_has_coverage(void)
{
	long params[6] = { 0 };

	return lkl_syscall(LKL_CALL_COVERAGE, params) != -LKL_ENOSYS;
}

void boot(struct options *o, size_t size)
{
	struct job *job = &o->job;
	const struct rlimit no_core = { 0, 0 };
	char arguments[4096];

	/* Single pages are written here and there, and are to be put back. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* A crash is what one is here for. */
	setrlimit(RLIMIT_CORE, &no_core);
	size = o->size ? o->size : job->base ? job->base->size : size;
	disk_init(&job->disk, size, !!(job->mount_flags & LKL_MS_RDONLY));
	if (job->base)
		base_load(job->base, &job->disk);
	/* Its random numbers come from the processor, else: not the same ones each time. */
	if ((size_t)snprintf(arguments, sizeof(arguments), "mem=%uM lkl.random=1 %s %s", o->mb,
			     o->warnings ? "panic_on_warn=1" : "", o->boot) >= sizeof(arguments))
		die("--boot is too long");
	child_boot(job, arguments);
	if (job->base)
		child_warm_up(job);
	alone_booted();
	entries_keep();
}

void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("out of memory");
	return p;
}
