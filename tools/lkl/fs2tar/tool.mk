# SPDX-License-Identifier: GPL-2.0
use-fs2tar := libarchive zlib
links-fs2tar := tar2fs
# Where they are not both there our own code does it, without compression.
own-fs2tar := %_own.c %/pax.c %/acl_text.c
library-fs2tar := %_libarchive.c %/input.c
without-fs2tar = $(if $(word 2,$(used-fs2tar)),$(own-fs2tar),$(library-fs2tar))
