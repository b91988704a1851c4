/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests use of POSIX, on Windows: included before everything else. A
 * descriptor is a handle here, which fits an int and is what disks take; the C
 * library's own are not used. Functions fail with -1, and say nothing of why.
 */
#ifndef LKL_TEST_COMPAT_H
#define LKL_TEST_COMPAT_H

#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define O_CLOEXEC	0
#define O_DIRECT	0x40000000
#define PROT_NONE	0
#define PROT_READ	1
#define PROT_WRITE	2
#define MAP_PRIVATE	2
#define MAP_ANONYMOUS	0x20
#define MAP_FAILED	((void *)-1)

int compat_open(const char *path, int flags, ...);
int compat_close(int fd);
long long compat_pread(int fd, void *buf, size_t size, long long offset);
long long compat_pwrite(int fd, const void *buf, size_t size, long long offset);
int compat_ftruncate(int fd, long long size);
/* Anonymous memory only. */
void *compat_mmap(void *addr, size_t size, int prot, int flags, int fd, long long offset);
int compat_mprotect(void *addr, size_t size, int prot);
int compat_munmap(void *addr, size_t size);
int compat_setenv(const char *name, const char *value, int replace);
int compat_unsetenv(const char *name);

#define open		compat_open
#define close		compat_close
#define pread		compat_pread
#define pwrite		compat_pwrite
#define ftruncate	compat_ftruncate
#define mmap		compat_mmap
#define mprotect	compat_mprotect
#define munmap		compat_munmap
#define setenv		compat_setenv
#define unsetenv	compat_unsetenv

#endif
