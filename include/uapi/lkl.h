/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel as functions: every system call as lkl_sys_NAME() (lkl/syscalls.h), the
 * older calls that programs know, directories, mounting, error messages. May be
 * included beside any header of the C library: all names start with lkl or LKL.
 *
 * System calls return a result or a negative errno (-LKL_ENOENT), written `err` below,
 * and never set errno. They need a running kernel (lkl_start_kernel() in lkl_host.h),
 * may be called by any thread and block where their namesakes do. The kernel's current
 * folder, umask and descriptors are shared by all threads unless they unshare them. Users
 * and capabilities are those of a thread alone: root's, until it changes them.
 */
#ifndef LKL_H
#define LKL_H

#include <lkl_host.h>
#include <lkl/syscalls.h>

#include <lkl/asm/byteorder.h>
#include <lkl/asm/errno.h>
#include <lkl/asm/fcntl.h>
#include <lkl/asm/ioctls.h>
#include <lkl/asm/mman.h>
#include <lkl/asm/poll.h>
#include <lkl/asm/socket.h>
#include <lkl/asm/stat.h>
#include <lkl/asm/statfs.h>
#include <lkl/linux/auxvec.h>
#include <lkl/linux/bpf.h>
#include <lkl/linux/dirent.h>
#include <lkl/linux/errqueue.h>
#include <lkl/linux/eventfd.h>
#include <lkl/linux/eventpoll.h>
#include <lkl/linux/falloc.h>
#include <lkl/linux/fanotify.h>
#include <lkl/linux/fcntl.h>
#include <lkl/linux/fiemap.h>
#include <lkl/linux/fs.h>
#include <lkl/linux/futex.h>
#include <lkl/linux/icmp.h>
#include <lkl/linux/if.h>
#include <lkl/linux/if_addr.h>
#include <lkl/linux/if_arp.h>
#include <lkl/linux/if_ether.h>
#include <lkl/linux/if_link.h>
#include <lkl/linux/if_packet.h>
#include <lkl/linux/if_tun.h>
#include <lkl/linux/in.h>
#include <lkl/linux/in6.h>
#include <lkl/linux/inotify.h>
#include <lkl/linux/io_uring.h>
#include <lkl/linux/ip.h>
#include <lkl/linux/ipc.h>
#include <lkl/linux/ipv6.h>
#include <lkl/linux/kdev_t.h>
#include <lkl/linux/limits.h>
#include <lkl/linux/loop.h>
#include <lkl/linux/magic.h>
#include <lkl/linux/memfd.h>
#include <lkl/linux/mman.h>
#include <lkl/linux/mount.h>
#include <lkl/linux/mqueue.h>
#include <lkl/linux/msg.h>
#include <lkl/linux/neighbour.h>
#include <lkl/linux/net.h>
#include <lkl/linux/netlink.h>
#include <lkl/linux/openat2.h>
#include <lkl/linux/pkt_sched.h>
#include <lkl/linux/poll.h>
#include <lkl/linux/prctl.h>
#include <lkl/linux/quota.h>
#include <lkl/linux/random.h>
#include <lkl/linux/reboot.h>
#include <lkl/linux/resource.h>
#include <lkl/linux/route.h>
#include <lkl/linux/rtnetlink.h>
#include <lkl/linux/sched.h>
#include <lkl/linux/sched/types.h>
#include <lkl/linux/sem.h>
#include <lkl/linux/shm.h>
#include <lkl/linux/signalfd.h>
#include <lkl/linux/socket.h>
#include <lkl/linux/sockios.h>
#include <lkl/linux/stat.h>
#include <lkl/linux/sysinfo.h>
#include <lkl/linux/tcp.h>
#include <lkl/linux/time.h>
#include <lkl/linux/timerfd.h>
#include <lkl/linux/times.h>
#include <lkl/linux/timex.h>
#include <lkl/linux/types.h>
#include <lkl/linux/udp.h>
#include <lkl/linux/uio.h>
#include <lkl/linux/un.h>
#include <lkl/linux/utsname.h>
#include <lkl/linux/vm_sockets.h>
#include <lkl/linux/wait.h>
#include <lkl/linux/xattr.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Calls that the kernel's system call table has only in a newer form, with the
 * parameters of the C library's function of the same name. lseek, mmap, statfs,
 * fstatfs and nanosleep are in the table (lkl/syscalls.h).
 */

/**
 * lkl_sys_open() - open a file, open(2)
 * @path: its name
 * @flags: LKL_O_...
 * @mode: permissions if the file is created
 *
 * Return: descriptor or err.
 */
static inline lkl_long lkl_sys_open(const char *path, int flags, int mode)
{
	return lkl_sys_openat(LKL_AT_FDCWD, path, flags, mode);
}

/**
 * lkl_sys_creat() - create or empty a file and open it for writing, creat(2)
 * @path: its name
 * @mode: permissions if the file is created
 *
 * Return: descriptor or err.
 */
static inline lkl_long lkl_sys_creat(const char *path, int mode)
{
	return lkl_sys_open(path, LKL_O_CREAT | LKL_O_WRONLY | LKL_O_TRUNC, mode);
}

/**
 * lkl_sys_stat() - attributes of a file, stat(2)
 * @path: its name; symbolic links are followed
 * @buf: filled
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_stat(const char *path, struct lkl_stat *buf)
{
	return lkl_sys_newfstatat(LKL_AT_FDCWD, path, buf, 0);
}

/**
 * lkl_sys_lstat() - attributes of a file, lstat(2)
 * @path: its name; a symbolic link is not followed
 * @buf: filled
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_lstat(const char *path, struct lkl_stat *buf)
{
	return lkl_sys_newfstatat(LKL_AT_FDCWD, path, buf, LKL_AT_SYMLINK_NOFOLLOW);
}

/**
 * lkl_sys_fstatat() - attributes of a file, fstatat(2)
 * @dfd: folder that a relative @path starts at, or LKL_AT_FDCWD
 * @path: its name
 * @buf: filled
 * @flags: LKL_AT_SYMLINK_NOFOLLOW, LKL_AT_EMPTY_PATH, LKL_AT_NO_AUTOMOUNT
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_fstatat(int dfd, const char *path, struct lkl_stat *buf, int flags)
{
	return lkl_sys_newfstatat(dfd, path, buf, flags);
}

/**
 * lkl_sys_access() - check permissions with the real user, access(2)
 * @path: name of the file
 * @mode: 0 (does it exist?), or the sum of 4 (read), 2 (write), 1 (execute)
 *
 * Return: 0 if permitted, or err.
 */
static inline lkl_long lkl_sys_access(const char *path, int mode)
{
	return lkl_sys_faccessat(LKL_AT_FDCWD, path, mode);
}

/**
 * lkl_sys_chown() - change owner and group of a file, chown(2)
 * @path: its name; symbolic links are followed
 * @uid: new owner, or (lkl_uid_t)-1 to keep it
 * @gid: new group, or (lkl_gid_t)-1 to keep it
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_chown(const char *path, lkl_uid_t uid, lkl_gid_t gid)
{
	return lkl_sys_fchownat(LKL_AT_FDCWD, path, uid, gid, 0);
}

/**
 * lkl_sys_chmod() - change permissions of a file, chmod(2)
 * @path: its name; symbolic links are followed
 * @mode: the new permissions
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_chmod(const char *path, lkl_mode_t mode)
{
	return lkl_sys_fchmodat(LKL_AT_FDCWD, path, (lkl_umode_t)mode);
}

/**
 * lkl_sys_link() - give a file another name, link(2)
 * @existing: its name
 * @added: the further name
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_link(const char *existing, const char *added)
{
	return lkl_sys_linkat(LKL_AT_FDCWD, existing, LKL_AT_FDCWD, added, 0);
}

/**
 * lkl_sys_unlink() - remove a name of a file, unlink(2)
 * @path: the name
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_unlink(const char *path)
{
	return lkl_sys_unlinkat(LKL_AT_FDCWD, path, 0);
}

/**
 * lkl_sys_symlink() - make a symbolic link, symlink(2)
 * @target: what the link says
 * @path: name of the link
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_symlink(const char *target, const char *path)
{
	return lkl_sys_symlinkat(target, LKL_AT_FDCWD, path);
}

/**
 * lkl_sys_readlink() - what a symbolic link says, readlink(2)
 * @path: name of the link
 * @buf: filled, without a NUL at the end
 * @size: of @buf, in bytes
 *
 * Return: length in bytes, at most @size, or err.
 */
static inline lkl_long lkl_sys_readlink(const char *path, char *buf, lkl_size_t size)
{
	return lkl_sys_readlinkat(LKL_AT_FDCWD, path, buf, (int)size);
}

/**
 * lkl_sys_rename() - change the name of a file or folder, rename(2)
 * @from: its name
 * @to: the new name; a file that has it is replaced
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_rename(const char *from, const char *to)
{
	return lkl_sys_renameat2(LKL_AT_FDCWD, from, LKL_AT_FDCWD, to, 0);
}

/**
 * lkl_sys_mkdir() - make a folder, mkdir(2)
 * @path: its name
 * @mode: its permissions
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_mkdir(const char *path, lkl_mode_t mode)
{
	return lkl_sys_mkdirat(LKL_AT_FDCWD, path, (lkl_umode_t)mode);
}

/**
 * lkl_sys_rmdir() - remove an empty folder, rmdir(2)
 * @path: its name
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_rmdir(const char *path)
{
	return lkl_sys_unlinkat(LKL_AT_FDCWD, path, LKL_AT_REMOVEDIR);
}

/**
 * lkl_sys_mknod() - make a device node, pipe, socket or file, mknod(2)
 * @path: its name
 * @mode: type (LKL_S_IFBLK ...) and permissions
 * @dev: number of the device in the kernel's encoding, see lkl_get_virtio_blkdev()
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_mknod(const char *path, lkl_mode_t mode, lkl_dev_t dev)
{
	return lkl_sys_mknodat(LKL_AT_FDCWD, path, (lkl_umode_t)mode, dev);
}

/**
 * lkl_sys_pipe() - make a pipe, pipe(2)
 * @fds: filled: descriptor to read from, descriptor to write to
 *
 * Return: 0 or err.
 */
static inline lkl_long lkl_sys_pipe(int fds[2])
{
	return lkl_sys_pipe2(fds, 0);
}

/**
 * lkl_sys_send() - send on a connected socket, send(2)
 * @fd: the socket
 * @buf: what to send
 * @len: bytes in @buf
 * @flags: LKL_MSG_...
 *
 * Return: number of bytes, or err.
 */
static inline lkl_long lkl_sys_send(int fd, const void *buf, lkl_size_t len, int flags)
{
	return lkl_sys_sendto(fd, (void *)(lkl_uintptr_t)buf, len, (unsigned int)flags, 0, 0);
}

/**
 * lkl_sys_recv() - receive on a socket, recv(2)
 * @fd: the socket
 * @buf: filled
 * @len: size of @buf in bytes
 * @flags: LKL_MSG_...
 *
 * Return: number of bytes, 0 at the end of the stream, or err.
 */
static inline lkl_long lkl_sys_recv(int fd, void *buf, lkl_size_t len, int flags)
{
	return lkl_sys_recvfrom(fd, buf, len, (unsigned int)flags, 0, 0);
}

/**
 * lkl_sys_select() - wait for descriptors, select(2)
 * @n: highest descriptor in the sets, plus 1
 * @rfds: wait until these can be read; changed to those that can; may be NULL
 * @wfds: the same for writing
 * @efds: the same for exceptional conditions
 * @timeout: NULL waits without limit; changed to the time that was left
 *
 * Return: number of descriptors in the sets, 0 at the timeout, or err.
 */
static inline lkl_long lkl_sys_select(int n, lkl_fd_set *rfds, lkl_fd_set *wfds,
				  lkl_fd_set *efds, struct lkl_timeval *timeout)
{
	struct lkl_timespec ts;
	long ret;

	if (!timeout)
		return lkl_sys_pselect6(n, rfds, wfds, efds, 0, 0);
	if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
		return -LKL_EINVAL;
	ts.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
	ts.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	ret = lkl_sys_pselect6(n, rfds, wfds, efds, &ts, 0);
	timeout->tv_sec = ts.tv_sec;
	timeout->tv_usec = ts.tv_nsec / 1000;
	return ret;
}

/**
 * lkl_sys_poll() - wait for descriptors, poll(2)
 * @fds: descriptors and the events to wait for; revents are filled
 * @n: number of elements of @fds
 * @timeout_ms: in ms; negative waits without limit
 *
 * Return: number of elements with revents, 0 at the timeout, or err.
 */
static inline lkl_long lkl_sys_poll(struct lkl_pollfd *fds, unsigned int n, int timeout_ms)
{
	struct lkl_timespec ts;

	ts.tv_sec = timeout_ms / 1000;
	ts.tv_nsec = timeout_ms % 1000 * 1000000L;
	return lkl_sys_ppoll(fds, n, timeout_ms < 0 ? 0 : &ts, 0, sizeof(lkl_sigset_t));
}

/**
 * lkl_sys_epoll_create() - make an epoll instance, epoll_create(2)
 * @size: above 0, without further meaning
 *
 * Return: descriptor or err.
 */
static inline lkl_long lkl_sys_epoll_create(int size)
{
	return size > 0 ? lkl_sys_epoll_create1(0) : -LKL_EINVAL;
}

/**
 * lkl_sys_epoll_wait() - wait for events of an epoll instance, epoll_wait(2)
 * @epfd: the instance
 * @events: filled
 * @maxevents: number of elements of @events, above 0
 * @timeout_ms: in ms; -1 waits without limit
 *
 * Return: number of events, 0 at the timeout, or err.
 */
static inline lkl_long lkl_sys_epoll_wait(int epfd, struct lkl_epoll_event *events,
				      int maxevents, int timeout_ms)
{
	return lkl_sys_epoll_pwait(epfd, events, maxevents, timeout_ms, 0,
				   sizeof(lkl_sigset_t));
}

/* An open folder. One thread at a time may use it. */
struct lkl_dir;

/**
 * lkl_opendir() - open a folder for lkl_readdir()
 * @path: its name
 * @err: set to 0 or err
 *
 * Return: the folder, for lkl_closedir(), or NULL.
 */
struct lkl_dir *lkl_opendir(const char *path, int *err);

/**
 * lkl_fdopendir() - as lkl_opendir(), by descriptor
 * @fd: descriptor of the folder; belongs to the result if there is one
 * @err: set to 0 or err
 *
 * Return: the folder, for lkl_closedir(), or NULL.
 */
struct lkl_dir *lkl_fdopendir(int fd, int *err);

/**
 * lkl_rewinddir() - start again at the first entry
 * @dir: the folder
 */
void lkl_rewinddir(struct lkl_dir *dir);

/**
 * lkl_closedir() - close a folder and free it
 * @dir: the folder
 *
 * Return: 0 or err from closing the descriptor; @dir is gone in any case.
 */
int lkl_closedir(struct lkl_dir *dir);

/**
 * lkl_readdir() - the next entry of a folder
 * @dir: the folder
 *
 * The entries `.` and `..` are among them. Blocks like a read.
 *
 * Return: the entry, which belongs to @dir and is good until the next call for @dir;
 * NULL after the last one and on errors, which lkl_errdir() tells apart.
 */
struct lkl_linux_dirent64 *lkl_readdir(struct lkl_dir *dir);

/**
 * lkl_errdir() - what the last lkl_readdir() of a folder met
 * @dir: the folder
 *
 * Return: 0 or err.
 */
int lkl_errdir(struct lkl_dir *dir);

/**
 * lkl_dirfd() - the descriptor of a folder
 * @dir: the folder, which keeps the descriptor
 *
 * Return: the descriptor.
 */
int lkl_dirfd(struct lkl_dir *dir);

/**
 * lkl_encode_dev_from_sysfs() - read the number of a device from sysfs
 * @path: file of sysfs that says MAJOR:MINOR, such as /sysfs/block/vda/dev
 * @devid: set to the number as lkl_sys_mknod() takes it
 *
 * Return: 0 or err; -EINVAL if the file says something else.
 */
int lkl_encode_dev_from_sysfs(const char *path, uint32_t *devid);

/**
 * lkl_get_virtio_blkdev() - find the block device of a disk
 * @disk_id: number from lkl_disk_add()
 * @part: partition, counted from 1; 0 is the whole disk
 * @devid: set to the number of the device as lkl_sys_mknod() takes it
 *
 * Mounts sysfs at /sysfs if it is not mounted there. Blocks.
 *
 * Return: 0 or err: -ENOENT without such a disk or partition.
 */
int lkl_get_virtio_blkdev(int disk_id, unsigned int part, uint32_t *devid);

/**
 * lkl_mount_dev() - mount the file system of a disk
 * @disk_id: number from lkl_disk_add()
 * @part: partition, counted from 1; 0 is the whole disk
 * @fs_type: "ext4", ...; NULL tries every type that the kernel knows
 * @flags: LKL_MS_...
 * @opts: options of the file system, or NULL
 * @mnt: set to the folder where it is mounted now
 * @mnt_len: size of @mnt in bytes, at least 14
 *
 * Makes the folder, and on failure removes what it made. Blocks.
 *
 * Return: 0 or err; -ERANGE if @mnt is too small.
 */
long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type, int flags,
		   const char *opts, char *mnt, unsigned int mnt_len);

/**
 * lkl_mount_blkdev() - mount the file system of a block device
 * @devid: number of the device, for instance from lkl_get_virtio_blkdev()
 * @fs_type: as for lkl_mount_dev()
 * @flags: as for lkl_mount_dev()
 * @opts: as for lkl_mount_dev()
 * @mnt: as for lkl_mount_dev()
 * @mnt_len: as for lkl_mount_dev()
 *
 * Return: as lkl_mount_dev().
 */
long lkl_mount_blkdev(uint32_t devid, const char *fs_type, int flags, const char *opts,
		      char *mnt, unsigned int mnt_len);

/**
 * lkl_umount_timeout() - unmount, and wait while the file system is in use
 * @path: where it is mounted
 * @flags: LKL_MNT_FORCE, ... as in umount(2)
 * @timeout_ms: how long to try again, in ms; 0 tries once, negative has no limit
 *
 * Return: 0 or err: -EBUSY if it was still in use at the end.
 */
long lkl_umount_timeout(const char *path, int flags, long timeout_ms);

/**
 * lkl_umount_dev() - undo lkl_mount_dev()
 * @disk_id: as for lkl_mount_dev()
 * @part: as for lkl_mount_dev()
 * @flags: as for lkl_umount_timeout()
 * @timeout_ms: as for lkl_umount_timeout()
 *
 * What was written is durable when this returns 0, and the folder is removed.
 *
 * Return: 0 or err.
 */
long lkl_umount_dev(unsigned int disk_id, unsigned int part, int flags, long timeout_ms);

/**
 * lkl_umount_blkdev() - undo lkl_mount_blkdev()
 * @devid: as for lkl_mount_blkdev()
 * @flags: as for lkl_umount_timeout()
 * @timeout_ms: as for lkl_umount_timeout()
 *
 * Return: as lkl_umount_dev().
 */
long lkl_umount_blkdev(uint32_t devid, int flags, long timeout_ms);

/**
 * lkl_mount_fs() - mount a file system that needs no device
 * @type: "proc", "sysfs", "tmpfs", ...; it is mounted at /TYPE, which is made
 *
 * Return: 0, 1 if it was mounted there before, or err.
 */
int lkl_mount_fs(const char *type);

/**
 * lkl_strerror() - words for an error
 * @err: errno of the kernel, negative as calls return it, or positive
 *
 * Return: a constant string; never NULL.
 */
const char *lkl_strerror(int err);

/**
 * lkl_perror() - print an error
 * @msg: what failed
 * @err: as for lkl_strerror()
 *
 * Prints "MSG: words" by lkl_printf().
 */
void lkl_perror(const char *msg, int err);

#ifdef __cplusplus
}
#endif

#endif
