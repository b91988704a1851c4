// SPDX-License-Identifier: GPL-2.0
/* What the process uses, from Windows. */
#include <windows.h>
#include <psapi.h>
#include <tlhelp32.h>

#include "test.h"

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
