/* SPDX-License-Identifier: GPL-2.0 */
/* Access control lists between extended attributes and libarchive. */
#ifndef LKL_FS2TAR_ACL_LIBARCHIVE_H
#define LKL_FS2TAR_ACL_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "entry.h"

/* Adds the list in @x, if it is one. Whether it is. */
int acl_to_archive(struct archive_entry *ae, struct xattr *x);
/* Sets the lists of @ae as attributes of @e. -1 if one names users without numbers. */
int acl_from_archive(struct archive_entry *ae, struct entry *e);

#endif
