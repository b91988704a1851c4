// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "entries.h"

int lkl_entries(const char *list, int (*each)(const char *a, const char *b, void *arg),
		void *arg)
{
	char *copy = strdup(list), *entry, *next, *bar;
	int err = 0;

	if (!copy)
		return -LKL_ENOMEM;
	for (entry = copy; entry && !err; entry = next) {
		next = strchr(entry, ';');
		if (next)
			*next++ = 0;
		if (!*entry)
			continue;
		bar = strchr(entry, '|');
		if (!bar || bar == entry || !bar[1]) {
			err = -LKL_EINVAL;
		} else {
			*bar = 0;
			err = each(entry, bar + 1, arg);
		}
	}
	free(copy);
	return err;
}
