/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_UNISTD_H
#define STAND_IN_UNISTD_H

#include_next <unistd.h>

#include <poll.h>

/* Ports of netmap are brought up to date by it. */
int stand_in_poll(struct pollfd *fds, nfds_t n, int timeout);
#define poll stand_in_poll

#define _PC_DEALLOC_PRESENT	65
#define fpathconf stand_in_fpathconf
long stand_in_fpathconf(int fd, int name);

#endif
