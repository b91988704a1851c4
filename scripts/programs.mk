# SPDX-License-Identifier: GPL-2.0
#
# Programs over the library. A folder tools/lkl/NAME is the program NAME, with its
# manual page NAME.1 and its completion NAME.bash; what programs share sits in
# tools/lkl/lib. Each C file in tests/ and bench/ is one program, with what sits in
# their lib/ folder. They link to liblkl.a, so that they run from where they are built.
#
# A folder's tool.mk may set, for the program NAME:
#   pkg-NAME    libraries of the system that it needs, by their pkg-config names;
#               without them it is not built, and scripts/optional.sh says so
#   use-NAME    libraries that it uses if they are there, as HAVE_LIBRARY; used-NAME
#               are those that are
#   without-NAME  files that are left out, perhaps for want of these
#   links-NAME  other names under which it is installed
#   flags-NAME  further flags of the compiler
# tools/lkl/lib/tool.mk says use-lib of what is shared. The
# demo takes none of that, so that it needs nothing but the library.

tool-dirs := $(filter-out lib,$(notdir $(patsubst %/,%,$(dir $(wildcard tools/lkl/*/*.c)))))
tool-names := $(sort $(filter $(or $(host-tools),%),$(tool-dirs)))
-include $(wildcard tools/lkl/*/tool.mk)

# $(call with-pkg,NAMES): those that pkg-config finds; $(call have-flags,NAMES): the
# macros that say so, HAVE_LIBNBD for libnbd.
with-pkg = $(strip $(foreach p,$(1),$(if $(shell $(PKG_CONFIG) --exists $(p) 2>/dev/null && echo y),$(p))))
have-flags = $(foreach p,$(1),-DHAVE_$(shell echo $(p) | tr 'a-z+.-' 'A-Z___'))

tools := $(foreach t,$(tool-names),\
	$(if $(filter-out $(call with-pkg,$(pkg-$(t))),$(pkg-$(t))),,$(t)))

# In an emulator run those that rest on the processor; the others are about what the
# full configuration and the programs promise, which is the same everywhere. A host too
# may name those that make sense on it.
emulated-suites := boot syscalls errors threads timers signals crypto disk virtio net_many fs
test-names := $(or $(host-suites),$(if $(cross),$(emulated-suites:fs=)),$(basename $(notdir $(wildcard tests/*.c))))
bench-names := $(if $(host-suites)$(cross),boundary,$(basename $(notdir $(wildcard bench/*.c))))

# They see the public headers only, as the tests do.
program-flags = $(HOST_CFLAGS) -Iinclude/uapi -I$(KB)/include -MMD -MP
tool-host-dirs := $(HOST) $(host-kin) $(host-tool-dirs)
tool-flags = -Itools/lkl/lib $(tool-host-dirs:%=-Itools/lkl/lib/%) $(host-tool-flags)
program-libs = $(B)/liblkl.a $(HOST_LIBS)

# ---- tools ----------------------------------------------------------------

used-lib := $(call with-pkg,$(use-lib))

# What is the host's sits in folders there: as in host/, a file takes the place of its
# namesake in those of the kin. libblkid takes that of our own code.
tool-host-sources :=
$(foreach d,$(tool-host-dirs),$(eval tool-host-sources += $(filter-out \
	$(addprefix %/,$(notdir $(tool-host-sources))),$(wildcard tools/lkl/lib/$(d)/*.c))))
tool-lib-sources := $(tool-host-sources) $(filter-out \
	$(addprefix %/,$(if $(filter blkid,$(used-lib)),probe_own.c probe_table.c,\
		probe_blkid.c content_copy.c)),$(wildcard tools/lkl/lib/*.c))
tool-lib-objects := $(tool-lib-sources:tools/lkl/lib/%.c=$(HB)/tools/%.o)

$(HB)/tools/%.o: tools/lkl/lib/%.c $(KB)/headers.stamp $(B)/host-flags
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(host-cc) $(program-flags) $(tool-flags) $(call have-flags,$(used-lib)) \
		$(if $(used-lib),$$($(PKG_CONFIG) --cflags $(used-lib))) -c -o $@ $<

$(HB)/libtools.a: $(tool-lib-objects)
	$(Q)rm -f $@
	$(Q)$(prefix)ar rcsD $@ $^

-include $(tool-lib-objects:.o=.d)

define tool-rule
used-$(1) := $(call with-pkg,$(pkg-$(1)) $(use-$(1)))
$(B)/bin/$(1)$(exe): $$(filter-out $$(without-$(1)),$(wildcard tools/lkl/$(1)/*.c)) $(if $(filter demo,$(1)),,$(HB)/libtools.a) $(B)/liblkl.a
	$$(say) TOOL $$@
	$$(Q)mkdir -p $(B)/bin $(B)/bin/.d
	$$(Q)$(host-cc) $$(program-flags) -MF $(B)/bin/.d/$(1).d \
		$(if $(filter demo,$(1)),,$$(tool-flags)) $$(flags-$(1)) \
		$$(call have-flags,$$(used-$(1))) \
		$$(if $$(used-$(1)),$$$$($(PKG_CONFIG) --cflags $$(used-$(1)))) -o $$@ \
		$$(filter %.c,$$^) $$(filter %libtools.a,$$^) $$(program-libs) \
		$(if $(filter demo,$(1)),,$(host-tool-libs) -Wl$(comma)--as-needed \
			$$(if $$(used-$(1))$$(used-lib),$$$$($(PKG_CONFIG) --libs $$(used-$(1)) $$(used-lib))))
	$$(Q)cd $(B)/bin; for l in $$(links-$(1)); do \
		$(or $(host-link),ln -sf) $(1)$(exe) $$$$l$(exe) || exit; done
endef
$(foreach t,$(tools),$(eval $(call tool-rule,$(t))))

PHONY += programs
programs: $(tools:%=$(B)/bin/%$(exe))

# ---- demo -----------------------------------------------------------------

PHONY += run-demo
run-demo: $(B)/bin/demo
	$(Q)LKL_RUN="$(emulator)" tools/lkl/demo/demo.sh $(B)

# ---- tests ------------------------------------------------------------------

# For targets without a libcheck there is what the tests need of it.
ifneq ($(call with-pkg,check),)
check-cflags := $(shell $(PKG_CONFIG) --cflags check)
check-libs := $(shell $(PKG_CONFIG) --libs check)
else
check-cflags := -Itests/lib/check
check-sources := tests/lib/check/check.c tests/lib/check/apart_$(or $(lastword $(host-kin)),$(HOST)).c
endif

# What tests need of the host; of its kin what it does not have itself.
test-host-sources :=
$(foreach h,$(HOST) $(host-kin),$(eval test-host-sources += $(filter-out \
	$(addprefix %/,$(notdir $(test-host-sources))),$(wildcard tests/lib/$(h)/*.c))))

# The tests see the public headers only, so their flags leave out host/.
test-cflags = $(HOST_CFLAGS) -Iinclude/uapi -I$(KB)/include -Itests/lib -Itests/lib/$(HOST) $(host-kin:%=-Itests/lib/%) \
	$(check-cflags) $(host-test-cflags)

define test-program
	$(say) TEST $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(@D)/.d/$*.d \
		-o $@ $(filter %.c,$^) $(program-libs) $(check-libs) $(host-test-libs) $(test-ldflags)
endef
test-parts := $(wildcard tests/lib/*.c) $(test-host-sources) $(check-sources) $(B)/liblkl.a

$(B)/tests/%$(exe): tests/%.c $(test-parts)
	$(test-program)

# Those that one host alone has, by stand-ins for what it has no more here than others.
$(B)/tests/%$(exe): tests/hosts/$(HOST)/%.c $(test-parts)
	$(test-program)

# The library's own calls for what a host may refuse go to the test, which lets them fail, and
# its interrupts; these do not leave liblkl.a, so it takes what that is made of.
fault-calls := malloc calloc realloc strdup strndup mmap pthread_create eventfd memfd_create \
	pread pwrite preadv preadv2 pwritev fdatasync readv writev sendmsg lkl_trigger_irq
ifneq ($(filter liburing,$(optional-pc)),)
fault-calls += io_uring_queue_init io_uring_submit_and_wait
$(B)/tests/faults: host-test-cflags += -DHAVE_LIBURING
endif
$(B)/tests/faults: $(wildcard tests/lib/faults/*.c)
$(B)/tests/faults: program-libs = $(host-objects) $(HOST_LIBS)
$(B)/tests/faults: test-ldflags := $(fault-calls:%=-Wl,--wrap=%)

# Tests of single parts, without a kernel: what they define themselves is not
# taken from the host's objects.
unit-names := virtio

$(HB)/libhost.a: $(filter-out %/image-data.o,$(host-objects))
	$(Q)rm -f $@
	$(Q)$(prefix)ar rcsD $@ $^

$(unit-names:%=$(B)/tests/%$(exe)): $(B)/tests/%$(exe): tests/%.c $(check-sources) $(HB)/libhost.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(@D)/.d/$*.d \
		-o $@ $(filter %.c,$^) $(HB)/libhost.a $(HOST_LIBS) $(check-libs)

# Programs that the shell tests call. Some test what programs share.
tool-helper-names := openvolume sandboxed stuck
helper-names := $(if $(host-suites),,own/fs2tar $(if $(foreign),,own/arguments)) $(filter-out $(if $(filter blkid,$(used-lib)),,$(tool-helper-names)) \
	$(if $(foreign),probing),\
	$(if $(host-suites),,$(basename $(notdir $(wildcard tests/helpers/*.c)))))

$(tool-helper-names:%=$(B)/tests/helpers/%$(exe)): $(B)/tests/helpers/%$(exe): tests/helpers/%.c \
		$(HB)/libtools.a $(B)/liblkl.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D) $(B)/tests/.d
	$(Q)$(CC) $(test-cflags) -Itools/lkl/lib -MMD -MP -MF $(B)/tests/.d/helper-$*.d \
		-o $@ $< $(HB)/libtools.a $(program-libs) -Wl,--as-needed \
		$$($(PKG_CONFIG) --libs $(used-lib))

$(B)/tests/helpers/%$(exe): tests/helpers/%.c $(B)/liblkl.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D) $(B)/tests/.d
	$(Q)$(CC) $(test-cflags) -MMD -MP -MF $(B)/tests/.d/helper-$*.d -o $@ $< \
		$(program-libs)

# Our own look for file systems, under sanitizers of its own.
probing-sources := tests/helpers/probing.c $(addprefix tools/lkl/lib/,probe.c probe_own.c probe_table.c)

$(B)/tests/helpers/probing: $(probing-sources) $(KB)/headers.stamp
	$(say) TEST $@
	$(Q)mkdir -p $(@D) $(B)/tests/.d
	$(Q)$(CC) -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude/uapi \
		-I$(KB)/include -Itools/lkl/lib -o $@ $(probing-sources)

# fs2tar as it is where there is no libarchive, which is elsewhere.
own-fs2tar-sources := $(filter-out $(library-fs2tar),$(wildcard tools/lkl/fs2tar/*.c))

$(B)/tests/helpers/own/fs2tar: $(own-fs2tar-sources) $(HB)/libtools.a $(B)/liblkl.a
	$(say) TEST $@
	$(Q)mkdir -p $(@D) $(B)/tests/.d
	$(Q)$(host-cc) $(program-flags) -MF $(B)/tests/.d/helper-own-fs2tar.d $(tool-flags) -o $@ \
		$^ $(program-libs) -Wl,--as-needed $(if $(used-lib),$$($(PKG_CONFIG) --libs $(used-lib)))
	$(Q)ln -sf fs2tar $(@D)/tar2fs

# What programs of Windows do is compared with it.
check-mingw: $(B)/tests/helpers/own/fs2tar $(B)/tests/helpers/manifest

# Our own argp, which other hosts have, beside the C library's.
own-argp-sources := tests/helpers/arguments.c $(addprefix tools/lkl/lib/,argp/argp.c message.c)

$(B)/tests/helpers/own/arguments: $(own-argp-sources) $(wildcard tools/lkl/lib/argp/*.h)
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE \
		-Itools/lkl/lib/argp -Itools/lkl/lib -o $@ $(own-argp-sources)

late-thread := $(if $(host-suites)$(foreign),,$(B)/tests/helpers/late_thread.so)

$(late-thread): tests/lib/preload/late_thread.c
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -fPIC -shared -o $@ $<

PHONY += tests
tests: $(test-names:%=$(B)/tests/%$(exe)) $(helper-names:%=$(B)/tests/helpers/%$(exe)) $(late-thread)

# SUITES="NAME..." runs only these.
SUITES ?= $(or $(host-suites),$(if $(cross),$(emulated-suites)))

PHONY += run-check
run-check: all tests $(if $(host-suites)$(cross),,benches)
	$(Q)B=$(B) LINUX="$(LINUX)" LKL_TEST_ALL=$(LKL_TEST_ALL) LKL_RUN="$(emulator)" \
		tests/run.sh $(SUITES)

# ---- bench ------------------------------------------------------------------

# As for tests; the kernel's own headers come last, for its RAID-6 sources.
bench-cflags = $(HOST_CFLAGS) -Iinclude/uapi -I$(KB)/include -Ibench/lib \
	-idirafter $(KSRC)/include

$(B)/bench/%: bench/%.c $(wildcard bench/lib/*.c) $(B)/liblkl.a
	$(say) BENCH $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(bench-cflags) -MMD -MP -MF $(@D)/.d/$*.d -o $@ $(filter %.c,$^) \
		$(program-libs)

# The one for every host, with what tests have there instead of POSIX.
$(B)/bench/boundary$(exe): bench/boundary.c bench/lib/results.c $(filter %/compat.c,$(test-host-sources)) $(B)/liblkl.a
	$(say) BENCH $@
	$(Q)mkdir -p $(@D)/.d
	$(Q)$(CC) $(HOST_CFLAGS) -Iinclude/uapi -I$(KB)/include -Ibench/lib $(host-test-cflags) \
		-MMD -MP -MF $(@D)/.d/boundary.d -o $@ $(filter %.c,$^) $(program-libs) \
		$(host-test-libs)
	$(Q)echo '$(emulator)' > $(@D)/boundary.run

PHONY += benches run-bench
benches: $(bench-names:%=$(B)/bench/%$(exe))

# On this machine also what the boundary costs elsewhere, where there are a compiler and
# what runs its programs.
there = $(shell for c in $(1); do command -v $$c > /dev/null || exit; done; echo y)
elsewhere = $(if $(call there,$(1)),+$(MAKE) $(2) benches)

run-bench: benches programs
ifeq ($(B),$(TOP))
	$(Q)$(call elsewhere,x86_64-w64-mingw32-gcc wine,HOST=mingw)
	$(Q)$(call elsewhere,aarch64-linux-gnu-gcc qemu-aarch64,ARCH_TARGET=arm64 CONFIG=small)
	$(Q)$(call elsewhere,riscv64-linux-gnu-gcc qemu-riscv64,ARCH_TARGET=riscv64 CONFIG=small)
endif
	$(Q)B=$(B) LKL_RUN="$(emulator)" bench/run.sh

-include $(wildcard $(B)/bin/.d/*.d $(B)/tests/.d/*.d $(B)/bench/.d/*.d)
