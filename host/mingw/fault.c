// SPDX-License-Identifier: GPL-2.0
/*
 * Faults: pages of sparse memory that are touched for the first time, bad pointers
 * given to system calls, and pages that the kernel maps for the application when
 * they are touched. What is not ours goes to the next handler.
 */
#include <windows.h>

#include "host.h"
#include "kernel.h"
#include "linux_errno.h"
#include "memory.h"

static void *handler;
static int users;

static LONG CALLBACK handle(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;
	CONTEXT *context = exception->ContextRecord;
	DWORD last_error;
	unsigned long long ip;

	if ((record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION &&
	     record->ExceptionCode != EXCEPTION_IN_PAGE_ERROR) ||
	    record->NumberParameters < 2)
		return EXCEPTION_CONTINUE_SEARCH;
	last_error = GetLastError();
	/* What was accessed, and how: 0 read, 1 written. */
	if (lkl_mingw_memory_commit((void *)record->ExceptionInformation[1]))
		ip = context->Rip;
	else
		ip = lkl_kernel_fault(context->Rip, record->ExceptionInformation[1],
				      record->ExceptionInformation[0] == 1);
	SetLastError(last_error);
	if (!ip)
		return EXCEPTION_CONTINUE_SEARCH;
	context->Rip = ip;
	return EXCEPTION_CONTINUE_EXECUTION;
}

int lkl_host_fault_start(void)
{
	if (users++)
		return 0;
	handler = AddVectoredExceptionHandler(1, handle);
	if (handler)
		return 0;
	users--;
	return -LKL_ERR_NOMEM;
}

void lkl_host_fault_stop(void)
{
	if (!--users)
		RemoveVectoredExceptionHandler(handler);
}
