# SPDX-License-Identifier: GPL-2.0
pkg-lklfuse := fuse3
