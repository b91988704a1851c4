// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>

#include <lkl.h>
#include <lkl/linux/mount.h>

#include "mount_options.h"

#define ATIMES	(LKL_MS_NOATIME | LKL_MS_RELATIME | LKL_MS_STRICTATIME)

/* Those that system calls take as bits; the kernel itself finds ro, sync and the like. */
static const struct {
	const char *name;
	unsigned long set, clear;
} names[] = {
	{ "defaults", 0, 0 },
	{ "noatime", LKL_MS_NOATIME, ATIMES },
	{ "relatime", LKL_MS_RELATIME, ATIMES },
	{ "strictatime", LKL_MS_STRICTATIME, ATIMES },
	{ "atime", 0, LKL_MS_NOATIME },
	{ "norelatime", 0, LKL_MS_RELATIME },
	{ "nostrictatime", 0, LKL_MS_STRICTATIME },
	{ "nodiratime", LKL_MS_NODIRATIME, 0 },
	{ "diratime", 0, LKL_MS_NODIRATIME },
	{ "nosuid", LKL_MS_NOSUID, 0 },
	{ "suid", 0, LKL_MS_NOSUID },
	{ "nodev", LKL_MS_NODEV, 0 },
	{ "dev", 0, LKL_MS_NODEV },
	{ "noexec", LKL_MS_NOEXEC, 0 },
	{ "exec", 0, LKL_MS_NOEXEC },
};

static bool take_flag(const char *option, size_t len, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != len || strncmp(names[i].name, option, len))
			continue;
		*flags = (*flags & ~names[i].clear) | names[i].set;
		return true;
	}
	return false;
}

/* Up to the next comma that is not in quotes. */
static size_t option_length(const char *option)
{
	bool quoted = false;
	size_t len;

	for (len = 0; option[len] && (quoted || option[len] != ','); len++)
		quoted ^= option[len] == '"';
	return len;
}

long mount_options_split(const char *options, unsigned long *flags, char *rest, size_t size)
{
	size_t len, used = 0;

	for (; options && *options; options += len + (options[len] == ',')) {
		len = option_length(options);
		if (!len || take_flag(options, len, flags))
			continue;
		if (used + len + 2 > size)
			return -LKL_ENAMETOOLONG;
		if (used)
			rest[used++] = ',';
		memcpy(rest + used, options, len);
		used += len;
	}
	rest[used] = 0;
	return 0;
}
