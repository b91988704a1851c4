/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests need of it is in compat.h. */
