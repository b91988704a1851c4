# SPDX-License-Identifier: GPL-2.0
#
# The library as lkl.dll, and liblkl.dll.a to link programs with. Everything that
# liblkl.a shows is exported.

# GCC 12 gives up on it otherwise ("internal compiler error: in choose_baseaddr"): a call
# of the other convention from a function with a large frame.
$(HB)/common/net/dhcp.o: HOST_CFLAGS += -Os

$(B)/lkl.def: $(B)/liblkl.a
	$(Q){ echo 'LIBRARY lkl.dll'; echo EXPORTS; $(prefix)nm -g --defined-only $< | \
		awk '/ T lkl_/ { print "\t" $$3 } / [DBR] lkl_/ { print "\t" $$3 " DATA" }'; } > $@

$(B)/lkl.dll: $(B)/liblkl.a $(B)/lkl.def
	$(say) LD $@
	$(Q)$(CC) -shared -static-libgcc -Wl,--out-implib,$(B)/liblkl.dll.a -o $@ \
		-Wl,--whole-archive $(B)/liblkl.a -Wl,--no-whole-archive $(B)/lkl.def $(HOST_LIBS)
