# SPDX-License-Identifier: GPL-2.0
#
# What is particular about building for POSIX hosts.

host-libs := -lpthread
relink-flags := -z noexecstack
shared-library = $(B)/liblkl.so

# Optional: asynchronous disk I/O through io_uring; threads do it otherwise.
ifeq ($(shell $(PKG_CONFIG) --exists liburing 2>/dev/null && echo y),y)
host-cflags += -DHAVE_LIBURING $(shell $(PKG_CONFIG) --cflags liburing)
host-libs += $(shell $(PKG_CONFIG) --libs liburing)
optional-pc := liburing
else
no-sources := host/posix/blk_uring.c
endif
