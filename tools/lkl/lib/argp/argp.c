// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "argp.h"
#include "message.h"

/* The status of a program that was called wrongly. */
#define USAGE	64

#define OPTIONS_MAX	64
#define CHILDREN_MAX	4

enum { OPT_HELP = 0x2000000, OPT_USAGE, OPT_VERSION };

/* Columns where what an option does begins, and where lines end. */
#define DOC	29
#define WIDTH	79

void (*argp_program_version_hook)(FILE *f, struct argp_state *state);

struct known {
	const struct argp_option *option;
	/* The same, unless it is an alias. */
	const struct argp_option *meant;
	/* In children's inputs; -1 is the program's own. */
	int child;
};

struct parser {
	struct argp_state state;
	struct known known[OPTIONS_MAX];
	int count;
	void *inputs[CHILDREN_MAX];
};

static const struct argp_option own[] = {
	{ "help", '?', NULL, 0, "Give this help list", -1 },
	{ "usage", OPT_USAGE, NULL, 0, "Give a short usage message", -1 },
	{ "version", 'V', NULL, 0, "Print program version", -1 },
	{ 0 }
};

static int is_end(const struct argp_option *o)
{
	return !o->name && !o->key && !o->doc && !o->group;
}

static int is_short(int key)
{
	return key > ' ' && key < 127;
}

/* ---- help -------------------------------------------------------------------------- */

static int column(int at, const char *text)
{
	fputs(text, stdout);
	return at + strlen(text);
}

static int pad(int at, int to)
{
	if (at >= to) {
		fputs("  ", stdout);
		return at + 2;
	}
	printf("%*s", to - at, "");
	return to;
}

/* Words, from column @at on, in lines that begin in column @from. */
static void wrap(int at, int from, const char *text)
{
	int first = 1;

	while (*text) {
		int len = strcspn(text, " ");

		if (!first && at + 1 + len > WIDTH) {
			printf("\n%*s", from, "");
			at = from;
			first = 1;
		}
		at += printf("%s%.*s", first ? "" : " ", len, text);
		first = 0;
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void show_option(const struct argp_option *o)
{
	int at = 0;

	if (is_short(o->key))
		at += printf("  -%c, ", o->key);
	else
		at += printf("      ");
	at = column(at, "--");
	at = column(at, o->name);
	if (o->arg) {
		at = column(at, "=");
		at = column(at, o->arg);
	}
	at = pad(at, DOC - (at < DOC));
	at = at < DOC ? pad(at, DOC) : at;
	wrap(at, DOC, o->doc ? o->doc : "");
}

static int by_name(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	const char *m = is_short(x->option->key) ? (char[]){ x->option->key, 0 } : x->option->name;
	const char *n = is_short(y->option->key) ? (char[]){ y->option->key, 0 } : y->option->name;
	int order = strcasecmp(m, n);

	return order ? order : strcmp(n, m);
}

static void show_group(const struct parser *p, int group)
{
	struct known shown[OPTIONS_MAX];
	int n = 0;

	for (int i = 0; i < p->count; i++) {
		const struct argp_option *o = p->known[i].option;

		if (o->group != group || o->flags & OPTION_HIDDEN)
			continue;
		if (o->name)
			shown[n++] = p->known[i];
		else
			printf("\n %s\n", o->doc);
	}
	if (group < 0)
		putchar('\n');
	qsort(shown, n, sizeof(shown[0]), by_name);
	for (int i = 0; i < n; i++)
		show_option(shown[i].option);
}

static void first_line(const struct parser *p)
{
	const char *args = p->state.root_argp->args_doc;

	printf("Usage: %s [OPTION...] %s\n", p->state.name, args ? args : "");
}

static void help(const struct parser *p)
{
	first_line(p);
	if (p->state.root_argp->doc)
		printf("%s\n", p->state.root_argp->doc);
	for (int group = 1; group < 10; group++)
		show_group(p, group);
	show_group(p, -1);
	puts("\nMandatory or optional arguments to long options are also mandatory or optional\n"
	     "for any corresponding short options.");
	exit(0);
}

static void usage(const struct parser *p)
{
	first_line(p);
	for (int i = 0; i < p->count; i++) {
		const struct argp_option *o = p->known[i].option;

		if (o->name && !(o->flags & OPTION_HIDDEN))
			printf("            [--%s%s%s]\n", o->name, o->arg ? "=" : "",
			       o->arg ? o->arg : "");
	}
	exit(0);
}

static void try_help(const struct argp_state *state)
{
	fprintf(stderr, "Try `%s --help' or `%s --usage' for more information.\n", state->name,
		state->name);
	exit(USAGE);
}

void argp_error(const struct argp_state *state, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", state->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	try_help(state);
	abort();
}

/* ---- parsing ------------------------------------------------------------------------ */

static void add(struct parser *p, const struct argp_option *list, int child)
{
	const struct argp_option *meant = NULL;

	for (const struct argp_option *o = list; !is_end(o); o++) {
		if (!(o->flags & OPTION_ALIAS))
			meant = o;
		if (p->count == OPTIONS_MAX)
			die("too many options");
		p->known[p->count++] = (struct known){ o, meant, child };
	}
}

static error_t deliver(struct parser *p, int child, int key, char *arg)
{
	const struct argp *a = p->state.root_argp;
	struct argp_state state = p->state;

	if (child >= 0) {
		a = a->children[child].argp;
		state.input = p->inputs[child];
	}
	return a->parser(key, arg, &state);
}

static void handle(struct parser *p, const struct known *k, char *arg)
{
	switch (k->meant->key) {
	case '?':
		help(p);
		break;
	case OPT_USAGE:
		usage(p);
		break;
	case 'V':
		if (argp_program_version_hook)
			argp_program_version_hook(stdout, &p->state);
		exit(0);
	}
	deliver(p, k->child, k->meant->key, arg);
}

/* getopt_long() gets indices instead of keys, 256 and above, and letters. */
static void parse_options(struct parser *p)
{
	struct option long_options[OPTIONS_MAX + 1] = { { 0 } };
	char letters[3 * OPTIONS_MAX + 1] = "";
	int n = 0, m = 0, c;

	for (int i = 0; i < p->count; i++) {
		const struct argp_option *o = p->known[i].option, *meant = p->known[i].meant;

		if (o->name)
			long_options[n++] = (struct option){
				o->name, meant->arg ? required_argument : no_argument, NULL,
				256 + i,
			};
		if (is_short(o->key) && o->key != '?') {
			letters[m++] = o->key;
			if (meant->arg)
				letters[m++] = ':';
		}
	}
	while ((c = getopt_long(p->state.argc, p->state.argv, letters, long_options, NULL)) != -1) {
		int i = c - 256;

		/* "?" is also what getopt() says of what it does not know. */
		if (c == '?' && optopt == '?')
			help(p);
		if (c == '?')
			try_help(&p->state);
		for (i = i < 0 ? 0 : i; c < 256 && p->known[i].option->key != c; i++)
			;
		handle(p, &p->known[i], optarg);
	}
}

error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned int flags,
		   int *end, void *input)
{
	struct parser p = {
		.state = {
			.argc = argc, .argv = argv, .input = input,
			.name = message_program(), .root_argp = argp,
		},
	};

	p.state.child_inputs = p.inputs;
	add(&p, argp->options, -1);
	for (int i = 0; argp->children && argp->children[i].argp; i++)
		add(&p, argp->children[i].argp->options, i);
	add(&p, own, -1);
	deliver(&p, -1, ARGP_KEY_INIT, NULL);
	parse_options(&p);
	p.state.next = optind;
	deliver(&p, -1, optind < argc ? ARGP_KEY_ARGS : ARGP_KEY_NO_ARGS, NULL);
	return deliver(&p, -1, ARGP_KEY_END, NULL);
}
