/* SPDX-License-Identifier: GPL-2.0 */
#include <winsock2.h>
#include <ws2tcpip.h>

/* There are no signals to keep away. */
#define MSG_NOSIGNAL 0
