# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of cpfromfs for bash: that of cptofs, which is beside it.

# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/cptofs"
