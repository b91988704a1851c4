/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_NET_ENTRIES_H
#define LKL_NET_ENTRIES_H

/*
 * Calls @each with both parts of every entry of "A|B;A|B;...", until one returns
 * something else than 0, which is the result. -EINVAL for an entry of another form;
 * empty ones are skipped.
 */
int lkl_entries(const char *list, int (*each)(const char *a, const char *b, void *arg),
		void *arg);

#endif
