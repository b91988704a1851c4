# SPDX-License-Identifier: GPL-2.0
pkg-fs2tar := libarchive zlib
links-fs2tar := tar2fs
