// SPDX-License-Identifier: GPL-2.0
/* Ctrl-C, Ctrl-Break, and the end of the session. */
#include <signal.h>
#include <windows.h>

#include "transfer.h"
#include "waiter.h"

static volatile LONG caught;

static struct {
	SRWLOCK lock;
	DWORD id;
	HANDLE thread;
	int waiting;
} waiter;

int waiter_begin(void)
{
	AcquireSRWLockExclusive(&waiter.lock);
	if (waiter.id != GetCurrentThreadId()) {
		if (waiter.id)
			CloseHandle(waiter.thread);
		waiter.id = GetCurrentThreadId();
		DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
				&waiter.thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
	}
	waiter.waiting = !caught;
	ReleaseSRWLockExclusive(&waiter.lock);
	return caught != 0;
}

void waiter_end(void)
{
	AcquireSRWLockExclusive(&waiter.lock);
	waiter.waiting = 0;
	ReleaseSRWLockExclusive(&waiter.lock);
}

/* It may not have begun to wait yet: again, until it has ended. */
static void end_waiting(void)
{
	int again = 1;

	while (again) {
		AcquireSRWLockExclusive(&waiter.lock);
		again = waiter.waiting;
		if (again)
			CancelSynchronousIo(waiter.thread);
		ReleaseSRWLockExclusive(&waiter.lock);
		Sleep(20);
	}
}

/*
 * A broken image can keep the kernel busy for ever: then nobody heeds the first event, and
 * a second one ends the program.
 */
static int is_second(void)
{
	static ULONGLONG first;
	ULONGLONG now = GetTickCount64();

	if (!caught)
		first = now;
	return now - first > 1000;
}

/* In a thread of its own; the process ends when it returns from the last three. */
static BOOL WINAPI on_event(DWORD event)
{
	if (is_second())
		transfer_die();
	caught = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT ? SIGINT : SIGTERM;
	end_waiting();
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
