# SPDX-License-Identifier: GPL-2.0
# What is bound when it is first called, each child would bind again.
flags-lkl-forkserver := -Wl,-z,now
