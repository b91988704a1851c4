/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_PART_SHOW_H
#define LKL_PART_SHOW_H

#include "inspect.h"

/* The table. 0, or -1 with a message printed. */
int show_table(const struct inventory *inventory);
/* The same, and more, for programs. Whether it could be written stdout knows. */
void show_json(const struct inventory *inventory);

#endif
