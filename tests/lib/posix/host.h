/* SPDX-License-Identifier: GPL-2.0 */
/* What tests expect of this host. */
#ifndef LKL_TEST_HOST_H
#define LKL_TEST_HOST_H

/* Memory that a kernel takes when it has started, and what a hundred leave behind. */
#define HOST_RESIDENT_KIB	(20 << 10)
#define HOST_RESTARTS_KIB	1024

#endif
