// SPDX-License-Identifier: GPL-2.0
/*
 * What a process of Windows can give up by itself: to start programs, and to make code.
 * Its files stay within reach.
 */
#include <windows.h>

#include "message.h"
#include "sandbox.h"

/* Bit 0 of the policies of winnt.h, which older headers do not have all of. */
#define DYNAMIC_CODE	2
#define EXTENSION_POINT	6
#define IMAGE_LOAD	10
#define PROHIBIT	1U

static int limit_processes(void)
{
	JOBOBJECT_BASIC_LIMIT_INFORMATION limits = {
		.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS, .ActiveProcessLimit = 1,
	};
	HANDLE job = CreateJobObjectW(NULL, NULL);

	/* It stays: the job is there as long as the process. */
	return job && SetInformationJobObject(job, JobObjectBasicLimitInformation, &limits,
					      sizeof(limits)) &&
	       AssignProcessToJobObject(job, GetCurrentProcess());
}

static void set_policy(int policy)
{
	BOOL (WINAPI *set)(int policy, void *value, size_t size);
	DWORD value = PROHIBIT;

	/* Windows 8; not to have it is no error. */
	set = (void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetProcessMitigationPolicy");
	if (set)
		set(policy, &value, sizeof(value));
}

/* The rights to files are the user's. */
void sandbox_allow(int fd)
{
}

int sandbox_enter(unsigned int flags)
{
	if (!limit_processes())
		warning("the sandbox is not complete: this process cannot be kept from starting others");
	set_policy(DYNAMIC_CODE);
	set_policy(EXTENSION_POINT);
	set_policy(IMAGE_LOAD);
	return 0;
}
