// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "entry.h"
#include "path.h"

size_t path_push(struct path *p, const char *name)
{
	size_t old = p->len, add = strlen(name);

	if (p->size < old + add + 2) {
		p->size = (old + add + 2) * 2;
		p->text = must_realloc(p->text, p->size);
	}
	if (old && add && p->text[old - 1] != '/')
		p->text[p->len++] = '/';
	memcpy(p->text + p->len, name, add + 1);
	p->len += add;
	return old;
}

void path_pop(struct path *p, size_t len)
{
	p->len = len;
	p->text[len] = 0;
}
