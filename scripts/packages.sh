#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The one list of what Debian packages are needed, and for what.
#
#   packages.sh install GROUP...   installs what is missing with apt, as root or
#                                  through sudo; else prints the line and fails
#   packages.sh missing GROUP...   says what is missing and fails; installs nothing
#   packages.sh list GROUP...      prints the names
#
# Groups: build (make), demo (make demo), test (make check), menu (menuconfig), fuzz (make fuzz),
# cross_PROCESSOR (make ARCH_TARGET=PROCESSOR), emulate (its check).

set -euo pipefail

# libelf-dev and libssl-dev are for programs that kbuild runs on the way; the last
# ones are optional for make, but are worth having.
optional="ccache liburing-dev libblkid-dev libseccomp-dev libcryptsetup-dev libnbd-dev
	libcjson-dev libfuse3-dev libarchive-dev zlib1g-dev libslirp-dev libglib2.0-dev
	libvdeplug-dev"
build="build-essential flex bison bc python3 rsync xz-utils pkg-config
	libelf-dev libssl-dev linux-source-6.12 $optional"

demo="e2fsprogs"

# Each file system's own mkfs and fsck, then what the shell tests call. Debian 12
# has no mkfs for bcachefs, hfsplus, befs and affs; hfsutils makes hfs, makefs ufs.
test="check strace afl++ clang libclang-rt-14-dev valgrind gdb linux-perf procps util-linux util-linux-extra mount attr
	e2fsprogs xfsprogs btrfs-progs f2fs-tools dosfstools exfatprogs ntfs-3g
	jfsutils nilfs-tools reiserfsprogs udftools hfsutils
	squashfs-tools erofs-utils xorriso genromfs makefs
	cryptsetup-bin mdadm lvm2 thin-provisioning-tools fdisk gdisk qemu-utils jq acl fuse3
	libcap2-bin nftables iproute2 iputils-ping udhcpd tshark gnuplot-nox
	ethtool tcpdump vde2 passt iperf3 qemu-system-x86 ipxe
	file lz4 zstd bzip2 libarchive-tools groff-base kmod
	libpopt-dev"

menu="libncurses-dev"

# For make fuzz, beside the programs that make file systems.
fuzz="afl++ clang libclang-rt-14-dev e2fsprogs xfsprogs btrfs-progs f2fs-tools dosfstools exfatprogs ntfs-3g"

# For other processors: their compilers, and what runs their programs here.
cross_arm64="gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
cross_riscv64="gcc-riscv64-linux-gnu libc6-dev-riscv64-cross"
emulate="qemu-user e2fsprogs btrfs-progs procps"

# For Windows: the compiler, what LUKS needs; what runs its programs here.
mingw="gcc-mingw-w64-x86-64-win32 libgcrypt-mingw-w64-dev"
wine="wine64 wine"

list()
{
	local group
	for group; do
		# shellcheck disable=SC2086 # lists of words
		printf '%s\n' ${!group}
	done | sort -u
}

# On a distribution without dpkg the tools themselves are looked for.
absent()
{
	local p tool

	if ! command -v dpkg-query >/dev/null; then
		for tool in cc flex bison bc python3 rsync xz; do
			command -v "$tool" >/dev/null || echo "$tool"
		done
		return
	fi
	for p in $(list "$@"); do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || echo "$p"
	done
}

# Optional for make: it works without, and optional.sh says what is off.
# Another LINUX= makes the packaged source unnecessary.
needless()
{
	local from=${LINUX:-/usr/src/linux-source-6.12.tar.xz}

	list optional
	if [ -e "$from" ]; then
		echo linux-source-6.12
	fi
}

missing()
{
	local names

	names=$(absent "$@" | grep -vxF "$(needless)" | paste -sd' ' || true)
	[ -z "$names" ] && return
	echo "Missing: $names" >&2
	echo "On Debian 12: apt-get install $names" >&2
	return 1
}

install()
{
	local names as_root=()

	names=$(absent "$@" | paste -sd' ')
	[ -z "$names" ] && return
	if ! command -v apt-get >/dev/null; then
		missing "$@"
		return
	fi
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null || ! sudo -v; then
			echo "Packages are missing. As root: apt-get install $names" >&2
			return 1
		fi
		as_root=(sudo)
	fi
	echo "  APT     $names"
	# shellcheck disable=SC2086 # a list of words
	"${as_root[@]}" apt-get -q update >/dev/null &&
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		--no-install-recommends install $names >/dev/null || {
		echo "apt-get failed. By hand: apt-get install $names" >&2
		without_source "$names"
		return 1
	}
}

# What a machine without the security updates lacks.
without_source()
{
	if [[ " $1 " == *" linux-source-6.12 "* ]] && ! apt-cache show linux-source-6.12 >/dev/null 2>&1; then
		echo "linux-source-6.12 is one of Debian 12's security updates: is bookworm-security" \
			"in /etc/apt/sources.list? Or name another source of Linux 6.12 by LINUX=" >&2
	fi
}

command=${1:?}
shift
case $command in
list|missing|install) "$command" "$@" ;;
*) echo "packages.sh: unknown command $command" >&2; exit 1 ;;
esac
