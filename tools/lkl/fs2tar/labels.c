// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "labels.h"
#include "message.h"

struct label {
	char *path;
	char *label;
};

static int is_plain(unsigned char c)
{
	return c > ' ' && c != '\\' && c != 0x7f;
}

int labels_write(FILE *f, const char *path, const void *label, size_t size)
{
	fputc('/', f);
	for (; *path; path++)
		if (is_plain(*path))
			fputc(*path, f);
		else
			fprintf(f, "\\%03o", (unsigned char)*path);
	/* Some store the NUL, some do not. */
	fprintf(f, " %.*s\n", (int)strnlen(label, size), (const char *)label);
	return ferror(f) ? -1 : 0;
}

static int is_octal(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
	       text[2] >= '0' && text[2] <= '7';
}

/* In place. 0, or -1 if it is not right. */
static int unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text != '\\') {
			*out++ = *text;
			continue;
		}
		if (!is_octal(text + 1))
			return -1;
		*out++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
		text += 3;
	}
	*out = 0;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->path, ((const struct label *)b)->path);
}

void labels_read(struct labels *l, const char *file)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, *blank;
	size_t size = 0, room = 0;
	ssize_t len;
	int n = 0;

	if (!f)
		die("%s: %s", file, strerror(errno));
	while ((len = getline(&line, &size, f)) > 0) {
		n++;
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		if (!*line || *line == '#')
			continue;
		blank = strchr(line, ' ');
		if (*line != '/' || !blank || !blank[1])
			die("%s: line %d: expected \"/PATH LABEL\"", file, n);
		*blank = 0;
		if (unescape(line))
			die("%s: line %d: a backslash without three octal digits", file, n);
		if (l->count == room) {
			room = room ? room * 2 : 256;
			l->list = must_realloc(l->list, room * sizeof(l->list[0]));
		}
		l->list[l->count].path = must_strdup(line + 1);
		l->list[l->count++].label = must_strdup(blank + 1 + strspn(blank + 1, " \t"));
	}
	if (ferror(f))
		die("%s: %s", file, strerror(errno));
	free(line);
	fclose(f);
	if (l->count)
		qsort(l->list, l->count, sizeof(l->list[0]), compare);
}

const char *labels_find(const struct labels *l, const char *path)
{
	struct label key = { .path = (char *)path }, *found = NULL;

	if (l->count)
		found = bsearch(&key, l->list, l->count, sizeof(l->list[0]), compare);
	return found ? found->label : NULL;
}
