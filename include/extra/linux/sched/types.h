/* SPDX-License-Identifier: GPL-2.0 */
/* Written without prefix; scripts/headers.py adds it. */
#ifndef _EXTRA_LINUX_SCHED_TYPES_H
#define _EXTRA_LINUX_SCHED_TYPES_H

struct sched_param {
	int sched_priority;
};

#endif
