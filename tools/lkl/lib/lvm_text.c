// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lvm_text.h"

#define DEPTH_MAX 16

struct parser {
	const char *at;
	const char *end;
	int depth;
};

void lvm_text_free(struct lvm_node *node)
{
	struct lvm_node *next;

	for (; node; node = next) {
		next = node->next;
		lvm_text_free(node->members);
		free(node->name);
		free(node->string);
		free(node);
	}
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end) {
		if (*p->at == '#') {
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		} else if (isspace((unsigned char)*p->at)) {
			p->at++;
		} else {
			break;
		}
	}
}

static int accept(struct parser *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return 0;
	p->at++;
	return 1;
}

static int is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.+-", c));
}

static char *word(struct parser *p)
{
	const char *start;

	skip_space(p);
	start = p->at;
	while (p->at < p->end && is_word(*p->at))
		p->at++;
	return p->at == start ? NULL : strndup(start, p->at - start);
}

/* Behind the opening quote. */
static char *string(struct parser *p)
{
	const char *start = p->at, *c;
	char *text, *to;

	while (p->at < p->end && *p->at != '"' && *p->at)
		p->at += *p->at == '\\' && p->at + 1 < p->end ? 2 : 1;
	if (p->at >= p->end || *p->at != '"')
		return NULL;
	text = malloc(p->at - start + 1);
	if (!text)
		return NULL;
	for (c = start, to = text; c < p->at; c++) {
		if (*c == '\\')
			c++;
		*to++ = *c;
	}
	*to = 0;
	p->at++;
	return text;
}

/* A fraction is cut off: those that LVM writes are of no interest here. */
static int number(struct parser *p, int64_t *value)
{
	int negative = accept(p, '-');
	uint64_t n = 0;

	if (p->at == p->end || !isdigit((unsigned char)*p->at))
		return -1;
	while (p->at < p->end && isdigit((unsigned char)*p->at)) {
		if (n > (uint64_t)INT64_MAX / 10 - 1)
			return -1;
		n = n * 10 + (*p->at++ - '0');
	}
	if (p->at < p->end && *p->at == '.')
		do
			p->at++;
		while (p->at < p->end && isdigit((unsigned char)*p->at));
	*value = negative ? -(int64_t)n : (int64_t)n;
	return 0;
}

static int value(struct parser *p, struct lvm_node *node);

static int list(struct parser *p, struct lvm_node *node)
{
	struct lvm_node **last = &node->members;

	node->kind = LVM_LIST;
	if (accept(p, ']'))
		return 0;
	do {
		*last = calloc(1, sizeof(**last));
		if (!*last || value(p, *last))
			return -1;
		last = &(*last)->next;
	} while (accept(p, ','));
	return accept(p, ']') ? 0 : -1;
}

static int value(struct parser *p, struct lvm_node *node)
{
	int ret;

	if (accept(p, '"')) {
		node->kind = LVM_STRING;
		node->string = string(p);
		return node->string ? 0 : -1;
	}
	if (accept(p, '[')) {
		if (++p->depth > DEPTH_MAX)
			return -1;
		ret = list(p, node);
		p->depth--;
		return ret;
	}
	node->kind = LVM_NUMBER;
	return number(p, &node->number);
}

/* Up to the closing brace, or the end of the text outside of all braces. */
static int section(struct parser *p, struct lvm_node *node)
{
	struct lvm_node **last = &node->members;
	int outermost = !p->depth, ret;

	node->kind = LVM_SECTION;
	if (++p->depth > DEPTH_MAX)
		return -1;
	for (;;) {
		skip_space(p);
		/* The text may end in a NUL. */
		if (outermost && (p->at == p->end || !*p->at))
			break;
		if (!outermost && accept(p, '}'))
			break;
		*last = calloc(1, sizeof(**last));
		if (!*last)
			return -1;
		(*last)->name = word(p);
		if (!(*last)->name)
			return -1;
		ret = accept(p, '{') ? section(p, *last) :
		      accept(p, '=') ? value(p, *last) : -1;
		if (ret)
			return -1;
		last = &(*last)->next;
	}
	p->depth--;
	return 0;
}

struct lvm_node *lvm_text_parse(const char *text, uint64_t len)
{
	struct parser p = { .at = text, .end = text + len };
	struct lvm_node *root = calloc(1, sizeof(*root));

	if (root && !section(&p, root))
		return root;
	lvm_text_free(root);
	return NULL;
}

const struct lvm_node *lvm_find(const struct lvm_node *section, const char *name,
				enum lvm_kind kind)
{
	const struct lvm_node *n;

	for (n = section ? section->members : NULL; n; n = n->next)
		if (n->kind == kind && !strcmp(n->name, name))
			return n;
	return NULL;
}

const char *lvm_string(const struct lvm_node *section, const char *name)
{
	const struct lvm_node *n = lvm_find(section, name, LVM_STRING);

	return n ? n->string : NULL;
}

int64_t lvm_number(const struct lvm_node *section, const char *name, int64_t otherwise)
{
	const struct lvm_node *n = lvm_find(section, name, LVM_NUMBER);

	return n ? n->number : otherwise;
}

int lvm_has_word(const struct lvm_node *section, const char *name, const char *word)
{
	const struct lvm_node *n = lvm_find(section, name, LVM_LIST);

	for (n = n ? n->members : NULL; n; n = n->next)
		if (n->kind == LVM_STRING && !strcmp(n->string, word))
			return 1;
	return 0;
}
