/* SPDX-License-Identifier: GPL-2.0 */
#include <winsock2.h>
#include <ws2tcpip.h>
