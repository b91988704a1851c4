/* SPDX-License-Identifier: GPL-2.0 */
/* Command line options that the copying programs have in common. */
#ifndef LKL_TOOLS_OPTIONS_H
#define LKL_TOOLS_OPTIONS_H

#include <argp.h>

#include "adjust.h"
#include "volume.h"

struct common_options {
	struct volume_options volume;
	struct adjust adjust;
	int no_sandbox;
	/* See steady.h. */
	int reproducible;
	int quiet;
};

#define COMMON_OPTIONS_DEFAULT { .adjust = ADJUST_NOTHING }

/*
 * The one child of a struct argp, whose parser's input is a struct common_options; the
 * second for programs that write images.
 */
extern const struct argp_child common_options[], into_image_options[];

/*
 * The program writes images: before the kernel starts, and when the image is open. The
 * first ends the program with a message, the second says why if it is not 0.
 */
void common_prepare_image(const struct common_options *o);
int common_check_image(const struct common_options *o, const struct volume *volume);

/* One image more. */
void common_add_image(struct common_options *o, const char *name);

#endif
