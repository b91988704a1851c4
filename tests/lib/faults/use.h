/* SPDX-License-Identifier: GPL-2.0 */
/* What a program does with a kernel, on a host that may fail: mount, write, set the network up. */
#ifndef LKL_TEST_FAULTS_USE_H
#define LKL_TEST_FAULTS_USE_H

#include <stddef.h>

/* How a run may end: without a mistake, in a panic, with one; or this host has no such way. */
#define SOUND	0
#define PANIC	42
#define WRONG	43
#define NO_WAY	44

/* Where its disk is, and who works on that; files come with network devices over sockets. */
enum way {
	WAY_MEMORY,
	WAY_URING,
	WAY_THREADS,
	WAYS
};

/* @data is an ext4 image; each run has its own copy of it. */
void use_image_is(char *data, size_t size);

/* @strict: the host does not fail, so neither does any call. */
void use_begin(enum way way, int strict);
void use_kernel(void);
/* Another kernel, after that one: nothing stands in its way, and nothing is lost. */
void use_again(void);
/* Ends the process as one that has gone wrong. */
void wrong(const char *what) __attribute__((noreturn));

#endif
