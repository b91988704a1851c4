# SPDX-License-Identifier: GPL-2.0
#
# Programs over the library. A folder tools/lkl/NAME is the program NAME; each C
# file in tests/ and bench/ is one program, with what sits in their lib/ folder.
# They link to liblkl.a, so that they run from where they are built.
#
# A tool that needs a library of the system names it here, by its pkg-config
# name; without the library it is not built, see scripts/optional.sh.

tool-names := $(notdir $(patsubst %/,%,$(dir $(wildcard tools/lkl/*/*.c))))
tool-names := $(sort $(tool-names))
tools := $(foreach t,$(tool-names),\
	$(if $(shell pkg-config --exists $(or $(pkg-$(t)),lkl-none) 2>/dev/null || \
		echo $(pkg-$(t))),,$(t)))

test-names := $(basename $(notdir $(wildcard tests/*.c)))
bench-names := $(basename $(notdir $(wildcard bench/*.c)))

program-flags = $(HOST_CFLAGS) $(HOST_CPPFLAGS) -MMD -MP
program-libs = $(B)/liblkl.a $(HOST_LIBS)

# ---- tools ----------------------------------------------------------------

define tool-rule
$(B)/bin/$(1): $(wildcard tools/lkl/$(1)/*.c) $(B)/liblkl.a
	$$(say) TOOL $$@
	$$(Q)mkdir -p $(B)/bin $(B)/bin/.d
	$$(Q)$(CC) $$(program-flags) -MF $(B)/bin/.d/$(1).d $$(if $$(pkg-$(1)),\
		$$$$(pkg-config --cflags $$(pkg-$(1)))) -o $$@ $$(filter %.c,$$^) \
		$$(program-libs) $$(if $$(pkg-$(1)),$$$$(pkg-config --libs $$(pkg-$(1))))
endef
$(foreach t,$(tools),$(eval $(call tool-rule,$(t))))

PHONY += programs
programs: $(tools:%=$(B)/bin/%)

# ---- demo -----------------------------------------------------------------

PHONY += run-demo
run-demo: $(B)/bin/demo
	$(Q)tools/lkl/demo/demo.sh $(B)

# ---- tests ------------------------------------------------------------------

# The tests see the public headers only, so their flags leave out host/.
test-cflags = $(HOST_CFLAGS) -Iinclude/uapi -I$(B)/include -Itests/lib

$(B)/tests/%: tests/%.c $(wildcard tests/lib/*.c) $(B)/liblkl.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(@D)/.d/$*.d $$(pkg-config --cflags check) \
		-o $@ $(filter %.c,$^) $(program-libs) $$(pkg-config --libs check)

# Tests of single parts, without a kernel: what they define themselves is not
# taken from the host's objects.
unit-names := virtio

$(HB)/libhost.a: $(filter-out %/image-data.o,$(host-objects))
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^

$(unit-names:%=$(B)/tests/%): $(B)/tests/%: tests/%.c $(HB)/libhost.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(@D)/.d/$*.d $$(pkg-config --cflags check) \
		-o $@ $< $(HB)/libhost.a $(HOST_LIBS) $$(pkg-config --libs check)

# Programs that the shell tests call.
helper-names := $(basename $(notdir $(wildcard tests/helpers/*.c)))

$(B)/tests/helpers/%: tests/helpers/%.c $(B)/liblkl.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D) $(B)/tests/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(B)/tests/.d/helper-$*.d -o $@ $< \
		$(program-libs)

PHONY += tests
tests: $(test-names:%=$(B)/tests/%) $(helper-names:%=$(B)/tests/helpers/%)

PHONY += run-check
run-check: all tests
	$(Q)B=$(B) LINUX="$(LINUX)" LKL_TEST_ALL=$(LKL_TEST_ALL) tests/run.sh

# ---- bench ------------------------------------------------------------------

# As for tests; the kernel's own headers come last, for its RAID-6 sources.
bench-cflags = $(HOST_CFLAGS) -Iinclude/uapi -I$(B)/include -Ibench/lib \
	-idirafter $(KSRC)/include

$(B)/bench/%: bench/%.c $(wildcard bench/lib/*.c) $(B)/liblkl.a
	$(say) BENCH $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(bench-cflags) -MMD -MP -MF $(@D)/.d/$*.d -o $@ $(filter %.c,$^) \
		$(program-libs)

PHONY += benches run-bench
benches: $(bench-names:%=$(B)/bench/%)

run-bench: benches
	$(Q)B=$(B) bench/run.sh

-include $(wildcard $(B)/bin/.d/*.d $(B)/tests/.d/*.d $(B)/bench/.d/*.d)
