/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types that system call prototypes name and no user header defines. Written
 * without prefix, like the kernel's own headers; scripts/headers.py adds it.
 */
#ifndef _EXTRA_LINUX_TYPES_H
#define _EXTRA_LINUX_TYPES_H

typedef __u8			uint8_t;
typedef __u16			uint16_t;
typedef __u32			uint32_t;
typedef __u64			uint64_t;
typedef __s8			int8_t;
typedef __s16			int16_t;
typedef __s32			int32_t;
typedef __s64			int64_t;

typedef __UINTPTR_TYPE__	uintptr_t;
typedef __INTPTR_TYPE__		intptr_t;

typedef __kernel_size_t		size_t;
typedef __kernel_ssize_t	ssize_t;
typedef __kernel_off_t		off_t;
typedef __kernel_loff_t		loff_t;
typedef __kernel_ulong_t	ino_t;
typedef __u32			dev_t;
typedef __kernel_mode_t		mode_t;
typedef unsigned short		umode_t;
typedef __u32			nlink_t;
typedef __kernel_pid_t		pid_t;
typedef __kernel_uid32_t	uid_t;
typedef __kernel_gid32_t	gid_t;
typedef __kernel_uid32_t	qid_t;
typedef __kernel_key_t		key_t;
typedef __kernel_timer_t	timer_t;
typedef __kernel_clockid_t	clockid_t;
typedef __kernel_clock_t	clock_t;
typedef __kernel_old_time_t	time_t;
typedef __kernel_suseconds_t	suseconds_t;
typedef __kernel_mqd_t		mqd_t;
typedef __kernel_caddr_t	caddr_t;
typedef __kernel_fd_set		fd_set;
typedef __s32			key_serial_t;
typedef __kernel_old_uid_t	old_uid_t;
typedef __kernel_old_gid_t	old_gid_t;

#endif
