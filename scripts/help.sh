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
  bench        measures, beside the host kernel's own figures
  install      into DESTDIR/PREFIX; uninstall takes it away again
  menuconfig   changes the kernel configuration of this build folder
  headers      the headers for applications only
  docs         the interface as Markdown and manual pages, in build/docs
  clean        removes what was built, keeps the unpacked kernel source
  distclean    removes build/

demo, check, check-all and bench install missing Debian packages with apt
(as root or through sudo); the others only say what is missing.

Variables:
  LINUX=FILE|DIR  another Linux 6.12, as a tarball or a directory
                  (default /usr/src/linux-source-6.12.tar.xz)
  KCONFIG=FILE    a fragment that is merged into the kernel configuration
  PREFIX=DIR      /usr/local; DESTDIR=DIR is put before it
  SANITIZE=LIST   compiles host code with -fsanitize=LIST, e.g. address,undefined
  V=1             shows the commands
  JOBS=N          jobs at a time (default: the number of processors)
EOF
