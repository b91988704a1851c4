/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_NET_IF_TAP_H
#define STAND_IN_NET_IF_TAP_H

/* Nothing of it is used but the device's name. */

#endif
