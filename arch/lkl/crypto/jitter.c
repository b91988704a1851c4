// SPDX-License-Identifier: GPL-2.0
/*
 * The jitter random number generator tests its timer for milliseconds when it is
 * registered, at boot. It cannot be configured away, as the default generator
 * (DRBG) wants it, but DRBG goes on without: it is seeded by get_random_bytes()
 * too, and that by the processor and the host. So the test, which the linker
 * replaces by this one (--wrap), fails.
 */
#include <linux/errno.h>
#include <linux/linkage.h>

struct rand_data;

int __wrap_jent_entropy_init(unsigned int osr, unsigned int flags,
			     void *hash_state, struct rand_data *p_ec);

int __wrap_jent_entropy_init(unsigned int osr, unsigned int flags,
			     void *hash_state, struct rand_data *p_ec)
{
	return ENODEV;
}
