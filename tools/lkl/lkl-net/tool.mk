# SPDX-License-Identifier: GPL-2.0
# Speaks netlink with the library's own functions.
flags-lkl-net := -Ihost/common
use-lkl-net := libcjson
