#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh BUILD: what "make demo" runs. The image is made and checked by the real
# tools of ext4; between the two, only the kernel in the process works on it.

set -euo pipefail

# mkfs and fsck are not in the path of an ordinary user.
PATH=$PATH:/usr/sbin:/sbin
b=$1
image=$b/demo.img

rm -f "$image"
truncate -s 512M "$image"
echo "mkfs.ext4 makes $image (512 MiB)"
mkfs.ext4 -q "$image"
echo "A Linux kernel in a process:"
# shellcheck disable=SC2086 # LKL_RUN, an emulator of another processor, is several words
timeout 120 ${LKL_RUN:-} "$b/bin/demo" "$image"
echo "fsck.ext4 looks at it:"
fsck.ext4 -f -n "$image" | sed 's/^/  /'
debugfs -R "stat hello" "$image" 2>/dev/null | sed -n 's/^\(Inode\|User\).*/  debugfs: &/p'
rm -f "$image"
