#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-headers.sh INCLUDE...: compiles every public header alone, in C and C++, and
# the public ones together with the C library's, in either order; looks for names
# without our prefix and for ones that the C library makes macros. INCLUDE: folders of
# the headers: in the tree include/uapi and build/include, after installation one.
# CC and CXX are the compilers.

set -uo pipefail

cc=${CC:-gcc} cxx=${CXX:-g++}
top=$(dirname "$(dirname "$(realpath "$0")")")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

flags=(-fsyntax-only -Wall -Wextra -Werror)
for dir; do
	flags+=(-I"$dir")
	[ -d "$dir/lkl/linux" ] && generated=$dir
done
if [ -z "${generated:-}" ]; then
	echo "usage: $0 INCLUDE..." >&2
	exit 2
fi

# Headers that do not compile alone in the kernel's own words either.
declare -A skip=(
	[lkl/asm/ucontext.h]="needs the kernel's asm/sigcontext.h first"
	[lkl/asm-generic/ucontext.h]="needs the kernel's asm/sigcontext.h first"
	[lkl/linux/coda.h]="needs types of BSD"
	[lkl/linux/cyclades.h]="removed feature, warns when included"
	[lkl/linux/hdlc/ioctl.h]="part of linux/if.h"
	[lkl/linux/map_to_14segment.h]="compares signed with unsigned"
	[lkl/linux/map_to_7segment.h]="compares signed with unsigned"
	[lkl/linux/patchkey.h]="part of linux/soundcard.h"
	[lkl/linux/usb/audio.h]="needs NULL"
	[lkl/xen/evtchn.h]="needs headers of Xen"
	[lkl/xen/gntdev.h]="needs headers of Xen"
	[lkl/xen/privcmd.h]="needs headers of Xen"
)
# Headers that are C only.
declare -A skip_cxx=(
	[lkl/linux/auto_dev-ioctl.h]="types inside an anonymous union"
	[lkl/linux/netfilter/xt_sctp.h]="_Bool"
	[lkl/linux/target_core_user.h]="enum from int"
	[lkl/linux/vhost.h]="includes virtio_ring.h"
	[lkl/linux/vhost_types.h]="includes virtio_ring.h"
	[lkl/linux/virtio_net.h]="a member named class"
	[lkl/linux/virtio_ring.h]="pointers from void *"
	[lkl/scsi/fc/fc_els.h]="pointers from void *"
)

failed=0 compiled=0

# compile WHAT COMPILER...: compiles standard input. Counts, so in no pipeline.
compile() {
	local what=$1
	shift
	compiled=$((compiled + 1))
	if ! "$@" - >"$tmp/err" 2>&1; then
		failed=$((failed + 1))
		echo "FAIL $what"
		grep -m3 error "$tmp/err"
	fi
}

public=()
for dir; do
	for h in "$dir"/*.h; do
		[ -e "$h" ] && public+=("$(basename "$h")")
	done
done
mapfile -t kernel < <(cd "$generated" && find lkl -name '*.h' | LC_ALL=C sort)

for h in "${public[@]}"; do
	for std in -std=gnu11 -std=c11 -std=gnu17; do
		compile "$h $std" "$cc" -xc $std "${flags[@]}" <<<"#include <$h>"
	done
	for std in -std=c++11 -std=gnu++17 -std=c++20; do
		compile "$h $std" "$cxx" -xc++ $std "${flags[@]}" <<<"#include <$h>"
	done
done
for h in "${kernel[@]}"; do
	[ "${skip[$h]:-}" ] && continue
	compile "$h C" "$cc" -xc "${flags[@]}" <<<"#include <$h>"
	[ "${skip_cxx[$h]:-}" ] && continue
	compile "$h C++" "$cxx" -xc++ "${flags[@]}" <<<"#include <$h>"
done
echo "headers that are not compiled alone:"
for h in "${!skip[@]}"; do echo "  $h: ${skip[$h]}"; done | sort
for h in "${!skip_cxx[@]}"; do echo "  $h, in C++: ${skip_cxx[$h]}"; done | sort

# All of the C library that Linux programs use.
libc=(aio arpa/inet assert ctype dirent dlfcn elf errno fcntl fnmatch ftw getopt
	glob grp ifaddrs inttypes langinfo libgen limits link locale malloc math mntent
	mqueue net/ethernet net/if net/if_arp net/route netdb netinet/icmp6
	netinet/if_ether netinet/in netinet/ip netinet/ip6 netinet/ip_icmp netinet/tcp
	netinet/udp netpacket/packet poll pthread pwd regex resolv sched search semaphore
	setjmp signal spawn stdarg stddef stdint stdio stdlib string strings sys/acct
	sys/auxv sys/epoll sys/eventfd sys/fanotify sys/file sys/fsuid sys/inotify sys/ioctl
	sys/ipc sys/mman sys/mount sys/msg sys/param sys/personality sys/prctl sys/ptrace
	sys/quota sys/random sys/reboot sys/resource sys/select sys/sem sys/sendfile sys/shm
	sys/signalfd sys/socket sys/stat sys/statfs sys/statvfs sys/swap sys/syscall
	sys/sysinfo sys/sysmacros sys/time sys/timerfd sys/times sys/timex sys/types
	sys/ucontext sys/uio sys/un sys/user sys/utsname sys/vfs sys/wait sys/xattr
	syslog termios time ucontext unistd utime wchar)
for h in "${libc[@]}"; do
	echo "#include <$h.h>"
done >"$tmp/libc.h"
printf '#include <%s>\n' "${public[@]}" >"$tmp/public.h"

# What programs for the existing library count on.
cat >"$tmp/use.c" <<'END'
long use(void);
long use(void)
{
	struct stat host;
	struct lkl_stat st;
	struct lkl_timespec ts = { 0, 1 };
	struct lkl_timeval tv = { 0, 1 };
	struct lkl_sockaddr_in sin;
	struct lkl_sockaddr_in6 sin6;
	struct lkl_sockaddr_storage storage;
	struct lkl_epoll_event event;
	struct lkl_linux_dirent64 *entry = 0;
	struct lkl_statfs fs;
	struct lkl_iovec iov;
	struct lkl_msghdr msg;
	struct lkl_ifreq ifr;
	struct lkl_pollfd pollfd = { 0, LKL_POLLIN, 0 };
	struct lkl_disk disk;

	lkl_sys_stat("/", &st);
	host.st_atime = st.lkl_st_atime + (long)st.st_atime_nsec;
	ifr.lkl_ifr_mtu = 1500;
	sin.sin_family = LKL_AF_INET;
	sin6.sin6_addr.lkl_s6_addr[0] = 0;
	storage.ss_family = LKL_AF_UNIX;
	event.events = LKL_EPOLLIN;
	iov.iov_len = 0;
	msg.msg_iov = &iov;
	fs.f_type = LKL_EXT4_SUPER_MAGIC;
	disk.fd = LKL_O_RDWR;
	return host.st_atime + ifr.lkl_ifr_mtu + (entry ? entry->d_type : LKL_DT_DIR) +
	       sin.sin_family + sin6.sin6_addr.lkl_s6_addr[0] + storage.ss_family +
	       event.events + (long)msg.msg_iov->iov_len + (long)fs.f_type + disk.fd +
	       LKL_S_IFDIR + LKL_S_ISREG(st.st_mode) + __lkl__NR_read + LKL_MS_RDONLY +
	       LKL_EINVAL + LKL_SOCK_STREAM + LKL_MSG_DONTWAIT + LKL_SOL_SOCKET +
	       LKL_IPPROTO_TCP + LKL_SEEK_SET + LKL_MAP_SHARED + LKL_IFF_UP + LKL_FIONREAD +
	       lkl_sys_nanosleep(&ts, 0) + lkl_sys_select(0, 0, 0, 0, &tv) +
	       lkl_sys_poll(&pollfd, 1, 0) + lkl_sys_umount("/", 0) +
	       lkl_sys_mount("a", "b", "c", 0, 0) + lkl_sys_fstat(0, &st) +
	       START(&lkl_host_ops, "mem=%dM", 64) + lkl_mount_dev(0, 0, "ext4", 0, 0, 0, 0);
}
END
echo '#define START(ops, ...) lkl_start_kernel(__VA_ARGS__)' >"$tmp/start"
echo '#define START lkl_start_kernel' >"$tmp/start-ops"
echo '#define LKL_START_KERNEL_OPS_FIRST' >"$tmp/choose-ops"
echo '#define _GNU_SOURCE 1' >"$tmp/gnu"
# together WHAT FILE...: in C and C++, with and without the C library's extensions
together() {
	local what=$1
	shift
	cat "$@" "$tmp/use.c" >"$tmp/program"
	cat "$tmp/gnu" "$tmp/program" >"$tmp/program-gnu"
	compile "$what, C" "$cc" -xc "${flags[@]}" <"$tmp/program"
	compile "$what, C, extensions" "$cc" -xc "${flags[@]}" <"$tmp/program-gnu"
	# C++ has them anyway.
	compile "$what, C++" "$cxx" -xc++ "${flags[@]}" <"$tmp/program"
}
together "C library, ours" "$tmp/libc.h" "$tmp/public.h" "$tmp/start"
together "ours, C library" "$tmp/public.h" "$tmp/libc.h" "$tmp/start"
together "lkl_start_kernel() with operations first" "$tmp/choose-ops" "$tmp/public.h" \
	"$tmp/libc.h" "$tmp/start-ops"

# Names, in all headers at once. big_endian.h contradicts little_endian.h.
for h in "${kernel[@]}"; do
	[ "${skip[$h]:-}" ] || case $h in
	*/big_endian.h) ;;
	*) echo "#include <$h>" ;;
	esac
done >"$tmp/kernel.h"
if ! python3 -B "$top/scripts/header_names.py" --cc "$cc" --libc "$tmp/libc.h" \
	--public "$tmp/public.h" --kernel "$tmp/kernel.h" "$@"; then
	failed=$((failed + 1))
	echo "FAIL names"
fi

echo "$compiled programs compiled, $failed failures"
[ "$failed" = 0 ]
