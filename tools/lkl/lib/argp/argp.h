/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What our programs use of GNU's argp, for C libraries without it. One
 * level of children; options without defaults; documentation without filters.
 */
#ifndef LKL_TOOLS_ARGP_H
#define LKL_TOOLS_ARGP_H

#include <stdio.h>

typedef int error_t;

struct argp_option {
	const char *name;
	/* A character is also the short option. */
	int key;
	/* The name of its argument; NULL if it takes none. */
	const char *arg;
	int flags;
	/* With neither name nor key: the title of its group. */
	const char *doc;
	int group;
};

/* Not shown. */
#define OPTION_HIDDEN	2
/* Another name of the option before. */
#define OPTION_ALIAS	4

struct argp_state {
	int argc, next;
	char **argv;
	void *input;
	/* Set at ARGP_KEY_INIT. */
	void **child_inputs;
	const char *name;
	const struct argp *root_argp;
};

struct argp_child {
	const struct argp *argp;
	int flags;
	const char *header;
	int group;
};

struct argp {
	const struct argp_option *options;
	error_t (*parser)(int key, char *arg, struct argp_state *state);
	const char *args_doc, *doc;
	const struct argp_child *children;
};

#define ARGP_ERR_UNKNOWN	7

/* What is behind the options, from argv[next] on. */
#define ARGP_KEY_ARGS		0x1000006
#define ARGP_KEY_END		0x1000001
/* There is nothing behind the options. */
#define ARGP_KEY_NO_ARGS	0x1000002
#define ARGP_KEY_INIT		0x1000003

/* Prints what --version says. */
extern void (*argp_program_version_hook)(FILE *f, struct argp_state *state);

/* Options may follow arguments. --help, --usage and mistakes end the program. */
error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned int flags,
		   int *end, void *input);
void argp_error(const struct argp_state *state, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
