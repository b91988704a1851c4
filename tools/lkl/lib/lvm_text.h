/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text that LVM describes its groups with: sections in braces, and values that are
 * numbers, strings or lists of these. It comes from an image, so nothing is trusted.
 */
#ifndef LKL_TOOLS_LVM_TEXT_H
#define LKL_TOOLS_LVM_TEXT_H

#include <stdint.h>

enum lvm_kind {
	LVM_SECTION,
	LVM_NUMBER,
	LVM_STRING,
	LVM_LIST,
};

struct lvm_node {
	enum lvm_kind kind;
	char *name;			/* NULL for members of a list */
	char *string;
	int64_t number;
	struct lvm_node *members;	/* of a section or a list, in order */
	struct lvm_node *next;
};

/*
 * The whole of @text as a section without a name; NULL if it is not well-formed, or
 * without memory. Freed with lvm_text_free().
 */
struct lvm_node *lvm_text_parse(const char *text, uint64_t len);
void lvm_text_free(struct lvm_node *node);

/* Members of a section by name and kind; NULL, or the default, if there is none. */
const struct lvm_node *lvm_find(const struct lvm_node *section, const char *name,
				enum lvm_kind kind);
const char *lvm_string(const struct lvm_node *section, const char *name);
int64_t lvm_number(const struct lvm_node *section, const char *name, int64_t otherwise);
/* Whether the list @name of strings has @word. */
int lvm_has_word(const struct lvm_node *section, const char *name, const char *word);

#endif
