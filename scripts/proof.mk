# SPDX-License-Identifier: GPL-2.0
#
# Other people's tests, and other kernels and compilers for ours; docs/testing.md.
#
# Kernels that are made for tests are CONFIG=NAME, with tests/kernels/NAME.config as a
# fragment on top of small_defconfig, and a folder and a library of their own:
#
#   kunit        all unit tests that the tree's own tool runs, see kernel.mk
#   kunit-small  those that matter for an architecture, on a kernel built quickly; it counts
#                coverage as well, for the short test of fuzzing
#   debug        a kernel that checks locks, memory and arithmetic while it runs

PHONY += kunit debug check-sanitize
kunit:
	$(Q)+$(MAKE) CONFIG=kunit $(TOP)/kunit/tests/helpers/bootlog
	$(Q)B=$(TOP) tests/kernels/kunit.sh kunit

# With a library, for programs that are to be seen on such a kernel.
debug-build := $(TOP)/$(subst $() ,-,$(strip $(filter-out $(native),$(ARCH_TARGET)) debug))
debug:
	$(Q)+$(MAKE) CONFIG=debug library tests
	$(Q)B=$(TOP) LKL_TEST_ALL=1 LKL_RUN="$(emulator)" LKL_DEBUG_BUILD=$(debug-build) \
		tests/run.sh debug

check-sanitize:
	$(Q)scripts/packages.sh install build test
	$(Q)+$(MAKE) tests
	$(Q)+$(MAKE) SANITIZE=address,undefined tests
	$(Q)+$(MAKE) SANITIZE=thread tests
	$(Q)B=$(TOP) LKL_TEST_ALL=1 tests/run.sh sanitize

# ---- soak -------------------------------------------------------------------

MINUTES ?= 60

define check-minutes
	$(Q)case '$(MINUTES)' in '' | *[!0-9]*) \
		echo "MINUTES=$(MINUTES): a whole number of minutes is wanted" >&2; exit 2 ;; esac
endef

# In one process: libcheck cannot pass on from another how long a test took, if that was
# more than 35 minutes.
PHONY += soak
soak:
	$(check-minutes)
	$(Q)scripts/packages.sh install build test
	$(Q)+$(MAKE) $(B)/tests/soak
	$(Q)mkdir -p $(B)/test-tmp/soak
	$(Q)CK_FORK=no LKL_SOAK_MINUTES=$(MINUTES) LKL_TEST_TMP=$(B)/test-tmp/soak \
		timeout -k 10 $$(($(MINUTES) * 60 + 300)) $(B)/tests/soak
	$(Q)rm -rf $(B)/test-tmp/soak

# ---- selftests --------------------------------------------------------------

ST := $(B)/selftests
selftests-of = $(addprefix $(ST)/lkl/,$(shell sed -n 's/^$(1)\t[a-z]*\t\([^\t]*\).*/\1/p' tests/selftests/list))
selftests-quick := $(call selftests-of,quick)
selftests-long := $(call selftests-of,long)

# The tree's headers, newer than the system's, but for what is of the processor; and
# the calls that both kernels know, by the host's numbers; of those that the C library
# does not know yet the number is the same everywhere.
$(ST)/headers.stamp: $(KB)/headers.stamp scripts/proof.mk
	$(Q)mkdir -p $(ST)/include
	$(Q)ln -sfn $(abspath $(KB))/headers/include/[!a]* \
		$(abspath $(KB))/headers/include/asm-generic $(ST)/include/
	$(Q)echo '#include <asm/unistd.h>' | $(CC) -dM -E - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9]*$$/\1/p' | sort -u | \
		sed 's/.*/#ifdef __lkl__NR_&\n[__NR_&] = __lkl__NR_& + 1,\n#endif/' \
		> $(ST)/numbers.h
	$(Q)sed -n 's/^#define __lkl__NR_\([a-z0-9_]*\) *\(4[3-9][0-9]\)$$/#ifndef __NR_\1\n#define __NR_\1 \2\n#endif/p' \
		$(KB)/include/lkl/asm/unistd_64.h | sed '1i #include <sys/syscall.h>' > $(ST)/newer.h
	$(Q)touch $@

$(ST)/shim.o: tests/selftests/shim.c tests/selftests/shim.h $(ST)/headers.stamp $(uapi-headers)
	$(say) CC $@
	$(Q)$(CC) $(HOST_CFLAGS) -Iinclude/uapi -I$(KB)/include -I$(ST) -c -o $@ $<

$(ST)/lkl/%: $(ST)/shim.o tests/selftests/build.sh tests/selftests/harmless $(B)/liblkl.so
	$(say) TEST $@
	$(Q)tests/selftests/build.sh $(KSRC) $(ST) $* $(CC) -L$(B) -llkl \
		-Wl,-rpath,$(abspath $(B))

PHONY += selftests
selftests: $(selftests-quick) $(selftests-long)
	$(Q)B=$(B) tests/selftests/run.sh all

# ---- what make check needs --------------------------------------------------

PHONY += proof
ifeq ($(B),$(TOP))
proof: $(selftests-quick) $(if $(LKL_TEST_ALL),$(selftests-long))
	$(Q)+$(MAKE) CONFIG=kunit-small $(addprefix $(TOP)/kunit-small/,tests/helpers/bootlog \
		bin/lkl-forkserver bin/cptofs $(call with-libfuzzer,bin/lkl-fuzz))
	$(Q)+$(MAKE) SANITIZE=address,undefined \
		$(if $(LKL_TEST_ALL),tests,$(addprefix $(TOP)/address-undefined/tests/,boot errors virtio helpers/planted))
ifneq ($(LKL_TEST_ALL),)
	$(Q)+$(MAKE) SANITIZE=thread tests
	$(Q)+$(MAKE) CONFIG=kunit $(TOP)/kunit/tests/helpers/bootlog
	$(Q)+$(MAKE) CONFIG=debug tests
	$(Q)+$(MAKE) CONFIG=fuzz programs
endif
endif

run-check: proof
