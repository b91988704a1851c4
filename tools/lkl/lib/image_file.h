/* SPDX-License-Identifier: GPL-2.0 */
/* Images that are files or devices of the host: what is particular about the host. */
#ifndef LKL_TOOLS_IMAGE_FILE_H
#define LKL_TOOLS_IMAGE_FILE_H

#include "image.h"

/* Opens image->name as image->fd. 0, or -1 with a message printed. */
int image_open_file(struct image *image);
/* Keeps others of us out of it, but not the server that is to be started. As above. */
int image_lock_for_server(const struct image *image);
/* Says in image->disk which file it is. */
void image_fill_disk(struct image *image);

#endif
