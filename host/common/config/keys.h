/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of a configuration, in either form, and what their values may be. */
#ifndef LKL_CONFIG_KEYS_H
#define LKL_CONFIG_KEYS_H

#include <stddef.h>

#include <lkl_config.h>

struct config_key {
	const char *json;
	const char *env;	/* after LKL_HIJACK_ */
	size_t offset;		/* of the string in its structure */
	/* NULL if @value is good, or else what it should be. */
	const char *(*check)(const char *value);
};

extern const struct config_key lkl_config_keys[];	/* of struct lkl_config */
extern const struct config_key lkl_iface_keys[];	/* of struct lkl_config_iface */

/* Where the value of @key is in its structure, @of. */
static inline char **lkl_config_value(const struct config_key *key, void *of)
{
	return (char **)((char *)of + key->offset);
}

/*
 * Checks and copies @value to where @key of @of has it. @where says for messages whence it
 * comes. 0 or err.
 */
int lkl_config_set(struct lkl_config *cfg, const struct config_key *key, void *of,
		   const char *where, const char *value);

/* Notes an error in @cfg; returns @err. */
int lkl_config_fail(struct lkl_config *cfg, int err, const char *fmt, ...) LKL_PRINTF(3, 4);

/* Appends an interface, or NULL. */
struct lkl_config_iface *lkl_config_add_iface(struct lkl_config *cfg);

/* Frees the strings and the interfaces; keeps @error. */
void lkl_config_free(struct lkl_config *cfg);

/* As lkl_load_config_json(), into a configuration that is empty. */
int lkl_config_parse(struct lkl_config *cfg, const char *text);

#endif
