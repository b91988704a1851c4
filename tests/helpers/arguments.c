// SPDX-License-Identifier: GPL-2.0
/*
 * arguments N: has argp take N command lines apart, made of words by chance, and prints what
 * it makes of each. Built with the C library's argp and with our own, which other hosts have:
 * both have to print the same.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef LKL_TOOLS_ARGP_H
#include "message.h"
#endif

/* As our programs use it: a list of their own and one that they share, in three groups. */
static const struct argp_option shared_list[] = {
	{ NULL, 0, NULL, 0, "The image:", 1 },
	{ "partition", 'P', "PART", 0, "Number, label or UUID of the partition; 0 is the whole "
	  "disk, and this is longer than a line is wide", 1 },
	{ "mount-options", 1000, "OPTIONS", 0, "Options of the file system", 1 },
	{ NULL, 0, NULL, 0, "Everything else:", 3 },
	{ "mb", 'm', "MIB", 0, "Memory in MiB", 3 },
	{ "no-sandbox", 1001, NULL, 0, "Keep all rights of the process", 3 },
	{ "verbose", 'p', NULL, 0, "Show messages", 3 },
	{ "enable-printk", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 3 },
	{ 0 }
};

static const struct argp_option own_list[] = {
	{ "image", 'i', "IMAGE", 0, "The image", 1 },
	{ "image-map", 1003, "FILE", 0, "The same files give the same image, byte for byte; and more", 1 },
	{ "one-file-system", 'x', NULL, 0, "Leave folders empty", 2 },
	{ "xattrs", 1004, NULL, 0, "Six words that make up exactly fifty of the columns", 2 },
	{ "a-name-that-is-longer-than-its-column", 1002, "TEXT", 0, "Text", 2 },
	{ 0 }
};

static const char *const words[] = {
	"-i", "-iname", "--image", "--image=x", "--imag=y", "--image=", "--image-map", "--xat", "-x", "-xx", "-xp",
	"-xm64", "-P", "-P2", "--partition=3", "--part", "--mount-options", "--mb=64", "--m",
	"-m", "-m9", "--no-sandbox", "--no-sandbox=1", "--no", "--verbose", "-p", "--enable-printk",
	"--enable", "--a-name-that-is-longer-than-its-column=t", "--unknown", "-z", "-xz",
	"--help", "-?", "--usage", "-V", "--version", "--hel", "--", "-", "", "file", "a b", "=",
	"---", "-i=", "--image=--", "grüße", "-ü", "-W", "-Wfoo", "-;", "-:", "-x:",
};

#define N_WORDS		(sizeof(words) / sizeof(words[0]))
#define LINE_MAX_WORDS	7

struct input {
	const char *name;
	struct input *child;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *in = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		if (in->child)
			state->child_inputs[0] = in->child;
		return 0;
	case ARGP_KEY_ARGS:
		if (!in->child)
			return ARGP_ERR_UNKNOWN;
		for (int i = state->next; i < state->argc; i++)
			printf("argument \"%s\"\n", state->argv[i]);
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (in->child)
			printf("no arguments\n");
		return in->child ? 0 : ARGP_ERR_UNKNOWN;
	case 'm':
		if (!atoi(arg))
			argp_error(state, "--mb wants a number, not \"%s\"", arg);
		/* Falls through */
	case 'P': case 'i': case 'x': case 'p': case 1000: case 1001: case 1002:
	case 1003: case 1004:
		printf("%s: %d \"%s\"\n", in->name, key, arg ? arg : "(none)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp shared = { .options = shared_list, .parser = parse };
static const struct argp_child children[] = { { &shared, 0, NULL, 0 }, { 0 } };
static const struct argp program = {
	.options = own_list, .parser = parse, .children = children,
	.args_doc = "-i IMAGE SRC... DST",
	.doc = "Copy files and folders into a disk image, with all attributes, as cp -a would, and that is it: more than a line has room for.",
};

static void print_version(FILE *f, struct argp_state *state)
{
	(void)state;
	fprintf(f, "version 1\n");
}

static void take_apart(int argc, char **argv)
{
	struct input child = { .name = "shared" }, input = { .name = "own", .child = &child };

	argp_program_version_hook = print_version;
	dup2(STDOUT_FILENO, STDERR_FILENO);
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("result %d\n", argp_parse(&program, argc, argv, 0, NULL, &input));
	exit(0);
}

/* The same numbers for both. */
static unsigned int chance(unsigned int n)
{
	static unsigned long long x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % n;
}

int main(int argc, char **argv)
{
	int n = argc == 2 ? atoi(argv[1]) : 0;

	program_invocation_short_name = "arguments";
#ifdef LKL_TOOLS_ARGP_H
	message_init("arguments");
#endif
	for (int i = 0; i < n; i++) {
		char *line[LINE_MAX_WORDS + 2] = { "arguments" };
		int count = 1 + chance(LINE_MAX_WORDS), status;

		for (int k = 1; k <= count; k++)
			line[k] = strdup(words[chance(N_WORDS)]);
		printf("case %d:", i);
		for (int k = 1; k <= count; k++)
			printf(" \"%s\"", line[k]);
		printf("\n");
		fflush(stdout);
		if (!fork())
			take_apart(count + 1, line);
		if (wait(&status) < 0)
			return 1;
		printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		for (int k = 1; k <= count; k++)
			free(line[k]);
	}
	return n ? 0 : 2;
}
