/* SPDX-License-Identifier: GPL-2.0 */
/* For memory with tags, which is not used. */
