# SPDX-License-Identifier: GPL-2.0
#
# What is particular about building for Windows, with Debian's mingw-w64.

host-prefix := x86_64-w64-mingw32-
host-groups := mingw
# None of this machine's libraries is of use.
PKG_CONFIG := $(call told,PKG_CONFIG,false)

# GNU ld -r for PE gives wrong addresses to the unwind tables of all objects but the first.
separate-objects := y
host-cflags := -D_WIN32_WINNT=0x0a00 -D__USE_MINGW_ANSI_STDIO=1 -mcmodel=small
host-libs := -lsynchronization -lws2_32
image-source := host/mingw/image-data.S
shared-library = $(B)/lkl.dll
exe := .exe

# Programs: those that are not about what Linux alone has. For libraries of Windows there
# is no pkg-config, unless make is told one.
host-tools := cptofs fs2tar lkl-part
host-tool-dirs := argp
host-tool-flags := -include tools/lkl/lib/mingw/compat.h -Dmain=tool_main
host-tool-libs := -static -lpthread -lntdll
host-link := cp

# Optional: LUKS, whose keys libgcrypt derives. Debian has it for Windows.
ifeq ($(shell printf '\043include <gcrypt.h>\nGCRY_KDF_ARGON2ID\n' | \
	$(host-prefix)gcc -x c -E - >/dev/null 2>&1 && echo y),y)
host-tool-flags += -DHAVE_LIBGCRYPT
host-tool-libs += -lgcrypt -lgpg-error -lws2_32
endif

# Tests have threads of POSIX and what tests/lib/mingw imitates, and need no libraries
# beside them. The other suites are about programs, or about what is the same everywhere.
host-suites := boot syscalls errors threads timers signals features crypto raid disk netapi net_many net_apart net_tap
host-test-cflags := -include tests/lib/mingw/compat.h -static
host-test-libs := -lpthread -lpsapi
emulator := scripts/wine.sh
