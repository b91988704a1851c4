/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access control lists as text, in which pax archives have them:
 * "user::rwx,user:1000:r-x,group::r--,mask::r-x,other::---".
 */
#ifndef LKL_FS2TAR_ACL_TEXT_H
#define LKL_FS2TAR_ACL_TEXT_H

#include "entry.h"

/* The caller's to free; NULL if @x is no list. */
char *acl_to_text(const struct xattr *x);
/*
 * Sets the attribute @xattr of @e. -1 if users or groups have names alone, which are left out,
 * or if it is no list at all.
 */
int acl_from_text(struct entry *e, const char *xattr, const char *text);

#endif
