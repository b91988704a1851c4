# SPDX-License-Identifier: GPL-2.0
#
# Headers for applications, and the two forms of the library. Of either only
# lkl_* is visible, so that no name of ours collides with an application's.

host-cc := $(if $(CCACHE),$(if $(host-compiler),,ccache ))$(CC)

san-flags := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)

HOST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -fPIC \
	-D_GNU_SOURCE $(host-cflags) $(san-flags) $(EXTRA_CFLAGS)
HOST_CPPFLAGS := -Iinclude/uapi -I$(KB)/include -I$(KB)/lkl \
	$(patsubst %,-I%,host/common $(wildcard $(addprefix host/,$(HOST) $(host-kin))))
HOST_LIBS := $(host-libs)

# Optional: configurations in JSON.
ifeq ($(shell $(PKG_CONFIG) --exists libcjson 2>/dev/null && echo y),y)
HOST_LIBS += $(shell $(PKG_CONFIG) --libs libcjson)
optional-pc += libcjson
no-sources += host/common/config/json_none.c
else
no-sources += host/common/config/json.c
endif

# ---- headers ------------------------------------------------------------

uapi-headers := $(wildcard include/uapi/*.h)

# Kbuild has one object folder, so its runs follow each other.
$(KB)/headers.stamp: $(wildcard scripts/headers.* scripts/syscalls.py) $(TOP)/source.stamp \
		    $(shell find arch/lkl/include/uapi include/extra -type f) \
		    arch/lkl/kernel/Makefile.syscalls | $(KB)/config.stamp
	$(say) HEADERS $(KB)/include
	$(Q)+$(dry)scripts/headers.sh $(KSRC) $(KB) $(KBUILD) -s
	$(Q)touch $@

PHONY += headers
headers: $(KB)/headers.stamp

# ---- objects ------------------------------------------------------------

HB := $(B)/host

# A file of the host takes the place of its namesake in the folders of its kin; and those in
# host/none are for what it has not.
host-files :=
$(foreach h,$(HOST) $(host-kin) none,$(eval host-files += $(filter-out \
	$(addprefix %/,$(notdir $(host-files))),$(wildcard host/$(h)/*.c))))

host-sources := $(filter-out $(no-sources),$(wildcard host/common/*.c host/common/*/*.c) \
	$(host-files))
host-objects := $(host-sources:host/%.c=$(HB)/%.o) $(HB)/common/image-data.o

$(B)/host-flags: FORCE
	$(Q)mkdir -p $(@D); f='$(host-cc) $(HOST_CFLAGS) $(HOST_CPPFLAGS) $(HOST_LIBS)'; \
		echo "$$f" | cmp -s - $@ || echo "$$f" > $@

$(HB)/%.o: host/%.c $(KB)/headers.stamp $(B)/host-flags
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(host-cc) $(HOST_CFLAGS) $(HOST_CPPFLAGS) -MMD -MP -c -o $@ $<

# The image is found through the assembler's include path.
image-source ?= host/common/image.S
$(HB)/common/image-data.o: $(image-source) $(IMAGE)
	$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -Wa,-I$(KB)/lkl -c -o $@ $<

-include $(host-objects:.o=.d)

# ---- libraries ------------------------------------------------------------

# One object, of which the world sees lkl_*, unless the host wants them separate.
$(HB)/liblkl.o: $(host-objects) $(B)/host-flags
	$(Q)$(prefix)ld -r $(relink-flags) -o $@ $(host-objects)
	$(Q)$(prefix)objcopy --wildcard --keep-global-symbol='lkl_*' $@

library-objects := $(if $(separate-objects),$(host-objects),$(HB)/liblkl.o)

$(B)/liblkl.a: $(library-objects) $(B)/host-flags
	$(say) AR $@
	$(Q)rm -f $@
	$(Q)$(prefix)ar qcsD $@ $(library-objects)
	$(Q)NM=$(prefix)nm scripts/symbols.sh $@

$(B)/liblkl.so.1: $(host-objects) scripts/liblkl.map $(B)/host-flags
	$(say) LD $@
	$(Q)$(CC) -shared $(san-flags) -Wl,-soname,liblkl.so.1 -Wl,-z,noexecstack \
		-Wl,$(or $(symbolic-flag),-Bsymbolic-functions) $(if $(SANITIZE)$(symbolic-flag),,-Wl,-z,defs) \
		-Wl,--version-script=scripts/liblkl.map \
		-o $@ $(host-objects) $(HOST_LIBS)
	$(Q)NM=$(prefix)nm scripts/symbols.sh $@

$(B)/liblkl.so: $(B)/liblkl.so.1
	$(Q)ln -sf liblkl.so.1 $@

# Its paths are relative to where it lies: an installed tree may be moved.
$(B)/lkl.pc: scripts/lkl.pc.in $(TOP)/source.stamp $(B)/host-flags
	$(say) GEN $@
	$(Q)sed -e 's|@VERSION@|$(shell sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' \
		$(KSRC)/Makefile 2>/dev/null | paste -sd.)|' \
		-e 's|@REQUIRES@|$(optional-pc)|' \
		-e 's|@LIBS@|$(optional-libs)|' $< > $@

-include $(host-folder)/library.mk

PHONY += library
library: $(B)/liblkl.a $(shared-library) $(B)/lkl.pc
