# SPDX-License-Identifier: GPL-2.0
#
# What is particular about building for Linux.

host-kin := posix
host-libs := -lpthread
relink-flags := -z noexecstack
shared-library = $(B)/liblkl.so

# Optional: asynchronous disk I/O through io_uring; threads do it otherwise.
ifeq ($(shell $(PKG_CONFIG) --exists liburing 2>/dev/null && echo y),y)
host-cflags += -DBLK_OS_ENGINE=lkl_blk_engine_uring $(shell $(PKG_CONFIG) --cflags liburing)
host-libs += $(shell $(PKG_CONFIG) --libs liburing)
optional-pc += liburing
else
no-sources += host/linux/blk_uring.c
endif

# Optional: network devices over libslirp and libvdeplug. The latter has no .pc file; another
# processor may have the header, but not the library.
ifeq ($(shell $(PKG_CONFIG) --exists slirp 2>/dev/null && echo y),y)
host-cflags += -DHAVE_SLIRP $(shell $(PKG_CONFIG) --cflags slirp)
host-libs += $(shell $(PKG_CONFIG) --libs slirp)
optional-pc += slirp
endif
ifeq ($(shell printf '\043include <libvdeplug.h>\nint main(void) { return 0; }\n' | \
	$(CROSS_COMPILE)gcc -x c -o /dev/null - -lvdeplug 2>/dev/null && echo y),y)
host-cflags += -DHAVE_VDEPLUG
host-libs += -lvdeplug
optional-libs += -lvdeplug
endif
