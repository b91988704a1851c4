// SPDX-License-Identifier: GPL-2.0
/* In the words of the C library that has it; tests/helpers/arguments.c compares the two. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "argp.h"
#include "message.h"

/* The status of a program that was called wrongly. */
#define USAGE	64

#define OPTIONS_MAX	64
#define CHILDREN_MAX	4
/* The programs' own groups are 1 to this; -1 is that of --help. */
#define GROUPS		9

enum { OPT_HELP = 0x2000000, OPT_USAGE, OPT_VERSION };

/* Columns where what an option does begins, and where lines end; where those of usage begin. */
#define DOC	29
#define WIDTH	79
#define INDENT	12

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

static int new_line(int indent)
{
	printf("\n%*s", indent, "");
	return indent;
}

/* Words, from column @at on, in lines that begin in column @from; the first has one more. */
static void wrap(int at, int from, const char *text)
{
	int first = 1, width = WIDTH + 1;

	while (*text) {
		int len = strcspn(text, " ");

		if (!first && at + 1 + len >= width) {
			at = new_line(from);
			width = WIDTH;
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
	if (at < DOC)
		at += printf("%*s", DOC - at, "");
	else if (at < DOC + 3)
		at = column(at, "   ");
	else
		at = new_line(DOC);
	wrap(at, DOC, o->doc ? o->doc : "");
}

/* By letters, or the first ones of those without; what has none comes before one that has. */
static int by_name(const void *a, const void *b)
{
	const struct argp_option *x = ((const struct known *)a)->option;
	const struct argp_option *y = ((const struct known *)b)->option;
	int m = is_short(x->key) ? x->key : x->name[0], n = is_short(y->key) ? y->key : y->name[0];

	if (!is_short(x->key) && !is_short(y->key))
		return strcasecmp(x->name, y->name);
	if (tolower(m) != tolower(n))
		return tolower(m) - tolower(n);
	return m != n ? n - m : is_short(x->key) - is_short(y->key);
}

/* What is shown of a group, sorted; its title or NULL. How many. */
static int list_group(const struct parser *p, int group, struct known *shown, const char **title)
{
	int n = 0;

	*title = NULL;
	for (int i = 0; i < p->count; i++) {
		const struct argp_option *o = p->known[i].option;

		if (o->group != group || o->flags & OPTION_HIDDEN)
			continue;
		if (o->name)
			shown[n++] = p->known[i];
		else
			*title = o->doc;
	}
	qsort(shown, n, sizeof(shown[0]), by_name);
	return n;
}

/* The order of groups; 0 is behind the last. */
static int next_group(int group)
{
	return group == GROUPS ? -1 : group + 1;
}

static void help(const struct parser *p)
{
	const char *args = p->state.root_argp->args_doc, *title;
	struct known shown[OPTIONS_MAX];

	printf("Usage: %s [OPTION...] %s\n", p->state.name, args ? args : "");
	if (p->state.root_argp->doc)
		wrap(0, 0, p->state.root_argp->doc);
	for (int group = 1; group; group = next_group(group)) {
		int n = list_group(p, group, shown, &title);

		if (n)
			putchar('\n');
		if (title)
			printf(" %s\n", title);
		for (int i = 0; i < n; i++)
			show_option(shown[i].option);
	}
	puts("\nMandatory or optional arguments to long options are also mandatory or optional\n"
	     "for any corresponding short options.");
	exit(0);
}

/* @text in brackets, or as it is if @open is "". */
static int usage_word(int at, const char *open, const char *text, const char *close)
{
	int len = strlen(open) + strlen(text) + strlen(close);

	if (at + 1 + len >= WIDTH)
		at = new_line(INDENT - 1);
	return at + printf(" %s%s%s", open, text, close);
}

/* Letters without arguments, letters with them, and names. */
static void usage(const struct parser *p)
{
	struct known all[OPTIONS_MAX];
	char word[128], letters[OPTIONS_MAX + 1] = "";
	int n = 0, m = 0, at = printf("Usage: %s", p->state.name);
	const char *text = p->state.root_argp->args_doc, *title;

	for (int group = 1; group; group = next_group(group))
		n += list_group(p, group, all + n, &title);
	for (int i = 0; i < n; i++)
		if (is_short(all[i].option->key) && !all[i].option->arg)
			letters[m++] = all[i].option->key;
	at = usage_word(at, "[-", letters, "]");
	for (int i = 0; i < n; i++) {
		if (!is_short(all[i].option->key) || !all[i].option->arg)
			continue;
		snprintf(word, sizeof(word), "%c %s", all[i].option->key, all[i].option->arg);
		at = usage_word(at, "[-", word, "]");
	}
	for (int i = 0; i < n; i++) {
		const struct argp_option *o = all[i].option;

		snprintf(word, sizeof(word), "%s%s%s", o->name, o->arg ? "=" : "",
			 o->arg ? o->arg : "");
		at = usage_word(at, "[--", word, "]");
	}
	for (; text && *text; text += strcspn(text, " "), text += strspn(text, " ")) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "), text);
		at = usage_word(at, "", word, "");
	}
	putchar('\n');
	exit(0);
}

static __attribute__((noreturn)) void try_help(const struct argp_state *state)
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

/* By its whole name, or a beginning that no other one has. */
static const struct known *find_long(const struct parser *p, const char *word, size_t len)
{
	const struct known *found = NULL;
	int ambiguous = 0;

	for (int i = 0; i < p->count; i++) {
		const struct known *k = &p->known[i];

		if (!k->option->name || strncmp(k->option->name, word, len))
			continue;
		if (!k->option->name[len])
			return k;
		ambiguous |= found && found->meant != k->meant;
		found = k;
	}
	if (!found)
		argp_error(&p->state, "unrecognized option '--%s'", word);
	if (!ambiguous)
		return found;
	fprintf(stderr, "%s: option '--%s' is ambiguous; possibilities:", p->state.name, word);
	for (int i = 0; i < p->count; i++)
		if (p->known[i].option->name && !strncmp(p->known[i].option->name, word, len))
			fprintf(stderr, " '--%s'", p->known[i].option->name);
	fputc('\n', stderr);
	try_help(&p->state);
}

/* @word is behind the dashes; @next is the word behind it. Whether that was taken. */
static int parse_long(struct parser *p, char *word, char *next)
{
	size_t len = strcspn(word, "=");
	char *arg = word[len] ? word + len + 1 : NULL;
	const struct known *k = find_long(p, word, len);
	int takes = k->meant->arg && !arg;

	if (arg && !k->meant->arg)
		argp_error(&p->state, "option '--%s' doesn't allow an argument", k->option->name);
	if (takes && !next)
		argp_error(&p->state, "option '--%s' requires an argument", k->option->name);
	handle(p, k, takes ? next : arg);
	return takes;
}

static const struct known *find_letter(const struct parser *p, char letter)
{
	for (int i = 0; i < p->count; i++)
		if (is_short(p->known[i].option->key) && p->known[i].option->key == letter)
			return &p->known[i];
	argp_error(&p->state, "invalid option -- '%c'", letter);
}

/* The same of letters behind one dash. */
static int parse_letters(struct parser *p, char *word, char *next)
{
	for (; *word; word++) {
		const struct known *k = find_letter(p, *word);

		if (!k->meant->arg) {
			handle(p, k, NULL);
			continue;
		}
		if (!word[1] && !next)
			argp_error(&p->state, "option requires an argument -- '%c'", *word);
		handle(p, k, word[1] ? word + 1 : next);
		return !word[1];
	}
	return 0;
}

/* Leaves the words that are no options behind the program's name. */
static void parse_options(struct parser *p)
{
	char **argv = p->state.argv;
	int n = 1, only_arguments = 0;

	for (int i = 1; i < p->state.argc; i++) {
		char *word = argv[i], *next = i + 1 < p->state.argc ? argv[i + 1] : NULL;

		if (only_arguments || word[0] != '-' || !word[1])
			argv[n++] = word;
		else if (word[1] != '-')
			i += parse_letters(p, word + 1, next);
		else if (word[2])
			i += parse_long(p, word + 2, next);
		else
			only_arguments = 1;
	}
	p->state.argc = n;
	p->state.next = 1;
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

	error_t err;

	p.state.child_inputs = p.inputs;
	add(&p, argp->options, -1);
	for (int i = 0; argp->children && argp->children[i].argp; i++)
		add(&p, argp->children[i].argp->options, i);
	add(&p, own, -1);
	deliver(&p, -1, ARGP_KEY_INIT, NULL);
	parse_options(&p);
	deliver(&p, -1, p.state.argc > 1 ? ARGP_KEY_ARGS : ARGP_KEY_NO_ARGS, NULL);
	err = deliver(&p, -1, ARGP_KEY_END, NULL);
	return err == ARGP_ERR_UNKNOWN ? 0 : err;
}
