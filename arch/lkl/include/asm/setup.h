/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_SETUP_H
#define _ASM_LKL_SETUP_H

/* As a line of virtio devices may be long. */
#define COMMAND_LINE_SIZE 4096

#endif
