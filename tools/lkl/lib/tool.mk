# SPDX-License-Identifier: GPL-2.0
pkg-lib := blkid
use-lib := libseccomp libcryptsetup libnbd
