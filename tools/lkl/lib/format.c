// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "format.h"
#include "message.h"

/* Longer names are not taken by qemu either. */
#define NAME_SIZE	1024
#define VMDK_TEXT_MAX	(64 * 1024)
/* Incompatible features of qcow2. */
#define QCOW2_DATA_FILE	(1 << 2)

static const struct {
	const char *format;
	unsigned int offset;
	const char *mark;
	unsigned int len;
} marks[] = {
	{ "qcow2", 0, "QFI\xfb\0\0\0\2", 8 },
	{ "qcow2", 0, "QFI\xfb\0\0\0\3", 8 },
	{ "qcow", 0, "QFI\xfb\0\0\0\1", 8 },
	{ "vmdk", 0, "KDMV", 4 },
	{ "vmdk", 0, "COWD", 4 },
	{ "vmdk", 0, "# Disk DescriptorFile", 21 },
	{ "vdi", 64, "\x7f\x10\xda\xbe", 4 },
	{ "vhdx", 0, "vhdxfile", 8 },
	{ "vpc", 0, "conectix", 8 },
	{ "qed", 0, "QED\0", 4 },
	{ "parallels", 0, "WithoutFreeSpace", 16 },
	{ "parallels", 0, "WithouFreSpacExt", 16 },
};

static uint64_t be(const unsigned char *p, int bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | *p++;
	return n;
}

static uint64_t le64(const unsigned char *p)
{
	uint64_t n = 0;
	int i;

	for (i = 7; i >= 0; i--)
		n = n << 8 | p[i];
	return n;
}

const char *format_find(int fd)
{
	unsigned char head[128] = { 0 };
	unsigned int i;

	if (pread(fd, head, sizeof(head), 0) < 0)
		return "raw";
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!memcmp(head + marks[i].offset, marks[i].mark, marks[i].len))
			return marks[i].format;
	return "raw";
}

static int refuse(const char *name, const char *what, const char *other)
{
	char clean[NAME_SIZE];

	error("%s wants %s %s to be opened as well, which may be an attack; if you trust it, make one image of it with qemu-img convert",
	      name, what, message_clean(clean, sizeof(clean), other));
	return -1;
}

/* A backing file is read only, but it must be one: no protocol and no options. */
static int check_qcow2(int fd, const char *name)
{
	unsigned char head[104] = { 0 };
	char other[NAME_SIZE];
	uint64_t at;
	size_t len;

	if (pread(fd, head, sizeof(head), 0) < 72) {
		error("%s: the image is too short", name);
		return -1;
	}
	if (be(head + 4, 4) >= 3 && be(head + 72, 8) & QCOW2_DATA_FILE)
		return refuse(name, "a", "data file");
	at = be(head + 8, 8);
	len = be(head + 16, 4);
	if (!at || !len)
		return 0;
	if (len >= sizeof(other) || pread(fd, other, len, at) != (ssize_t)len) {
		error("%s: the name of its backing file cannot be read", name);
		return -1;
	}
	other[len] = 0;
	/* As qemu tells a protocol from a path. */
	if (other[strcspn(other, ":/")] == ':')
		return refuse(name, "the backing file", other);
	return 0;
}

/* Lines such as: RW 204800 SPARSE "disk-s001.vmdk" */
static int check_extents(const char *name, char *text)
{
	char *line, *next;

	for (line = text; *line; line = next) {
		char *open, *close;

		next = line + strcspn(line, "\r\n");
		if (*next)
			*next++ = 0;
		if (strncmp(line, "RW ", 3) && strncmp(line, "RDONLY ", 7) &&
		    strncmp(line, "parentFileNameHint", 18))
			continue;
		open = strchr(line, '"');
		close = open ? strchr(open + 1, '"') : NULL;
		if (!close)
			continue;
		*close = 0;
		if (strpbrk(open + 1, "/:"))
			return refuse(name, "the file", open + 1);
	}
	return 0;
}

/* The text is the file itself, or a part that its header names. */
static int check_vmdk(int fd, const char *name)
{
	static char text[VMDK_TEXT_MAX + 1];
	unsigned char head[512] = { 0 };
	uint64_t at = 0, len = VMDK_TEXT_MAX;
	ssize_t n;

	if (pread(fd, head, sizeof(head), 0) < 0)
		return 0;
	if (!memcmp(head, "KDMV", 4)) {
		at = le64(head + 28) * 512;
		len = le64(head + 36) * 512;
	}
	if (!len)
		return 0;
	n = pread(fd, text, len < VMDK_TEXT_MAX ? len : VMDK_TEXT_MAX, at);
	if (n < 0) {
		error("%s: its description cannot be read", name);
		return -1;
	}
	text[n] = 0;
	return check_extents(name, text);
}

int format_check(int fd, const char *name, const char *format)
{
	if (!strcmp(format, "qcow2"))
		return check_qcow2(fd, name);
	if (!strcmp(format, "vmdk"))
		return check_vmdk(fd, name);
	return 0;
}
