// SPDX-License-Identifier: GPL-2.0
/* A configuration from JSON, which cJSON reads. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "keys.h"

/* Line and column of @at in @text. */
static void position(const char *text, const char *at, int *line, int *column)
{
	*line = 1;
	*column = 1;
	for (; text < at && *text; text++) {
		++*column;
		if (*text == '\n') {
			++*line;
			*column = 1;
		}
	}
}

/* The value of @item as text, in @buf if it has to be made; NULL if it cannot be one. */
static const char *text_of(const cJSON *item, char *buf, size_t size)
{
	if (cJSON_IsString(item))
		return item->valuestring;
	if (cJSON_IsBool(item))
		return cJSON_IsTrue(item) ? "1" : "0";
	if (!cJSON_IsNumber(item) || item->valuedouble < -1e15 || item->valuedouble > 1e15 ||
	    item->valuedouble != (long long)item->valuedouble)
		return NULL;
	snprintf(buf, size, "%.0f", item->valuedouble);
	return buf;
}

static int set(struct lkl_config *cfg, const struct config_key *keys, void *of,
	       const cJSON *item, const char *where)
{
	const char *text;
	char buf[32];

	while (keys->json && strcmp(keys->json, item->string))
		keys++;
	if (!keys->json)
		return lkl_config_fail(cfg, -LKL_EINVAL, "%s: unknown key", where);
	if (*lkl_config_value(keys, of))
		return lkl_config_fail(cfg, -LKL_EINVAL, "%s: given twice", where);
	text = text_of(item, buf, sizeof(buf));
	if (!text)
		return lkl_config_fail(cfg, -LKL_EINVAL, "%s: must be a string", where);
	return lkl_config_set(cfg, keys, of, where, text);
}

static int parse_iface(struct lkl_config *cfg, const cJSON *object, int n)
{
	struct lkl_config_iface *iface;
	char where[160];
	cJSON *item;
	int err = 0;

	if (!cJSON_IsObject(object))
		return lkl_config_fail(cfg, -LKL_EINVAL, "interfaces[%d]: must be an object", n);
	iface = lkl_config_add_iface(cfg);
	if (!iface)
		return -LKL_ENOMEM;
	cJSON_ArrayForEach(item, object) {
		snprintf(where, sizeof(where), "interfaces[%d].%s", n, item->string);
		err = set(cfg, lkl_iface_keys, iface, item, where);
		if (err)
			return err;
	}
	return iface->iftype ? 0 :
	       lkl_config_fail(cfg, -LKL_EINVAL, "interfaces[%d].type: missing", n);
}

static int parse_ifaces(struct lkl_config *cfg, const cJSON *array)
{
	cJSON *item;
	int err, n = 0;

	if (!cJSON_IsArray(array))
		return lkl_config_fail(cfg, -LKL_EINVAL, "interfaces: must be an array");
	for (item = array->next; item; item = item->next)
		if (!strcmp(item->string, array->string))
			return lkl_config_fail(cfg, -LKL_EINVAL, "interfaces: given twice");
	cJSON_ArrayForEach(item, array) {
		err = parse_iface(cfg, item, n++);
		if (err)
			return err;
	}
	return 0;
}

static int parse_root(struct lkl_config *cfg, const cJSON *root)
{
	cJSON *item;
	int err;

	if (!cJSON_IsObject(root))
		return lkl_config_fail(cfg, -LKL_EINVAL, "the configuration must be an object");
	cJSON_ArrayForEach(item, root) {
		err = !strcmp(item->string, "interfaces") ? parse_ifaces(cfg, item) :
		      set(cfg, lkl_config_keys, cfg, item, item->string);
		if (err)
			return err;
	}
	return 0;
}

static int fail_at(struct lkl_config *cfg, const char *text, const char *at, const char *why)
{
	int line, column;

	position(text, at, &line, &column);
	return lkl_config_fail(cfg, -LKL_EINVAL, "line %d, column %d: %s", line, column, why);
}

/*
 * Where @text has a null character written as an escape sequence, which would end the value
 * there unseen; NULL if nowhere. Backslashes come in pairs, or begin a sequence.
 */
static const char *escaped_nul(const char *text)
{
	for (; (text = strchr(text, '\\')); text += 2)
		if (!strncmp(text + 1, "u0000", 5))
			return text;
		else if (!text[1])
			break;
	return NULL;
}

int lkl_config_parse(struct lkl_config *cfg, const char *text)
{
	const char *end = NULL, *nul = escaped_nul(text);
	cJSON *root;
	int err;

	if (nul)
		return fail_at(cfg, text, nul, "no value has null characters");
	root = cJSON_ParseWithOpts(text, &end, 1);
	if (!root)
		return fail_at(cfg, text, end ? end : text, "no valid JSON");
	err = parse_root(cfg, root);
	cJSON_Delete(root);
	return err;
}
