/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_USER_H
#define STAND_IN_SYS_USER_H

#include <stdint.h>

#define KVME_TYPE_SWAP		1
#define KVME_TYPE_VNODE		2
#define KVME_PROT_READ		1
#define KVME_PROT_WRITE		2

/* What of them the library and the tests look at. */
struct kinfo_vmentry {
	int kve_structsize;
	int kve_type;
	uint64_t kve_start, kve_end;
	uint64_t kve_offset;
	int kve_protection;
	uint64_t kve_obj;
	char kve_path[8];
};

struct kinfo_proc {
	int ki_structsize;
	int ki_numthreads;
	long ki_rssize;
};

#endif
