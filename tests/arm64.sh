#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The library on arm64, in an emulator; a small kernel. time limit: 900 s

. "$(dirname "$0")/lib/processor.sh"

check_processor arm64 aarch64-linux-gnu-gcc qemu-aarch64
