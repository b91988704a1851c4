// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "layers.h"
#include "message.h"

struct layer {
	struct layer *below;
	int (*close)(const char *name);
	char name[64];
	char *title;
};

static struct layer *top;

int layers_add(int (*close)(const char *name), const char *name, const char *title)
{
	struct layer *l = calloc(1, sizeof(*l));

	if (l)
		l->title = strdup(title);
	if (!l || !l->title) {
		free(l);
		error("%s: out of memory", title);
		return -1;
	}
	l->close = close;
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->below = top;
	top = l;
	return 0;
}

int layers_close(void)
{
	struct layer *l;
	int ret = 0, err;

	while ((l = top)) {
		err = l->close(l->name);
		if (err) {
			error("%s: cannot be closed: %s", l->title, lkl_strerror(err));
			ret = -1;
		}
		top = l->below;
		free(l->title);
		free(l);
	}
	return ret;
}
