// SPDX-License-Identifier: GPL-2.0
/*
 * Faults: bad pointers given to system calls, and pages that the kernel maps for
 * the application when they are touched. What is not ours goes to whoever
 * handled these signals before.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "context.h"
#include "host.h"
#include "kernel.h"

static const int signals[] = { SIGSEGV, SIGBUS };
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct sigaction previous[N_SIGNALS];
static int users;

static void pass_on(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *old = &previous[sig == SIGBUS];

	if (old->sa_flags & SA_SIGINFO) {
		old->sa_sigaction(sig, info, context);
	} else if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN) {
		/* The access faults again when we return, and ends the process. */
		signal(sig, SIG_DFL);
	} else {
		old->sa_handler(sig);
	}
}

static void handle(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int saved_errno = errno;
	unsigned long long ip = 0;

	/* Not a signal that somebody sent. */
	if (info->si_code > 0)
		ip = lkl_kernel_fault(*program_counter(uc),
				      (unsigned long long)info->si_addr,
				      was_write(uc));
	if (ip)
		*program_counter(uc) = ip;
	else
		pass_on(sig, info, context);
	errno = saved_errno;
}

int lkl_host_fault_start(void)
{
	struct sigaction action = {
		.sa_sigaction = handle,
		/*
		 * Bringing a page in may take another fault. The alternative stack
		 * is used where a thread has one.
		 */
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	if (users++)
		return 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (sigaction(signals[i], &action, &previous[i]))
			return -errno;
	return 0;
}

void lkl_host_fault_stop(void)
{
	struct sigaction now;

	if (--users)
		return;
	/* Leave it if somebody took over since. */
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (!sigaction(signals[i], NULL, &now) && now.sa_sigaction == handle)
			sigaction(signals[i], &previous[i], NULL);
}
