/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_UMTX_H
#define STAND_IN_SYS_UMTX_H

#define UMTX_OP_WAKE		3
#define UMTX_OP_WAIT_UINT	11

int _umtx_op(void *obj, int op, unsigned long val, void *uaddr, void *uaddr2);

#endif
