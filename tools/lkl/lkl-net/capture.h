/* SPDX-License-Identifier: GPL-2.0 */
/* Captures packets of the stack into a file, in pcapng with times in ns. */
#ifndef LKL_NET_TOOL_CAPTURE_H
#define LKL_NET_TOOL_CAPTURE_H

/*
 * Starts to capture on interface @name, on every one if it is NULL, in the namespace of
 * the calling thread. Ends the program with a message on errors.
 */
void capture_start(const char *path, const char *name);
/*
 * Writes what is left, closes the file, and warns of packets that were missed. 0, or -1
 * with a message if not everything could be written.
 */
int capture_stop(void);

#endif
