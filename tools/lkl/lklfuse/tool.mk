# SPDX-License-Identifier: GPL-2.0
pkg-lklfuse := fuse3
# Requests through io_uring.
use-lklfuse := liburing
without-lklfuse = $(if $(filter liburing,$(used-lklfuse)),,%/ring.c)
