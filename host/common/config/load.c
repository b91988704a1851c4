// SPDX-License-Identifier: GPL-2.0
/* Reading a configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "keys.h"

#define PREFIX "LKL_HIJACK_"
#define CONFIG_FILE PREFIX "CONFIG_FILE"

/* The largest file that is taken for a configuration. */
#define FILE_MAX (1 << 20)

extern char **environ;

int lkl_load_config_json(struct lkl_config *cfg, const char *text)
{
	int err;

	memset(cfg, 0, sizeof(*cfg));
	err = lkl_config_parse(cfg, text);
	if (err)
		lkl_config_free(cfg);
	return err;
}

static int load_file(struct lkl_config *cfg, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text, why[sizeof(cfg->error)];
	size_t len;
	int err;

	if (!f)
		return lkl_config_fail(cfg, errno == ENOENT ? -LKL_ENOENT : -LKL_EACCES,
				       CONFIG_FILE ": %s: %s", path, strerror(errno));
	text = malloc(FILE_MAX + 1);
	if (!text) {
		fclose(f);
		return lkl_config_fail(cfg, -LKL_ENOMEM, "%s: no memory", path);
	}
	len = fread(text, 1, FILE_MAX + 1, f);
	text[len < FILE_MAX ? len : FILE_MAX] = 0;
	if (ferror(f) || len > FILE_MAX) {
		err = lkl_config_fail(cfg, -LKL_EINVAL, "%s: cannot be read, or is too large",
				      path);
	} else if (strlen(text) != len) {
		err = lkl_config_fail(cfg, -LKL_EINVAL, "%s: no text", path);
	} else {
		err = lkl_config_parse(cfg, text);
		if (err) {
			memcpy(why, cfg->error, sizeof(why));
			lkl_config_fail(cfg, err, "%.100s: %.150s", path, why);
		}
	}
	free(text);
	fclose(f);
	return err;
}

/* Whether the variable @var (NAME=VALUE) is that of @key; then its value. */
static const char *value_for(const char *var, const struct config_key *key)
{
	size_t len = strlen(key->env);

	var += strlen(PREFIX);
	return !strncmp(var, key->env, len) && var[len] == '=' ? var + len + 1 : NULL;
}

static int load_var(struct lkl_config *cfg, const char *var)
{
	int name_len = strcspn(var, "=");
	const struct config_key *key;
	const char *value;
	char where[64];

	snprintf(where, sizeof(where), "%.*s", name_len, var);
	for (key = lkl_config_keys; key->json; key++) {
		value = value_for(var, key);
		if (value)
			return lkl_config_set(cfg, key, cfg, where, value);
	}
	for (key = lkl_iface_keys; key->json; key++) {
		value = value_for(var, key);
		if (value && !cfg->ifaces && !lkl_config_add_iface(cfg))
			return -LKL_ENOMEM;
		if (value)
			return lkl_config_set(cfg, key, cfg->ifaces, where, value);
	}
	return lkl_config_fail(cfg, -LKL_EINVAL, "%s: unknown variable", where);
}

static int load_vars(struct lkl_config *cfg)
{
	char **var;
	int err;

	for (var = environ; *var; var++) {
		if (strncmp(*var, PREFIX, strlen(PREFIX)) ||
		    !strncmp(*var, CONFIG_FILE "=", strlen(CONFIG_FILE "=")))
			continue;
		err = load_var(cfg, *var);
		if (err)
			return err;
	}
	if (cfg->ifaces && !cfg->ifaces->iftype)
		return lkl_config_fail(cfg, -LKL_EINVAL, PREFIX "NET_IFTYPE: missing");
	return 0;
}

int lkl_load_config_env(struct lkl_config *cfg)
{
	const char *path = getenv(CONFIG_FILE);
	int err = 0;

	memset(cfg, 0, sizeof(*cfg));
	if (path)
		err = load_file(cfg, path);
	if (!err)
		err = load_vars(cfg);
	if (err)
		lkl_config_free(cfg);
	return err;
}
