/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the C library that are system calls with the same words, and what the
 * kernel calls them; build.sh reads the names here and in shim.c.
 */
#ifndef LKL_SELFTESTS_SHIM_H
#define LKL_SELFTESTS_SHIM_H

#define SHIM_SAME(call)							\
	call(accept, accept) call(accept4, accept4) call(acct, acct)	\
	call(adjtimex, adjtimex) call(bind, bind) call(chdir, chdir)	\
	call(chroot, chroot)						\
	call(clock_adjtime, clock_adjtime)				\
	call(clock_getres, clock_getres)				\
	call(clock_gettime, clock_gettime)				\
	call(clock_settime, clock_settime) call(close, close)		\
	call(connect, connect) call(dup, dup)				\
	call(epoll_create1, epoll_create1) call(epoll_ctl, epoll_ctl)	\
	call(epoll_pwait, epoll_pwait) call(fallocate, fallocate)	\
	call(fchdir, fchdir) call(fchmod, fchmod) call(fcntl, fcntl)	\
	call(fsync, fsync) call(ftruncate, ftruncate)			\
	call(getpeername, getpeername) call(getpid, getpid)		\
	call(getsockname, getsockname) call(getsockopt, getsockopt)	\
	call(gettid, gettid) call(gettimeofday, gettimeofday)		\
	call(getitimer, getitimer) call(setitimer, setitimer)		\
	call(getuid, getuid) call(geteuid, geteuid)			\
	call(getgid, getgid) call(getrandom, getrandom)			\
	call(ioctl, ioctl) call(linkat, linkat) call(listen, listen)	\
	call(lseek, lseek) call(memfd_create, memfd_create)		\
	call(mincore, mincore) call(mkdirat, mkdirat)			\
	call(mknodat, mknodat) call(mlock, mlock)			\
	call(mlockall, mlockall) call(munlockall, munlockall)		\
	call(msync, msync)						\
	call(mq_timedsend, mq_timedsend)				\
	call(mq_timedreceive, mq_timedreceive)				\
	call(mq_close, close) call(mount, mount)			\
	call(nanosleep, nanosleep) call(openat, openat)			\
	call(pipe2, pipe2)						\
	call(pread, pread64) call(pwrite, pwrite64)			\
	call(read, read) call(readlinkat, readlinkat)			\
	call(recvfrom, recvfrom) call(recvmsg, recvmsg)			\
	call(renameat2, renameat2) call(sendfile, sendfile)		\
	call(semctl, semctl) call(semget, semget) call(semop, semop)	\
	call(sendmmsg, sendmmsg) call(sendmsg, sendmsg)			\
	call(sendto, sendto) call(setns, setns)				\
	call(setfsuid, setfsuid) call(setfsgid, setfsgid)		\
	call(setpriority, setpriority)					\
	call(setsockopt, setsockopt) call(settimeofday, settimeofday)	\
	call(setuid, setuid) call(setgid, setgid)			\
	call(shmat, shmat) call(shmctl, shmctl) call(shmdt, shmdt)	\
	call(shmget, shmget) call(msgget, msgget) call(msgctl, msgctl)	\
	call(msgsnd, msgsnd) call(msgrcv, msgrcv)			\
	call(shutdown, shutdown) call(socket, socket)			\
	call(socketpair, socketpair) call(splice, splice)		\
	call(statfs, statfs) call(fstatfs, fstatfs) call(statx, statx)	\
	call(symlinkat, symlinkat)					\
	call(timer_delete, timer_delete) call(timer_gettime, timer_gettime) \
	call(timer_getoverrun, timer_getoverrun)			\
	call(timer_settime, timer_settime)				\
	call(timerfd_create, timerfd_create)				\
	call(timerfd_gettime, timerfd_gettime)				\
	call(timerfd_settime, timerfd_settime)				\
	call(umount2, umount2) call(unshare, unshare)			\
	call(uname, uname) call(write, write) call(writev, writev)

#endif
