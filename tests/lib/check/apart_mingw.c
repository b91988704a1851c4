// SPDX-License-Identifier: GPL-2.0
/*
 * Tests in processes of the same program, which the environment tells which test to
 * run, with a pipe for the reason of a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "apart.h"

#define INDEX	"LKL_CHECK_INDEX"
#define REASON	"LKL_CHECK_REASON"
#define PATH	32768
#define TIMEOUT	0xfffffffe

static HANDLE reason;

static void set(const char *name, uintptr_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	SetEnvironmentVariableA(name, text);
}

/* Its value, and the process's own children do not get it. */
static int take(const char *name, uintptr_t *value)
{
	char text[32];

	if (!GetEnvironmentVariableA(name, text, sizeof(text)))
		return 0;
	SetEnvironmentVariableA(name, NULL);
	*value = strtoull(text, NULL, 10);
	return 1;
}

void check_maybe_child(void)
{
	uintptr_t index, handle;

	if (!take(INDEX, &index) || !take(REASON, &handle))
		return;
	reason = (HANDLE)handle;
	check_run_here(index);
	fflush(NULL);
	/* Other threads may still be at work. */
	TerminateProcess(GetCurrentProcess(), 0);
}

void check_give_up(const char *why)
{
	DWORD n;

	WriteFile(reason, why, strlen(why), &n, NULL);
	TerminateProcess(GetCurrentProcess(), 1);
	abort();
}

static DWORD wait_for(PROCESS_INFORMATION *child, HANDLE job, double seconds)
{
	DWORD status = TIMEOUT;

	if (WaitForSingleObject(child->hProcess, seconds * 1000) == WAIT_OBJECT_0)
		GetExitCodeProcess(child->hProcess, &status);
	/* With what it started. */
	TerminateJobObject(job, 1);
	CloseHandle(job);
	WaitForSingleObject(child->hProcess, INFINITE);
	CloseHandle(child->hProcess);
	CloseHandle(child->hThread);
	return status;
}

static int start(int index, HANDLE pipe, PROCESS_INFORMATION *child, HANDLE *job)
{
	static wchar_t path[PATH];
	STARTUPINFOW info = { .cb = sizeof(info) };
	BOOL ok;

	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	set(INDEX, index);
	set(REASON, (uintptr_t)pipe);
	GetModuleFileNameW(NULL, path, PATH);
	ok = CreateProcessW(path, NULL, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &info,
			    child);
	SetEnvironmentVariableA(INDEX, NULL);
	SetEnvironmentVariableA(REASON, NULL);
	if (!ok)
		return 0;
	*job = CreateJobObjectW(NULL, NULL);
	AssignProcessToJobObject(*job, child->hProcess);
	ResumeThread(child->hThread);
	return 1;
}

int check_run_apart(int index, double seconds, char *why, size_t size)
{
	SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
	PROCESS_INFORMATION child;
	HANDLE job, ends[2];
	DWORD status, n = 0;

	if (!CreatePipe(&ends[0], &ends[1], &inherited, size) ||
	    !SetHandleInformation(ends[0], HANDLE_FLAG_INHERIT, 0) ||
	    !start(index, ends[1], &child, &job)) {
		snprintf(why, size, "no process for the test: error %lu", GetLastError());
		return 0;
	}
	status = wait_for(&child, job, seconds);
	CloseHandle(ends[1]);
	if (status == 1 && !ReadFile(ends[0], why, size - 1, &n, NULL))
		n = 0;
	why[n] = 0;
	CloseHandle(ends[0]);

	if (status == TIMEOUT)
		snprintf(why, size, "not done after %.0f s", seconds);
	else if (status && !why[0])
		snprintf(why, size, "exit status %#lx", status);
	return !status;
}
