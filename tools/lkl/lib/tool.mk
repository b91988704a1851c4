# SPDX-License-Identifier: GPL-2.0
use-lib := blkid libseccomp libcryptsetup libnbd
