/* SPDX-License-Identifier: GPL-2.0 */
#include <winsock2.h>
#define poll WSAPoll
