/* SPDX-License-Identifier: GPL-2.0 */
/* What libFuzzer calls, and what it offers. */
#ifndef LKL_FORKSERVER_LIBFUZZER_H
#define LKL_FORKSERVER_LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
				 size_t other_size, uint8_t *out, size_t max, unsigned int seed);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#endif
