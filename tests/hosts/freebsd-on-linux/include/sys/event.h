/* SPDX-License-Identifier: GPL-2.0 */
/* kqueue(2) of FreeBSD 14, as far as the library uses it; in kqueue.c. */
#ifndef STAND_IN_SYS_EVENT_H
#define STAND_IN_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

#define EVFILT_AIO	(-3)
#define EVFILT_TIMER	(-7)
#define EVFILT_USER	(-11)

#define EV_ADD		0x0001
#define EV_DELETE	0x0002
#define EV_ENABLE	0x0004
#define EV_DISABLE	0x0008
#define EV_ONESHOT	0x0010
#define EV_CLEAR	0x0020
#define EV_ERROR	0x4000

#define NOTE_TRIGGER	0x01000000
#define NOTE_SECONDS	0x00000001
#define NOTE_MSECONDS	0x00000002
#define NOTE_USECONDS	0x00000004
#define NOTE_NSECONDS	0x00000008
#define NOTE_ABSTIME	0x00000010

#define KQUEUE_CLOEXEC	1

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned int fflags;
	int64_t data;
	void *udata;
	uint64_t ext[4];
};

#define EV_SET(event, i, f, fl, ff, d, u) (*(event) = (struct kevent){	\
	.ident = (i), .filter = (f), .flags = (fl), .fflags = (ff),	\
	.data = (d), .udata = (u) })

int kqueuex(unsigned int flags);
int kevent(int queue, const struct kevent *changes, int n_changes, struct kevent *events,
	   int n_events, const struct timespec *timeout);

#endif
