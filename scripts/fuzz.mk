# SPDX-License-Identifier: GPL-2.0
#
# Fuzzing of file systems: docs/testing.md. lkl-forkserver is a program like others;
# lkl-fuzz, libFuzzer over the same code, needs its runtime, which comes with clang, and
# a kernel that counts coverage. It is built with CONFIG=fuzz, and not installed.

CLANG ?= clang
export CLANG

fuzz-folder := tools/lkl/lkl-forkserver
fuzz-sources := $(filter-out %/main.c %/afl.c,$(wildcard $(fuzz-folder)/*.c)) \
	$(wildcard $(fuzz-folder)/libfuzzer/*.c)
fuzz-objects := $(fuzz-sources:$(fuzz-folder)/%.c=$(HB)/fuzz/%.o)

$(HB)/fuzz/%.o: $(fuzz-folder)/%.c $(KB)/headers.stamp $(B)/host-flags
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(host-cc) $(program-flags) $(tool-flags) -I$(fuzz-folder) -c -o $@ $<

# What is bound when it is first called, each child would bind again.
$(B)/bin/lkl-fuzz: $(fuzz-objects) $(HB)/libtools.a $(B)/liblkl.a
	$(say) TOOL $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -fsanitize=fuzzer -Wl,-z,now -o $@ $(fuzz-objects) $(HB)/libtools.a \
		$(program-libs) -Wl,--as-needed \
		$(if $(used-lib),$$($(PKG_CONFIG) --libs $(used-lib)))

-include $(fuzz-objects:.o=.d)

# Asked only where it matters: clang has to link for the answer.
with-libfuzzer = $(if $(SANITIZE)$(foreign),,$(shell CLANG="$(CLANG)" scripts/optional.sh have libfuzzer && echo $(1)))

ifeq ($(CONFIG),fuzz)
programs: $(call with-libfuzzer,$(B)/bin/lkl-fuzz)
endif

# What a fuzzer finds is kept, and the next run goes on from there.
FS ?= ext4
ENGINE ?= afl
OUT ?= $(B)/found/$(FS)

PHONY += fuzz
fuzz:
	$(check-minutes)
	$(Q)scripts/packages.sh install build fuzz
	$(Q)+$(MAKE) CONFIG=fuzz programs
	$(Q)$(fuzz-folder)/fuzz.sh $(TOP)/fuzz $(FS) $$(($(MINUTES) * 60)) $(OUT) $(ENGINE)
