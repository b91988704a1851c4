# SPDX-License-Identifier: GPL-2.0
use-lkl-part := libcjson
