#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The library on riscv64, in an emulator; a small kernel. time limit: 900 s

. "$(dirname "$0")/lib/processor.sh"

check_processor riscv64 riscv64-linux-gnu-gcc qemu-riscv64
