# SPDX-License-Identifier: GPL-2.0
pkg-fs2tar := libarchive
links-fs2tar := tar2fs
