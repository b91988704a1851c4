# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of tar2fs for bash: that of fs2tar, which is beside it.

# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/fs2tar"
