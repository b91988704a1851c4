#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# optional.sh report: the one place that says what of the optional parts is off,
# and why. optional.sh have NAME: true if that library is there; libfuzzer is no library
# of pkg-config's, but clang's.

have()
{
	"${PKG_CONFIG:-pkg-config}" --exists "$1" 2>/dev/null
}

# Of libraries that pkg-config does not know.
have_header()
{
	# shellcheck disable=SC2086 # a command with its arguments
	echo "#include <$1>" | ${CC:-cc} -E - >/dev/null 2>&1
}

# It comes with clang, in a package of its own: it is there if a program can be linked.
have_libfuzzer()
{
	echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return 0; }' |
		"${CLANG:-clang}" -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null
}

off()
{
	echo "  off: $1 ($2)"
}

report()
{
	# Another system, of whose libraries nothing is known here.
	if [ "${PKG_CONFIG:-}" = false ]; then
		off "what rests on other libraries: compressed archives, other formats of images" \
			"PKG_CONFIG names no pkg-config for that system"
		have_header gcrypt.h ||
			off "LUKS" "there is no libgcrypt for that system"
		return
	fi
	have liburing ||
		off "io_uring for disks and lklfuse, which do without" "liburing-dev is missing"
	command -v ccache >/dev/null ||
		off "compiler cache" "ccache is missing"
	have blkid ||
		off "rare types of partition tables and file systems" "libblkid-dev is missing"
	have libseccomp ||
		off "system call filter of the programs" "libseccomp-dev is missing"
	have libcryptsetup ||
		off "LUKS" "libcryptsetup-dev is missing"
	have fuse3 ||
		off "lklfuse" "libfuse3-dev is missing"
	{ have libarchive && have zlib; } ||
		off "compressed archives" "libarchive-dev or zlib1g-dev is missing"
	have libnbd ||
		off "qcow2, vmdk, vdi, vhdx and NBD disks" "libnbd-dev is missing"
	have libcjson ||
		off "configurations in JSON" "libcjson-dev is missing"
	have slirp ||
		off "slirp network devices" "libslirp-dev or libglib2.0-dev is missing"
	have_header libvdeplug.h ||
		off "vde network devices" "libvdeplug-dev is missing"
	have_libfuzzer ||
		off "lkl-fuzz of make fuzz, for libFuzzer" "clang or libclang-rt-14-dev is missing"
	have check ||
		off "tests" "check is missing; make check installs it"
}

case $1${2:+ $2} in
"have libfuzzer") have_libfuzzer ;;
have\ *) have "$2" ;;
report) report; exit 0 ;;
esac
