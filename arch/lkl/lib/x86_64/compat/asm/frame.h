/* SPDX-License-Identifier: GPL-2.0 */
/* Stack frames in assembly code, for an unwinder that there is not. */
#define FRAME_BEGIN
#define FRAME_END
#define FRAME_OFFSET 0
