/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes archives of the pax format: tar_out_libarchive.c, or tar_out_own.c where there is
 * no libarchive.
 */
#ifndef LKL_FS2TAR_TAR_OUT_H
#define LKL_FS2TAR_TAR_OUT_H

#include <sys/types.h>

#include "entry.h"
#include "tar.h"

struct tar_out;

/*
 * An archive whose bytes go to @fd, compressed as @compression says: "none", "gzip", and so
 * on. Messages call it @shown. NULL with a message printed.
 */
struct tar_out *tar_out_open(int fd, const char *shown, const char *compression);
/* Begins the entry @name. What @e has of extents is kept as holes between them. */
enum tar_status tar_out_header(struct tar_out *t, const struct entry *e, const char *name);
/* The next bytes of its content, in which holes are zeroes. */
enum tar_status tar_out_data(struct tar_out *t, const char *buf, size_t len);
/* Ends the archive. */
enum tar_status tar_out_end(struct tar_out *t);
/* Why it was not TAR_OK. */
const char *tar_out_error(const struct tar_out *t);
/* Without tar_out_end() before it is left as it is. */
void tar_out_free(struct tar_out *t);

#endif
