/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_NET_IF_TUN_H
#define STAND_IN_NET_IF_TUN_H

/* Nothing of it is used but the device's name. */

#endif
