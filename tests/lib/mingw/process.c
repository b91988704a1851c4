// SPDX-License-Identifier: GPL-2.0
/* What the process uses, from Windows; processes, faults, files. */
#include <windows.h>
#include <psapi.h>
#include <tlhelp32.h>

#include "test.h"

#define RUN	"LKL_TEST_RUN"
#define PATH	32768

long host_rss_kib(void)
{
	PROCESS_MEMORY_COUNTERS use;

	ck_assert(GetProcessMemoryInfo(GetCurrentProcess(), &use, sizeof(use)));
	return use.WorkingSetSize >> 10;
}

int host_threads(void)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
	THREADENTRY32 t = { .dwSize = sizeof(t) };
	int count = 0;

	ck_assert(all != INVALID_HANDLE_VALUE);
	for (BOOL more = Thread32First(all, &t); more; more = Thread32Next(all, &t))
		count += t.th32OwnerProcessID == GetCurrentProcessId();
	CloseHandle(all);
	return count;
}

int host_fds(void)
{
	DWORD count = 0;

	ck_assert(GetProcessHandleCount(GetCurrentProcess(), &count));
	return count;
}

/* The function goes by its place in the program, which may be loaded elsewhere. */
int host_exit_status(void (*f)(void))
{
	uintptr_t base = (uintptr_t)GetModuleHandleW(NULL);
	static wchar_t path[PATH];
	STARTUPINFOW info = { .cb = sizeof(info) };
	PROCESS_INFORMATION child;
	char place[32];
	DWORD status;

	snprintf(place, sizeof(place), "%llx", (unsigned long long)((uintptr_t)f - base));
	SetEnvironmentVariableA(RUN, place);
	GetModuleFileNameW(NULL, path, PATH);
	ck_assert(CreateProcessW(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &child));
	SetEnvironmentVariableA(RUN, NULL);
	WaitForSingleObject(child.hProcess, INFINITE);
	ck_assert(GetExitCodeProcess(child.hProcess, &status));
	CloseHandle(child.hProcess);
	CloseHandle(child.hThread);
	return status;
}

void host_maybe_run(void)
{
	char place[32];

	if (!GetEnvironmentVariableA(RUN, place, sizeof(place)))
		return;
	((void (*)(void))((uintptr_t)GetModuleHandleW(NULL) + strtoull(place, NULL, 16)))();
	_exit(255);
}

static volatile int handled;

/* Behind the library's own handler: lets the store succeed elsewhere. */
static LONG CALLBACK on_fault(EXCEPTION_POINTERS *exception)
{
	static int somewhere;

	handled = 1;
	exception->ContextRecord->Rcx = (uintptr_t)&somewhere;
	return EXCEPTION_CONTINUE_EXECUTION;
}

int host_handles_fault(void)
{
	void *handler = AddVectoredExceptionHandler(0, on_fault);

	handled = 0;
	asm volatile("movl $1, (%%rcx)" : : "c" (8) : "memory");
	RemoveVectoredExceptionHandler(handler);
	return handled;
}

uint64_t host_allocated(const char *path)
{
	DWORD high, low = GetCompressedFileSizeA(path, &high);

	ck_assert(low != INVALID_FILE_SIZE || !GetLastError());
	return (uint64_t)high << 32 | low;
}

/* Wine does not. */
int host_punches_holes(void)
{
	return !GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version");
}

static int status_in(const char *path)
{
	char text[32] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	if (!fgets(text, sizeof(text), f) || !strchr(text, '\n'))
		text[0] = 0;
	fclose(f);
	return text[0] ? atoi(text) : -1;
}

/*
 * Wine starts programs of Linux, and does not tell when or how they end: it is written to a
 * file. Windows does not start them.
 */
int host_shell(const char *command)
{
	const char *path = host_file("status", 0);
	STARTUPINFOA info = { .cb = sizeof(info) };
	PROCESS_INFORMATION child;
	char line[4096];

	snprintf(line, sizeof(line), "Z:\\bin\\sh -c \"(%s); echo $? > %s\"", command, path);
	if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &child))
		return -1;
	CloseHandle(child.hProcess);
	CloseHandle(child.hThread);
	for (int i = 0; i < 300 && status_in(path) < 0; i++)
		Sleep(100);
	return status_in(path);
}

int host_small_folder(const char *name, int mib)
{
	return 0;
}
