// SPDX-License-Identifier: GPL-2.0
/* Ctrl-C, Ctrl-Break, and the end of the session. */
#include <signal.h>
#include <windows.h>

#include "transfer.h"

static volatile LONG caught;

/* In a thread of its own; the process ends when it returns from the last three. */
static BOOL WINAPI on_event(DWORD event)
{
	caught = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT ? SIGINT : SIGTERM;
	if (caught == SIGTERM)
		Sleep(INFINITE);
	return TRUE;
}

void transfer_prepare(void)
{
	SetConsoleCtrlHandler(on_event, TRUE);
}

int transfer_interrupted(void)
{
	return caught;
}

/* Nobody waits for it here. */
int transfer_signal_fd(void)
{
	return -1;
}

/* As the system ends programs at Ctrl-C. */
int transfer_die(void)
{
	ExitProcess(0xc000013a);
}
