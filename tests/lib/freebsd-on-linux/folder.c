// SPDX-License-Identifier: GPL-2.0
/* It mounts what Linux has. */
#include "../posix/folder.c"
