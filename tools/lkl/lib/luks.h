/* SPDX-License-Identifier: GPL-2.0 */
/* LUKS1 and LUKS2: keys are found here, the kernel inside decrypts. */
#ifndef LKL_TOOLS_LUKS_H
#define LKL_TOOLS_LUKS_H

#include "device.h"

/*
 * Opens @dev with the key in the file @key_file ("-": standard input), or a passphrase
 * from the terminal. Adds the device with the content below @dev. NULL, with a message
 * printed, on errors.
 */
struct device *luks_open(struct device *dev, const char *key_file, int read_only);

#endif
