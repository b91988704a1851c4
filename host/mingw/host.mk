# SPDX-License-Identifier: GPL-2.0
#
# What is particular about building for Windows, with Debian's mingw-w64. Its compiler
# comes with two kinds of threads; we need neither, the name stands for both.

host-prefix := x86_64-w64-mingw32-
host-groups := mingw
# None of this machine's libraries is of use.
PKG_CONFIG := false
host-cflags := -D_WIN32_WINNT=0x0a00 -D__USE_MINGW_ANSI_STDIO=1
host-libs := -lsynchronization
image-source := host/mingw/image-data.S
shared-library = $(B)/lkl.dll
exe := .exe

# Tests have threads of POSIX and what tests/lib/mingw imitates, and need no libraries
# beside them.
host-tests := boot syscalls errors threads timers features crypto raid disk
host-benches := calls
host-test-cflags := -Itests/lib/mingw -include tests/lib/mingw/compat.h -Wno-unused-function -static
host-test-libs := -lpthread -lpsapi
