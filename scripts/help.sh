#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What "make help" prints.

cat <<'EOF'
Targets:
  all          the library, its headers and the programs (the default)
  demo         boots a kernel, works on a real ext4 image, tells the times
  check        builds and runs every test in reasonable time
  check-all    the same with the long versions of the tests
  check-sanitize  the tests with the host's half under ASan, UBSan and TSan
  kunit        the kernel tree's unit tests, all of them, on a kernel of their own
  debug        a kernel with KASAN, lockdep and UBSAN, and the tests on it
  selftests    tests of the kernel tree's, on our kernel and on the host's
  soak         the same work for MINUTES=60; memory and the like must not grow
  fuzz         afl-fuzz on file systems of FS=ext4 for MINUTES=60, in build/fuzz;
               ENGINE=libfuzzer takes that instead
  mingw        all for 64-bit Windows, in build/mingw; docs/windows.md
  check-mingw  runs the tests of that under Wine
  freebsd      all for FreeBSD 14, with its tests, in build/freebsd; docs/freebsd.md
  bench        measures, beside the host kernel's own figures
  bench-compare A=FILE B=FILE
               compares two saved results, the noise taken into account
  install      into DESTDIR/PREFIX; uninstall takes it away again
  menuconfig   changes the kernel configuration of this build folder
  headers      the headers for applications only
  docs         the interface as Markdown and manual pages, in build/docs
  clean        removes what was built, keeps the unpacked kernel source
  distclean    removes build/

make, mingw and menuconfig only say which Debian packages are missing; what runs
tests or measures, demo and freebsd install them with apt (as root or through sudo).

Variables:
  LINUX=FILE|DIR  another Linux 6.12, as a tarball or a directory
                  (default /usr/src/linux-source-6.12.tar.xz)
  KCONFIG=FILE    a fragment that is merged into the kernel configuration
  PREFIX=DIR      /usr/local; DESTDIR=DIR is put before it
  SANITIZE=LIST   compiles host code with -fsanitize=LIST, e.g. address,undefined
  ARCH_TARGET=P   builds for the processor P: x86_64, arm64 or riscv64
  HOST=NAME       builds for that system: linux, freebsd or mingw
  CONFIG=small    the small kernel configuration
  SUITES="NAME.." of tests, for check
  MINUTES=N       for soak and fuzz; FS=TYPE, ENGINE=afl|libfuzzer, OUT=FOLDER for fuzz
  V=1             shows the commands
  JOBS=N          jobs at a time (default: the number of processors)
EOF
