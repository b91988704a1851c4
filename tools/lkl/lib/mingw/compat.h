/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What our programs use of POSIX and of glibc, on Windows: included before everything
 * else. A descriptor is a handle, which fits an int; names are UTF-8 and may be of any length;
 * error numbers are Linux's, as those of the kernel inside. Everything works with files of
 * the host alone: other descriptors are the C library's and not for these functions.
 */
#ifndef LKL_TOOLS_COMPAT_H
#define LKL_TOOLS_COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <lkl.h>

/* ---- errors ------------------------------------------------------------------------- */

#undef EALREADY
#undef EDEADLK
#undef ELOOP
#undef ENAMETOOLONG
#undef ENODATA
#undef ENOSYS
#undef ENOTEMPTY
#undef EOPNOTSUPP
#undef EOVERFLOW
#define EALREADY	LKL_EALREADY
#define EDEADLK		LKL_EDEADLK
#define EDQUOT		LKL_EDQUOT
#define ELOOP		LKL_ELOOP
#define ENAMETOOLONG	LKL_ENAMETOOLONG
#define ENODATA		LKL_ENODATA
#define ENOSYS		LKL_ENOSYS
#define ENOTEMPTY	LKL_ENOTEMPTY
#define EOPNOTSUPP	LKL_EOPNOTSUPP
#define EOVERFLOW	LKL_EOVERFLOW
#define ESTALE		LKL_ESTALE
#define EUCLEAN		LKL_EUCLEAN

/* Also of errors of the C library, whose low numbers are the same. */
#define strerror(err)	lkl_strerror(-(err))

/* The number of Linux for one of Windows, below 0. */
int compat_error(unsigned long error);

/* ---- files -------------------------------------------------------------------------- */

#define O_CLOEXEC	0
#define O_DIRECTORY	0x200000
#define O_NOFOLLOW	0x400000
#define O_PATH		0x800000

#define S_ISUID		04000
#define S_ISGID		02000
#define S_ISVTX		01000
#define S_IFLNK		0120000
#define S_IFSOCK	0140000
/* Windows has another number. */
#undef S_IFBLK
#undef S_ISBLK
#define S_IFBLK		0060000
#define S_ISBLK(mode)	(((mode) & S_IFMT) == S_IFBLK)
#define S_ISLNK(mode)	(((mode) & S_IFMT) == S_IFLNK)
#define S_ISSOCK(mode)	(((mode) & S_IFMT) == S_IFSOCK)

#define SEEK_DATA	3
#define SEEK_HOLE	4

#define DT_UNKNOWN	0
#define DT_DIR		4
#define DT_REG		8
#define DT_LNK		10
#define IFTODT(mode)	(((mode) & S_IFMT) >> 12)

int compat_open(const char *path, int flags, ...);
int compat_close(int fd);
ssize_t compat_pread(int fd, void *buf, size_t size, int64_t offset);
ssize_t compat_pwrite(int fd, const void *buf, size_t size, int64_t offset);
FILE *compat_fopen(const char *path, const char *mode);

#define open	compat_open
#define close	compat_close
#define pread	compat_pread
#define pwrite	compat_pwrite
#define fopen	compat_fopen

/* Nobody is anybody here. */
#define geteuid()	0
#define getegid()	0

/* ---- the rest ----------------------------------------------------------------------- */

#define CLOCK_MONOTONIC_COARSE CLOCK_MONOTONIC

char *compat_strndup(const char *text, size_t size);
void compat_qsort_r(void *base, size_t count, size_t size,
		    int (*compare)(const void *a, const void *b, void *arg), void *arg);
int compat_wcswidth(const wchar_t *text, size_t size);
ssize_t compat_getline(char **line, size_t *room, FILE *f);
void compat_explicit_bzero(void *mem, size_t size);

#define strndup		compat_strndup
#define qsort_r		compat_qsort_r
#define wcswidth	compat_wcswidth
#define getline		compat_getline
#define explicit_bzero	compat_explicit_bzero

/* ---- for mingw/ ---------------------------------------------------------------------- */

/* UTF-16 for the user's @path, absolute, of any length. The caller's to free; NULL if none. */
wchar_t *compat_path(const char *path);
/* UTF-16 and UTF-8 for each other. The caller's to free; NULL if @text is neither. */
wchar_t *compat_wide(const char *text);
char *compat_narrow(const wchar_t *text, int len);

#endif
