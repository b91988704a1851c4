# SPDX-License-Identifier: GPL-2.0
#
# What takes FreeBSD's place; beside the library, so that tests see it, too.

$(stand-ins): $(B)/stand-in/%.o: $(here)/%.c $(B)/host-flags
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(host-cc) -std=gnu11 -O2 -g -Wall -Wextra -fPIC -D_GNU_SOURCE -Iinclude/uapi -MMD -MP -c -o $@ $<

-include $(stand-ins:.o=.d)

$(B)/liblkl.a: $(stand-ins)
