// SPDX-License-Identifier: GPL-2.0
/* In the place of json.c where there is no cJSON. */
#include <lkl.h>

#include "keys.h"

int lkl_config_parse(struct lkl_config *cfg, const char *text)
{
	return lkl_config_fail(cfg, -LKL_ENOSYS, "this library was built without JSON; "
			       "build it again with libcjson-dev installed, or use variables");
}
