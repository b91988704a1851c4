// SPDX-License-Identifier: GPL-2.0
/* The arguments, which are UTF-16, in UTF-8; a console that shows UTF-8. */
#include <io.h>
#include <windows.h>

#undef main

int tool_main(int argc, char **argv);

/* Colours and the like by escape sequences, where the console can. */
static void prepare_console(void)
{
	HANDLE console = GetStdHandle(STD_ERROR_HANDLE);
	DWORD mode;

	SetConsoleOutputCP(CP_UTF8);
	if (GetConsoleMode(console, &mode))
		SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
	_setmode(0, _O_BINARY);
	_setmode(1, _O_BINARY);
	_setmode(2, _O_BINARY);
}

/* Without ".exe" and what leads there, as programs go by their names. */
static void shorten(char *name)
{
	char *slash = name, *dot;

	for (char *at = name; *at; at++)
		if (*at == '\\' || *at == '/')
			slash = at + 1;
	memmove(name, slash, strlen(slash) + 1);
	dot = strrchr(name, '.');
	if (dot && !_stricmp(dot, ".exe"))
		*dot = 0;
}

int main(void)
{
	wchar_t **wide;
	char **argv;
	int argc;

	wide = CommandLineToArgvW(GetCommandLineW(), &argc);
	argv = wide ? calloc(argc + 1, sizeof(*argv)) : NULL;
	for (int i = 0; argv && i < argc; i++) {
		argv[i] = compat_narrow(wide[i], -1);
		if (!argv[i])
			argv = NULL;
	}
	if (!argv) {
		fputs("out of memory\n", stderr);
		return 1;
	}
	shorten(argv[0]);
	/* For messages of getopt(). */
	__argv[0] = argv[0];
	prepare_console();
	return tool_main(argc, argv);
}
